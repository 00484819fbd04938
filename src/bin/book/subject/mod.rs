//! All that the tool knows of the crate this book is about. Who writes another book writes this folder anew, and takes the
//! rest as it is.

use crate::model::Book;
use crate::source::Problem;
use serde_json::Value;

mod card;
mod checks;
mod explorer;
mod matrix;
mod picture;
mod sources;

pub use sources::SOURCES;

/// The library as blocks name it. The table of the preprocessor in `book.toml` has this name too.
pub const CRATE: &str = "bufferprocs";

/// Where the rules are written to for programs, below the root. mdBook copies the first to the site; the second is for the
/// Python package.
pub const RULES_JSON: &[&str] = &["book/src/rules.json", "python/bufferprocs/rules.json"];

/// Folders whose files are built and run by `cargo test`, so that blocks may quote them.
pub const QUOTED_FROM: &[&str] = &[
    "examples",
    "examples/_testbuffer",
    "tests/python",
    "tests/python/bridge",
    "tests/python/found",
    "tests/python/usual",
];

/// The statements that statements.md maps: letter, how many, and whether rules have to answer to them. `N` is the text the
/// book starts from, `L` was added later, `O` is what stood there before and is only told.
pub const STATEMENTS: &[(char, usize, bool)] = &[('N', 26, true), ('L', 6, true), ('O', 9, false)];

/// The page that tells how rules are checked by [`check_of`].
pub const CHECKING: &str = "checking.md";

/// What a program of the book needs in Cargo.toml.
pub const DEPENDENCIES: &str = "bufferprocs = \"0.1\" # or { path = \"…\" }, a clone";

/// The Markdown or HTML that `{{#name argument}}` stands for.
pub fn expand(name: &str, argument: &str) -> Result<String, String> {
    match (name, argument) {
        ("card", "") => card::html(),
        ("explorer", "") => explorer::html(),
        ("matrix", "") => matrix::html(),
        ("picture", argument) => picture::html(argument),
        _ => {
            Err(format!("unknown directive `{{{{#{}}}}}`", format!("{name} {argument}").trim_end()))
        }
    }
}

/// What `rules.json` says of the check that knows a rule, outside the book.
pub fn check_of(rule: &str) -> Option<Value> {
    checks::of(rule).map(checks::json)
}

/// Where the crate says other things than the pages.
pub fn problems(book: &Book) -> Vec<Problem> {
    checks::problems(book)
}
