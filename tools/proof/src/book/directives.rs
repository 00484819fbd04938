//! What a page may say besides Markdown: `{{#name argument}}`, and `[r:some.rule]`, a link to a
//! rule.
//!
//! Both are left alone in code, so that the book can show them. A backslash before `{{#` does the
//! same in prose.

use crate::source::blocks::ParsedBlocks;
use crate::source::{Document, Place};
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `{{#name argument}}`
    Named { name: String, argument: String },
    /// `[r:id]`
    RuleLink(String),
    /// `\{{#`, which stands for itself.
    Escaped,
}

/// A directive, and the bytes of the page's text that it takes up.
#[derive(Clone, Debug)]
pub struct Use {
    pub directive: Directive,
    pub place: Place,
    pub range: Range<usize>,
}

pub fn find(document: &Document, found: &ParsedBlocks) -> Vec<Use> {
    let text = &document.text;
    let mut uses = Vec::new();
    let mut at = 0;
    while let Some((start, directive, length)) = next(text, at) {
        at = start + length;
        let range = start..at;
        // mdBook drops the backslash in code as well.
        let in_code = found.code_ranges.iter().any(|c| c.contains(&start));
        if !in_code || directive == Directive::Escaped {
            uses.push(Use { directive, place: document.place_of_byte(start), range });
        }
    }
    uses
}

/// The next directive at or after `from`: where it starts, what it is, how long it is.
fn next(text: &str, from: usize) -> Option<(usize, Directive, usize)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find(['{', '[', '\\'])?;
        let rest = &text[start..];
        if rest.starts_with("\\{{#") {
            return Some((start, Directive::Escaped, "\\{{#".len()));
        }
        if let Some((directive, length)) = named(rest).or_else(|| rule_link(rest)) {
            return Some((start, directive, length));
        }
        at = start + 1;
    }
}

fn named(text: &str) -> Option<(Directive, usize)> {
    let inner = text.strip_prefix("{{#")?;
    let end = inner.find("}}")?;
    let inner = &inner[..end];
    if inner.contains('\n') {
        return None;
    }
    let (name, argument) = inner.split_once(' ').unwrap_or((inner, ""));
    let directive =
        Directive::Named { name: name.to_owned(), argument: argument.trim().to_owned() };
    Some((directive, "{{#".len() + end + "}}".len()))
}

fn rule_link(text: &str) -> Option<(Directive, usize)> {
    let inner = text.strip_prefix("[r:")?;
    let end = inner.find([']', '\n'])?;
    let id = inner[..end].to_owned();
    inner[end..].starts_with(']').then(|| (Directive::RuleLink(id), "[r:".len() + end + "]".len()))
}
