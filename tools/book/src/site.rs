//! Builds the book, tests every block of it, and checks that each rule it states is proved: the
//! harness of books, with what only this book has.

use mdbook_proof::source::Result;
use mdbook_proof::{Project, commands};
use std::path::Path;
use std::process::ExitCode;

mod browser;
mod directives;
mod stock_mdbook;
mod time;

const USAGE: &str = "\
cargo book [--open]                 build the book into target/book
cargo book test                     audit it, then compile and run every block
cargo book audit                    only what needs no running
cargo book new DIR --example NAME   a project in DIR made of one of the examples, such as first or c/minimal
cargo book lock                     freeze the rules as they are now in book/rules.lock, and write rules.json
cargo book time                     time testing and building against stock mdBook
cargo book check [--screenshots]    open the built site in headless Chromium
cargo book preprocess               mdBook's preprocessor protocol, on standard input and output";

fn main() -> ExitCode {
    commands::ended(run(std::env::args().skip(1).collect()))
}

fn run(mut arguments: Vec<String>) -> Result<bool> {
    let here = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let here = here.canonicalize().map_err(|error| format!("{}: {error}", here.display()))?;
    let root = commands::take_root(&mut arguments, &here)?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["time"] => time::run(&Project::open(&root, &directives::Directives)?),
        ["time", "--check"] => time::mdbook().map(|_| true),
        ["check"] => browser::run(&root, false),
        ["check", "--screenshots"] => browser::run(&root, true),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => commands::run(&directives::Directives, &root, &arguments)?
            .ok_or_else(|| format!("unknown: `{}`\n\n{USAGE}", arguments.join(" "))),
    }
}
