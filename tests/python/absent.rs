//! The messages of this program where a usable Python, NumPy or the package index is missing.
//! Nothing that is missing may read as passed.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::environment;
use crate::interpreter::{Interpreter, SKIP};

pub fn run(python: &Interpreter) -> Outcome {
    // Any package makes an environment without NumPy.
    let plain = environment::with(python, "venv-plain", &["pip"])?;
    if plain.can_import("numpy") {
        return Err(format!("{} has NumPy", plain.executable()));
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let index = target.join("python").join(format!("index-{}", python.version()));
    let mut pip = Command::new(plain.executable());
    pip.args(["-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--dest"]).arg(&index).arg("pip");
    match pip.status() {
        Ok(status) if status.success() => (),
        other => return Err(format!("{pip:?}: {other:?}")),
    }

    // A module that is built without looking at an interpreter, so that nothing is built again.
    let beside = if python.is_free_threaded { "bridge-abi3t" } else { "bridge-abi3" };
    let cases = ["--exact", "dialects", beside];
    let program = || -> Result<Command, String> {
        let mut program = Command::new(std::env::current_exe().map_err(|e| e.to_string())?);
        program.args(cases).env_remove(SKIP);
        program.env("PYO3_PYTHON", plain.executable());
        Ok(program)
    };

    let mut no_wheel = program()?;
    no_wheel.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", &index);
    let no_numpy = format!("skipped, pip finds no NumPy for CPython {}", python.version());
    expect(&mut no_wheel, true, &[&no_numpy, "1 passed, 0 failed, 2 skipped"])?;

    let mut no_index = program()?;
    no_index.env("PIP_NO_INDEX", "1").env_remove("PIP_FIND_LINKS");
    let why = "pip does not reach the package index";
    expect(&mut no_index, false, &[why, "PIP_INDEX_URL", SKIP, "0 passed, 2 failed"])?;

    let mut no_python = program()?;
    no_python.env("PYO3_PYTHON", index.join("python"));
    expect(&mut no_python, false, &["python is not there", SKIP, "0 passed, 2 failed"])?;

    let mut left_out = program()?;
    left_out.env(SKIP, "1");
    expect(&mut left_out, true, &["python: not compared", "0 passed, 0 failed, 2 skipped"])?;
    Ok("no wheel, no index, no Python, left out".to_owned())
}

/// Runs the program. It has to say all of `said`, and to end well or not.
fn expect(program: &mut Command, well: bool, said: &[&str]) -> Result<(), String> {
    let output = program.output().map_err(|error| format!("{program:?}: {error}"))?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    match said.iter().find(|part| !text.contains(**part)) {
        None if output.status.success() == well => Ok(()),
        None => Err(format!("{}, after\n{text}", output.status)),
        Some(part) => Err(format!("{part:?} was not said:\n{text}")),
    }
}
