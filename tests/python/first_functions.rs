//! Functions as a user of PyO3 types them before reading anything of this crate: they compile, or
//! the compiler says what to type instead.
//!
//! The functions in `first_functions/` were written before anything of this crate was read, and
//! stay as they were typed. `mended.rs` has those that did not compile, as the messages lead to.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::refused::check;

/// The file, and what the compiler says of it: each of these, or nothing where it compiles.
const FUNCTIONS: [(&str, &[&str]); 13] = [
    ("sum", &[]),
    ("mean", &["call `try_as_slice()?`"]),
    ("dot", &["help: remove the lifetime argument"]),
    ("scale", &["`update(|item| ...)`", ".iter_mut()", ".as_mut_slice()"]),
    ("row_sums", &[]),
    // That `get` makes a buffer, and reads no item, the compiler does not say so clearly.
    ("transpose", &["`get_item([row, column])`", "this is an associated function, not a method"]),
    ("hash_bytes", &["call `try_as_slice()?`"]),
    ("count_true", &["help: consider removing `&` from the pattern"]),
    ("sorted", &["help: use the `?` operator to extract the `Result<Vec<i64>, CopyError>` value"]),
    ("argmax", &["type `f64` cannot be dereferenced", "no method named `copied` found"]),
    ("sum_squares", &["help: remove the lifetime argument"]),
    ("cumsum", &["`write_from(iterator)`", "`set_item([row, column], value)`"]),
    ("mended", &[]),
];

pub fn compare(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let packages = target.join("python").join("first-functions");
    let mut compile = 0;
    for (name, messages) in FUNCTIONS {
        let file = root.join("tests/python/first_functions").join(format!("{name}.rs"));
        let source = fs::read_to_string(&file).map_err(|error| format!("{file:?}: {error}"))?;
        let manifest = format!(
            "[package]\nname = \"first_{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
             [dependencies]\nbufferprocs = {{ path = {root:?}, features = [\"pyo3\"] }}\npyo3 = \"0.30\"\nrayon = \"1\"\n\n[workspace]\n"
        );
        let output = check(python, &packages, name, &manifest, &source, None)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() != messages.is_empty() {
            return Err(format!("{name} compiles: {}\n{said}", output.status.success()));
        }
        if let Some(missing) = messages.iter().find(|message| !said.contains(**message)) {
            return Err(format!("{name}: the compiler does not say: {missing}\n{said}"));
        }
        compile += usize::from(output.status.success());
    }
    Ok(format!("{} files, {compile} of which compile", FUNCTIONS.len()))
}
