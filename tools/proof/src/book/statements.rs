//! The statement map: every sentence of the text this book starts from, and the rules that answer
//! to it.
//!
//! The page `statements.md` has one row of a table for each.

use crate::book::rules::{is_statement, lines_with_ranges};
use crate::source::blocks::ParsedBlocks;
use crate::source::{Document, Place};

pub const PAGE: &str = "statements.md";

/// A row of the map.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub place: Place,
    /// Byte offset of the id in the text of the page.
    pub offset: usize,
    pub lists_its_rules: bool,
}

/// The rows of the page; none for any other page.
pub fn find(document: &Document, found: &ParsedBlocks) -> Vec<Row> {
    if document.chapter_path() != PAGE {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for (index, (line, range)) in lines_with_ranges(&document.text).into_iter().enumerate() {
        let is_code = found.code_ranges.iter().any(|c| c.contains(&range.start));
        let Some(rest) = line.strip_prefix('|').filter(|_| !is_code) else {
            continue;
        };
        let id = rest.split('|').next().unwrap_or("").trim();
        if is_statement(id) {
            rows.push(Row {
                id: id.to_owned(),
                place: document.place(index),
                offset: range.start + line.find(id).unwrap_or(0),
                lists_its_rules: line.contains(&format!("{{{{#rules {id}}}}}")),
            });
        }
    }
    rows
}
