//! Who reads which format: the table of the book, and what this Python, this NumPy, PyO3 and the crate do.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;

const PAGE: &str = "book/src/readers.md";

/// Before this minor version of CPython a row was another one.
const BEFORE: [(u32, &str, &str); 1] = [(
    12,
    "| `e` | half | float | yes | float16 | – | – |",
    "| `e` | half | – | yes | float16 | – | – |",
)];

pub fn compare(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    let output =
        environment::with_numpy(python)?.run_with_modules("tests/python/readers.py", &folder)?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    let stands: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut expected = stands.clone();
    for (minor, now, before) in BEFORE {
        let row = expected.iter_mut().find(|row| **row == now);
        let row = row.ok_or_else(|| format!("{PAGE} lacks {now}"))?;
        if python.minor() < minor {
            *row = before;
        }
    }
    let found: Vec<&str> = output.lines().collect();
    let others: Vec<&str> =
        found.iter().filter(|found| !expected.contains(found)).copied().collect();
    if python.is_newer_than_the_book() && !others.is_empty() && found.len() == expected.len() {
        return Ok(format!(
            "{} formats, others on this Python: {}",
            found.len(),
            others.join("; ")
        ));
    }
    match expected.iter().zip(&found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(format!("{PAGE} has\n{expected}\nand found was\n{found}")),
        None if expected.len() != found.len() => {
            Err(format!("{PAGE} has {} rows, found were {}", expected.len(), found.len()))
        }
        None => Ok(format!("{} formats", found.len())),
    }
}
