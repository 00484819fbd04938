//! `book/rules.lock`: the rules as they were last blessed.
//!
//! A rule that others cite must not change or vanish by accident, nor its conformance check. The file holds a checksum of
//! each rule's level and text, the word `check` where there is one, and an alias for each id that was renamed. Where book and file differ, the audit fails until somebody says
//! `cargo book lock`.

use crate::audit::counted;
use crate::model::Book;
use crate::rules::{Rule, Unreadable};
use crate::rules_json;
use crate::source::{Place, Problem, Result, read_text};
use crate::subject;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub const FILE: &str = "book/rules.lock";

const HEAD: &str = "\
# The rules of the book, frozen: id, checksum of level and text, and whether a conformance check has to know the rule.
# Written by `cargo book lock`.
# A renamed rule keeps its old id by a line `alias old.id -> new.id`.
";

#[derive(Debug, Default)]
pub struct Lock {
    frozen: BTreeMap<String, Frozen>,
    /// Old id to new id and line.
    aliases: BTreeMap<String, (String, usize)>,
    exists: bool,
}

/// A rule as it was blessed.
#[derive(Debug)]
struct Frozen {
    checksum: String,
    /// Whether a conformance check knew it.
    is_checked: bool,
    line: usize,
}

impl Lock {
    pub fn read(root: &Path, problems: &mut Vec<Problem>) -> Result<Lock> {
        let path = root.join(FILE);
        let mut lock = Lock::default();
        if !path.exists() {
            return Ok(lock);
        }
        lock.exists = true;
        for (index, line) in read_text(&path)?.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["alias", old, "->", new] => {
                    lock.aliases.insert((*old).to_owned(), ((*new).to_owned(), index + 1));
                }
                [id, checksum, check @ ..] if matches!(check, [] | ["check"]) => {
                    let (checksum, is_checked) = ((*checksum).to_owned(), !check.is_empty());
                    let frozen = Frozen { checksum, is_checked, line: index + 1 };
                    lock.frozen.insert((*id).to_owned(), frozen);
                }
                _ => problems.push(Problem::new(
                    &Place::new(FILE, index + 1),
                    format!(
                        "`{line}` is neither `id checksum [check]` nor `alias old.id -> new.id`"
                    ),
                )),
            }
        }
        Ok(lock)
    }

    /// The old ids of a rule.
    pub fn aliases_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.aliases.iter().filter(move |(_, (new, _))| new == id).map(|(old, _)| old.as_str())
    }

    /// The new id of a rule that was renamed.
    pub fn renamed(&self, old: &str) -> Option<&str> {
        self.aliases.get(old).map(|(new, _)| new.as_str())
    }

    pub fn check(&self, rules: &[Rule], unreadable: &[Unreadable]) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.exists && !rules.is_empty() {
            let message = "is missing: `cargo book lock` writes it";
            problems.push(Problem::new(&Place::new(FILE, 1), message));
            return problems;
        }
        for rule in rules {
            let message = match self.frozen.get(&rule.id) {
                Some(frozen) if frozen.checksum == checksum(rule) => {
                    match (frozen.is_checked, subject::check_of(&rule.id).is_some()) {
                        (true, false) => format!(
                            "{FILE} says that a conformance check knows r[{}], and none does: run `cargo book lock` if it is gone for good",
                            rule.id
                        ),
                        (false, true) => format!(
                            "r[{}] has a conformance check, of which {FILE} says nothing: run `cargo book lock` if it is new",
                            rule.id
                        ),
                        _ => continue,
                    }
                }
                Some(_) => format!(
                    "the text or level of r[{}] changed since {FILE} was written: run `cargo book lock` if this is intended",
                    rule.id
                ),
                None => format!(
                    "r[{}] is not in {FILE}: run `cargo book lock` if it is new, and add an alias there if it was renamed",
                    rule.id
                ),
            };
            problems.push(Problem::new(&rule.place, message));
        }
        let mut ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        // They are there, and named as what they are: not readable.
        ids.extend(unreadable.iter().map(|rule| rule.id.as_str()));
        for (id, Frozen { line, .. }) in &self.frozen {
            if !ids.contains(id.as_str()) && !self.aliases.contains_key(id) {
                let message = format!(
                    "no page has r[{id}] any more: add `alias {id} -> new.id`, or run `cargo book lock` if it is gone for good"
                );
                problems.push(Problem::new(&Place::new(FILE, *line), message));
            }
        }
        for (old, (new, line)) in &self.aliases {
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

    fn to_text(&self, rules: &[Rule]) -> String {
        let line = |rule: &Rule| {
            let check = if subject::check_of(&rule.id).is_some() { " check" } else { "" };
            format!("{} {}{check}", rule.id, checksum(rule))
        };
        let mut lines: Vec<String> = rules.iter().map(line).collect();
        lines.sort();
        lines.extend(self.aliases.iter().map(|(old, (new, _))| format!("alias {old} -> {new}")));
        format!("{HEAD}{}\n", lines.join("\n"))
    }
}

/// 64-bit FNV-1a over level and text: noticing a change needs no stronger hash, and this one is five lines.
fn checksum(rule: &Rule) -> String {
    let text = format!("{} {}", rule.level.word(), rule.text);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// `cargo book lock`.
pub fn run(root: &Path) -> Result<()> {
    let book = Book::read(root)?;
    if !book.problems.is_empty() {
        let problems: Vec<String> = book.problems.iter().map(|p| p.to_string()).collect();
        // A rule that cannot be read would silently lose its entry.
        return Err(format!("{}\n{FILE} is as it was: solve these first", problems.join("\n")));
    }
    let path = root.join(FILE);
    std::fs::write(&path, book.lock.to_text(&book.rules))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    rules_json::write(root, &book)?;
    println!("{FILE}: {}", counted(book.rules.len(), "rule"));
    Ok(())
}
