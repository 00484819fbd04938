//! A block that failed beside all others, once more by itself, to say where.
//!
//! rustdoc makes one program of all blocks and throws it away, so the line it names in a panic
//! leads nowhere. A program of one block has lines that lead back to the page. Only what failed is
//! run again.

use crate::run::compiler::{Compiler, Make, rendered};
use crate::run::translate::translated;
use crate::source::Result;
use crate::source::blocks::Block;
use crate::source::program::{Program, locating, program};
use std::process::Command;

/// Why the block fails. `name` is free for its programs; `why` is what rustdoc said.
pub fn explained(block: &Block, name: &str, why: &str, compiler: Compiler<'_>) -> Result<String> {
    if let Some(program) = locating(block) {
        let name = format!("{name}-locating");
        if compiler.errors(&program, &name, Make::Executable)?.is_empty() {
            return run(&program, &name, why, compiler);
        }
    }
    let program = program(block);
    let errors = compiler.errors(&program, name, Make::Executable)?;
    if errors.is_empty() {
        run(&program, name, why, compiler)
    } else {
        Ok(format!("fails, and does not compile alone:\n{}", rendered(&errors)))
    }
}

fn run(program: &Program, name: &str, why: &str, compiler: Compiler<'_>) -> Result<String> {
    let output = Command::new(compiler.executable(name))
        .current_dir(compiler.work.path())
        .env("RUST_BACKTRACE", "0")
        .output()
        .map_err(|error| format!("cannot run the block alone: {error}"))?;
    if output.status.success() {
        return Ok(format!(
            "fails beside the other blocks, but passes alone:\n{}",
            without_advice(&without_places(why))
        ));
    }
    let said = [output.stdout, output.stderr].map(|s| String::from_utf8_lossy(&s).into_owned());
    let file = format!("{name}.rs");
    let mut said = translated(&said.concat(), &file, |line| program.place(line));
    // The code of a panic, and that of an error which is returned, say nothing more.
    if !matches!(output.status.code(), Some(101 | 1)) {
        said.push_str(&format!("\nended with {}", output.status));
    }
    Ok(without_advice(&said))
}

/// Without the lines of the program that rustdoc threw away.
fn without_places(why: &str) -> String {
    let shown = |line: &str| match line.split_once(" panicked at ") {
        Some((thread, _)) => format!("{thread} panicked:"),
        None => line.to_owned(),
    };
    why.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// Without the offer of a backtrace, which would be one of the tool.
fn without_advice(said: &str) -> String {
    let is_advice = |line: &&str| line.starts_with("note: run with `RUST_BACKTRACE=");
    let lines: Vec<&str> = said.lines().filter(|line| !is_advice(line)).collect();
    lines.join("\n").trim().to_owned()
}
