//! Runs `compile_fail` blocks: the block has to fail with its error code and no other, once for
//! each line that it marks as wrong, and its fixed program has to compile.
//!
//! Stable rustdoc accepts any error, also that the crate was not found, so it never sees these
//! blocks. Without it a block could fail for a reason that has nothing to do with the line
//! it shows.

use crate::run::compiler::{CompileError, Compiler, Make, rendered};
use crate::run::rustdoc::Verdict;
use crate::source::Result;
use crate::source::blocks::{Block, Test};
use crate::source::program::{Program, fixed_program, has_fix, program};
use rayon::prelude::*;

/// The verdict for each block, in their order. Only `compile_fail` blocks get here.
pub fn run(blocks: &[&Block], compiler: Compiler<'_>) -> Result<Vec<Verdict>> {
    if !blocks.is_empty() {
        canary(compiler)?;
    }
    let check = |(index, block): (usize, &&Block)| check(block, &format!("block{index}"), compiler);
    Ok(blocks.par_iter().enumerate().map(check).collect())
}

/// A program that has to fail for a reason of its own. Were the crate not found, it would fail for
/// that one.
fn canary(compiler: Compiler<'_>) -> Result<()> {
    let library = &compiler.library.name;
    let wrong =
        Program::of_tool(&format!("use {library} as _;\nfn main() {{ let _: u8 = \"\"; }}\n"));
    let errors = compiler.errors(&wrong, "canary", Make::Object)?;
    match errors.as_slice() {
        [CompileError { code, .. }] if code == "E0308" => Ok(()),
        other => Err(format!(
            "the crate cannot be used from a compile_fail block, so no result counts\n{}",
            rendered(other)
        )),
    }
}

fn check(block: &Block, name: &str, compiler: Compiler<'_>) -> Verdict {
    let Test::CompileFail(declared) = &block.test else {
        return Err("is no compile_fail block".to_owned());
    };
    let found = compiler.errors(&program(block), name, Make::Object)?;
    if found.is_empty() {
        return Err(format!("compiles, but should fail with {declared}"));
    }
    if let Some(other) = found.iter().find(|error| error.code != *declared) {
        let code = if other.code.is_empty() { "an error without a code" } else { &other.code };
        return Err(format!(
            "should fail with {declared} only, but fails with {code}\n{}",
            rendered(&found)
        ));
    }
    let marked = block.code.iter().filter(|line| has_fix(line)).count();
    if found.len() < marked {
        return Err(format!(
            "has {marked} lines marked as wrong and {} errors: one of the lines compiles\n{}",
            found.len(),
            rendered(&found)
        ));
    }
    let left = compiler.errors(&fixed_program(block), &format!("{name}-fixed"), Make::Object)?;
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "its fixed program does not compile, so {declared} is not all that is wrong with it\n{}",
            rendered(&left)
        ))
    }
}
