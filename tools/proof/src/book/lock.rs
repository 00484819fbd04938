//! `book/rules.lock`: the rules as they were last blessed.
//!
//! A rule that others cite must not change or vanish by accident, nor its check outside the book.
//! The file holds a checksum of each rule's level and text, the word `check` where there is one,
//! and an alias for each id that was renamed. Where book and file differ, the audit fails until
//! the author runs the command `lock`.

use crate::book::rules::Rule;
use crate::source::{Place, Problem, Result, read_text};
use std::collections::BTreeMap;
use std::path::Path;

pub const FILE: &str = "book/rules.lock";

const HEAD: &str = "\
# The rules of the book, frozen: id, checksum of level and text, and whether a conformance check has to know the rule.
# The command `lock` writes this file.
# A renamed rule keeps its old id by a line `alias old.id -> new.id`.
";

#[derive(Debug, Default)]
pub struct Lock {
    pub frozen: BTreeMap<String, Frozen>,
    /// Old id to new id and line.
    pub aliases: BTreeMap<String, (String, usize)>,
    pub exists: bool,
}

/// A rule as it was blessed.
#[derive(Debug)]
pub struct Frozen {
    pub checksum: String,
    /// Whether a check outside the book knew it.
    pub is_checked: bool,
    pub line: usize,
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

    /// The file for these rules. `is_checked` knows which have a check outside the book.
    pub fn to_text(&self, rules: &[Rule], is_checked: impl Fn(&str) -> bool) -> String {
        let line = |rule: &Rule| {
            let check = if is_checked(&rule.id) { " check" } else { "" };
            format!("{} {}{check}", rule.id, checksum(rule))
        };
        let mut lines: Vec<String> = rules.iter().map(line).collect();
        lines.sort();
        lines.extend(self.aliases.iter().map(|(old, (new, _))| format!("alias {old} -> {new}")));
        format!("{HEAD}{}\n", lines.join("\n"))
    }
}

/// 64-bit FNV-1a over level and text: noticing a change needs no stronger hash, and this one is
/// five lines.
pub fn checksum(rule: &Rule) -> String {
    let text = format!("{} {}", rule.level.word(), rule.text);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
