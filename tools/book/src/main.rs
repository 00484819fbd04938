//! `cargo book`: makes projects of examples by itself, and leaves everything else to `book-site`.
//!
//! This program depends on nothing, so that `cargo book new` takes seconds in a fresh clone. It is
//! not the other program with fewer features, because a system may refuse to replace a program
//! that runs.

use std::path::Path;
use std::process::{Command, ExitCode};

mod example;
mod new;
mod new_in_c;

const USAGE: &str = "cargo book new DIR --example NAME";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let result =
        root.canonicalize().map_err(|error| error.to_string()).and_then(|root| {
            match words.as_slice() {
                ["new", folder, "--example", name] => new::run(&root, folder, name).map(|()| true),
                ["new", ..] => {
                    Err(format!("{USAGE}; there are: {}", example::all_names(&root)?.join(", ")))
                }
                _ => site(&arguments),
            }
        });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn site(arguments: &[String]) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut site = Command::new(cargo);
    site.args(["run", "--quiet", "--manifest-path", manifest, "--bin", "book-site", "--"]);
    let status = site.args(arguments).status();
    status.map(|status| status.success()).map_err(|error| format!("cannot run cargo: {error}"))
}
