//! The conformance checks of the crate, beside the rules that they name.

use bufferprocs::conformance::{self, CHECKS, Check};
use mdbook_proof::book::Book;
use mdbook_proof::book::rules::{Level, Rule};
use mdbook_proof::source::Problem;
use serde_json::{Value, json};

/// The check of a rule.
pub fn of(rule: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.rule == rule)
}

/// For programs.
pub fn json(check: &Check) -> Value {
    json!({
        "severity": check.severity().to_string(),
        "requires": check.requires.map(|input| input.to_string()),
    })
}

/// Checks that say other things of their rule than its page does. That there is a check at all,
/// the lock says.
pub fn problems(book: &Book) -> Vec<Problem> {
    let checked = book.rules.iter().filter_map(|rule| Some((rule, of(&rule.id)?)));
    let problems = checked.filter_map(|(rule, check)| {
        let message = difference(rule, check)?;
        Some(Problem::new(&rule.place, format!("src/conformance/checks.rs: {message}")))
    });
    problems.collect()
}

fn difference(rule: &Rule, check: &Check) -> Option<String> {
    let level = match check.level {
        conformance::Level::Must => Level::Must,
        conformance::Level::Should => Level::Should,
        conformance::Level::Observed => Level::Observed,
    };
    if level != rule.level {
        return Some(format!("the check of r[{}] has level {}", rule.id, level.word()));
    }
    let page = format!("{}.md", check.page);
    (page != rule.chapter).then(|| format!("the check of r[{}] names the page {page}", rule.id))
}
