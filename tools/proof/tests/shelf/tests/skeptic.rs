//! The second runner: every block of the book, README.md and the crate's documentation as a
//! program of its own, compiled by skeptic.
//!
//! rustdoc and skeptic read Markdown by different code and build for different editions. A block
//! that one of them passes over, or that only works under one of them, shows here.

use mdbook_proof::source::{Place, blocks, documents, flat_name};
use std::path::Path;
use std::process::Command;

mod programs {
    include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));
}

/// The tests of this very program, as libtest lists them.
fn listed(extra: &[&str]) -> Vec<String> {
    let program = std::env::current_exe().expect("the path of this test");
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .args(extra)
        .output()
        .expect("this test lists its tests");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter_map(|name| name.strip_prefix("programs::"))
        .map(str::to_owned)
        .collect()
}

/// `book_src_x_md_sect_line_12_line_3` is the block at line 12 of book/src/x.md.
fn file_and_line(name: &str) -> Option<(String, usize)> {
    let (file, rest) = name.split_once("_sect_line_")?;
    let (line, _) = rest.split_once("_line_")?;
    Some((file.to_owned(), line.parse().ok()?))
}

#[test]
fn declared_equals_executed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut declared: Vec<Place> = Vec::new();
    for document in documents(root).expect("the book can be read") {
        declared.extend(blocks::find(&document).blocks.into_iter().map(|b| b.place));
    }
    assert_eq!(listed(&["--ignored"]), [""; 0], "skeptic ignores blocks");
    for name in listed(&[]) {
        let (file, line) = file_and_line(&name).unwrap_or_default();
        let known =
            declared.iter().position(|place| flat_name(&place.file) == file && place.line == line);
        match known {
            Some(index) => drop(declared.remove(index)),
            None => panic!("{name} is a test, but no such block is declared"),
        }
    }
    let missing: Vec<String> = declared.iter().map(Place::to_string).collect();
    assert!(missing.is_empty(), "skeptic does not run {}", missing.join(", "));
}
