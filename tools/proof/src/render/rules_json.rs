//! The rules for programs, as JSON. A file in `book/src` is a part of the site too.

use crate::book::Book;
use crate::book::rules::Rule;
use crate::project::Project;
use crate::source::Result;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Raised when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// A copy of the book alone may lack a folder.
pub fn files(project: &Project) -> Vec<PathBuf> {
    let files = project.settings.rules_json.iter().cloned();
    files.filter(|file| project.root.join(file).parent().is_some_and(Path::exists)).collect()
}

pub fn text(book: &Book, project: &Project) -> Result<String> {
    let rules: Vec<Value> = book.rules.iter().map(|rule| described(rule, project)).collect();
    let all = json!({ "schema": SCHEMA, "version": project.version()?, "rules": rules });
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn described(rule: &Rule, project: &Project) -> Value {
    let page = rule.chapter.strip_suffix(".md").unwrap_or(&rule.chapter);
    json!({
        "id": rule.id,
        "level": rule.level.word(),
        "text": without_links(&rule.text),
        "source": rule.source,
        "pythons": rule.pythons,
        "statements": rule.statements,
        "page": format!("{page}.html#r-{}", rule.id),
        "check": project.extension.check_of(&rule.id),
    })
}

/// `[r:a.b]` becomes `a.b`.
fn without_links(text: &str) -> String {
    let mut pieces = text.split("[r:");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (id, rest) = piece.split_once(']').unwrap_or((piece, ""));
        plain.push_str(id);
        plain.push_str(rest);
    }
    plain
}
