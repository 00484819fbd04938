//! Terms that the glossary explains twice, and terms that no page uses.

use crate::book::Book;
use crate::render::glossary::{WITHOUT_LINKS, first_uses};
use crate::source::Problem;
use std::collections::BTreeSet;

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
