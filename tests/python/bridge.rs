//! The bridge in a real CPython: `bridge.py` has a test for each promise, over the module in `bridge/`.

use std::fs;
use std::path::PathBuf;

use crate::Outcome;
use crate::environment::{self, hash};
use crate::interpreter::Interpreter;
use crate::modules::{self, ABI3, Build, Module, NEWEST, SECOND_NEWEST};

/// Tests in the scripts; a test that is lost is missed here.
const TESTS: usize = 59;
const FAULTS: usize = 8;

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

/// `faults.py`, over the same module.
pub fn faults(python: &Interpreter) -> Outcome {
    let modules = built(python, &NEWEST)?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    ran("tests/python/faults.py", &environment::with_numpy(python)?, modules, FAULTS)?;
    let times = std::env::var("BUFFERPROCS_STRESS").unwrap_or_else(|_| "20000".to_owned());
    Ok(format!("{FAULTS} tests, 8 threads and a cycle {times} times each"))
}

fn compare(python: &Interpreter, build: &Build<'_>) -> Outcome {
    let modules = built(python, build)?;
    let file = modules.join(modules::file_name("bridge"));
    let file = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    ran("tests/python/bridge.py", &environment::with_numpy(python)?, modules, TESTS)?;
    Ok(format!("{TESTS} tests, PyO3 {}, module {:08x}", build.pyo3, hash(&file)))
}

/// Fails unless a script says at last that so many tests passed.
fn ran(script: &str, python: &Interpreter, modules: &str, tests: usize) -> Result<(), String> {
    let output = python.run_with_modules(script, modules)?;
    match output.lines().last() {
        Some(last) if last == format!("{tests} tests") => Ok(()),
        last => Err(format!("{script}: expected {tests} tests, found {last:?}")),
    }
}

/// The folder of the module.
fn built(python: &Interpreter, build: &Build<'_>) -> Result<PathBuf, String> {
    // PyO3 makes immutable types since 3.10, and with the limited API since 3.14.
    let immutable = python.minor() >= 10 && !build.abi3;
    let module = Module {
        name: "bridge",
        source: "tests/python/bridge/lib.rs",
        features: if immutable { &["immutable"] } else { &[] },
        dependencies: "",
    };
    modules::build(python, build, "bridge", &[module])
}
