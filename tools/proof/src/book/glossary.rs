//! The glossary: a page of terms.
//!
//! A term is an item of the page: `- **exporter**, exporters: An object that lends memory.` The
//! words before the colon are its forms.

use crate::source::{Document, Place};
use pulldown_cmark::{Event, Parser};
use std::ops::Range;

pub const PAGE: &str = "glossary.md";

#[derive(Clone, Debug)]
pub struct Term {
    /// The name and its other forms, in lower case.
    pub forms: Vec<String>,
    /// Without marks, for the tooltip of a link.
    pub definition: String,
    pub place: Place,
    /// Byte offset of the name in the text of the page, and the bytes of its other forms.
    pub offset: usize,
    pub others: Range<usize>,
}

/// The terms of the page; none for any other page.
pub fn find(document: &Document) -> Vec<Term> {
    if document.chapter_path() != PAGE {
        return Vec::new();
    }
    let mut offset = 0;
    let mut terms: Vec<Term> = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        if let Some((names, definition)) =
            line.strip_prefix("- **").and_then(|l| l.split_once(": "))
        {
            let name = names.find("**").unwrap_or(names.len());
            let start = offset + "- **".len();
            let others = start + (name + 2).min(names.len())..start + names.len();
            let names = names.replace("**", "");
            terms.push(Term {
                others,
                forms: names.split(", ").map(str::to_lowercase).collect(),
                definition: plain(&item(definition, document.text.lines().skip(index + 1))),
                place: document.place(index),
                offset: offset + "- ".len(),
            });
        }
        offset += line.len() + 1;
    }
    terms
}

/// A definition with the lines on which it goes on.
fn item<'a>(first: &'a str, others: impl Iterator<Item = &'a str>) -> String {
    let others = others.take_while(|line| line.starts_with(' '));
    std::iter::once(first).chain(others.map(str::trim)).collect::<Vec<_>>().join(" ")
}

/// The text of Markdown, as a reader sees it.
fn plain(markdown: &str) -> String {
    let texts = Parser::new(markdown).filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.into_string()),
        _ => None,
    });
    texts.collect()
}
