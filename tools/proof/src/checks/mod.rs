//! Everything that can be said about the book without running a block: one file for what each
//! check is about. This one gathers them.

use crate::book::Book;
use crate::project::Project;
use crate::render::Rendered;
use crate::source::blocks::Test;
use crate::source::program::has_fix;
use crate::source::{Problem, Result};

mod glossary;
mod hidden_copies;
mod html_ids;
pub mod links;
mod lock;
mod proofs;
mod quotations;
mod rules;
mod rules_json;
mod sources;
mod statements;

/// All problems of a book and of its rendered pages, in the order of files and lines.
pub fn problems(project: &Project, book: &Book, rendered: &Rendered) -> Result<Vec<Problem>> {
    let mut problems = book.problems.clone();
    problems.extend(hidden_copies::check(&project.root)?);
    problems.extend(rules::check(&book.rules));
    problems.extend(proofs::check(book));
    problems.extend(statements::check(book, &project.settings.statements));
    problems.extend(glossary::check(book));
    problems.extend(sources::check(book, &project.settings.sources));
    problems.extend(project.extension.problems(book));
    let frozen = lock::check(book, project);
    if frozen.is_empty() && book.problems.is_empty() {
        // Else it is certain, and no help.
        problems.extend(rules_json::check(project, book)?);
    }
    problems.extend(frozen);
    problems.extend(rendered.problems.iter().cloned());
    problems.extend(unmarked_compile_fail(book));
    problems.extend(quotations::check(book, &project.settings.quoted_from));
    problems.sort();
    problems.dedup();
    Ok(problems)
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
