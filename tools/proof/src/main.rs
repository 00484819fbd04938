//! The program for a book that needs no directives of its own.

use mdbook_proof::Extension;
use std::path::Path;
use std::process::ExitCode;

struct Plain;

impl Extension for Plain {}

fn main() -> ExitCode {
    mdbook_proof::commands::main(&Plain, Path::new("."))
}
