//! The examples: each is built, imported and used by the script beside it.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::environment;
use crate::example;
use crate::interpreter::Interpreter;
use crate::modules::{self, ABI3T, Build, Module, NEWEST};

/// The five things that every script has to show, each by an assertion of its own.
pub const SHOWN: [&str; 5] =
    ["zero copy", "read-only", "refusal", "references", "outlives its owner"];

pub fn run(python: &Interpreter) -> Outcome {
    compare(python, &NEWEST)
}

/// One module of each for all builds of 3.15 and later, those without a GIL included.
pub fn abi3t(python: &Interpreter) -> Outcome {
    compare(python, &ABI3T)
}

fn compare(python: &Interpreter, build: &Build<'_>) -> Outcome {
    let (names, modules) = built(python, build)?;
    let python_with_numpy = environment::with_numpy(python)?;
    for name in &names {
        let script = format!("examples/{name}.py");
        let output = python_with_numpy.run_with_modules(&script, &modules)?;
        for shown in SHOWN {
            if output.lines().filter(|line| *line == shown).count() != 1 {
                return Err(format!("{script} does not show: {shown}"));
            }
        }
    }
    Ok(format!("{} examples: {}", names.len(), names.join(", ")))
}

/// Objects whose answers are compared in `requests_of_examples.py`.
const OBJECTS: usize = 27;

/// Every request to every class, beside `_testbuffer.ndarray`.
pub fn requests(python: &Interpreter) -> Outcome {
    let (_, modules) = built(python, &NEWEST)?;
    let python = environment::with_numpy(python)?;
    let output = python.run_with_modules("tests/python/requests_of_examples.py", &modules)?;
    match output.lines().count() {
        OBJECTS => Ok(format!("{OBJECTS} objects, 512 requests each")),
        other => Err(format!("{other} objects, expected {OBJECTS}")),
    }
}

/// Builds all examples. Returns their names, and the folder to import them from.
pub fn built(python: &Interpreter, build: &Build<'_>) -> Result<(Vec<String>, String), String> {
    let names = example::names(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let sources: Vec<String> = names.iter().map(|name| format!("examples/{name}.rs")).collect();
    let needs: Vec<Needs> =
        sources.iter().map(|source| Needs::of(source)).collect::<Result<_, String>>()?;
    let modules: Vec<Module<'_>> = names
        .iter()
        .zip(&sources)
        .zip(&needs)
        .map(|((name, source), needs)| Module {
            of_crate: &needs.of_crate,
            manifest: &needs.manifest,
            build_script: needs.build_script.as_deref(),
            ..Module::new(name, source)
        })
        .collect();
    let folder = modules::build(python, build, "examples", &modules)?;
    let folder = folder.to_str().ok_or("the target folder is not UTF-8")?;
    Ok((names, folder.to_owned()))
}

/// The lines and the build script that not every module has.
struct Needs {
    /// Features of the crate.
    of_crate: Vec<String>,
    manifest: String,
    build_script: Option<String>,
}

impl Needs {
    fn of(source: &str) -> Result<Needs, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let text = fs::read_to_string(&path).map_err(|error| format!("{source}: {error}"))?;
        let wanted = example::wanted(&text).map_err(|error| format!("{source}: {error}"))?;
        let is_its_own =
            |line: &&str| !line.starts_with("bufferprocs ") && !line.starts_with("pyo3 ");
        let own = wanted.dependencies.iter().find(|line| line.starts_with("bufferprocs "));
        let features =
            own.and_then(|line| line.split_once("features = [")).map_or("", |rest| rest.1);
        let features = features.split(']').next().unwrap_or_default().split(", ");
        let of_crate = features.map(|name| name.trim_matches('"').to_owned());
        // PyO3 belongs to the build.
        let of_crate = of_crate.filter(|name| !matches!(&**name, "" | "pyo3" | "python")).collect();
        let dependencies = wanted.dependencies.into_iter().filter(is_its_own);
        let header = wanted.build_script.as_ref().map(|_| "\n[build-dependencies]");
        let lines = dependencies.chain(header).chain(wanted.build_dependencies);
        let manifest = lines.map(|line| format!("{line}\n")).collect();
        Ok(Needs { of_crate, manifest, build_script: wanted.build_script })
    }
}
