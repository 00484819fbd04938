//! Blocks that need Python or another compiler, and are no part of a file that is run.

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
                Quoted::Cpp => "a block of C++ is a part of a file that is compiled",
                Quoted::Cython => "a block of Cython is a part of a file that is compiled",
                Quoted::Pyo3 | Quoted::Python => {
                    "a block that needs Python is a part of a file that is run"
                }
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
