//! Scripts that prove what a chapter says of the interpreter: each rule is asserted below its
//! name.

use crate::Outcome;
use crate::interpreter::Interpreter;

/// A script, and how many functions it has to run: on 3.12 and later, and before.
const SCRIPTS: [(&str, u32, u32); 3] =
    [("capi.py", 7, 7), ("memoryviews.py", 8, 8), ("classes.py", 6, 1)];

pub fn run(python: &Interpreter) -> Outcome {
    let mut said = Vec::new();
    for (script, functions, before) in SCRIPTS {
        let functions = if python.minor() >= 12 { functions } else { before };
        let output = python.run(script, "")?;
        let expected = format!("{functions} functions");
        if output.trim_end() != expected {
            return Err(format!("{script}: expected {expected:?}, found {output:?}"));
        }
        said.push(format!("{script} {expected}"));
    }
    Ok(said.join(", "))
}
