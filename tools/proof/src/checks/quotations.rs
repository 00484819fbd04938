//! Blocks that need Python or a C compiler, and are no part of a file that is run.

use crate::book::Book;
use crate::book::quotations::origin;
use crate::source::Problem;
use crate::source::blocks::Quoted;

pub fn check(book: &Book, folders: &[String]) -> Vec<Problem> {
    book.quotations()
        .filter(|quotation| origin(&book.originals, quotation).is_none())
        .map(|quotation| {
            let needed = match quotation.language {
                Quoted::C => "a block of C is a part of a file that is compiled",
                _ => "a block that needs Python is a part of a file that is run",
            };
            let message = format!(
                "no {} file of {} has these lines: {needed}",
                quotation.language.extensions().join(" or "),
                folders.join(", ")
            );
            Problem::new(&quotation.place, message)
        })
        .collect()
}
