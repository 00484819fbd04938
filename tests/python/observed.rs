//! Statements of the chapters on CPython and NumPy: each page has a script that observes, and a
//! list of the expected observations.

use crate::Outcome;
use crate::environment;
use crate::interpreter::Interpreter;

/// Name and answer, in the order of the script's lines `NAME ANSWER`.
pub type Expected = [(&'static str, &'static str)];

/// Answers that are others from a minor version of CPython on. Of several for one name the last
/// that applies counts.
pub type Since = [(u32, &'static str, &'static str)];

/// Runs `script` with NumPy at hand, and compares line by line.
pub fn compare(python: &Interpreter, script: &str, expected: &Expected, since: &Since) -> Outcome {
    if let Some((_, name, _)) =
        since.iter().find(|(_, name, _)| !expected.iter().any(|(expected, _)| expected == name))
    {
        return Err(format!("{name} has an answer for newer Pythons alone"));
    }
    let expected = expected.iter().map(|&(name, answer)| {
        let newer =
            since.iter().rev().find(|(minor, of, _)| *of == name && python.minor() >= *minor);
        (name, newer.map_or(answer, |&(_, _, answer)| answer))
    });
    let expected: Vec<(&str, &str)> = expected.collect();
    let output = environment::with_numpy(python)?.run(script, "")?;
    let lines: Vec<(&str, &str)> =
        output.lines().map(|line| line.split_once(' ').unwrap_or((line, ""))).collect();
    for (number, seen) in lines.iter().enumerate() {
        match expected.get(number) {
            Some(expected) if expected == seen => {}
            Some((name, answer)) => {
                return Err(format!(
                    "{} is {:?}; the book says {name} is {answer:?}",
                    seen.0, seen.1
                ));
            }
            None => {
                return Err(format!("{} is {:?}, of which the book says nothing", seen.0, seen.1));
            }
        }
    }
    if lines.len() < expected.len() {
        return Err(format!("no answer for {}", expected[lines.len()].0));
    }
    Ok(format!("{} observations", lines.len()))
}
