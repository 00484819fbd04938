//! The files of a project made of an example in C: setuptools builds it.

use crate::example::in_c::{Target, modules_of, target};
use std::path::Path;

/// The paths and the texts of the project's files. `name` is that of `examples/c/NAME.c`.
pub fn files(root: &Path, name: &str) -> Result<Vec<(String, String)>, String> {
    let folder = root.join("examples/c");
    let read = |file: &str| {
        let path = folder.join(file);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let script = read(&format!("{name}.py"))?;
    let modules = modules_of(root, name, &script)?;
    let target = target(&read(&format!("{name}.c"))?)
        .map_err(|error| format!("examples/c/{name}.c: {error}"))?;
    let mut files = vec![
        ("pyproject.toml".to_owned(), pyproject(name, target)),
        ("setup.py".to_owned(), setup(&modules, target)),
        (format!("use_{name}.py"), script),
        (".gitignore".to_owned(), "/.venv\n/build\n/*.egg-info\n".to_owned()),
        ("README.md".to_owned(), readme(name, &modules, target)),
    ];
    for module in &modules {
        let file = format!("{module}.c");
        files.push((file.clone(), read(&file)?));
    }
    files.push(("buffer_fill.h".to_owned(), read("buffer_fill.h")?));
    Ok(files)
}

/// The oldest minor version of Python 3 that the module is for.
fn oldest(target: Target) -> u32 {
    match target {
        Target::OneBuild => 9,
        Target::Abi3(minor) | Target::Abi3t(minor) => minor,
    }
}

fn pyproject(name: &str, target: Target) -> String {
    format!(
        "[build-system]\nrequires = [\"setuptools>=77\"]\n\
         build-backend = \"setuptools.build_meta\"\n\n\
         [project]\nname = \"{name}\"\nversion = \"0.1.0\"\nrequires-python = \">=3.{}\"\n\n\
         # setup.py has the extension module. No file of Python is installed.\n\
         [tool.setuptools]\npy-modules = []\n",
        oldest(target)
    )
}

/// The template is that of the example `minimal`, which the book shows.
const SETUP: &str = include_str!("templates/setup.py");

fn setup(modules: &[String], target: Target) -> String {
    let (limited, options) = match target {
        Target::OneBuild => ("", String::new()),
        Target::Abi3(minor) | Target::Abi3t(minor) => (
            ", py_limited_api=True",
            format!(
                "    # In the name of the wheel: it is for this version and later ones.\n    \
                 options={{\"bdist_wheel\": {{\"py_limited_api\": \"cp3{minor}\"}}}},\n"
            ),
        ),
    };
    let line = |module: &str, limited: &str| {
        format!("        Extension(\"{module}\", [\"{module}.c\"], **settings{limited}),\n")
    };
    let lines: String = modules.iter().map(|module| line(module, limited)).collect();
    SETUP.replace("setup(\n", &format!("setup(\n{options}")).replace(&line("minimal", ""), &lines)
}

fn readme(name: &str, modules: &[String], target: Target) -> String {
    let others: Vec<String> =
        modules.iter().filter(|module| *module != name).map(|name| format!("`{name}`")).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!(
            "The script also uses {}, exporters of which it takes buffers. They are built as well; \
             without the script you can\ndelete them.\n\n",
            others.join(" and ")
        ),
    };
    let target = match target {
        Target::OneBuild => String::new(),
        Target::Abi3(minor) => {
            format!("One wheel serves all Pythons from 3.{minor} on that have a GIL.\n\n")
        }
        Target::Abi3t(minor) => format!(
            "The module serves all builds of Python from 3.{minor} on. A wheel made with a \
             free-threaded Python says so in its\nname; one made with another Python names builds \
             with a GIL only.\n\n"
        ),
    };
    format!(
        "# {name}\n\nBuilds the extension module into a virtual environment, and uses it:\n\n\
         ```console\n\
         $ python3 -m venv .venv\n\
         $ .venv/bin/pip install .\n\
         $ .venv/bin/python use_{name}.py\n\
         ```\n\n\
         After a change of the C, run the last two commands again.\n\n\
         {others}{target}\
         This needs a C compiler and the headers of Python:\n\n\
         - Debian, Ubuntu: `apt install build-essential python3-dev python3-venv`\n\
         - macOS: `xcode-select --install`\n\
         - Windows: Visual Studio Build Tools with \"Desktop development with C++\". Python from \
         python.org has its headers. Type `py`\n  for `python3`, and `.venv\\Scripts` for \
         `.venv/bin`.\n\n\
         `buffer_fill.h` may be copied without a notice of any kind; its first comment says what it \
         has.\n"
    )
}
