//! The bridge in a real CPython: `bridge.py` has a test for each promise, over the module in `bridge/`.

use std::fs;

use crate::Outcome;
use crate::environment::{self, hash};
use crate::interpreter::Interpreter;
use crate::modules::{self, ABI3, Build, Module, NEWEST, SECOND_NEWEST};

/// Tests in `bridge.py`; a test that is lost is missed here.
const TESTS: usize = 52;

pub fn newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &NEWEST)
}

pub fn second_newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &SECOND_NEWEST)
}

/// One module for all versions from 3.11 on. Its checksum tells whether it was one: `.ci/run` compares.
pub fn abi3(python: &Interpreter) -> Outcome {
    compare(python, &ABI3)
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
    let file = modules.join(modules::file_name("bridge"));
    let file = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/bridge.py", modules)?;
    let expected = format!("{TESTS} tests");
    match output.lines().last() {
        Some(last) if last == expected => {
            Ok(format!("{TESTS} tests, PyO3 {}, module {:08x}", build.pyo3, hash(&file)))
        }
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}
