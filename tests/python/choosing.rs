//! The page choosing.md: what each way to share an array can say, asked of NumPy, pyarrow and
//! rust-numpy.

use crate::Outcome;
use crate::environment::{self, Unmade};
use crate::interpreter::Interpreter;
use crate::modules::{self, Module, NEWEST};

/// What the script asks, and the functions of it that have to run.
const PACKAGES: [&str; 3] = ["ml_dtypes", "numpy", "pyarrow"];
const FUNCTIONS: u32 = 11;

/// Why there is nothing to ask for this Python, if that is so.
pub fn lacks(python: &Interpreter) -> Option<String> {
    match environment::with(python, "venv-choosing", &PACKAGES) {
        Err(Unmade::NoWheel(why)) => Some(why),
        _ => None,
    }
}

pub fn run(python: &Interpreter) -> Outcome {
    let module = Module {
        manifest: "numpy = \"0.30\"\n",
        ..Module::new("ways", "tests/python/ways/lib.rs")
    };
    let folder = modules::build(python, &NEWEST, "ways", &[module])?;
    let folder = folder.to_str().ok_or("the target folder is not UTF-8")?;
    let with_packages = environment::with(python, "venv-choosing", &PACKAGES)?;
    let output = with_packages.run_with_modules("tests/python/choosing.py", folder)?;
    let expected = format!("{FUNCTIONS} functions");
    if output.trim_end() != expected {
        return Err(format!("choosing.py: expected {expected:?}, found {output:?}"));
    }
    let mut versions = Vec::new();
    for package in PACKAGES {
        versions.push(format!("{package} {}", environment::version_of(&with_packages, package)?));
    }
    Ok(format!("{expected}, with {}", versions.join(", ")))
}
