//! The symptom index: every message on the page is raised by a program, and every message raised
//! is on the page.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;

const PAGE: &str = "book/src/symptoms.md";

/// Messages that have other words from a minor version of CPython on. The page has both.
const REWORDED: [(u32, &str, &str); 2] = [
    (
        15,
        "TypeError: argument must be read-write bytes-like object, not bytes",
        "TypeError: pack_into() argument 2 must be read-write bytes-like object, not bytes",
    ),
    (
        15,
        "ValueError: memoryview: destination format must be a native single character format prefixed with an optional '@'",
        "ValueError: memoryview: destination format must be a native format prefixed with an optional '@'",
    ),
];

pub fn compare(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    let output =
        environment::with_numpy(python)?.run_with_modules("tests/python/symptoms.py", &folder)?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    let mut headings: Vec<&str> = page.lines().filter_map(heading).collect();
    for (minor, before, now) in REWORDED {
        if let Some(lost) = [before, now].into_iter().find(|message| !headings.contains(message)) {
            return Err(format!("{PAGE} lacks {lost}"));
        }
        let other = if python.minor() >= minor { before } else { now };
        headings.retain(|&heading| heading != other);
    }
    let raised: Vec<&str> = output.lines().collect();
    let lost: Vec<&str> =
        raised.iter().filter(|raised| !headings.contains(raised)).copied().collect();
    if python.is_newer_than_the_book() && !lost.is_empty() && raised.len() == headings.len() {
        return Ok(format!(
            "{} messages, others on this Python: {}",
            raised.len(),
            lost.join("; ")
        ));
    }
    if let Some(lost) = lost.first() {
        return Err(format!("{PAGE} lacks {lost}"));
    }
    if let Some(invented) = headings.iter().find(|heading| !raised.contains(heading)) {
        return Err(format!("no program raises {invented}, which {PAGE} has"));
    }
    Ok(format!("{} messages", raised.len()))
}

/// A heading that is a message of Python's. Those of compilers, in double marks, are tested with
/// the book.
fn heading(line: &str) -> Option<&str> {
    let message = line.strip_prefix("### `")?.strip_suffix('`')?;
    (!message.starts_with('`')).then_some(message)
}
