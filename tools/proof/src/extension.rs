//! What a program adds for one book.

use crate::book::Book;
use crate::source::{Problem, Result};
use serde_json::Value;

/// What only this book has. Everything has an answer for books that have nothing of the kind.
pub trait Extension: Sync {
    /// The Markdown or HTML that `{{#name argument}}` stands for.
    fn expand(&self, name: &str, argument: &str) -> Result<String> {
        let directive = format!("{name} {argument}");
        Err(format!("unknown directive `{{{{#{}}}}}`", directive.trim_end()))
    }

    /// A check of a rule outside the book, as `rules.json` describes it.
    fn check_of(&self, _rule: &str) -> Option<Value> {
        None
    }

    /// Where something outside the book contradicts the pages.
    fn problems(&self, _book: &Book) -> Vec<Problem> {
        Vec::new()
    }
}
