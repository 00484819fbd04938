//! The drafts for other projects: the code in them, and what it does.

use crate::Outcome;
use crate::conformance;
use crate::interpreter::Interpreter;
use crate::modules::{self, Module, NEWEST};

pub fn run(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    let module = Module::new("upstream_drafts", "tests/python/upstream_drafts/lib.rs");
    modules::build(python, &NEWEST, "upstream-drafts", &[module])?;
    let output = python.run_with_modules("tests/python/upstream_drafts.py", &folder)?;
    Ok(output.trim_end().to_owned())
}
