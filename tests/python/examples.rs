//! The examples: each is built, imported and used by the script beside it.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::environment;
use crate::example;
use crate::interpreter::Interpreter;
use crate::modules::{self, Module, NEWEST};

/// What every script has to show, in its own words and by its own assertion.
const SHOWN: [&str; 5] = ["zero copy", "read-only", "refusal", "references", "outlives its owner"];

pub fn run(python: &Interpreter) -> Outcome {
    let (names, modules) = build(python)?;
    let python_with_numpy = environment::with_numpy(python)?;
    for name in &names {
        let script = format!("examples/{name}.py");
        let output = python_with_numpy.run_with_modules(&script, &modules)?;
        for shown in SHOWN {
            if output.lines().filter(|line| *line == shown).count() != 1 {
                return Err(format!("{script} does not show: {shown}"));
            }
        }
    }
    Ok(format!("{} examples: {}", names.len(), names.join(", ")))
}

/// Objects whose answers are compared in `requests_of_examples.py`.
const OBJECTS: usize = 16;

/// Every request to every class, beside `_testbuffer.ndarray`.
pub fn requests(python: &Interpreter) -> Outcome {
    let (_, modules) = build(python)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/requests_of_examples.py", &modules)?;
    match output.lines().count() {
        OBJECTS => Ok(format!("{OBJECTS} objects, 512 requests each")),
        other => Err(format!("{other} objects, expected {OBJECTS}")),
    }
}

/// Builds all examples. Returns their names, and the folder to import them from.
pub fn build(python: &Interpreter) -> Result<(Vec<String>, String), String> {
    let names = example::names(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let sources: Vec<String> = names.iter().map(|name| format!("examples/{name}.rs")).collect();
    let dependencies: Vec<String> =
        sources.iter().map(|source| lines_of(source)).collect::<Result<_, String>>()?;
    let modules: Vec<Module<'_>> = names
        .iter()
        .zip(&sources)
        .zip(&dependencies)
        .map(|((name, source), dependencies)| Module { name, source, features: &[], dependencies })
        .collect();
    let folder = modules::build(python, &NEWEST, "examples", &modules)?;
    let folder = folder.to_str().ok_or("the target folder is not UTF-8")?;
    Ok((names, folder.to_owned()))
}

/// The dependencies of an example that not every module has.
fn lines_of(source: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let text = fs::read_to_string(&path).map_err(|error| format!("{source}: {error}"))?;
    let lines = example::dependencies(&text).map_err(|error| format!("{source}: {error}"))?;
    Ok(lines
        .into_iter()
        .filter(|line| !line.starts_with("bufferprocs ") && !line.starts_with("pyo3 "))
        .map(|line| format!("{line}\n"))
        .collect())
}
