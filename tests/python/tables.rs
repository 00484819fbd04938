//! Pages of the book, each compared with what this Python, this NumPy, PyO3 and the crate do: who
//! reads which format, who asks for what, and what came with which Python.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::bridge;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;
use crate::modules::NEWEST;
use crate::versions::{Compared, Row, Table};

const FORMAT_SUPPORT: Table =
    Table { page: "book/src/format-support.md", name: "memoryview", heading: "format" };

const CONSUMERS: Table =
    Table { page: "book/src/consumers.md", name: "requests", heading: "consumer" };

/// Who reads which format: `memoryview` by version, and the others, which are the same on each.
pub fn format_support(python: &Interpreter) -> Outcome {
    let output = asked(python, "tests/python/format_support.py")?;
    let (others, by_version): (Vec<&str>, Vec<&str>) =
        output.lines().partition(|line| line.starts_with("| "));
    let said = compare(python, &FORMAT_SUPPORT, &by_version, "formats")?;
    let page = FORMAT_SUPPORT.page;
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page));
    let text = text.map_err(|error| format!("{page}: {error}"))?;
    match others.iter().find(|row| !text.lines().any(|line| line == **row)) {
        Some(row) => Err(format!("{page} lacks\n{row}")),
        None if others.len() != by_version.len() => Err("a format has one row of two".to_owned()),
        None => Ok(said),
    }
}

/// Who asks for what.
pub fn consumers(python: &Interpreter) -> Outcome {
    let output = asked(python, "tests/python/consumers.py")?;
    compare(python, &CONSUMERS, &output.lines().collect::<Vec<_>>(), "consumers")
}

/// The table of everyday items has exactly the rows of the script, which reads and writes each.
pub fn everyday_items(python: &Interpreter) -> Outcome {
    let modules = bridge::built(python, &NEWEST)?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let script = "tests/python/everyday_items.py";
    let output = environment::with_numpy(python)?.run_with_modules(script, modules)?;
    let page = "book/src/consuming.md";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page));
    let text = text.map_err(|error| format!("{page}: {error}"))?;
    match output.lines().find(|row| !text.lines().any(|line| line == *row)) {
        Some(row) => Err(format!("{page} lacks\n{row}")),
        None => Ok(format!("{} types of items", output.lines().count())),
    }
}

/// The list of what came with which Python has exactly the rows of the script, which asserts each.
pub fn version_changes(python: &Interpreter) -> Outcome {
    let output = python.run("version_changes.py", "")?;
    let rows: Vec<&str> = output.lines().collect();
    let page = "book/src/versions.md";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page));
    let text = text.map_err(|error| format!("{page}: {error}"))?;
    let written: Vec<&str> = text.lines().filter(|line| line.starts_with("| 3.")).collect();
    let all = || written.iter().chain(&rows);
    match all().find(|row| !(written.contains(*row) && rows.contains(*row))) {
        Some(row) => Err(format!("{page} and the script do not both have\n{row}")),
        None => Ok(format!("{} rows", rows.len())),
    }
}

fn asked(python: &Interpreter, script: &str) -> Outcome {
    let folder = conformance::build(python)?;
    environment::with_numpy(python)?.run_with_modules(script, &folder)
}

/// Compares lines `KEY`, a tab, `CELL`.
fn compare(python: &Interpreter, table: &Table, lines: &[&str], what: &str) -> Outcome {
    let row = |line: &&str| -> Option<Row> {
        let (key, cell) = line.split_once('\t')?;
        Some((key.to_owned(), cell.to_owned()))
    };
    let rows: Option<Vec<Row>> = lines.iter().map(row).collect();
    let rows = rows.ok_or("a line has no tab")?;
    let listed = |rows: &[Row]| {
        let rows = rows.iter().map(|(key, cell)| format!("{key} {cell}"));
        rows.collect::<Vec<_>>().join("; ")
    };
    match table.compare(python, &rows)? {
        Compared::Equal => Ok(format!("{} {what}", rows.len())),
        Compared::Unknown(others) => Ok(format!(
            "{} {what}; {} has no column of this Python, others than in its last: {}",
            rows.len(),
            table.page,
            listed(&others)
        )),
        Compared::Differ(others) => {
            Err(format!("{} says otherwise: {}", table.page, listed(&others)))
        }
    }
}
