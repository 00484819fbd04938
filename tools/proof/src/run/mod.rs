//! Blocks compiled and run: all in one rustdoc, `compile_fail` by rustc, and one that failed once
//! more by itself, so that its messages name the line of the page.

pub mod compile_fail;
pub mod compiler;
pub mod rerun;
pub mod rustdoc;
pub mod toolchain;
mod translate;
