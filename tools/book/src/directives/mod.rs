//! The parts of the harness that only this book has: directives that the crate computes, and the
//! crate's own checks of rules.

use mdbook_proof::Extension;
use mdbook_proof::book::Book;
use mdbook_proof::source::{Problem, Result};
use serde_json::Value;

mod cheat_sheet;
mod checks;
mod explorer;
mod picture;
mod request_matrix;

/// The extension of the harness.
pub struct Directives;

impl Extension for Directives {
    fn expand(&self, name: &str, argument: &str) -> Result<String> {
        match (name, argument) {
            ("cheat-sheet", "") => cheat_sheet::html(),
            ("explorer", "") => explorer::html(),
            ("matrix", "") => request_matrix::html(),
            ("picture", argument) => picture::html(argument),
            _ => {
                let directive = format!("{name} {argument}");
                Err(format!("unknown directive `{{{{#{}}}}}`", directive.trim_end()))
            }
        }
    }

    /// What `rules.json` says of the conformance check that knows a rule.
    fn check_of(&self, rule: &str) -> Option<Value> {
        checks::of(rule).map(checks::json)
    }

    /// Where the crate says other things than the pages.
    fn problems(&self, book: &Book) -> Vec<Problem> {
        checks::problems(book)
    }
}
