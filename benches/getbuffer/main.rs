//! `cargo bench --bench getbuffer`: builds the module in `lib.rs` with optimisation, and has CPython run `getbuffer.py`.

#[path = "../../tests/python/environment.rs"]
mod environment;
#[allow(dead_code)] // the comparisons use the rest
#[path = "../../tests/python/interpreter.rs"]
mod interpreter;
#[allow(dead_code)]
#[path = "../../tests/python/modules.rs"]
mod modules;

use interpreter::Interpreter;
use modules::{Build, Module, NEWEST};

fn main() -> Result<(), String> {
    let python = Interpreter::find()?;
    let module = Module {
        name: "getbuffer_bench",
        source: "benches/getbuffer/lib.rs",
        features: &[],
        dependencies: "",
    };
    let modules =
        modules::build(&python, &Build { optimised: true, ..NEWEST }, "benches", &[module])?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let python = environment::with_numpy(&python)?;
    let output = python.run_with_modules("benches/getbuffer/getbuffer.py", modules)?;
    print!("{output}");
    Ok(())
}
