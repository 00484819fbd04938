//! Rules whose id another rule has.

use crate::book::rules::Rule;
use crate::source::Problem;

pub fn check(rules: &[Rule]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        if let Some(first) = rules[..index].iter().find(|first| first.id == rule.id) {
            problems.push(Problem::new(
                &rule.place,
                format!("duplicate rule id r[{}]: it is already at {}", rule.id, first.place),
            ));
        }
    }
    problems
}
