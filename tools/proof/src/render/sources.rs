//! What rules rest on: documents by name, each with its address, and all other links that leave
//! the book.

use super::html;
use crate::book::Book;
use crate::settings::Source;
use crate::source::counted;
use std::collections::BTreeMap;

/// HTML of the source of a rule, each document a link.
pub fn linked(sources: &[Source], text: &str) -> String {
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
        text.match_indices(&source.name).map(move |(at, _)| (at, source)).filter(|(at, source)| {
            let after = &text[at + source.name.len()..];
            !text[..*at].ends_with(is_part) && !after.starts_with(|c: char| c.is_alphanumeric())
        })
    });
    places.min_by_key(|(at, source)| (*at, std::cmp::Reverse(source.name.len())))
}

/// Whether a rule names a document.
fn names(sources: &[Source], text: &str, source: &Source) -> bool {
    let mut rest = text;
    while let Some((at, found)) = first(sources, rest) {
        if found.name == source.name {
            return true;
        }
        rest = &rest[at + found.name.len()..];
    }
    false
}

/// Every document, and the rules that rest on it.
pub fn html(
    book: &Book,
    sources: &[Source],
    link: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut out = String::new();
    for source in sources {
        let rules = book.rules.iter().filter(|rule| names(sources, &rule.source, source));
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
    let mut links: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
    for page in book.pages.iter().filter(|page| page.document.is_chapter()) {
        for link in &page.parsed.outside_links {
            let (_, pages) = links.entry(&link.address).or_insert((&link.words, Vec::new()));
            pages.push(page.document.chapter_path());
            pages.dedup();
        }
    }
    let line = |(address, (words, pages)): (&&str, &(&str, Vec<&str>))| {
        let pages: Vec<String> = pages
            .iter()
            .map(|page| format!("[{}]({})", book.title(page), html::link_to_top(chapter, page)))
            .collect();
        format!("- [{words}]({address}): {}\n", pages.join(", "))
    };
    links.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, linked};

    #[test]
    fn documents_become_links_and_only_whole_words() {
        let [name, address, what] = ["buffer.rst", "there", ""].map(str::to_owned);
        let sources = [Source { name, address, what }];
        let linked = |text| linked(&sources, text);
        assert_eq!(linked("x-buffer.rst, a < b"), "x-<a href=\"there\">buffer.rst</a>, a &lt; b");
        assert_eq!(linked("mybuffer.rst"), "mybuffer.rst");
    }
}
