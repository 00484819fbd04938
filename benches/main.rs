//! `cargo bench`: what requests and copies cost, and what testing the book costs, beside their
//! peers.
//!
//! ```text
//! cargo bench                    all of it, a line each; fails where one is far from that of the book
//! cargo bench -- copies          one of: getbuffer, copies, items, instructions, book
//! cargo bench -- --write         puts the figures into the book; `items --write` into one page
//! cargo bench -- --json FILE     writes them to a file too
//! ```
//!
//! `BUFFERPROCS_BENCH=short` takes fewer rounds. Modules are built with optimisation, and CPython
//! runs the scripts that measure with them.

#[allow(dead_code)] // the comparisons use the rest of these four
#[path = "../tests/python/c_compiler.rs"]
mod c_compiler;
#[allow(dead_code)]
#[path = "../tests/python/environment.rs"]
mod environment;
mod instructions;
#[allow(dead_code)]
#[path = "../tests/python/interpreter.rs"]
mod interpreter;
#[allow(dead_code)]
#[path = "../tests/python/modules.rs"]
mod modules;
mod page;

use std::process::{Command, Stdio};

use c_compiler::{Compiler, Headers, Language};
use interpreter::Interpreter;
use modules::{Build, Module, NEWEST};

const BENCHMARKS: [&str; 5] = ["getbuffer", "instructions", "copies", "items", "book"];

const MODULES: [Module; 4] = [
    Module::new("getbuffer_bench", "benches/getbuffer/lib.rs"),
    Module::new("copies_bench", "benches/copies/lib.rs"),
    Module {
        manifest: "blake3 = \"1\"\nnum-traits = \"0.2\"\nnumpy = \"0.30\"\n",
        ..Module::new("items_bench", "benches/items/lib.rs")
    },
    Module {
        manifest: "pyo3-ffi = \"*\"\n\n[build-dependencies]\npyo3-build-config = \"*\"\n",
        build_script: Some("fn main() {\n    pyo3_build_config::use_pyo3_cfgs();\n}\n"),
        ..Module::new("raw_ffi", "examples/raw_ffi.rs")
    },
];

struct Arguments {
    write: bool,
    json: Option<String>,
    chosen: Vec<&'static str>,
}

fn arguments() -> Result<Arguments, String> {
    // cargo passes `--bench` on.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut arguments = Arguments { write: false, json: None, chosen: Vec::new() };
    while let Some(word) = words.next() {
        match (word.as_str(), BENCHMARKS.iter().find(|name| **name == word)) {
            ("--write", _) => arguments.write = true,
            ("--json", _) => arguments.json = Some(words.next().ok_or("--json needs a file")?),
            (_, Some(name)) => arguments.chosen.push(name),
            _ => {
                let there_are = BENCHMARKS.join(", ");
                return Err(format!("no benchmark {word}; there are: {there_are}"));
            }
        }
    }
    if arguments.chosen.is_empty() {
        arguments.chosen = BENCHMARKS.to_vec();
    } else if arguments.write && !page::is_whole(&arguments.chosen) {
        return Err("--write writes whole pages, and none has these benchmarks alone".to_owned());
    }
    Ok(arguments)
}

fn main() -> Result<(), String> {
    let Arguments { write, json, chosen } = arguments()?;
    if chosen.contains(&"instructions") {
        instructions::check_valgrind()?;
    }
    if chosen.contains(&"book") {
        book(&["--check"])?;
    }
    let python = Interpreter::find()?;
    let build = Build { optimised: true, ..NEWEST };
    let modules = modules::build(&python, &build, "benches", &MODULES)?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let in_c = in_c(&python)?;
    let python = environment::with_numpy(&python)?;
    let mut output = Vec::new();
    for name in chosen {
        let measured = match name {
            "instructions" => instructions::run(python, modules)?,
            "book" => book(&[])?,
            _ => {
                let script = format!("benches/{name}/{name}.py");
                let in_c = [("BUFFERPROCS_C_MODULES", in_c.as_str())];
                python.run_with_modules_and(&script, modules, "", &in_c)?
            }
        };
        print!("{measured}");
        output.push((name, measured));
    }
    if let Some(file) = json {
        page::write_json(&output, &file)?;
    }
    if write { page::write(&output) } else { page::compare(&output) }
}

/// Builds an example in C, and returns the folder of its module: there is one of this name in Rust.
fn in_c(python: &Interpreter) -> Result<String, String> {
    let (compiler, headers) = (Compiler::find()?, Headers::of(python)?);
    let source = "examples/c/growable.c";
    compiler.module(python, &headers, Language::C11, source, "c11", "growable", &[])
}

/// The runners of the book, by the tool that has them. With `--check` it only checks that the tools
/// exist.
fn book(arguments: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["book", "time"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(said) } else { Err(format!("{command:?} failed\n{said}")) }
}
