//! All that the tool knows of this crate.

use crate::model::Book;
use crate::source::Problem;
use crate::sources::Source;
use serde_json::Value;

pub const CRATE: &str = "shelf";
pub const DEPENDENCIES: &str = "shelf = \"0.1\"";
pub const RULES_JSON: &[&str] = &["book/src/rules.json"];
pub const QUOTED_FROM: &[&str] = &[];
pub const STATEMENTS: &[(char, usize, bool)] = &[];
pub const CHECKING: &str = "room.md";
pub const SOURCES: &[Source] = &[];

pub fn expand(name: &str, argument: &str) -> Result<String, String> {
    match (name, argument) {
        ("room", "") => Ok(format!("{:?}", shelf::room(800, 25))),
        _ => Err(format!("unknown directive `{{{{#{name} {argument}}}}}`")),
    }
}

pub fn check_of(_rule: &str) -> Option<Value> {
    None
}

pub fn problems(_book: &Book) -> Vec<Problem> {
    Vec::new()
}
