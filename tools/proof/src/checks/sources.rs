//! Files that a rule names and `book.toml` does not describe.

use crate::book::Book;
use crate::settings::Source;
use crate::source::Problem;

pub fn check(book: &Book, sources: &[Source]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in &book.rules {
        let words = rule.source.split(|c: char| c.is_whitespace() || ",;()".contains(c));
        let is_file = |word: &&str| [".rst", ".c", ".h"].iter().any(|end| word.ends_with(end));
        for word in words.filter(is_file) {
            if !sources.iter().any(|source| source.name == word) {
                let message = format!(
                    "r[{}] names {word}, which the sources of book.toml do not describe",
                    rule.id
                );
                problems.push(Problem::new(&rule.place, message));
            }
        }
    }
    problems
}
