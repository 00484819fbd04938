//! Runs all blocks in one rustdoc.
//!
//! rustdoc merges the doctests of edition 2024 into one program, so one Markdown file with every
//! block costs a fraction of a file for each page. The file is ours, so a table leads from its
//! lines back to the pages. The results of rustdoc are compared with the blocks it got: a block
//! that it did not run has failed.

use crate::run::compiler::Compiler;
use crate::run::rerun;
use crate::run::toolchain::program;
use crate::run::translate::translated;
use crate::source::blocks::{Block, Test};
use crate::source::program::fence_for;
use crate::source::{Place, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What became of one block: nothing, or why it failed.
pub type Verdict = std::result::Result<(), String>;

const FILE: &str = "book.md";

/// The verdict for each block, in their order. None of them is a `compile_fail`.
pub fn run(blocks: &[&Block], compiler: Compiler<'_>) -> Result<Vec<Verdict>> {
    let (markdown, lines) = merged(blocks, &compiler.library.name);
    compiler.work.write(FILE, &markdown)?;
    let mut rustdoc = program("RUSTDOC", "rustdoc");
    rustdoc
        .args(["--test", "--edition", compiler.edition, FILE])
        .current_dir(compiler.work.path())
        .env("RUST_BACKTRACE", "0");
    compiler.library.link(&mut rustdoc);
    let output = rustdoc.output().map_err(|error| format!("cannot run rustdoc: {error}"))?;
    let report = String::from_utf8_lossy(&output.stdout);
    let mut results = results(&report);
    let canary = results.remove(&CANARY_LINE);
    if !matches!(canary, Some(Ok(()))) {
        let why = canary.and_then(Verdict::err).unwrap_or_default();
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "the crate cannot be used from a block, so no other result counts\n{why}{errors}"
        ));
    }
    let said: Vec<(&Block, usize, Option<Verdict>)> = blocks
        .iter()
        .zip(lines)
        .map(|(block, line)| (*block, line, results.remove(&line)))
        .collect();
    if let Some(line) = results.keys().next() {
        return Err(format!("rustdoc ran something at line {line} that no page declares"));
    }
    let verdict = |(block, fence, said): &(&Block, usize, Option<Verdict>)| match said {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => Err(in_terms_of_the_page(why, block, *fence, compiler)?),
        None => Err("was not executed: rustdoc reports nothing for it".to_owned()),
    };
    Ok(said.par_iter().map(verdict).collect())
}

/// The line of the canary's fence, which is first.
const CANARY_LINE: usize = 1;

/// One file with every block, and the line of each one's fence.
fn merged(blocks: &[&Block], library: &str) -> (String, Vec<usize>) {
    let mut markdown = format!("```rust\nuse {library} as _;\n```\n");
    let mut line = markdown.lines().count() + 1;
    let mut lines = Vec::new();
    for block in blocks {
        let code = block.code.join("\n");
        let fence = fence_for(&code);
        let words = match block.test {
            Test::NoRun => "rust,no_run",
            _ => "rust",
        };
        // The blank line keeps two blocks apart whatever they hold.
        markdown.push_str(&format!("\n{fence}{words}\n{code}\n{fence}\n"));
        lines.push(line + 1);
        line += 3 + code.split('\n').count();
    }
    (markdown, lines)
}

/// Verdicts by line, out of what libtest printed.
fn results(report: &str) -> BTreeMap<usize, Verdict> {
    let mut results = BTreeMap::new();
    for line in report.lines() {
        let Some((place, result)) = executed(line) else {
            continue;
        };
        let verdict = match result {
            "ok" => Ok(()),
            "FAILED" => Err(details(report, place.line)),
            other => Err(format!("was not executed: {other}")),
        };
        results.insert(place.line, verdict);
    }
    results
}

/// `test src/x.rs - module (line 12) - compile ... ok`: the place it names, and the result.
pub fn executed(line: &str) -> Option<(Place, &str)> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let (file, rest) = name.split_once(" - ")?;
    let (_, after) = rest.rsplit_once("(line ")?;
    let (number, _) = after.split_once(')')?;
    Some((Place::new(file, number.parse().ok()?), result))
}

/// What libtest prints for the block at `line` after `---- NAME stdout ----`.
fn details(report: &str, line: usize) -> String {
    let mark = format!("(line {line})");
    let mut section = report
        .lines()
        .skip_while(|l| !(l.starts_with("---- ") && l.contains(&mark)))
        .skip(1)
        .take_while(|l| !l.starts_with("---- ") && *l != "failures:")
        .collect::<Vec<_>>();
    while section.last().is_some_and(|l| l.trim().is_empty()) {
        section.pop();
    }
    section.join("\n")
}

/// What rustdoc says of a block that did not compile; where it compiled, what it says when it is
/// run alone.
fn in_terms_of_the_page(
    why: &str,
    block: &Block,
    fence: usize,
    compiler: Compiler<'_>,
) -> Result<String> {
    let origin = |line: usize| block.origin.get(line.checked_sub(fence + 1)?).cloned();
    let why = translated(why, FILE, origin);
    let did_not_run = block.test != Test::Run || why.contains("Couldn't compile the test.");
    if did_not_run || why.starts_with("was not executed") {
        return Ok(why);
    }
    rerun::explained(block, &format!("alone{fence}"), &why, compiler)
}

#[cfg(test)]
mod tests {
    use super::{Place, executed};

    #[test]
    fn result_lines_are_understood() {
        let line = "test src/lib.rs - fill::order (line 12) - compile fail ... ok";
        assert_eq!(executed(line), Some((Place::new("src/lib.rs", 12), "ok")));
        assert_eq!(executed("test result: ok. 3 passed"), None);
        assert_eq!(executed("running 3 tests"), None);
    }
}
