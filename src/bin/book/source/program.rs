//! From a block to a whole program, by rustdoc's rules: what `compile_fail` blocks and the second runner are compiled from.
//!
//! rustdoc puts the code into `fn main` unless it has one, lifts `#![…]` attributes out, and lets a block use `?` when it ends in
//! `Ok::<(), E>(())`. The second runner knows none of this, so it gets programs that are already complete.

use super::blocks::unhide;

/// Marks a wrong line of a `compile_fail` block and gives the right one: `let x: u8 = ""; // fix: let x = "";`.
const FIX: &str = "// fix:";

/// The code of a block, hidden lines shown, as a program with a `main`.
pub fn program(code: &[String]) -> String {
    let lines: Vec<String> = code.iter().map(|line| unhide(line)).collect();
    let mut out = String::from("#![allow(unused)]\n");
    if lines.iter().any(|line| is_main(line)) {
        push_lines(&mut out, lines.iter());
        return out;
    }
    let is_attribute = |line: &&String| line.trim_start().starts_with("#![");
    push_lines(&mut out, lines.iter().filter(is_attribute));
    let fallible = returns_result(&lines);
    out.push_str(if fallible {
        "fn main() { fn _inner() -> ::core::result::Result<(), impl ::core::fmt::Debug> {\n"
    } else {
        "fn main() {\n"
    });
    push_lines(&mut out, lines.iter().filter(|line| !is_attribute(line)));
    out.push_str(if fallible { "} _inner().unwrap() }\n" } else { "}\n" });
    out
}

fn push_lines<'a>(out: &mut String, lines: impl Iterator<Item = &'a String>) {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
}

fn is_main(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.starts_with("fn main(")
}

fn returns_result(lines: &[String]) -> bool {
    lines
        .iter()
        .rev()
        .map(|line| line.trim())
        .find(|line| !line.is_empty() && !line.starts_with("//"))
        .is_some_and(|line| line.starts_with("Ok::<") && line.ends_with("(())"))
}

/// Whether a line of a `compile_fail` block is marked as wrong.
pub fn has_fix(line: &str) -> bool {
    line.contains(FIX)
}

/// The block with every line marked `// fix: …` replaced by what the mark says: the program that has to compile.
pub fn fixed_twin(code: &[String]) -> Vec<String> {
    code.iter().filter_map(|line| fix(line)).collect()
}

fn fix(line: &str) -> Option<String> {
    let Some((wrong, right)) = line.split_once(FIX) else {
        return Some(line.to_owned());
    };
    let indent = &wrong[..wrong.len() - wrong.trim_start().len()];
    match right.trim() {
        "" => None,
        right => Some(format!("{indent}{right}")),
    }
}

/// A fence long enough for this code, so that code which shows a fence does not close its own block.
pub fn fence_for(code: &str) -> String {
    let longest = code
        .lines()
        .map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count())
        .max()
        .unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
