//! Each example as a project of its own: made with `cargo book new`, then built and used as its
//! README says, letter by letter.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::interpreter::Interpreter;

pub fn run(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    // Not below the repository: nothing of it may be found by accident.
    let folder = std::env::temp_dir().join(format!("bufferprocs-projects-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    // One after the other in the same place: PyO3 is built once for each path of an interpreter,
    // and READMEs that make the environment by the same commands share it.
    let project = folder.join("project");
    let place = project.to_str().ok_or("the folder for temporary files is not UTF-8")?;
    let (environment, kept) = (project.join(".venv"), folder.join("venv"));
    let mut made_by: Vec<String> = Vec::new();
    let names = crate::example::names(root)?;
    let outcome = names.iter().try_for_each(|name| {
        let mut tool = Command::new(env!("CARGO"));
        checked(tool.args(["book", "new", place, "--example", name]).current_dir(root))?;
        let readme = fs::read_to_string(project.join("README.md")).map_err(|e| e.to_string())?;
        let commands: Vec<String> =
            readme.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect();
        let makes = |line: &&String| line.contains(" -m venv ") || line.contains("/pip install ");
        let environment_ends = commands.iter().take_while(makes).count();
        let mut left = &commands[..];
        if made_by == commands[..environment_ends] {
            moved(&kept, &environment)?;
            left = &commands[environment_ends..];
        }
        for line in left {
            follow(python, line, &project, &target.join("python").join("projects"))
                .map_err(|error| format!("{name}: {line}: {error}"))?;
        }
        made_by = commands[..environment_ends].to_vec();
        removed(&kept)?;
        moved(&environment, &kept)?;
        removed(&project)
    });
    let _ = fs::remove_dir_all(&folder);
    outcome.map(|()| format!("{} projects, each by the commands of its README", names.len()))
}

fn moved(from: &Path, to: &Path) -> Result<(), String> {
    fs::rename(from, to).map_err(|error| format!("{}: {error}", from.display()))
}

/// Nothing is there afterwards, as perhaps before.
fn removed(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Runs one line of a README in the project.
fn follow(python: &Interpreter, line: &str, project: &Path, target: &Path) -> Result<(), String> {
    let mut command = command_of(python, line, project);
    // One target folder for all of them; whose interpreter is the project's own.
    command.env("CARGO_TARGET_DIR", target).env_remove("PYO3_PYTHON");
    // These programs are built once and not debugged.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
    checked(&mut command).map(drop)
}

/// The command of a line of a README, in the project, where `python3` is the interpreter.
pub fn command_of(python: &Interpreter, line: &str, project: &Path) -> Command {
    let mut words = line.split(' ');
    let word = words.next().unwrap_or_default();
    let program = match word {
        "python3" => python.path().to_owned(), // the one that is tested
        _ if cfg!(windows) => {
            project.join(word.replace(".venv/bin/", ".venv\\Scripts\\")).with_extension("exe")
        }
        _ => project.join(word),
    };
    let mut command = Command::new(program);
    command.args(words).current_dir(project);
    // What a shell of the user's would not have.
    command.env_remove("VIRTUAL_ENV").env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command
}

/// Runs a command and returns what it printed. An error has the end of that.
pub fn checked(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    Err(format!("{}\n{}", output.status, lines[lines.len().saturating_sub(20)..].join("\n")))
}
