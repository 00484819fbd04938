//! The second runner's tests, compared with the blocks that the book declares.

use crate::source::{Place, Result, blocks, documents, flat_name};
use std::path::Path;
use std::process::Command;

/// Fails unless the tests in the module `programs` of the calling test program are just the
/// blocks of the repository `root`. A block that skeptic passes over or ignores is named.
pub fn declared_equals_executed(root: &Path) -> Result<()> {
    let mut declared: Vec<Place> = Vec::new();
    for document in documents(root)? {
        declared.extend(blocks::find(&document).blocks.into_iter().map(|block| block.place));
    }
    if let Some(name) = listed(&["--ignored"])?.first() {
        return Err(format!("skeptic ignores {name}"));
    }
    for name in listed(&[])? {
        let (file, line) = file_and_line(&name).unwrap_or_default();
        let is_it = |place: &Place| flat_name(&place.file) == file && place.line == line;
        match declared.iter().position(is_it) {
            Some(index) => drop(declared.remove(index)),
            None => return Err(format!("{name} is a test, but no such block is declared")),
        }
    }
    let missing: Vec<String> = declared.iter().map(Place::to_string).collect();
    match missing.as_slice() {
        [] => Ok(()),
        _ => Err(format!("skeptic does not run {}", missing.join(", "))),
    }
}

/// The tests of the calling program, as libtest lists them.
fn listed(extra: &[&str]) -> Result<Vec<String>> {
    let explained = |error: std::io::Error| format!("the tests cannot be listed: {error}");
    let program = std::env::current_exe().map_err(explained)?;
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .args(extra)
        .output()
        .map_err(explained)?;
    let names = String::from_utf8_lossy(&output.stdout);
    let names = names.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.filter_map(|name| name.strip_prefix("programs::")).map(str::to_owned).collect())
}

/// `book_src_x_md_sect_line_12_line_3` is the block at line 12 of book/src/x.md.
fn file_and_line(name: &str) -> Option<(String, usize)> {
    let (file, rest) = name.split_once("_sect_line_")?;
    let (line, _) = rest.split_once("_line_")?;
    Some((file.to_owned(), line.parse().ok()?))
}
