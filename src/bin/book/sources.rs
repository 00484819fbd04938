//! What rules rest on: documents by name, each with its address, and all other links that leave the book.

use crate::audit::counted;
use crate::html;
use crate::model::Book;
use crate::source::Problem;
use crate::source::blocks::markdown_options;
use crate::subject::SOURCES;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::collections::BTreeMap;

/// A document that rules name.
pub struct Source {
    /// As rules spell it.
    pub name: &'static str,
    pub address: &'static str,
    pub what: &'static str,
}

/// HTML of the source of a rule, each document a link.
pub fn linked(text: &str) -> String {
    linked_to(SOURCES, text)
}

fn linked_to(sources: &[Source], text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, source)) = first(sources, rest) {
        out.push_str(&html::escape(&rest[..at]));
        out.push_str(&format!("<a href=\"{}\">{}</a>", source.address, source.name));
        rest = &rest[at + source.name.len()..];
    }
    out + &html::escape(rest)
}

/// The first document that is named as a word of its own. `object.h` is no part of `typeobject.h`.
fn first<'a>(sources: &'a [Source], text: &str) -> Option<(usize, &'a Source)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let places = sources.iter().flat_map(|source| {
        text.match_indices(source.name).map(move |(at, _)| (at, source)).filter(|(at, source)| {
            let after = &text[at + source.name.len()..];
            !text[..*at].ends_with(is_part) && !after.starts_with(|c: char| c.is_alphanumeric())
        })
    });
    places.min_by_key(|(at, source)| (*at, std::cmp::Reverse(source.name.len())))
}

/// Whether a rule names a document.
fn names(text: &str, source: &Source) -> bool {
    let mut rest = text;
    while let Some((at, found)) = first(SOURCES, rest) {
        if found.name == source.name {
            return true;
        }
        rest = &rest[at + found.name.len()..];
    }
    false
}

/// Every document, and the rules that rest on it.
pub fn html(book: &Book, link: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut out = String::new();
    for source in SOURCES {
        let rules = book.rules.iter().filter(|rule| names(&rule.source, source));
        let links: Result<Vec<String>, String> = rules.map(|rule| link(&rule.id)).collect();
        let links = links?;
        out.push_str(&format!(
            "- <a href=\"{}\">{}</a>: {} <details class=\"supports\"><summary>{}</summary>{}</details>\n",
            source.address,
            source.name,
            source.what,
            counted(links.len(), "rule"),
            links.join(", ")
        ));
    }
    Ok(out)
}

/// Every other link that leaves the book: its address, its words, and the pages that have it.
pub fn external_links(book: &Book, chapter: &str) -> String {
    let mut links: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for page in book.pages.iter().filter(|page| page.document.is_chapter()) {
        let mut open: Option<(String, String)> = None;
        for event in Parser::new_ext(&page.document.text, markdown_options()) {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) if dest_url.contains("://") => {
                    open = Some((dest_url.to_string(), String::new()));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some((_, words)) = &mut open {
                        words.push_str(&text);
                    }
                }
                Event::End(TagEnd::Link) => {
                    if let Some((address, words)) = open.take() {
                        let (_, pages) = links.entry(address).or_insert((words, Vec::new()));
                        pages.push(page.document.chapter_path());
                        pages.dedup();
                    }
                }
                _ => {}
            }
        }
    }
    let line = |(address, (words, pages)): (&String, &(String, Vec<&str>))| {
        let pages: Vec<String> = pages
            .iter()
            .map(|page| format!("[{}]({})", book.title(page), html::link_to_top(chapter, page)))
            .collect();
        format!("- [{words}]({address}): {}\n", pages.join(", "))
    };
    links.iter().map(line).collect()
}

/// Files that a rule names and [`SOURCES`] does not.
pub fn check(book: &Book) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in &book.rules {
        let words = rule.source.split(|c: char| c.is_whitespace() || ",;()".contains(c));
        let is_file = |word: &&str| [".rst", ".c", ".h"].iter().any(|end| word.ends_with(end));
        for word in words.filter(is_file) {
            if !SOURCES.iter().any(|source| source.name == word) {
                let message = format!("r[{}] names {word}, of which SOURCES says nothing", rule.id);
                problems.push(Problem::new(&rule.place, message));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{Source, linked_to};

    #[test]
    fn documents_become_links_and_only_whole_words() {
        let sources = [Source { name: "buffer.rst", address: "there", what: "" }];
        let linked = |text| linked_to(&sources, text);
        assert_eq!(linked("x-buffer.rst, a < b"), "x-<a href=\"there\">buffer.rst</a>, a &lt; b");
        assert_eq!(linked("mybuffer.rst"), "mybuffer.rst");
    }
}
