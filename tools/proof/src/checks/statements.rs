//! The statement map: it has a row for each statement, and where rules have to answer, one with a
//! proof does.

use crate::book::Book;
use crate::book::rules::Rule;
use crate::book::statements::{PAGE, Row};
use crate::settings::Statements;
use crate::source::{Place, Problem};

fn ids(statements: &[Statements]) -> impl Iterator<Item = (String, bool)> {
    statements.iter().flat_map(|Statements { letter, count, answered }| {
        (1..=*count).map(move |number| (format!("{letter}{number}"), *answered))
    })
}

pub fn check(book: &Book, statements: &[Statements]) -> Vec<Problem> {
    let mut problems = unknown(&book.rows, &book.rules, statements);
    let page = Place::new(format!("book/src/{PAGE}"), 1);
    for (id, needs_rules) in ids(statements) {
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

fn unknown(rows: &[Row], rules: &[Rule], statements: &[Statements]) -> Vec<Problem> {
    let known: Vec<String> = ids(statements).map(|(id, _)| id).collect();
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
