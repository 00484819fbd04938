//! Classes with and without the short slots, ready-made objects and types made by hand behave
//! alike: `scenarios.py` has the table, over the module in `scenarios/`.

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::modules::{self, Module, NEWEST};

pub fn compare(python: &Interpreter) -> Outcome {
    let module = Module::new("ways_to_export", "tests/python/scenarios/lib.rs");
    let modules = modules::build(python, &NEWEST, "ways_to_export", &[module])?;
    let modules = modules.to_str().ok_or("the target folder is not UTF-8")?;
    let output = python.run_with_modules("tests/python/scenarios.py", modules)?;
    let last = output.lines().last().unwrap_or_default();
    match last.strip_suffix(" cells").and_then(|line| line.split(' ').next_back()) {
        Some(cells) if cells.parse::<usize>().is_ok_and(|cells| cells >= 130) => {
            Ok(last.to_owned())
        }
        _ => Err(format!("too few cells: {last}")),
    }
}
