//! The statement map: every sentence of the text this book starts from, and the rules that answer to it.
//!
//! The page statements.md has one table row for each of [`STATEMENTS`]. Each that rules have to answer to is cited by a rule
//! that has a proof.

use crate::model::Book;
use crate::rules::{Rule, is_statement, lines_with_ranges};
use crate::source::blocks::Found;
use crate::source::{Document, Place, Problem};
use crate::subject::STATEMENTS;

pub const PAGE: &str = "statements.md";

/// A row of the map.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: String,
    pub place: Place,
    /// Byte offset of the id in the text of the page.
    pub offset: usize,
    lists_its_rules: bool,
}

fn ids() -> impl Iterator<Item = (String, bool)> {
    STATEMENTS.iter().flat_map(|&(letter, count, needs_rules)| {
        (1..=count).map(move |number| (format!("{letter}{number}"), needs_rules))
    })
}

/// The rows of the page; none for any other page.
pub fn find(document: &Document, found: &Found) -> Vec<Row> {
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

pub fn check(book: &Book) -> Vec<Problem> {
    let mut problems = unknown(&book.rows, &book.rules);
    let page = Place::new(format!("book/src/{PAGE}"), 1);
    for (id, needs_rules) in ids() {
        let mut of_this_id = book.rows.iter().filter(|row| row.id == id);
        let Some(row) = of_this_id.next() else {
            let message = format!("the statement map has no row for {id}");
            problems.push(Problem::new(&page, message));
            continue;
        };
        for again in of_this_id {
            let message = format!("{id} already has a row at {}", row.place);
            problems.push(Problem::new(&again.place, message));
        }
        if !needs_rules {
            continue;
        }
        if !row.lists_its_rules {
            let message = format!("the row of {id} needs `{{{{#rules {id}}}}}`");
            problems.push(Problem::new(&row.place, message));
        }
        if !is_answered(&id, book) {
            let message = format!("no rule with a proof answers to {id}: a rule has to cite it");
            problems.push(Problem::new(&row.place, message));
        }
    }
    problems
}

/// A rule that cannot be read may be the one that answers.
fn is_answered(id: &str, book: &Book) -> bool {
    let cites = |rule: &&Rule| rule.statements.iter().any(|cited| cited == id);
    book.rules.iter().filter(cites).any(|rule| book.proofs_of(&rule.id).next().is_some())
        || book.unreadable.iter().any(|rule| rule.cites(id))
}

fn unknown(rows: &[Row], rules: &[Rule]) -> Vec<Problem> {
    let known: Vec<String> = ids().map(|(id, _)| id).collect();
    let mut problems = Vec::new();
    for row in rows.iter().filter(|row| !known.contains(&row.id)) {
        let message = format!("{} is no statement of the map", row.id);
        problems.push(Problem::new(&row.place, message));
    }
    for rule in rules {
        for cited in rule.statements.iter().filter(|cited| !known.contains(cited)) {
            let message = format!("r[{}] cites an unknown statement, {cited}", rule.id);
            problems.push(Problem::new(&rule.place, message));
        }
    }
    problems
}
