//! Makes tests of the book's chapters and of README.md.

use std::path::Path;

fn main() {
    if let Err(message) = mdbook_proof::chapters::generate(Path::new("../..")) {
        eprintln!("{message}");
        std::process::exit(1);
    }
}
