//! The commands of the page getting.md, section by section, each from an empty folder. The address
//! is that of this clone, so they take the crate as it was last committed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::interpreter::Interpreter;

/// How many sections have commands.
const SECTIONS: usize = 4;

/// Why there is nothing to try here, if that is so.
pub fn lacks() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let git = Command::new("git").arg("-C").arg(root).args(["rev-parse", "HEAD"]).output();
    match git {
        _ if !cfg!(unix) => Some("the commands are those of a Unix shell".to_owned()),
        Ok(output) if output.status.success() => None,
        _ => Some("this is no clone of the repository, or there is no git".to_owned()),
    }
}

pub fn run(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let page = root.join("book/src/getting.md");
    let page = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let folder = std::env::temp_dir().join(format!("bufferprocs-getting-{}", std::process::id()));
    let mut tried = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        let lines = commands(section);
        if lines.is_empty() {
            continue;
        }
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut script: Vec<String> = Vec::new();
        for line in lines {
            // The page says to put code into the project before it is built.
            if line.starts_with("python3 -m venv") && script.iter().any(|line| is_new_class(line)) {
                let example = root.join("examples/growable.rs");
                script.push(format!("sed s/growable/samples/ {:?} > src/lib.rs", example));
            }
            let line = line.replace("REPOSITORY", &format!("file://{}", root.display()));
            script.push(match line.strip_prefix("python3 ") {
                Some(arguments) => format!("{:?} {arguments}", python.path()),
                None => line,
            });
        }
        let mut shell = Command::new("sh");
        shell.arg("-ec").arg(script.join("\n")).current_dir(&folder);
        shell.env("CARGO_TARGET_DIR", target.join("python").join("projects"));
        shell.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
        shell.env_remove("PYO3_PYTHON").env_remove("VIRTUAL_ENV");
        let output = shell.output().map_err(|error| format!("sh: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{title}: {}\n{said}", output.status));
        }
        tried.push(title.to_owned());
    }
    let _ = fs::remove_dir_all(&folder);
    match tried.len() {
        SECTIONS => Ok(format!("{SECTIONS} sections: {}", tried.join(", "))),
        other => Err(format!("{other} sections with commands, expected {SECTIONS}")),
    }
}

fn is_new_class(line: &str) -> bool {
    line.starts_with("cargo new --lib")
}

/// The lines that a reader types, of all blocks.
fn commands(section: &str) -> Vec<String> {
    let blocks = section.split("```console\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    lines.map(str::to_owned).collect()
}
