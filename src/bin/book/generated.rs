//! What the crate itself puts into a page: each such directive asks this one function.

use crate::{card, explorer, matrix, picture};

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
