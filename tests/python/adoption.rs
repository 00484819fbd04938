//! How a project adopts the checker: expected failures, reports for programs, the action.

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;

/// Tests in `adoption.py`; a test that is lost is missed here.
const TESTS: usize = 15;

pub fn run(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/adoption.py", &folder)?;
    let expected = format!("{TESTS} tests");
    match output.lines().last() {
        Some(last) if last.starts_with(&expected) => Ok(last.to_owned()),
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}
