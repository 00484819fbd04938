//! The package `bufferprocs`: its command line and its functions, over Python's own exporters,
//! PyO3's and ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::Outcome;
use crate::environment;
use crate::examples;
use crate::interpreter::Interpreter;
use crate::modules::{self, Abi, Build, Module, NEWEST};

/// Tests in `conformance.py`; a test that is lost is missed here.
const TESTS: usize = 46;
/// The same in `consumer_check.py`, and the mistakes in its table.
const CONSUMER_TESTS: usize = 20;
const MISTAKES: usize = 50;
/// The same in `odd_exporters.py`.
const ODD_TESTS: usize = 4;

pub fn run(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/conformance.py", &folder)?;
    let expected = format!("{TESTS} tests, ");
    match output.lines().last() {
        Some(last) if last.starts_with(&expected) => Ok(last.to_owned()),
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}

/// Consumers with one mistake each, and consumers without.
pub fn consumers(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/consumer_check.py", &folder)?;
    let expected = format!("{CONSUMER_TESTS} tests, {MISTAKES} mistakes found, ");
    match output.lines().last() {
        Some(last) if last.starts_with(&expected) => Ok(last.to_owned()),
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}

/// Odd exporters that keep the rules, and odd ones that break them.
pub fn odd(python: &Interpreter) -> Outcome {
    let folder = build(python)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/odd_exporters.py", &folder)?;
    let expected = format!("{ODD_TESTS} tests, ");
    match output.lines().last() {
        Some(last) if last.starts_with(&expected) => Ok(last.to_owned()),
        last => Err(format!("expected {expected:?}, found {last:?}")),
    }
}

/// Builds the package, beside the examples and the exporters of `common_mistakes/`. Returns the
/// folder to import them from.
pub fn build(python: &Interpreter) -> Result<String, String> {
    static BUILT: OnceLock<Result<String, String>> = OnceLock::new();
    BUILT.get_or_init(|| build_now(python)).clone()
}

fn build_now(python: &Interpreter) -> Result<String, String> {
    let (_, folder) = examples::built(python, &NEWEST)?;
    let common_mistakes = Module::new("common_mistakes", "tests/python/common_mistakes/lib.rs");
    modules::build(python, &NEWEST, "common_mistakes", &[common_mistakes])?;
    package(python, Abi::OneVersion, Path::new(&folder))?;
    Ok(folder)
}

/// Builds the package alone, and puts it into `folder`.
pub fn package(python: &Interpreter, abi: Abi, folder: &Path) -> Result<(), String> {
    let native = Module::new("_native", "python/src/lib.rs");
    let features = &["conformance", "pyo3"];
    let name = match abi {
        Abi::OneVersion => "packages-conformance",
        _ => "packages-conformance-abi3",
    };
    let how = Build { folder: name, features, optimised: true, abi, ..NEWEST };
    let built = modules::build(python, &how, "native", &[native])?;
    let package = folder.join("bufferprocs");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/bufferprocs");
    fs::create_dir_all(&package).map_err(|error| format!("{}: {error}", package.display()))?;
    let mut files: Vec<PathBuf> = vec![built.join(modules::file_name("_native"))];
    for entry in fs::read_dir(&source).map_err(|error| format!("{}: {error}", source.display()))? {
        files.push(entry.map_err(|error| error.to_string())?.path());
    }
    // Without what another build may have left beside the sources.
    let is_text = |path: &Path| path.extension().is_some_and(|e| e == "py" || e == "json");
    files.retain(|path| path.starts_with(&built) || is_text(path));
    for path in files {
        let to = package.join(path.file_name().ok_or("a file has a name")?);
        let _ = fs::remove_file(&to); // a running Python may have it mapped
        fs::copy(&path, &to).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
