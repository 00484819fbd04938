//! Links to the glossary, from where the prose of a page first uses a term.

use super::{Edit, html};
use crate::book::Page;
use crate::book::glossary::{PAGE, Term};
use std::ops::Range;

/// Pages that list what other pages say.
pub const WITHOUT_LINKS: &[&str] = &[PAGE, "rules.md", "statements.md"];

/// On the page itself an anchor for each term; on other pages a link where each is first used.
pub fn edits(terms: &[Term], page: &Page) -> Vec<Edit> {
    let chapter = page.document.chapter_path();
    if chapter == PAGE {
        // The page itself shows no plurals.
        let edits = |term: &Term| {
            let anchor = format!("<a id=\"{}\"></a>", anchor(term));
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
                anchor(term),
                html::escape(&term.definition),
                &text[range.clone()]
            );
            (range, link)
        })
        .collect()
}

fn anchor(term: &Term) -> String {
    format!("term-{}", term.forms[0].replace(' ', "-"))
}

/// The index of each term that the prose of a page uses, and where it does first. Of two that
/// overlap the longer counts.
pub fn first_uses(terms: &[Term], page: &Page) -> Vec<(usize, Range<usize>)> {
    let text = &page.document.text;
    let prose = prose(page);
    let forms = |(id, term): (usize, &Term)| {
        term.forms.iter().map(move |form| (id, form.clone())).collect::<Vec<_>>()
    };
    let mut forms: Vec<(usize, String)> = terms.iter().enumerate().flat_map(forms).collect();
    forms.sort_by_key(|(_, form)| std::cmp::Reverse(form.len()));
    // All uses of longer forms, so that a shorter form inside them does not count.
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

/// The offsets of `form` in the text as words of their own, in any case.
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
    let mut ranges = page.parsed.prose.clone();
    let taken = page.directives.iter().map(|used| used.range.clone());
    for taken in taken.chain(page.rule_lines.clone()) {
        ranges = ranges.into_iter().flat_map(|range| without(range, &taken)).collect();
    }
    ranges
}

fn without(range: Range<usize>, taken: &Range<usize>) -> Vec<Range<usize>> {
    if taken.end <= range.start || range.end <= taken.start {
        return vec![range];
    }
    let parts = [range.start..taken.start.max(range.start), taken.end.min(range.end)..range.end];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
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
