//! CPython's own suites, from the interpreter's installation, on the example `_testbuffer`.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::environment;
use crate::interpreter::Interpreter;
use crate::modules::{self, Build, Module, NEWEST};

/// Tests that `Lib/test/test_buffer.py` has, by the interpreter's minor version.
fn tests_of(minor: u32) -> Option<u32> {
    match minor {
        9..=11 => Some(73),
        12 => Some(89),
        13 => Some(93),
        14 => Some(95),
        15 => Some(97),
        _ => None, // what the installed module runs
    }
}

/// The suites on our module and on the installed one: the same tests run, and the same are
/// skipped; none fails.
pub fn run(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let ours = python.run_with("tests/python/suite.py", &[&folder])?;
    let installed = python.run_with("tests/python/suite.py", &[&folder, "--installed"])?;
    if ours != installed {
        return Err(format!("ours:\n{ours}\nthe installed module:\n{installed}"));
    }
    check(python, &ours)?;
    if !ours.contains("numpy: False") {
        return Err(format!("this Python has a NumPy of its own:\n{ours}"));
    }
    let counts = ours.lines().filter(|line| line.contains(" run, "));
    let counts = counts.collect::<Vec<_>>().join("; ");
    let said = format!("CPython {}: {counts}", python.version());
    let Some(newest) = environment::numpy(python).as_ref().map_err(String::clone)? else {
        return Ok(said);
    };
    // The suite of 3.11 and before calls `tostring` of an array, which NumPy has until 2.2.
    let with_numpy = match python.minor() < 12 {
        true => &environment::with(python, "venv-suite", &["numpy<2.3"])?,
        false => newest,
    };
    let beside_numpy = with_numpy.run_with("tests/python/suite.py", &[&folder])?;
    check(python, &beside_numpy)?;
    if !beside_numpy.contains("numpy: True") {
        return Err(format!("with NumPy:\n{beside_numpy}"));
    }
    Ok(format!("{said}; test_buffer again beside NumPy"))
}

/// How long `test_buffer` takes beside the installed module.
pub fn time(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let said = python.run_with("tests/python/suite_time.py", &[&folder])?;
    Ok(said.trim_end().to_owned())
}

/// How many random pairs are compared; unset, some seconds of them. `.ci/run` sets it to more.
const PAIRS: &str = "BUFFERPROCS_PAIRS";

/// Random structures and requests, answered by both modules.
pub fn differential(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let pairs = std::env::var(PAIRS).unwrap_or_else(|_| "20000".to_owned());
    let said = python.run_with("tests/python/suite_differential.py", &[&folder, &pairs])?;
    Ok(said.trim_end().to_owned())
}

/// Calls that are wrong in many ways, to both modules.
pub fn bad_input(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let said = python.run_with("tests/python/suite_bad_input.py", &[&folder])?;
    Ok(said.trim_end().to_owned())
}

fn check(python: &Interpreter, said: &str) -> Result<(), String> {
    let line = said.lines().next().unwrap_or_default();
    let expected = match tests_of(python.minor()) {
        Some(tests) => format!("test.test_buffer: {tests} run, 0 failed, 0 skipped"),
        None => line.to_owned(),
    };
    if line != expected || !line.contains(" 0 failed, 0 skipped") {
        return Err(format!("expected {expected}\n{said}"));
    }
    Ok(())
}

/// Builds the module, with optimisation, in a folder without any other.
fn build(python: &Interpreter) -> Result<String, String> {
    let module = Module::new("_testbuffer", "examples/_testbuffer/lib.rs");
    let how = Build { folder: "packages-testbuffer", optimised: true, ..NEWEST };
    let place: PathBuf = modules::build(python, &how, "testbuffer", &[module])?;
    let place: &Path = &place;
    Ok(place.to_str().ok_or("the target folder is not UTF-8")?.to_owned())
}
