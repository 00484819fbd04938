//! `X.hidden` beside `X.rs` below book/src: the same code with each line hidden, for blocks that
//! need what another one shows.
//!
//! Nothing of Markdown can hide what it includes, so there are two files, and they have to stay
//! equal.

use crate::source::{Place, Problem, Result, read_text};
use std::path::Path;
use walkdir::WalkDir;

/// Copies that differ from what they copy.
pub fn check(root: &Path) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for entry in WalkDir::new(root.join("book/src")).sort_by_file_name() {
        let path = entry.map_err(|error| error.to_string())?.into_path();
        if path.extension().is_some_and(|extension| extension == "hidden") {
            problems.extend(compared(root, &path)?);
        }
    }
    Ok(problems)
}

fn compared(root: &Path, copy: &Path) -> Result<Option<Problem>> {
    let (name, shown) = (below(root, copy), copy.with_extension("rs"));
    let original = below(root, &shown);
    if !shown.exists() {
        let message = format!("the code that it hides, {original}, is missing");
        return Ok(Some(Problem::new(&Place::new(name, 1), message)));
    }
    let expected: Vec<String> = read_text(&shown)?.lines().map(hidden).collect();
    let text = read_text(copy)?;
    let found: Vec<&str> = text.lines().collect();
    if found == expected {
        return Ok(None);
    }
    let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let message = format!(
        "is not {original} with each line hidden: run sed 's/^/# /; s/^# $/#/' {original} > {name}"
    );
    Ok(Some(Problem::new(&Place::new(name, same + 1), message)))
}

fn hidden(line: &str) -> String {
    if line.is_empty() { "#".to_owned() } else { format!("# {line}") }
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
