//! The symptom index: every message on the page is raised by a program, and every message raised
//! is on the page.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::c_compiler::{self, Compiler, Headers, Language};
use crate::conformance;
use crate::environment::{self, Unmade};
use crate::interpreter::Interpreter;

const PAGE: &str = "book/src/symptoms.md";

/// Messages that have other words from a minor version of CPython on. The page has both.
const REWORDED: [(u32, &str, &str); 2] = [
    (
        15,
        "TypeError: argument must be read-write bytes-like object, not bytes",
        "TypeError: pack_into() argument 2 must be read-write bytes-like object, not bytes",
    ),
    (
        15,
        "ValueError: memoryview: destination format must be a native single character format prefixed with an optional '@'",
        "ValueError: memoryview: destination format must be a native format prefixed with an optional '@'",
    ),
];

/// The message that needs ml_dtypes. Those that begin with `CYTHON` need a module of Cython.
const ML_DTYPES: &str = "ValueError: cannot include dtype 'E' in a buffer";
const CYTHON: &str = "ValueError: Buffer ";

/// NumPy, Cython and ml_dtypes, and the folder of the module `typed`; or why one of them is
/// missing.
struct Tools {
    python: Interpreter,
    ml_dtypes: Result<(), String>,
    typed: Result<String, String>,
}

impl Tools {
    fn find(python: &Interpreter) -> Result<Tools, String> {
        let packages = ["numpy", "cython", "ml_dtypes"];
        Ok(match environment::with(python, "venv-symptoms", &packages) {
            Ok(whole) => {
                let typed = match c_compiler::lacks(&whole) {
                    Some(why) => Err(why),
                    None => Ok(typed(&whole)?),
                };
                Tools { python: whole, ml_dtypes: Ok(()), typed }
            }
            Err(Unmade::NoWheel(why)) => {
                let python = Interpreter::at(environment::with_numpy(python)?.path().into())?;
                Tools { python, ml_dtypes: Err(why.clone()), typed: Err(why) }
            }
            Err(Unmade::Failed(why)) => return Err(why),
        })
    }

    /// Whether a program can raise this message here.
    fn raise(&self, message: &str) -> bool {
        let is_typed = message.starts_with(CYTHON) && message.contains("expected");
        (message != ML_DTYPES || self.ml_dtypes.is_ok()) && (!is_typed || self.typed.is_ok())
    }

    /// For the end of the line that says what was compared.
    fn missing(&self) -> String {
        let of = |what: &str, why: Option<&String>| match why {
            Some(why) => format!("; without those of {what}: {why}"),
            None => String::new(),
        };
        of("ml_dtypes", self.ml_dtypes.as_ref().err()) + &of("Cython", self.typed.as_ref().err())
    }
}

/// Builds the module `typed` with Cython and the C compiler. Returns its folder.
fn typed(python: &Interpreter) -> Result<String, String> {
    let source = c_compiler::folder_of(python, "typed")?.join("typed.c");
    let mut cython = Command::new(python.path());
    cython.args(["-I", "-m", "cython", "tests/python/typed.pyx", "-o"]).arg(&source);
    let output = cython.current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.map_err(|error| format!("{cython:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{cython:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let source = source.to_str().ok_or("the target folder is not UTF-8")?;
    // The warnings are Cython's affair.
    let (compiler, headers) = (Compiler::find()?, Headers::of(python)?);
    compiler.module(python, &headers, Language::C11, source, "typed", "typed", &["-w"])
}

pub fn compare(python: &Interpreter) -> Outcome {
    let folder = conformance::build(python)?;
    let tools = Tools::find(python)?;
    let typed = tools.typed.as_ref().ok().map(|folder| ("BUFFERPROCS_TYPED", folder.as_str()));
    let output = tools.python.run_with_modules_and(
        "tests/python/symptoms.py",
        &folder,
        "",
        typed.as_slice(),
    )?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    let mut headings: Vec<&str> = page.lines().filter_map(heading).collect();
    if ![CYTHON, ML_DTYPES].iter().all(|start| headings.iter().any(|it| it.starts_with(start))) {
        return Err(format!("{PAGE} has no message of Cython or of ml_dtypes"));
    }
    headings.retain(|heading| tools.raise(heading));
    for (minor, before, now) in REWORDED {
        if let Some(lost) = [before, now].into_iter().find(|message| !headings.contains(message)) {
            return Err(format!("{PAGE} lacks {lost}"));
        }
        let other = if python.minor() >= minor { before } else { now };
        headings.retain(|&heading| heading != other);
    }
    let raised: Vec<&str> = output.lines().collect();
    let lost: Vec<&str> =
        raised.iter().filter(|raised| !headings.contains(raised)).copied().collect();
    if python.is_newer_than_the_book() && !lost.is_empty() && raised.len() == headings.len() {
        return Ok(format!(
            "{} messages, others on this Python: {}{}",
            raised.len(),
            lost.join("; "),
            tools.missing()
        ));
    }
    if let Some(lost) = lost.first() {
        return Err(format!("{PAGE} lacks {lost}"));
    }
    if let Some(invented) = headings.iter().find(|heading| !raised.contains(heading)) {
        return Err(format!("no program raises {invented}, which {PAGE} has"));
    }
    Ok(format!("{} messages{}", raised.len(), tools.missing()))
}

/// A heading that is a message of Python's. Those of compilers, in double marks, are tested with
/// the book.
fn heading(line: &str) -> Option<&str> {
    let message = line.strip_prefix("### `")?.strip_suffix('`')?;
    (!message.starts_with('`')).then_some(message)
}
