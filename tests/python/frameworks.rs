//! What pybind11, nanobind, Cython and cffi do for exporters and consumers: small modules of each,
//! and the table that a chapter has of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::c_compiler::{self, Compiler, Headers, Language, folder_of};
use crate::conformance;
use crate::environment::{self, Unmade};
use crate::interpreter::Interpreter;
use crate::modules::Abi;
use crate::survey;

/// The frameworks, each in one version.
const PACKAGES: [&str; 4] = ["pybind11==3.1.0", "nanobind==3.1.0", "Cython==3.3.1", "cffi==2.1.1"];

/// The folder with a module in each file.
const FOLDER: &str = "tests/python/frameworks";
const PAGE: &str = "book/src/cpp-and-cython.md";
/// The checks of `by_hand.py`; a check that is lost is missed here.
const BY_HAND: &str = "24 facts";

/// Builds the modules for one Python, examines what they export and read, and compares it with the
/// page. A script then shows the facts of the page without the checker.
pub fn run(python: &Interpreter) -> Outcome {
    let compiler = Compiler::find()?;
    let headers = Headers::of(python)?;
    let with_packages = environment::with(python, KIND, &PACKAGES)?;
    // Another version gets a folder of its own.
    let folder = format!("frameworks-{:08x}", environment::hash(PACKAGES.join(" ").as_bytes()));
    let build = Modules { compiler, headers, python, with_packages: &with_packages, folder };
    let (modules, files) = build.all()?;
    conformance::package(python, Abi::OneVersion, Path::new(&modules))?;
    let surveyed = with_packages.run_with_modules("tests/python/frameworks.py", &modules)?;
    let of_page = survey::written(PAGE)?;
    // The findings are those of the frameworks and the same for each Python. The first line names
    // the one that wrote the page.
    let (found, rows) = surveyed.split_once('\n').ok_or("the script printed one line")?;
    let named = of_page.lines().next().unwrap_or_default();
    let writes = std::env::var_os(crate::versions::WRITE).is_some();
    let first = if writes || packages_of(named) != packages_of(found) { found } else { named };
    survey::put(PAGE, &format!("{first}\n{rows}"))?;
    let by_hand = with_packages.run_with_modules(&format!("{FOLDER}/by_hand.py"), &modules)?;
    if by_hand.lines().last() != Some(BY_HAND) {
        return Err(format!("by_hand.py: expected {BY_HAND:?}, found {by_hand:?}"));
    }
    let count = surveyed.lines().filter(|line| line.starts_with("| `")).count();
    Ok(format!(
        "{} and {files} modules on CPython {} alone: {count} exporters and consumers as in the book, {BY_HAND} without the checker",
        PACKAGES.join(", "),
        python.version()
    ))
}

const KIND: &str = "frameworks";

/// Why this Python has no modules, if it has none.
pub fn lacks(python: &Interpreter) -> Option<String> {
    c_compiler::lacks(python).or_else(|| match environment::with(python, KIND, &PACKAGES) {
        Err(Unmade::NoWheel(why)) => Some(why),
        _ => None,
    })
}

/// The versions of the frameworks, in the first line of the table.
fn packages_of(line: &str) -> Option<&str> {
    line.split_once("; ").map(|(_, packages)| packages)
}

struct Modules<'a> {
    compiler: Compiler,
    headers: Headers,
    python: &'a Interpreter,
    with_packages: &'a Interpreter,
    folder: String,
}

impl Modules<'_> {
    /// Builds each file of the folder. Returns the folder of the modules, and how many there are.
    fn all(&self) -> Result<(String, usize), String> {
        let mut place = Err(format!("{FOLDER} is empty"));
        let mut count = 0;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(root.join(FOLDER)).map_err(|e| format!("{FOLDER}: {e}"))? {
            let name = entry.map_err(|error| error.to_string())?.file_name();
            let name = name.to_string_lossy();
            let source = format!("{FOLDER}/{name}");
            place = match name.rsplit_once('.') {
                Some((module, "cpp")) if module.starts_with("pybind11") => {
                    self.pybind11(&source, module)
                }
                Some((module, "cpp")) if module.starts_with("nanobind") => {
                    self.nanobind(&source, module)
                }
                Some((module, "pyx")) => self.cython(&source, module),
                Some((_, "py")) => continue,
                _ => Err(format!("{source}: no build is known for it")),
            };
            place.as_ref().map_err(String::clone)?;
            count += 1;
        }
        Ok((place?, count))
    }

    fn pybind11(&self, source: &str, module: &str) -> Outcome {
        let include = self.installed("pybind11/include")?;
        self.module(
            Language::Cxx17,
            source,
            module,
            &["-O1", "-fvisibility=hidden", "-isystem", &include],
        )
    }

    /// nanobind is a library of which each module has a part: it is compiled once.
    fn nanobind(&self, source: &str, module: &str) -> Outcome {
        let include = self.installed("nanobind/include")?;
        let robin_map = self.installed("nanobind/ext/robin_map/include")?;
        let library = self.installed("nanobind/src/nb_combined.cpp")?;
        let object = folder_of(self.python, &self.folder)?.join("nb_combined.o");
        let found = ["-isystem", &include, "-isystem", &robin_map];
        let options =
            [&["-O1", "-fno-strict-aliasing", "-fvisibility=hidden"], &found[..]].concat();
        self.compiler.object(&self.headers, Language::Cxx17, &library, &object, &options)?;
        let object = object.to_str().ok_or("the target folder is not UTF-8")?;
        let linked = ["-x", "none", object, "-x", "c++"];
        let options = [&["-O1", "-fvisibility=hidden"], &found[..], &linked[..]].concat();
        self.module(Language::Cxx17, source, module, &options)
    }

    /// Translated to C. Cython is responsible for the warnings of that.
    fn cython(&self, source: &str, module: &str) -> Outcome {
        let translated = folder_of(self.python, &self.folder)?.join(format!("{module}.c"));
        let mut command = Command::new(self.with_packages.path());
        command.args(["-m", "cython", "--warning-errors", source, "-o"]).arg(&translated);
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{command:?}: {}\n{said}", output.status));
        }
        let translated = translated.to_str().ok_or("the target folder is not UTF-8")?;
        self.module(Language::C11, translated, module, &["-O1", "-w"])
    }

    fn module(&self, language: Language, source: &str, name: &str, options: &[&str]) -> Outcome {
        let Modules { compiler, headers, python, folder, .. } = self;
        let options = [options, &["-I", "examples/c"]].concat();
        compiler.module(python, headers, language, source, folder, name, &options)
    }

    /// A file or folder of an installed package.
    fn installed(&self, path: &str) -> Outcome {
        let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let output = Command::new(self.with_packages.path()).args(["-I", "-c", ask]).output();
        let output = output.map_err(|error| format!("sysconfig: {error}"))?;
        let found = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join(path);
        match (found.exists(), found.to_str()) {
            (true, Some(found)) => Ok(found.to_owned()),
            _ => Err(format!("{} is not there", found.display())),
        }
    }
}
