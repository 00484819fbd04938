//! `audit`: everything that needs no running.

use crate::book::Book;
use crate::checks;
use crate::project::Project;
use crate::render::Rendered;
use crate::source::blocks::Quoted;
use crate::source::{Result, counted};

/// True if nothing is wrong.
pub fn run(project: &Project) -> Result<bool> {
    let book = Book::read(&project.root, &project.settings)?;
    let problems = checks::problems(project, &book, &Rendered::of(&book, project))?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    println!(
        "{}, {} that Python runs, {} of C, {} of C++, {} of Cython, {}, {}",
        counted(book.blocks().count(), "block"),
        book.blocks_for_python(),
        book.blocks_of(Quoted::C),
        book.blocks_of(Quoted::Cpp),
        book.blocks_of(Quoted::Cython),
        counted(book.rules.len(), "rule"),
        counted(problems.len(), "problem")
    );
    Ok(problems.is_empty())
}
