//! Defects of others: a script for each, that reproduces it and says so.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;

const FOLDER: &str = "tests/python/found";

/// A script, and what it said.
pub struct Finding {
    /// Below the repository.
    pub script: String,
    pub text: String,
    pub said: String,
}

impl Finding {
    fn outcome(&self) -> &str {
        self.said.lines().last().unwrap_or_default()
    }

    /// Whether the script claims to be true of this Python.
    fn was_seen_on(&self, version: &str) -> bool {
        let line = self.text.lines().find_map(|line| line.strip_prefix("# Seen on: "));
        line.is_some_and(|seen| seen.split(' ').any(|seen| seen == version))
    }
}

/// Every script, with NumPy. On a Python that it was not seen on it may say anything.
pub fn run(python: &Interpreter) -> Outcome {
    let modules = conformance::build(python)?;
    let findings = all(&environment::with_numpy(python)?, &modules)?;
    let count =
        |outcome: &str| findings.iter().filter(|f| f.outcome().starts_with(outcome)).count();
    for finding in &findings {
        let lost = finding.outcome() == "not reproduced" && finding.was_seen_on(python.version());
        let has_none = !["reproduced", "not reproduced"].contains(&finding.outcome())
            && !finding.outcome().starts_with("does not apply: ");
        if lost || has_none {
            return Err(format!("{}:\n{}", finding.script, finding.said));
        }
    }
    let (reproduced, gone) = (count("reproduced"), count("not reproduced"));
    Ok(format!(
        "{} scripts: {reproduced} reproduced, {gone} not, {} do not apply",
        findings.len(),
        count("does not apply: ")
    ))
}

/// Runs all scripts, in the order of their names.
pub fn all(python: &Interpreter, modules: &str) -> Result<Vec<Finding>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let explained = |error: std::io::Error| format!("{FOLDER}: {error}");
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(FOLDER)).map_err(explained)? {
        let name = entry.map_err(explained)?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(".py").then_some(name));
    }
    names.sort();
    let one = |name: String| {
        let script = format!("{FOLDER}/{name}");
        let text = fs::read_to_string(root.join(&script)).map_err(explained)?.replace('\r', "");
        let said = python.run_with_modules(&script, modules)?;
        Ok(Finding { script, text, said })
    };
    names.into_iter().map(one).collect()
}
