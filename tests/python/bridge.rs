//! The bridge in a real CPython: `bridge.py` has a test for each promise, over the module in `bridge/`.

use crate::Outcome;
use crate::environment;
use crate::interpreter::Interpreter;
use crate::modules::{self, ABI3, Build, Module, NEWEST, SECOND_NEWEST};

/// Tests in `bridge.py`; a test that is lost is missed here.
const TESTS: usize = 47;

pub fn newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &NEWEST)
}

pub fn second_newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &SECOND_NEWEST)
}

/// One module for all versions from 3.11 on: the limited API has the protocol since then.
pub fn abi3(python: &Interpreter) -> Outcome {
    match python.minor() {
        ..11 => Ok("the limited API has no buffers before 3.11".to_owned()),
        _ => compare(python, &ABI3),
    }
}

fn compare(python: &Interpreter, build: &Build<'_>) -> Outcome {
    // PyO3 makes immutable types since 3.10, and with the limited API since 3.14.
    let immutable = python.minor() >= 10 && !build.abi3;
    let module = Module {
        name: "bridge",
        source: "tests/python/bridge/lib.rs",
        features: if immutable { &["immutable"] } else { &[] },
        dependencies: "",
    };
    let modules = modules::build(python, build, "bridge", &[module])?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let output = environment::with_numpy(python)?.run("bridge.py", modules)?;
    let expected = format!("{TESTS} tests");
    match output.lines().last() {
        Some(last) if last == expected => Ok(format!("{TESTS} tests, PyO3 {}", build.pyo3)),
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}
