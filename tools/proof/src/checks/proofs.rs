//! Rules and what proves them.

use crate::book::Book;
use crate::source::Problem;

/// Proofs of rules that do not exist, and rules that have no proof.
pub fn check(book: &Book) -> Vec<Problem> {
    let mut problems = Vec::new();
    for proof in &book.proofs {
        if book.rule(&proof.rule).is_none() && !book.is_unreadable(&proof.rule) {
            problems.push(Problem::new(
                &proof.block,
                format!("the proof names an unknown rule, r[{}]", proof.rule),
            ));
        }
    }
    for rule in &book.rules {
        if !rule.workflow && book.proofs_of(&rule.id).next().is_none() {
            problems.push(Problem::new(
                &rule.place,
                format!(
                    "r[{0}] has no proof: a block that runs needs the comment `// r[{0}]` (in Python `# r[{0}]`) above an assertion",
                    rule.id
                ),
            ));
        }
    }
    problems
}
