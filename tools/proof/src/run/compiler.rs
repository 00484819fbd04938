//! One program of a block, compiled by itself.

use crate::run::toolchain::{Library, WorkDir, program};
use crate::run::translate::translated;
use crate::source::Result;
use crate::source::program::Program;
use std::path::PathBuf;

/// An error that rustc found, told in terms of the page.
#[derive(Debug)]
pub struct CompileError {
    /// Empty where rustc gives none.
    pub code: String,
    pub text: String,
}

/// What rustc makes of a program besides its errors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// Machine code. Constants of generic code are only evaluated for it: stopping earlier would
    /// miss E0080.
    Object,
    /// A program to run: [`Compiler::executable`].
    Executable,
}

/// The library to compile with, and where.
#[derive(Clone, Copy)]
pub struct Compiler<'a> {
    pub library: &'a Library,
    pub work: &'a WorkDir,
    /// Of the blocks.
    pub edition: &'static str,
}

impl Compiler<'_> {
    /// Compiles a program, and says what errors there are. No two programs of a run have the same
    /// name.
    pub fn errors(self, source: &Program, name: &str, make: Make) -> Result<Vec<CompileError>> {
        let file = format!("{name}.rs");
        self.work.write(&file, &source.text)?;
        let (emit, made) = match make {
            Make::Object => ("obj", self.work.path().join(format!("{name}.o"))),
            Make::Executable => ("link", self.executable(name)),
        };
        let mut rustc = program("RUSTC", "rustc");
        rustc
            .args(["--edition", self.edition, "--crate-type", "bin", "--crate-name", "block"])
            .args(["--error-format", "json", "--emit", emit, "-o"])
            .arg(made)
            // Not by its whole path, which would be in messages.
            .arg(&file)
            .current_dir(self.work.path());
        self.library.link(&mut rustc);
        let output = rustc.output().map_err(|error| format!("cannot run rustc: {error}"))?;
        let messages = String::from_utf8_lossy(&output.stderr);
        let errors = parse(&messages, &file, source);
        if output.status.success() == errors.is_empty() {
            Ok(errors)
        } else {
            Err(format!("rustc ended with {} and this:\n{messages}", output.status))
        }
    }

    /// Where [`Make::Executable`] puts a program.
    pub fn executable(self, name: &str) -> PathBuf {
        self.work.path().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// The errors among rustc's messages. The closing "aborting due to" is not an error of its own.
fn parse(messages: &str, file: &str, source: &Program) -> Vec<CompileError> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["level"] == "error")
        .filter(|message| {
            let text = message["message"].as_str().unwrap_or("");
            !text.starts_with("aborting due to")
        })
        .map(|message| {
            let text = message["rendered"].as_str().unwrap_or("");
            CompileError {
                code: message["code"]["code"].as_str().unwrap_or("").to_owned(),
                text: translated(text, file, |line| source.place(line)),
            }
        })
        .collect()
}

/// The texts of errors, one after the other.
pub fn rendered(errors: &[CompileError]) -> String {
    let texts: Vec<&str> = errors.iter().map(|error| error.text.trim_end()).collect();
    texts.join("\n\n")
}
