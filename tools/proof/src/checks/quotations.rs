//! Blocks that need Python, and are no part of a file that is run.

use crate::book::Book;
use crate::book::quotations::origin;
use crate::source::Problem;

pub fn check(book: &Book, folders: &[String]) -> Vec<Problem> {
    book.quotations()
        .filter(|quotation| origin(&book.originals, quotation).is_none())
        .map(|quotation| {
            let message = format!(
                "no {} file of {} has these lines: a block that needs Python is a part of a file that is run",
                quotation.language.extension(),
                folders.join(", ")
            );
            Problem::new(&quotation.place, message)
        })
        .collect()
}
