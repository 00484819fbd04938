//! Where the rules differ from those that the author froze.

use crate::book::Book;
use crate::book::lock::{FILE, Frozen, checksum};
use crate::project::Project;
use crate::source::{Place, Problem};
use std::collections::BTreeSet;

pub fn check(book: &Book, project: &Project) -> Vec<Problem> {
    let (lock, rules, command) = (&book.lock, &book.rules, project.call("lock"));
    let mut problems = Vec::new();
    if !lock.exists && !rules.is_empty() {
        let message = format!("is missing: `{command}` writes it");
        problems.push(Problem::new(&Place::new(FILE, 1), message));
        return problems;
    }
    for rule in rules {
        let message = match lock.frozen.get(&rule.id) {
            Some(frozen) if frozen.checksum == checksum(rule) => {
                match (frozen.is_checked, project.extension.check_of(&rule.id).is_some()) {
                    (true, false) => format!(
                        "{FILE} says that a conformance check knows r[{}], and none does: run `{command}` if it is gone for good",
                        rule.id
                    ),
                    (false, true) => format!(
                        "r[{}] has a conformance check, of which {FILE} says nothing: run `{command}` if it is new",
                        rule.id
                    ),
                    _ => continue,
                }
            }
            Some(_) => format!(
                "the text or level of r[{}] changed since {FILE} was written: run `{command}` if this is intended",
                rule.id
            ),
            None => format!(
                "r[{}] is not in {FILE}: run `{command}` if it is new, and add an alias there if it was renamed",
                rule.id
            ),
        };
        problems.push(Problem::new(&rule.place, message));
    }
    let mut ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    // They are there, and named as what they are: not readable.
    ids.extend(book.unreadable.iter().map(|rule| rule.id.as_str()));
    for (id, Frozen { line, .. }) in &lock.frozen {
        if !ids.contains(id.as_str()) && !lock.aliases.contains_key(id) {
            let message = format!(
                "no page has r[{id}] any more: add `alias {id} -> new.id`, or run `{command}` if it is gone for good"
            );
            problems.push(Problem::new(&Place::new(FILE, *line), message));
        }
    }
    for (old, (new, line)) in &lock.aliases {
        let message = if ids.contains(old.as_str()) {
            format!("r[{old}] is an alias and a rule at once")
        } else if !ids.contains(new.as_str()) {
            format!("the alias {old} points to r[{new}], which no page has")
        } else {
            continue;
        };
        problems.push(Problem::new(&Place::new(FILE, *line), message));
    }
    problems
}
