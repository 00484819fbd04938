//! The targets of `fuzz/` in a real CPython: on the seeds, and on random input for as long as is
//! asked.

use std::env;

use crate::interpreter::Interpreter;
use crate::modules::{self, Build, Module, NEWEST};
use crate::versions::WRITE;
use crate::{Outcome, environment};

/// How long each target runs, or how many random cases it is given. With either the module is
/// built with optimisations.
const SECONDS: &str = "BUFFERPROCS_FUZZ_SECONDS";
const CASES: &str = "BUFFERPROCS_FUZZ_CASES";
/// Random cases where nothing is asked.
const FEW: &str = "10000";
const TABLE: &str = "book/src/code/fuzzed.md";

pub fn run(python: &Interpreter) -> Outcome {
    let module = Module {
        manifest: "arbitrary = \"=1.5.0\"\n",
        ..Module::new("fuzzing", "fuzz/src/lib.rs")
    };
    let (seconds, cases) = (env::var(SECONDS).ok(), env::var(CASES).ok());
    let optimised = seconds.is_some() || cases.is_some();
    let build = Build { optimised, ..NEWEST };
    let modules = modules::build(python, &build, "fuzz", &[module])?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let mut arguments = vec![modules];
    match (&seconds, &cases) {
        (Some(seconds), _) => arguments.extend(["--seconds", seconds]),
        (None, cases) => arguments.extend(["--cases", cases.as_deref().unwrap_or(FEW)]),
    }
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + TABLE;
    // With so many cases the table in the book is of what was run.
    if cases.is_some() && env::var_os(WRITE).is_some() {
        arguments.extend(["--record", &table]);
    }
    let output = environment::with_numpy(python)?.run_with("fuzz/fuzz.py", &arguments)?;
    let (targets, together) = output.trim_end().rsplit_once('\n').ok_or("there was no output")?;
    targets.lines().for_each(|line| println!("fuzz: {line}"));
    Ok(together.to_owned())
}
