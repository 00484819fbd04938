//! Where blocks come from: the pages of the book, README.md and the crate's doc comments, read in
//! one way by every runner.
//!
//! A [`Document`] is Markdown with its includes expanded; every line of it knows the file
//! and line it was written in, because a message that points into generated text helps nobody.

use std::fmt;
use std::path::Path;

pub mod blocks;
pub mod chapters;
pub mod doc_comments;
pub mod includes;
pub mod program;

#[cfg(test)]
mod tests;

pub type Result<T> = std::result::Result<T, String>;

/// A line of a file of the repository, as messages show it: `book/src/x.md:12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

impl Place {
    pub fn new(file: impl Into<String>, line: usize) -> Place {
        Place { file: file.into(), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something an author has to change, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub place: Place,
    pub message: String,
}

impl Problem {
    pub fn new(place: &Place, message: impl Into<String>) -> Problem {
        Problem { place: place.clone(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page of the book: its path below `book/src`, and its title in SUMMARY.md.
    Chapter {
        path: String,
        title: String,
    },
    Readme,
    /// One doc comment of the crate.
    DocComment,
}

/// A piece of Markdown with its includes expanded.
#[derive(Clone, Debug)]
pub struct Document {
    pub kind: Kind,
    /// The file it was written in, relative to the root, with forward slashes.
    pub file: String,
    pub text: String,
    /// For each line of `text`, where it was written.
    pub origin: Vec<Place>,
}

impl Document {
    pub fn is_chapter(&self) -> bool {
        matches!(self.kind, Kind::Chapter { .. })
    }

    /// The path below `book/src`; empty for what is not a page of the book.
    pub fn chapter_path(&self) -> &str {
        match &self.kind {
            Kind::Chapter { path, .. } => path,
            _ => "",
        }
    }

    /// Where line `index` (from 0) of the text was written.
    pub fn place(&self, index: usize) -> Place {
        match self.origin.get(index).or(self.origin.last()) {
            Some(place) => place.clone(),
            None => Place::new(&self.file, 1),
        }
    }

    /// Where the byte at `offset` of the text was written.
    pub fn place_of_byte(&self, offset: usize) -> Place {
        self.place(line_index(&self.text, offset))
    }
}

/// The index (from 0) of the line that holds the byte at `offset`.
pub fn line_index(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// The pages of the book in reading order, then README.md, then the doc comments of the crate.
pub fn documents(root: &Path) -> Result<Vec<Document>> {
    let mut documents = chapters::read(root)?;
    documents.extend(chapters::readme(root)?);
    documents.extend(doc_comments::read(root)?);
    Ok(documents)
}

/// `1 problem`, `2 problems`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `book/src/a-b.md` as `book_src_a_b_md`: a name for a module or a test, in the spelling that
/// skeptic makes of file names.
pub fn flat_name(file: &str) -> String {
    file.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

/// Reads a file with its line ends normalised, so that checksums and line numbers are the same on
/// every system.
pub fn read_text(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.replace("\r\n", "\n")),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
