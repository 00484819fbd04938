//! The glossary: a page of terms, and links to it from where other pages first use them.
//!
//! A term is an item of the page: `- **exporter**, exporters: An object that lends memory.` The words before the colon are
//! its forms. Prose links to it; headings, links and code stay as they are.

use crate::html;
use crate::model::{Book, Page};
use crate::source::blocks::markdown_options;
use crate::source::{Document, Place, Problem};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::ops::Range;

pub const PAGE: &str = "glossary.md";

/// Pages that list what other pages say.
const WITHOUT_LINKS: &[&str] = &[PAGE, "rules.md", "statements.md"];

#[derive(Clone, Debug)]
pub struct Term {
    /// The name and its other forms, in lower case.
    pub forms: Vec<String>,
    definition: String,
    pub place: Place,
    /// Where the name stands in the text of the page, and its other forms behind it.
    offset: usize,
    others: Range<usize>,
}

impl Term {
    fn anchor(&self) -> String {
        format!("term-{}", self.forms[0].replace(' ', "-"))
    }
}

/// The terms of the page; none for any other page.
pub fn find(document: &Document) -> Vec<Term> {
    if document.chapter_path() != PAGE {
        return Vec::new();
    }
    let mut offset = 0;
    let mut terms = Vec::new();
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
                definition: definition.to_owned(),
                place: document.place(index),
                offset: offset + "- ".len(),
            });
        }
        offset += line.len() + 1;
    }
    terms
}

type Edit = (Range<usize>, String);

/// On the page itself an anchor for each term; on other pages a link where each is first used.
pub fn edits(terms: &[Term], page: &Page) -> Vec<Edit> {
    let chapter = page.document.chapter_path();
    if chapter == PAGE {
        // Who reads it needs no plurals.
        let edits = |term: &Term| {
            let anchor = format!("<a id=\"{}\"></a>", term.anchor());
            [(term.offset..term.offset, anchor), (term.others.clone(), String::new())]
        };
        return terms.iter().flat_map(edits).collect();
    }
    if WITHOUT_LINKS.contains(&chapter) {
        return Vec::new();
    }
    let text = &page.document.text;
    first_uses(terms, page)
        .into_iter()
        .map(|(id, range)| {
            let term = &terms[id];
            let link = format!(
                "<a class=\"term\" href=\"{}#{}\" title=\"{}\">{}</a>",
                html::link(chapter, PAGE),
                term.anchor(),
                html::escape(&term.definition.replace(['`', '*'], "")),
                &text[range.clone()]
            );
            (range, link)
        })
        .collect()
}

/// The index of each term that the prose of a page uses, and where it does first. Of two that overlap the longer counts.
fn first_uses(terms: &[Term], page: &Page) -> Vec<(usize, Range<usize>)> {
    let text = &page.document.text;
    let prose = prose(page);
    let forms = |(id, term): (usize, &Term)| {
        term.forms.iter().map(move |form| (id, form.clone())).collect::<Vec<_>>()
    };
    let mut forms: Vec<(usize, String)> = terms.iter().enumerate().flat_map(forms).collect();
    forms.sort_by_key(|(_, form)| std::cmp::Reverse(form.len()));
    // All uses of longer forms, so that a shorter one inside them is none.
    let mut taken: Vec<(usize, Range<usize>)> = Vec::new();
    for (id, form) in forms {
        for range in &prose {
            for at in uses(&text[range.clone()], &form) {
                let found = range.start + at..range.start + at + form.len();
                if taken
                    .iter()
                    .all(|(_, other)| other.end <= found.start || found.end <= other.start)
                {
                    taken.push((id, found));
                }
            }
        }
    }
    taken.sort_by_key(|(id, range)| (*id, range.start));
    taken.dedup_by_key(|(id, _)| *id);
    taken
}

/// Where `form` stands in the text as words of their own, in whatever case.
fn uses<'a>(text: &'a str, form: &'a str) -> impl Iterator<Item = usize> + 'a {
    // Only in ASCII are the offsets those of the text itself.
    let lower = text.to_ascii_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let found: Vec<usize> = lower
        .match_indices(form)
        .map(|(at, _)| at)
        .filter(|at| {
            !lower[..*at].ends_with(is_part) && !lower[at + form.len()..].starts_with(is_part)
        })
        .collect();
    found.into_iter()
}

/// The bytes of a page that are running text, without the lines of rules and directives.
fn prose(page: &Page) -> Vec<Range<usize>> {
    let text = &page.document.text;
    let mut ranges = Vec::new();
    // Headings, links and code, which may lie in one another.
    let mut closed = 0usize;
    for (event, range) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(tag) if is_closed(&tag) => closed += 1,
            Event::End(TagEnd::Heading(_) | TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) => {
                closed = closed.saturating_sub(1);
            }
            Event::InlineHtml(html) if html.starts_with("<a") => closed += 1,
            Event::InlineHtml(html) if html.starts_with("</a") => closed = closed.saturating_sub(1),
            Event::Text(_) if closed == 0 => ranges.push(range),
            _ => {}
        }
    }
    let taken = page.uses.iter().map(|used| used.range.clone()).chain(page.rule_lines.clone());
    for taken in taken {
        ranges = ranges.into_iter().flat_map(|range| without(range, &taken)).collect();
    }
    ranges
}

fn is_closed(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Heading { .. } | Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))
}

fn without(range: Range<usize>, taken: &Range<usize>) -> Vec<Range<usize>> {
    if taken.end <= range.start || range.end <= taken.start {
        return vec![range];
    }
    let parts = [range.start..taken.start.max(range.start), taken.end.min(range.end)..range.end];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// Forms that two terms have, and terms that no other page uses.
pub fn check(book: &Book) -> Vec<Problem> {
    let mut problems = Vec::new();
    let linking = book.pages.iter().filter(|page| {
        page.document.is_chapter() && !WITHOUT_LINKS.contains(&page.document.chapter_path())
    });
    let used: BTreeSet<usize> =
        linking.flat_map(|page| first_uses(&book.terms, page)).map(|(id, _)| id).collect();
    for (index, term) in book.terms.iter().enumerate() {
        for form in &term.forms {
            if book.terms[..index].iter().any(|other| other.forms.contains(form)) {
                let message = format!("the glossary explains `{form}` twice");
                problems.push(Problem::new(&term.place, message));
            }
        }
        if !used.contains(&index) {
            let message = format!("no page uses `{}`, which the glossary explains", term.forms[0]);
            problems.push(Problem::new(&term.place, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::uses;

    #[test]
    fn only_whole_words_count() {
        let found: Vec<usize> = uses("Views, view, a re-view, viewer", "view").collect();
        assert_eq!(found, [7]);
        let found: Vec<usize> = uses("Export count.", "export count").collect();
        assert_eq!(found, [0]);
    }
}
