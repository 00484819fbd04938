//! Blocks that need Python or another compiler: each is a part of a file that a test of the
//! repository builds and runs.
//!
//! Neither runner of the book has PyO3, an interpreter, or a compiler of C, C++ or Cython. So a
//! block of the language `pyo3` (Rust over PyO3), `python`, `c`, `cpp` or `cython` has to be a part
//! of a file in one of the folders `quoted-from`, line by line; a line `// …`, `# …` or `/* … */`
//! leaves lines out.

use crate::source::blocks::{Quotation, Quoted, unhide};
use crate::source::{Result, read_text};
use std::path::Path;

/// A file that blocks are quoted from.
pub struct Original {
    /// Below the repository, with slashes.
    pub file: String,
    pub text: String,
    lines: Vec<String>,
}

/// The files in these folders of `root`, in the order of the folders. A book without them quotes
/// nothing.
pub fn originals(root: &Path, folders: &[String]) -> Result<Vec<Original>> {
    let mut originals = Vec::new();
    for folder in folders {
        let folder_path = root.join(folder);
        let named = |error: std::io::Error| format!("{}: {error}", folder_path.display());
        let entries = match std::fs::read_dir(&folder_path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries.map_err(named)?,
        };
        let first = originals.len();
        for entry in entries {
            let path = entry.map_err(named)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if [".rs", ".py", ".c", ".h", ".cpp", ".pyx"].iter().any(|kind| name.ends_with(kind)) {
                let text = read_text(&path)?;
                let lines = significant(text.lines());
                originals.push(Original { file: format!("{folder}/{name}"), text, lines });
            }
        }
        originals[first..].sort_by(|a: &Original, b: &Original| a.file.cmp(&b.file));
    }
    Ok(originals)
}

/// The file that a block is quoted from.
pub fn origin<'a>(originals: &'a [Original], quotation: &Quotation) -> Option<&'a Original> {
    let wanted = quotation.language.extensions();
    // Only in Rust does a leading `# ` hide a line.
    let code: Vec<String> = match quotation.language {
        Quoted::Pyo3 => quotation.code.iter().map(|line| unhide(line)).collect(),
        _ => quotation.code.clone(),
    };
    let lines = significant(code.iter().map(String::as_str));
    let parts: Vec<&[String]> =
        lines.split(|line| is_gap(line)).filter(|part| !part.is_empty()).collect();
    let has = |original: &&Original| {
        wanted.iter().any(|extension| original.file.ends_with(extension))
            && !parts.is_empty()
            && has_in_order(&original.lines, &parts)
    };
    originals.iter().find(has)
}

fn significant<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn is_gap(line: &str) -> bool {
    ["// …", "# …", "/* … */"].contains(&line)
}

fn has_in_order(lines: &[String], parts: &[&[String]]) -> bool {
    let mut rest = lines;
    parts.iter().all(|part| {
        let found = rest.windows(part.len()).position(|window| window == *part);
        if let Some(at) = found {
            rest = &rest[at + part.len()..];
        }
        found.is_some()
    })
}
