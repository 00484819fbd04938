//! `cargo book`: builds the book, tests every block of it, and checks that each rule it states is proved.
//!
//! One function a command, each in a file of its own name. [`source`] is what all of them read, [`model`] what it adds
//! up to, [`subject`] all that is known of the crate.

use source::Result;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod alone;
mod audit;
mod check;
mod compile_fail;
mod compiler;
mod console;
mod directives;
mod example;
mod examples_page;
mod glossary;
mod hidden_copies;
mod html;
mod links;
mod locations;
mod lock;
mod model;
mod new;
mod page_ids;
mod parallel;
mod preprocess;
mod proofs;
mod quotations;
mod render;
mod rules;
mod rules_json;
mod runner;
mod site;
mod source;
mod sources;
mod statements;
mod stock;
mod subject;
mod test;
mod time;
mod toolchain;
mod warnings;

#[cfg(test)]
mod source_tests;

const USAGE: &str = "\
cargo book [--open]                 build the book into target/book
cargo book test                     audit it, then compile and run every block
cargo book audit                    only what needs no running
cargo book new DIR --example NAME   a project in DIR made of one of the examples
cargo book lock                     freeze the rules as they are now in book/rules.lock, and write rules.json
cargo book time                     time testing and building against stock mdBook
cargo book check [--screenshots]    open the built site in headless Chromium
cargo book preprocess               mdBook's preprocessor protocol, on standard input and output";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// False means that the command did its work and found something wrong.
fn run(mut arguments: Vec<String>) -> Result<bool> {
    let root = take_root(&mut arguments)?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => site::run(&root, false),
        ["--open"] => site::run(&root, true),
        ["test"] => test::run(&root, &mut std::io::stdout()),
        ["audit"] => audit::run(&root),
        ["new", folder, "--example", name] => new::run(&root, folder, name).map(|()| true),
        ["new", ..] => Err(format!(
            "cargo book new DIR --example NAME; there are: {}",
            example::names(&root)?.join(", ")
        )),
        ["lock"] => lock::run(&root).map(|()| true),
        ["time"] => time::run(&root),
        ["time", "--check"] => time::mdbook().map(|_| true),
        ["check"] => check::run(&root, false),
        ["check", "--screenshots"] => check::run(&root, true),
        ["preprocess"] => preprocess::run().map(|()| true),
        // mdBook asks this of every preprocessor; ours has something to do for each renderer.
        ["preprocess", "supports", _renderer] => Ok(true),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        other => Err(format!("unknown: `{}`\n\n{USAGE}", other.join(" "))),
    }
}

/// `--root DIR`: another copy of book/ and README.md to work on. The tool's own tests use it.
fn take_root(arguments: &mut Vec<String>) -> Result<PathBuf> {
    let Some(at) = arguments.iter().position(|argument| argument == "--root") else {
        return Ok(toolchain::package_dir().to_owned());
    };
    if at + 1 == arguments.len() {
        return Err("--root needs a folder".to_owned());
    }
    let root: Vec<String> = arguments.drain(at..at + 2).collect();
    std::path::absolute(Path::new(&root[1])).map_err(|error| format!("{}: {error}", root[1]))
}
