//! `cargo bench`: builds modules with optimisation, and has CPython run the scripts that measure with them.
//!
//! `cargo bench -- copies` runs one of them.

#[path = "../tests/python/environment.rs"]
mod environment;
#[allow(dead_code)] // the comparisons use the rest
#[path = "../tests/python/interpreter.rs"]
mod interpreter;
#[allow(dead_code)]
#[path = "../tests/python/modules.rs"]
mod modules;

use interpreter::Interpreter;
use modules::{Build, Module, NEWEST};

/// The folder of each, the module that its script imports, and its source.
const BENCHMARKS: [(&str, &str, &str); 2] = [
    ("getbuffer", "getbuffer_bench", "benches/getbuffer/lib.rs"),
    ("copies", "copies_bench", "benches/copies/lib.rs"),
];

fn main() -> Result<(), String> {
    let python = Interpreter::find()?;
    // cargo passes `--bench` on.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let chosen = BENCHMARKS
        .iter()
        .filter(|(folder, _, _)| wanted.is_empty() || wanted.iter().any(|word| word == folder));
    let chosen: Vec<_> = chosen.collect();
    if chosen.is_empty() {
        let names: Vec<&str> = BENCHMARKS.iter().map(|(folder, _, _)| *folder).collect();
        return Err(format!("no benchmark of that name; there are: {}", names.join(", ")));
    }
    for (folder, name, source) in chosen {
        let module = Module { name, source, features: &[], dependencies: "" };
        let build = Build { optimised: true, ..NEWEST };
        let modules = modules::build(&python, &build, name, &[module])?;
        let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
        let python = environment::with_numpy(&python)?;
        let script = format!("benches/{folder}/{folder}.py");
        print!("{}", python.run_with_modules(&script, modules)?);
    }
    Ok(())
}
