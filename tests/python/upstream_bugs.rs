//! Defects of others: a script for each, that reproduces it and says so.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::conformance;
use crate::environment;
use crate::interpreter::Interpreter;
use crate::versions::{Compared, Row, Table};

const FOLDER: &str = "tests/python/upstream_bugs";

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

    /// The first sentence of the docstring, the rest of its paragraph, its other paragraphs, and
    /// the code.
    pub fn parts(&self) -> (String, String, &str, &str) {
        let (about, code) = self.text[3..].split_once("\"\"\"\n").unwrap_or_default();
        let (title, more) = about.trim().split_once("\n\n").unwrap_or((about.trim(), ""));
        let title = title.replace('\n', " ");
        let (title, rest) = title.split_once(". ").unwrap_or((title.trim_end_matches('.'), ""));
        (title.to_owned(), rest.to_owned(), more, code)
    }

    /// The cell of the table by version.
    fn cell(&self) -> Option<&'static str> {
        match self.outcome() {
            "reproduced" => Some("yes"),
            "not reproduced" => Some("no"),
            outcome if outcome.starts_with("does not apply: ") => Some("–"),
            _ => None,
        }
    }
}

/// A text without emphasis by two underscores.
pub fn plain(text: &str) -> String {
    text.replace("__", "\\_\\_")
}

const TABLE: Table = Table { page: "book/src/upstream-bugs.md", name: "bugs", heading: "defect" };

/// Every script, with NumPy. On the versions that the book's table names, each has the outcome of
/// the table. Another version may have fixed a defect, which is no failure.
pub fn run(python: &Interpreter) -> Outcome {
    let modules = conformance::build(python)?;
    let with_numpy = environment::with_numpy(python)?;
    let numpy = environment::version_of(with_numpy, "numpy")?;
    let findings = all(with_numpy, &modules)?;
    let versions = format!("{}, NumPy {numpy}", python.version());
    let mut rows: Vec<Row> = vec![(VERSIONS.to_owned(), versions)];
    for finding in &findings {
        let cell = finding.cell();
        let cell = cell.ok_or_else(|| format!("{}:\n{}", finding.script, finding.said))?;
        rows.push((plain(&finding.parts().0), cell.to_owned()));
    }
    let count = |cell: &str| rows.iter().filter(|(_, found)| found == cell).count();
    let (reproduced, gone, others) = (count("yes"), count("no"), count("–"));
    let said = format!(
        "{} scripts beside NumPy {numpy}: {reproduced} reproduced, {gone} not, {others} do not apply",
        findings.len(),
    );
    match TABLE.compare(python, &rows)? {
        Compared::Equal => Ok(said),
        Compared::Differ(others) if others.iter().all(|(key, _)| key != VERSIONS) => {
            let others: Vec<String> =
                others.iter().map(|(key, cell)| format!("{key}: {cell}")).collect();
            Err(format!("{} says otherwise of {}", TABLE.page, others.join("; ")))
        }
        Compared::Unknown(others) | Compared::Differ(others) => {
            Ok(format!("{said}; {} of them other than in the book", others.len() - 1))
        }
    }
}

/// The row that names what was asked.
const VERSIONS: &str = "asked of";

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
