//! `cargo book audit`: everything that can be said about the book without running a block.
//!
//! The checks themselves live with what they check; this gathers them, and adds that a `compile_fail` block marks its
//! wrong line.

use crate::model::Book;
use crate::render::Renderer;
use crate::source::blocks::Test;
use crate::source::program::has_fix;
use crate::source::{Problem, Result};
use crate::{
    glossary, hidden_copies, proofs, quotations, rules, rules_json, sources, statements, subject,
};
use std::path::Path;

/// All problems of the book of `root`, in the order of files and lines.
pub fn problems(root: &Path, book: &Book) -> Result<Vec<Problem>> {
    let mut problems = book.problems.clone();
    problems.extend(hidden_copies::check(root)?);
    problems.extend(rules::duplicates(&book.rules));
    problems.extend(proofs::check(book));
    problems.extend(statements::check(book));
    problems.extend(glossary::check(book));
    problems.extend(sources::check(book));
    problems.extend(subject::problems(book));
    let frozen = book.lock.check(&book.rules, &book.unreadable);
    if frozen.is_empty() && book.problems.is_empty() {
        // Else it is certain, and no help.
        problems.extend(rules_json::problems(root, book)?);
    }
    problems.extend(frozen);
    problems.extend(Renderer::new(book).problems());
    problems.extend(unmarked_compile_fail(book));
    problems.extend(quotations::check(&book.originals, book.quotations()));
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// `1 problem`, `2 problems`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn unmarked_compile_fail(book: &Book) -> Vec<Problem> {
    book.blocks()
        .filter(|block| matches!(block.test, Test::CompileFail(_)))
        .filter(|block| !block.code.iter().any(|line| has_fix(line)))
        .map(|block| {
            Problem::new(
                &block.place,
                "a compile_fail block has to mark its wrong line: `wrong // fix: right`",
            )
        })
        .collect()
}

/// `cargo book audit`; true if nothing is wrong.
pub fn run(root: &Path) -> Result<bool> {
    let book = Book::read(root)?;
    let problems = problems(root, &book)?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    println!(
        "{}, {} that Python runs, {}, {}",
        counted(book.blocks().count(), "block"),
        book.quotations().count(),
        counted(book.rules.len(), "rule"),
        counted(problems.len(), "problem")
    );
    Ok(problems.is_empty())
}
