//! Tables of the book, each compared with what this Python, this NumPy, PyO3 and the crate do.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;

/// A page whose rows a script prints.
struct Table {
    page: &'static str,
    script: &'static str,
    what: &'static str,
    /// Before this minor version of CPython a row was another one.
    before: &'static [(u32, &'static str, &'static str)],
}

const READERS: Table = Table {
    page: "book/src/readers.md",
    script: "tests/python/readers.py",
    what: "formats",
    before: &[(
        12,
        "| `e` | half | float | yes | float16 | – | – |",
        "| `e` | half | – | yes | float16 | – | – |",
    )],
};

const ASKERS: Table = Table {
    page: "book/src/askers.md",
    script: "tests/python/askers.py",
    what: "consumers",
    before: &[],
};

/// Who reads which format.
pub fn readers(python: &Interpreter) -> Outcome {
    compare(python, &READERS)
}

/// Who asks for what.
pub fn askers(python: &Interpreter) -> Outcome {
    compare(python, &ASKERS)
}

fn compare(python: &Interpreter, table: &Table) -> Outcome {
    let Table { page: name, script, what, before } = table;
    let folder = conformance::build(python)?;
    let output = environment::with_numpy(python)?.run_with_modules(script, &folder)?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let page = fs::read_to_string(&page).map_err(|error| format!("{name}: {error}"))?;
    let stands: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut expected = stands.clone();
    for (minor, now, before) in *before {
        let row = expected.iter_mut().find(|row| *row == now);
        let row = row.ok_or_else(|| format!("{name} lacks {now}"))?;
        if python.minor() < *minor {
            *row = before;
        }
    }
    let found: Vec<&str> = output.lines().collect();
    let others: Vec<&str> =
        found.iter().filter(|found| !expected.contains(found)).copied().collect();
    if python.is_newer_than_the_book() && !others.is_empty() && found.len() == expected.len() {
        return Ok(format!("{} {what}, others on this Python: {}", found.len(), others.join("; ")));
    }
    match expected.iter().zip(&found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(format!("{name} has\n{expected}\nand found was\n{found}")),
        None if expected.len() != found.len() => {
            Err(format!("{name} has {} rows, found were {}", expected.len(), found.len()))
        }
        None => Ok(format!("{} {what}", found.len())),
    }
}
