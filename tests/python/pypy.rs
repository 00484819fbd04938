//! PyPy: the page on builds shows what its run prints.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::modules::{self, Build, Module, NEWEST};

/// The interpreter.
const PYPY: &str = "BUFFERPROCS_PYPY";
const PAGE: &str = "book/src/distribution.md";

/// Asks the PyPy that the variable names; the CPython has no part in it.
pub fn run(_: &Interpreter) -> Outcome {
    let path = std::env::var_os(PYPY).ok_or_else(|| format!("set {PYPY} to a PyPy"))?;
    let python = Interpreter::of("PyPy", path.into())?;
    let build = Build { folder: "packages-pypy", ..NEWEST };
    let modules = [
        Module::new("pypy", "tests/python/pypy/lib.rs"),
        Module::new("growable", "examples/growable.rs"),
    ];
    let folder = modules::build(&python, &build, "pypy", &modules)?;
    let folder = folder.to_str().ok_or("the target folder is not UTF-8")?;
    let printed = python.run_with_modules("tests/python/pypy.py", folder)?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(page).map_err(|error| format!("{PAGE}: {error}"))?;
    match page.contains(&format!("\n{printed}```\n")) {
        true => Ok(format!("{PAGE} shows its {} lines", printed.lines().count())),
        false => Err(format!("{PAGE} does not show\n{printed}")),
    }
}
