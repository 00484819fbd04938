//! The program's commands, a file for each.

use crate::extension::Extension;
use crate::project::Project;
use crate::source::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub mod audit;
pub mod build;
pub mod lock;
pub mod metadata;
pub mod preprocess;
pub mod test;

/// What the commands do, without the name of the program.
pub const USAGE: &str = "\
[--open]       build the site
test           audit the book, then compile and run every block
audit          only what needs no running
lock           freeze the rules as they are now in book/rules.lock
preprocess     mdBook's preprocessor protocol, on standard input and output
--root DIR     the repository, which has the folder book/; with any of these";

/// A program that has just these commands, for the repository `root` unless it is told another.
pub fn main(extension: &'static dyn Extension, root: &Path) -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    ended(take_root(&mut arguments, root).and_then(|root| {
        run(extension, &root, &arguments)?
            .ok_or_else(|| format!("unknown: `{}`\n\n{USAGE}", arguments.join(" ")))
    }))
}

/// Runs one command. False means that it did its work and found something wrong; None, that it is
/// none of these.
pub fn run(
    extension: &'static dyn Extension,
    root: &Path,
    arguments: &[String],
) -> Result<Option<bool>> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let project = || Project::open(root, extension);
    let done = match words.as_slice() {
        [] => build::run(root, extension, false).map(|()| true),
        ["--open"] => build::run(root, extension, true).map(|()| true),
        ["test"] => test::run(&project()?, &mut std::io::stdout()),
        ["audit"] => audit::run(&project()?),
        ["lock"] => lock::run(&project()?).map(|()| true),
        ["preprocess"] => preprocess::run(extension).map(|()| true),
        // mdBook asks this of every preprocessor; there is something to do for each renderer.
        ["preprocess", "supports", _renderer] => Ok(true),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => return Ok(None),
    };
    done.map(Some)
}

/// How the program ends; an error is printed.
pub fn ended(result: Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Takes `--root DIR` out of the arguments; without it the answer is `root`.
pub fn take_root(arguments: &mut Vec<String>, root: &Path) -> Result<PathBuf> {
    let Some(at) = arguments.iter().position(|argument| argument == "--root") else {
        return Ok(root.to_owned());
    };
    if at + 1 == arguments.len() {
        return Err("--root needs a folder".to_owned());
    }
    let root: Vec<String> = arguments.drain(at..at + 2).collect();
    std::path::absolute(Path::new(&root[1])).map_err(|error| format!("{}: {error}", root[1]))
}
