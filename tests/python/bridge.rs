//! The bridge in a real CPython: `bridge.py` has a test for each promise, over the module in
//! `bridge/`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::ptr;

use crate::Outcome;
use crate::environment::{self, hash};
use crate::interpreter::Interpreter;
use crate::modules::{self, ABI3, ABI3T, Abi, Build, Module, NEWEST, SECOND_NEWEST};

/// Tests in the scripts; a test that is lost is missed here.
const TESTS: usize = 75;
const FAULTS: usize = 8;

pub fn newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &NEWEST)
}

pub fn second_newest_pyo3(python: &Interpreter) -> Outcome {
    compare(python, &SECOND_NEWEST)
}

/// One module for all versions from 3.11 on. Its checksum tells whether it was one: `.ci/run`
/// compares.
pub fn abi3(python: &Interpreter) -> Outcome {
    match python.minor() {
        ..11 => not_loaded(python, &ABI3),
        _ => compare(python, &ABI3),
    }
}

/// One module for all builds of 3.15 and later, those without a GIL included.
pub fn abi3t(python: &Interpreter) -> Outcome {
    match python.minor() {
        ..15 => not_loaded(python, &ABI3T),
        _ => compare(python, &ABI3T),
    }
}

/// Older versions have to say so when they are asked to import a module, not crash later.
fn not_loaded(python: &Interpreter, build: &Build<'_>) -> Outcome {
    let modules = built(python, build)?;
    let import = "import sys; sys.path.insert(0, sys.argv[1])\n\
        try: import bridge\n\
        except ImportError: print('ImportError')";
    let mut command = Command::new(python.path());
    command.args(["-I", "-c", import]).arg(&modules);
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match &*output.stdout {
        b"ImportError\n" => {
            Ok(format!("ImportError, as is right for CPython {}", python.version()))
        }
        _ => Err(format!("expected an ImportError, found {output:?}")),
    }
}

/// `faults.py`, over the same module.
pub fn faults(python: &Interpreter) -> Outcome {
    let modules = built(python, &NEWEST)?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let faults = ran("tests/python/faults.py", python, modules, FAULTS)?;
    let times = std::env::var("BUFFERPROCS_STRESS").unwrap_or_else(|_| "20000".to_owned());
    Ok(format!("{faults}, 8 threads and a cycle {times} times each"))
}

fn compare(python: &Interpreter, build: &Build<'_>) -> Outcome {
    let modules = built(python, build)?;
    let file = modules.join(modules::file_name("bridge"));
    let file = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let tests = ran("tests/python/bridge.py", python, modules, TESTS)?;
    Ok(format!("{tests}, PyO3 {}, module {:08x}", build.pyo3, hash(&file)))
}

/// Runs a script beside NumPy where there is one. Returns its last line, `N tests`, and what was
/// skipped without; fails with another number of tests.
fn ran(script: &str, python: &Interpreter, modules: &str, tests: usize) -> Outcome {
    let beside = environment::with_numpy_if_any(python)?;
    let output = beside.run_with_modules(script, modules)?;
    let last = output.lines().last().unwrap_or_default();
    let whole = format!("{tests} tests");
    match last.strip_prefix(&whole) {
        Some("") => Ok(whole),
        Some(skipped) if skipped.starts_with(", ") && ptr::eq(beside, python) => {
            Ok(last.to_owned())
        }
        _ => Err(format!("{script}: expected {whole}, found {last:?}")),
    }
}

/// The folder of the module.
pub fn built(python: &Interpreter, build: &Build<'_>) -> Result<PathBuf, String> {
    // PyO3 makes immutable types since 3.10, and with the limited API since 3.14.
    let immutable = match build.abi {
        Abi::OneVersion => python.minor() >= 10,
        Abi::WithGil => false,
        Abi::ForAllBuilds => true,
    };
    let module = Module {
        features: match immutable {
            true => &["bufferprocs/ndarray", "immutable"],
            false => &["bufferprocs/ndarray"],
        },
        manifest: "ndarray = { version = \">=0.15, <0.18\", default-features = false }\n",
        ..Module::new("bridge", "tests/python/bridge/lib.rs")
    };
    modules::build(python, build, "bridge", &[module])
}
