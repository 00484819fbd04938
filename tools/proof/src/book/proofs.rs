//! Proofs: comments in blocks that claim the code after them for a rule.
//!
//! `// r[getbuffer.refuse.obj-null]: why` holds from its line to the next such comment or to the
//! end of the block. A claim counts only where the code under it asserts something, or where the
//! whole block is a `compile_fail` whose error code is checked. A block that only compiles
//! (`no_run`) proves nothing.
//!
//! In a block of Python, which is a part of a file that `cargo test` runs, `#
//! r[memoryview.cast-format]` does the same.

use crate::source::blocks::{Block, Quotation, Quoted, Test, unhide};
use crate::source::{Place, Problem};

const ASSERTIONS: &[&str] = &["assert!", "assert_eq!", "assert_ne!"];

#[derive(Clone, Debug)]
pub struct Proof {
    pub rule: String,
    /// The page, below `book/src`.
    pub chapter: String,
    /// The opening fence of the block.
    pub block: Place,
    pub top_level: bool,
    /// The block is Python's to run.
    pub by_python: bool,
}

/// The proofs of one block of a page.
pub fn find(chapter: &str, block: &Block, problems: &mut Vec<Problem>) -> Vec<Proof> {
    let lines: Vec<String> = block.code.iter().map(|line| unhide(line)).collect();
    let proof = Proof {
        rule: String::new(),
        chapter: chapter.to_owned(),
        block: block.place.clone(),
        top_level: block.top_level,
        by_python: false,
    };
    let can_prove = |section: &[String]| can_prove(&block.test, section.iter());
    claims(&lines, "// ", &block.origin, problems, can_prove, &proof)
}

/// The proofs of one block that is quoted. Only Python asserts in them: PyO3's code is asserted by
/// a script.
pub fn find_quoted(
    chapter: &str,
    quotation: &Quotation,
    problems: &mut Vec<Problem>,
) -> Vec<Proof> {
    if quotation.language != Quoted::Python {
        return Vec::new();
    }
    let proof = Proof {
        rule: String::new(),
        chapter: chapter.to_owned(),
        block: quotation.place.clone(),
        top_level: quotation.top_level,
        by_python: true,
    };
    let can_prove = |section: &[String]| {
        let asserts = |line: &String| line.trim_start().starts_with("assert ");
        let nothing = "nothing under this comment asserts: it needs an assert statement";
        section.iter().any(asserts).then_some(()).ok_or_else(|| nothing.to_owned())
    };
    claims(&quotation.code, "# ", &quotation.origin, problems, can_prove, &proof)
}

/// One proof, like `proof`, for each rule that a comment claims for code that can prove it.
fn claims(
    lines: &[String],
    mark: &str,
    origin: &[Place],
    problems: &mut Vec<Problem>,
    can_prove: impl Fn(&[String]) -> Result<(), String>,
    proof: &Proof,
) -> Vec<Proof> {
    let mut proofs: Vec<Proof> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let claimed = match claim(line, mark) {
            None => continue,
            Some(Ok(claimed)) => claimed,
            Some(Err(message)) => {
                problems.push(Problem::new(&origin[index], message));
                continue;
            }
        };
        let after = &lines[index + 1..];
        let end = after.iter().position(|line| claim(line, mark).is_some()).unwrap_or(after.len());
        if let Err(message) = can_prove(&after[..end]) {
            let message = format!("r[{}]: {message}", claimed.join("], r["));
            problems.push(Problem::new(&origin[index], message));
            continue;
        }
        for rule in claimed {
            if proofs.iter().all(|proof| proof.rule != rule) {
                proofs.push(Proof { rule, ..proof.clone() });
            }
        }
    }
    proofs
}

/// The ids that a line claims, if it is a claim: `// r[a.b], r[c.d]: free text`, after the `mark`
/// of a comment.
fn claim(line: &str, mark: &str) -> Option<Result<Vec<String>, String>> {
    let mut rest = line.trim_start().strip_prefix(mark)?;
    if !rest.starts_with("r[") {
        return None;
    }
    let mut ids = Vec::new();
    while let Some(after) = rest.strip_prefix("r[") {
        let Some((id, tail)) = after.split_once(']') else {
            return Some(Err(format!("`{}`: the closing `]` is missing", line.trim())));
        };
        ids.push(id.to_owned());
        rest = tail.strip_prefix(',').unwrap_or(tail).trim_start();
    }
    if rest.is_empty() || rest.starts_with(':') {
        Some(Ok(ids))
    } else {
        Some(Err(format!(
            "`{}`: a proof is `{mark}r[id]`, or `{mark}r[id], r[id]: free text`",
            line.trim()
        )))
    }
}

fn can_prove<'a>(test: &Test, mut section: impl Iterator<Item = &'a String>) -> Result<(), String> {
    match test {
        Test::CompileFail(_) => Ok(()),
        Test::NoRun => Err("a no_run block proves nothing: it is never run".to_owned()),
        Test::Run if section.any(|line| asserts(line)) => Ok(()),
        Test::Run => Err(format!(
            "nothing under this comment asserts: it needs one of {}",
            ASSERTIONS.join(", ")
        )),
    }
}

fn asserts(line: &str) -> bool {
    let code = line.trim_start();
    !code.starts_with("//")
        && ASSERTIONS.iter().any(|assertion| {
            code.match_indices(assertion)
                .any(|(at, _)| !code[..at].ends_with(|c: char| c == '_' || c.is_alphanumeric()))
        })
}
