//! `cargo bench`: builds modules with optimisation, and has CPython run the scripts that measure with them.
//!
//! `cargo bench -- copies` runs one of them, `cargo bench -- --write` puts all figures into the book. A ratio three times
//! that of the book is a failure: nothing but another algorithm does that.

#[path = "../tests/python/environment.rs"]
mod environment;
#[allow(dead_code)] // the comparisons use the rest
#[path = "../tests/python/interpreter.rs"]
mod interpreter;
#[allow(dead_code)]
#[path = "../tests/python/modules.rs"]
mod modules;
mod page;

use interpreter::Interpreter;
use modules::{Build, Module, NEWEST};

/// The folder of each, the module that its script imports, and its source.
const BENCHMARKS: [(&str, &str, &str); 2] = [
    ("getbuffer", "getbuffer_bench", "benches/getbuffer/lib.rs"),
    ("copies", "copies_bench", "benches/copies/lib.rs"),
];

fn main() -> Result<(), String> {
    // cargo passes `--bench` on.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (write, wanted): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| word == "--write");
    let chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if let Some(unknown) = wanted.iter().find(|word| BENCHMARKS.iter().all(|one| one.0 != **word)) {
        return Err(format!("no benchmark {unknown}; there are: getbuffer, copies"));
    }
    let python = Interpreter::find()?;
    let mut output = String::new();
    for (folder, name, source) in BENCHMARKS.into_iter().filter(|one| chosen(one.0)) {
        let module = Module { name, source, features: &[], dependencies: "" };
        let build = Build { optimised: true, ..NEWEST };
        let modules = modules::build(&python, &build, name, &[module])?;
        let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
        let python = environment::with_numpy(&python)?;
        let script = format!("benches/{folder}/{folder}.py");
        let measured = python.run_with_modules(&script, modules)?;
        print!("{measured}");
        output.push_str(&measured);
    }
    match write.is_empty() {
        true => page::compare(&output),
        false => page::write(&output),
    }
}
