//! The doc comments of the crate, as documents.
//!
//! A doc comment is a run of lines that begin with `//!`, or of lines that begin with `///`: the
//! forms that rustfmt keeps apart from other comments.

use super::{Document, Kind, Place, Result, read_text};
use std::path::{Path, PathBuf};

pub fn read(root: &Path) -> Result<Vec<Document>> {
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files)?;
    files.sort();
    let mut documents = Vec::new();
    for path in files {
        let below = path.strip_prefix(root).unwrap_or(&path);
        let file = below.to_string_lossy().replace('\\', "/");
        documents.extend(comments(&file, &read_text(&path)?));
    }
    Ok(documents)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| format!("{}: {error}", folder.display()))?,
    };
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The doc comments of one file.
fn comments(file: &str, source: &str) -> Vec<Document> {
    let mut documents: Vec<Document> = Vec::new();
    let mut previous = None;
    for (index, line) in source.lines().enumerate() {
        let marked = doc_line(line);
        if let Some((marker, text)) = marked {
            if previous != Some(marker) {
                documents.push(Document {
                    kind: Kind::DocComment,
                    file: file.to_owned(),
                    text: String::new(),
                    origin: Vec::new(),
                });
            }
            if let Some(document) = documents.last_mut() {
                document.text.push_str(text);
                document.text.push('\n');
                document.origin.push(Place::new(file, index + 1));
            }
        }
        previous = marked.map(|(marker, _)| marker);
    }
    documents
}

/// The marker of a doc comment line and the text after it, without the one space that everybody
/// writes.
fn doc_line(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    let (marker, text) = if let Some(text) = line.strip_prefix("//!") {
        ("//!", text)
    } else if line.starts_with("////") {
        return None;
    } else {
        ("///", line.strip_prefix("///")?)
    };
    Some((marker, text.strip_prefix(' ').unwrap_or(text)))
}
