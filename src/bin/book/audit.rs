//! `cargo book audit`: everything that can be said about the book without running a block.
//!
//! The checks themselves live with what they check; this gathers them, and adds that a `compile_fail` block marks its wrong line.

use crate::model::Book;
use crate::render::Renderer;
use crate::source::blocks::Test;
use crate::source::program::has_fix;
use crate::source::{Problem, Result};
use crate::{proofs, rules, statements};
use std::path::Path;

/// All problems of the book, in the order of files and lines.
pub fn problems(book: &Book) -> Vec<Problem> {
    let mut problems = book.problems.clone();
    problems.extend(rules::duplicates(&book.rules));
    problems.extend(proofs::check(&book.rules, &book.proofs));
    problems.extend(statements::check(&book.rows, &book.rules, &book.proofs));
    problems.extend(book.lock.check(&book.rules));
    problems.extend(Renderer::new(book).problems());
    problems.extend(unmarked_compile_fail(book));
    problems.sort();
    problems.dedup();
    problems
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
    let problems = problems(&book);
    for problem in &problems {
        eprintln!("{problem}");
    }
    println!(
        "{} blocks, {} rules, {} problems",
        book.blocks().count(),
        book.rules.len(),
        problems.len()
    );
    Ok(problems.is_empty())
}
