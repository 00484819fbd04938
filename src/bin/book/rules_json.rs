//! `rules.json`: the rules for programs. On the site beside the pages, and in the Python package.

use crate::model::Book;
use crate::rules::Rule;
use crate::source::{Place, Problem, Result, read_text};
use crate::subject::{RULES_JSON, check_of};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Raised when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// A copy of the book alone may lack a folder.
fn files(root: &Path) -> impl Iterator<Item = (&'static str, PathBuf)> {
    let files = RULES_JSON.iter().map(|file| (*file, root.join(file)));
    files.filter(|(_, path)| path.parent().is_some_and(Path::exists))
}

fn text(book: &Book) -> Result<String> {
    let rules: Vec<Value> = book.rules.iter().map(rule).collect();
    let all = json!({ "schema": SCHEMA, "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

fn rule(rule: &Rule) -> Value {
    let page = rule.chapter.strip_suffix(".md").unwrap_or(&rule.chapter);
    json!({
        "id": rule.id,
        "level": rule.level.word(),
        "text": without_links(&rule.text),
        "source": rule.source,
        "pythons": rule.pythons,
        "statements": rule.statements,
        "page": format!("{page}.html#r-{}", rule.id),
        "check": check_of(&rule.id),
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

/// Files that are not what the pages say.
pub fn problems(root: &Path, book: &Book) -> Result<Vec<Problem>> {
    let expected = text(book)?;
    let stale = files(root).filter(|(_, path)| read_text(path).ok().as_ref() != Some(&expected));
    let message = "is not what the pages say: `cargo book lock` writes it";
    Ok(stale.map(|(file, _)| Problem::new(&Place::new(file, 1), message)).collect())
}

/// Writes them: a part of `cargo book lock`.
pub fn write(root: &Path, book: &Book) -> Result<()> {
    let text = text(book)?;
    for (file, path) in files(root) {
        std::fs::write(&path, &text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}
