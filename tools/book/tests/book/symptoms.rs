//! The messages of rustc in the symptom index: what brings each about.

use crate::fixture::{Fixture, repository, said};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn rustc(folder: &Path, arguments: &[&str]) -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).current_dir(folder).output();
    String::from_utf8_lossy(&output.expect("rustc runs").stderr).into_owned()
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("symptoms");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("none")).expect("a folder");
    fs::write(folder.join("demo.rs"), "").expect("a file");
    fs::write(folder.join("block.rs"), "extern crate demo;\nfn main() {}\n").expect("a file");
    folder
}

#[track_caller]
fn stands_on_the_page(said: &str, code: &str) {
    let message = said.lines().find(|line| line.starts_with("error")).unwrap_or_default();
    assert!(message.contains(code), "{said}");
    let page = fs::read_to_string(repository().join("book/src/symptoms.md")).expect("the page");
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ``")).collect();
    let found = headings.iter().any(|heading| {
        heading.trim_end_matches('`').trim_end() == message
            || heading.strip_suffix(" ``") == Some(message)
    });
    assert!(found, "the page lacks {message:?}, it has {headings:?}");
}

/// As an author of a book sees it who forgets the padding.
#[test]
fn a_record_with_padding() {
    let page = "```rust\nbufferprocs::record! { struct Sample { channel: u8, value: f32 } }\n```\n";
    let output = Fixture::with_page("padding", page).run(&["test"]);
    let said = said(&output);
    let error = said.lines().map(str::trim_start).find(|line| line.starts_with("error["));
    stands_on_the_page(error.unwrap_or(&said), "E0080");
}

/// Two builds of one crate in a folder, as `cargo check` leaves them beside those of `cargo
/// build`.
#[test]
fn two_builds_of_a_crate() {
    let folder = folder();
    for build in ["a", "b"] {
        let (metadata, name) = (format!("metadata={build}"), format!("extra-filename=-{build}"));
        let built =
            ["--crate-type=rlib", "-C", &metadata, "-C", &name, "--out-dir", "two", "demo.rs"];
        assert_eq!(rustc(&folder, &built), "");
    }
    stands_on_the_page(&rustc(&folder, &["-L", "two", "block.rs"]), "E0464");
    stands_on_the_page(&rustc(&folder, &["-L", "none", "block.rs"]), "E0463");
}
