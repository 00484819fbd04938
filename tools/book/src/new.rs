//! `cargo book new DIR --example NAME`: a complete project made of one example, to go on from.

use crate::example::{all_names, in_c::IN_C, wanted};
use crate::new_in_c;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, String>;

/// The crate, which the lines of `Cargo.toml` name.
const CRATE: &str = "bufferprocs";

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes the project and says what to do with it.
pub fn run(root: &Path, folder: &str, name: &str) -> Result<()> {
    let folder = PathBuf::from(folder);
    write(root, &folder, name)?;
    println!(
        "{} is a project made of the example {name}; its README.md has the commands",
        folder.display()
    );
    Ok(())
}

fn write(root: &Path, folder: &Path, name: &str) -> Result<()> {
    let known = all_names(root)?;
    if !known.iter().any(|known| known == name) {
        let in_c = format!("{IN_C}{name}");
        let hint = match known.contains(&in_c) {
            true => format!("did you mean {in_c}? "),
            false => String::new(),
        };
        return Err(format!("no example {name}; {hint}there are: {}", known.join(", ")));
    }
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            return Err(format!(
                "{}: the folder is not empty; name one that does not exist yet",
                folder.display()
            ));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(format!("{}: {error}", folder.display()));
        }
        _ => {}
    }
    let files = match name.strip_prefix(IN_C) {
        Some(name) => new_in_c::files(root, name)?,
        None => files(root, name)?,
    };
    for (path, text) in files {
        let path = folder.join(path);
        let explained = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(explained)?;
        std::fs::write(&path, text).map_err(explained)?;
    }
    Ok(())
}

/// The paths and the texts of the files of a project in Rust.
fn files(root: &Path, name: &str) -> Result<Vec<(String, String)>> {
    let file = format!("examples/{name}.rs");
    let source = read_text(&root.join(&file))?;
    let script = read_text(&root.join(format!("examples/{name}.py")))?;
    let wanted = wanted(&source).map_err(|error| format!("{file}: {error}"))?;
    let dependencies: String =
        wanted.dependencies.into_iter().map(|line| format!("{}\n", here(root, line))).collect();
    let build_dependencies = match wanted.build_dependencies.as_slice() {
        [] => String::new(),
        lines => format!("\n[build-dependencies]\n{}\n", lines.join("\n")),
    };
    let build_script = wanted.build_script;
    let files = [
        (
            "Cargo.toml",
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{dependencies}{build_dependencies}\n\
             # A project of its own, also where another one lies around it.\n[workspace]\n"
            ),
        ),
        (
            "pyproject.toml",
            format!(
                "[build-system]\nrequires = [\"maturin>=1.9,<2\"]\nbuild-backend = \"maturin\"\n\n\
             [project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.9\"\n"
            ),
        ),
        ("src/lib.rs", source.clone()),
        (&*format!("use_{name}.py"), script),
        (".gitignore", "/target\n/.venv\n".to_owned()),
        ("README.md", readme(name)),
    ];
    let files = files.into_iter().chain(build_script.map(|script| ("build.rs", script)));
    Ok(files.map(|(path, text)| (path.to_owned(), text)).collect())
}

/// The line of `Cargo.toml`, with the crate taken from this clone until it is published.
fn here(root: &Path, line: &str) -> String {
    match line.strip_prefix(&format!("{CRATE} = {{ version = \"0.1\"")) {
        Some(rest) => format!("{CRATE} = {{ path = {:?}{rest}", root.to_string_lossy()),
        None => line.to_owned(),
    }
}

fn readme(name: &str) -> String {
    format!(
        "# {name}\n\nBuilds the extension module into a virtual environment, and uses it:\n\n\
         ```console\n\
         $ python3 -m venv .venv\n\
         $ .venv/bin/pip install maturin numpy\n\
         $ .venv/bin/maturin develop\n\
         $ .venv/bin/python use_{name}.py\n\
         ```\n\n\
         On Windows the programs lie in `.venv\\Scripts`.\n"
    )
}
