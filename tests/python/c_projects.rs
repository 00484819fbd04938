//! Each example in C as a project of its own: made with `cargo book new`, then built by pip and
//! used as its README says, letter by letter.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::c_compiler::{Compiler, Headers};
use crate::c_examples::loads;
use crate::example::in_c::{IN_C, names};
use crate::examples::SHOWN;
use crate::interpreter::Interpreter;
use crate::projects::{checked, command_of};

/// What is missing to build the projects for any Python, if anything is.
pub fn lacks(python: &Interpreter) -> Option<String> {
    // On Windows setuptools finds MSVC, which `Compiler` does not know.
    let compiler = if cfg!(windows) { None } else { Compiler::find().err() };
    compiler.or_else(|| Headers::of(python).err())
}

pub fn run(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::temp_dir().join(format!("bufferprocs-c-projects-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let pythons: Vec<Interpreter> =
        python.and_others().into_iter().filter(|python| Headers::of(python).is_ok()).collect();
    let outcome = names(root)?.into_iter().try_fold((0, Vec::new()), |(built, mut not), name| {
        // The Python that is tested is the first.
        let mut found = None;
        for python in pythons.iter().rev() {
            if loads(python, &name)? {
                found = Some(python);
            }
        }
        match found {
            Some(python) => build(root, &folder, &name, python)
                .map(|()| (built + 1, not))
                .map_err(|error| format!("{IN_C}{name}, {}: {error}", python.version())),
            None => {
                not.push(name);
                Ok((built, not))
            }
        }
    });
    let _ = fs::remove_dir_all(&folder);
    match outcome? {
        (0, _) => Err("no project was built".to_owned()),
        (built, not) if not.is_empty() => {
            Ok(format!("{built} projects, each by the commands of its README"))
        }
        (built, not) => Ok(format!(
            "{built} projects, each by the commands of its README; no Python here loads {}",
            not.join(", ")
        )),
    }
}

/// Makes the project, and runs each command of its README.
fn build(root: &Path, folder: &Path, name: &str, python: &Interpreter) -> Result<(), String> {
    let project = folder.join(name);
    let place = project.to_str().ok_or("the folder for temporary files is not UTF-8")?;
    let mut tool = Command::new(env!("CARGO"));
    let example = format!("{IN_C}{name}");
    checked(tool.args(["book", "new", place, "--example", &example]).current_dir(root))?;
    let readme = fs::read_to_string(project.join("README.md")).map_err(|e| e.to_string())?;
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    if commands.len() != 3 {
        return Err(format!("the README has {} commands, expected 3", commands.len()));
    }
    // The headers of an unpacked Python: an installed compiler finds those below /usr by itself.
    let headers = Headers::of(python)?.beside(&project)?;
    let mut said = String::new();
    for line in commands {
        let mut command = command_of(python, line, &project);
        command.env("C_INCLUDE_PATH", &headers);
        said = checked(&mut command).map_err(|error| format!("{line}: {error}"))?;
    }
    for shown in SHOWN {
        if said.lines().filter(|line| line.trim_end() == shown).count() != 1 {
            return Err(format!("use_{name}.py does not show: {shown}"));
        }
    }
    fs::remove_dir_all(&project).map_err(|error| format!("{place}: {error}"))
}
