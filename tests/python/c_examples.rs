//! The examples in C: each is built without a warning for every CPython of the machine, used by the
//! script beside it, and examined by the checker.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::c_compiler::{Compiler, Headers, Language, folder_of};
use crate::conformance;
use crate::example::in_c;
use crate::examples::SHOWN;
use crate::interpreter::Interpreter;
use crate::modules::Abi;

/// The folder with an example in each file.
const FOLDER: &str = "examples/c";

pub fn run(python: &Interpreter) -> Outcome {
    let compiler = Compiler::find()?;
    let (mut used, mut files) = (Vec::new(), Vec::new());
    let (mut objects, mut failures) = (0, 0);
    let (mut without_testcapi, mut without_headers, mut without_checker) = (0, 0, 0);
    let mut without_gil = 0;
    for python in python.and_others() {
        let headers = match Headers::of(&python) {
            Ok(headers) => headers,
            Err(why) => {
                println!("c: skipped, {why}");
                without_headers += 1;
                continue;
            }
        };
        let names = names_for(&python)?;
        let of_this = |why: String| format!("{}: {why}", python.version());
        let build = Modules { compiler: &compiler, python: &python, headers: &headers };
        let folder = build.build_and_use(&names).map_err(of_this)?;
        build.chapters().map_err(of_this)?;
        if used.is_empty() && cfg!(target_os = "linux") {
            build.as_the_comments_say(&names).map_err(of_this)?;
        }
        without_gil += usize::from(many_threads(&python, &folder, &names).map_err(of_this)?);
        match check(&python, &folder, &names)? {
            Some(count) => objects += count,
            None => without_checker += 1,
        }
        match failures_of_memory(&python, &folder).map_err(of_this)? {
            Some(count) => failures += count,
            None => without_testcapi += 1,
        }
        used.push(python.version().to_owned());
        files.push(names.len());
    }
    let most = files.iter().max().copied().unwrap_or(0);
    if most == 0 {
        return Err("no Python was tried".to_owned());
    }
    let fewer = used.iter().zip(&files).filter(|(_, files)| **files < most);
    let fewer: Vec<String> =
        fewer.map(|(version, files)| format!("{files} on {version}")).collect();
    let fewer = if fewer.is_empty() { String::new() } else { format!(" ({})", fewer.join(", ")) };
    let tried = match without_testcapi {
        0 => String::new(),
        count => format!(", none on {count} without _testcapi"),
    };
    let skipped = match without_headers {
        0 => String::new(),
        count => format!("; skipped on {count} without headers"),
    };
    let checked = match without_checker {
        0 => String::new(),
        count => format!(", none on {count} without a GIL before 3.14"),
    };
    let pythons = if used.len() == 1 { "Python" } else { "Pythons" };
    Ok(format!(
        "{most} files on each of {} {pythons}{fewer}, {without_gil} of them without a GIL, checker \
         0 findings on {objects} objects and functions{checked}, {failures} allocations that \
         failed{tried}{skipped}",
        used.len()
    ))
}

/// The names of those that this interpreter loads.
pub fn names_for(python: &Interpreter) -> Result<Vec<String>, String> {
    let names = in_c::names(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let mut loaded = Vec::new();
    for name in names {
        if loads(python, &name)? {
            loaded.push(name);
        }
    }
    Ok(loaded)
}

/// Whether this interpreter loads the example.
pub fn loads(python: &Interpreter, name: &str) -> Result<bool, String> {
    let source = format!("{FOLDER}/{name}.c");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&source);
    let text = fs::read_to_string(path).map_err(|error| format!("{source}: {error}"))?;
    match in_c::target(&text).map_err(|error| format!("{source}: {error}"))? {
        in_c::Target::OneBuild => Ok(true),
        in_c::Target::Abi3(minor) => Ok(python.minor() >= minor && !python.is_free_threaded),
        in_c::Target::Abi3t(minor) => Ok(python.minor() >= minor),
    }
}

/// What modules are built with.
struct Modules<'a> {
    compiler: &'a Compiler,
    python: &'a Interpreter,
    headers: &'a Headers,
}

impl Modules<'_> {
    /// Builds the examples, in C and those that are C++ too in C++, and runs their scripts. Returns
    /// the folder of the modules in C.
    fn build_and_use(&self, names: &[String]) -> Result<String, String> {
        let mut of_c = String::new();
        for (language, folder) in [(Language::C11, "c11"), (Language::Cxx17, "c++17")] {
            let (mut built, mut place) = (Vec::new(), String::new());
            for name in names {
                let source = format!("{FOLDER}/{name}.c");
                if language == Language::C11 || is_cxx_too(&source)? {
                    place = self.module(language, &source, folder, name)?;
                    built.push(name);
                }
            }
            for name in built {
                let script = format!("{FOLDER}/{name}.py");
                let output = self.python.run_with_modules(&script, &place)?;
                for shown in SHOWN {
                    if output.lines().filter(|line| *line == shown).count() != 1 {
                        return Err(format!("{script} does not show: {shown}"));
                    }
                }
            }
            if language == Language::C11 {
                of_c = place;
            }
        }
        Ok(of_c)
    }

    /// What chapters show in C and no example has.
    fn chapters(&self) -> Result<(), String> {
        let folder = "tests/python/c/chapters";
        let source = format!("{folder}/chapters.c");
        for name in ["by_hand", "unclean"] {
            self.module(Language::C11, &format!("{folder}/{name}.c"), "c11", name)?;
        }
        let place = self.module(Language::C11, &source, "c11", "chapters")?;
        let script = format!("{folder}/chapters.py");
        match self.python.run_with_modules(&script, &place)?.trim() {
            "9 blocks" => Ok(()),
            other => Err(format!("{script}: expected 9 blocks, found {other:?}")),
        }
    }

    /// Builds each example by the command in its first comment, in an empty folder, and runs its
    /// script there.
    fn as_the_comments_say(&self, names: &[String]) -> Result<(), String> {
        let folder = folder_of(self.python, "by-comment")?;
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::remove_dir_all(&folder).and_then(|()| fs::create_dir(&folder)).map_err(failed)?;
        let own = self.headers.beside(&folder)?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
        let copy = |name: &str| fs::copy(sources.join(name), folder.join(name)).map_err(failed);
        copy("buffer_fill.h")?;
        // The commands call it `python3`.
        let python = format!("python3() {{ '{}' \"$@\"; }}", self.python.executable());
        let run = |command: &str| {
            let command = format!("{python}\n{command}");
            let mut shell = Command::new("sh");
            shell.args(["-c", &command]).current_dir(&folder).env("C_INCLUDE_PATH", &own);
            let output = shell.output().map_err(failed)?;
            let said =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            if output.status.success() { Ok(said) } else { Err(format!("{command}: {said}")) }
        };
        for name in names {
            copy(&format!("{name}.c"))?;
            copy(&format!("{name}.py"))?;
            let text = fs::read_to_string(folder.join(format!("{name}.c"))).map_err(failed)?;
            let comment = text.split("*/").next().unwrap_or_default();
            let lines = comment.lines().filter_map(|line| line.strip_prefix(" *     "));
            let said = run(&lines.collect::<Vec<_>>().join("\n"))?;
            if !said.is_empty() || !comment.contains(&format!("{name}.c -o {name}.")) {
                return Err(format!("{name}.c: the build line in the first comment: {said}"));
            }
        }
        for name in names {
            let said = run(&format!("python3 -B {name}.py"))?;
            if said.lines().filter(|line| SHOWN.contains(line)).count() != SHOWN.len() {
                return Err(format!("{name}.py, built by the first comment: {said}"));
            }
        }
        Ok(())
    }

    fn module(
        &self,
        language: Language,
        source: &str,
        folder: &str,
        name: &str,
    ) -> Result<String, String> {
        let Modules { compiler, python, headers } = self;
        compiler.module(python, headers, language, source, folder, name, &[])
    }
}

/// Uses the examples in several threads at once. Returns whether that was without a GIL.
fn many_threads(python: &Interpreter, folder: &str, names: &[String]) -> Result<bool, String> {
    let script = "tests/python/c/many_threads.py";
    let output = python.run_with_modules(script, folder)?;
    // All but `limited`, which is for builds with a GIL.
    let used = names.iter().filter(|name| *name != "limited").count();
    let declared = if python.minor() >= 13 { used } else { 0 };
    let gil = if python.is_free_threaded { "off" } else { "on" };
    let expected = format!("{declared} modules declared, {used} used, the GIL is {gil}");
    match output.trim() == expected {
        true => Ok(python.is_free_threaded),
        false => Err(format!("{script}: expected {expected:?}, found {output:?}")),
    }
}

/// Makes one allocation fail at a time. Returns how many did, or None without `_testcapi`.
fn failures_of_memory(python: &Interpreter, folder: &str) -> Result<Option<usize>, String> {
    let script = "tests/python/c/no_memory.py";
    let output = python.run_with_modules(script, folder)?;
    match output.trim().split_once(' ') {
        Some((count, "failures")) => count.parse().map(Some).map_err(|_| output),
        None if output.trim() == "absent" => Ok(None),
        _ => Err(format!("{script}: {output}")),
    }
}

/// Whether the first lines of a source say that it is C++17 too.
fn is_cxx_too(source: &str) -> Result<bool, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let text = fs::read_to_string(path).map_err(|error| format!("{source}: {error}"))?;
    let comment = text.split("*/").next().unwrap_or_default().replace("\n *", "");
    match (comment.contains("C11 and C++17."), comment.contains(" C11.")) {
        (true, false) => Ok(true),
        (false, true) => Ok(false),
        _ => Err(format!("{source}: the first comment says neither C11 nor C11 and C++17")),
    }
}

/// The checker over all objects that the modules export, and over the functions that take buffers.
/// Returns how many there are. PyO3, in which the checker is written, has no 3.13 without a GIL.
fn check(python: &Interpreter, folder: &str, names: &[String]) -> Result<Option<usize>, String> {
    if python.is_free_threaded && python.minor() < 14 {
        return Ok(None);
    }
    let abi = match python.minor() {
        11.. if !python.is_free_threaded => Abi::WithGil,
        15.. => Abi::ForAllBuilds,
        _ => Abi::OneVersion,
    };
    conformance::package(python, abi, Path::new(folder))?;
    let output = python.run_with_modules("tests/python/c_examples.py", folder)?;
    let lines: Vec<&str> = output.lines().collect();
    // Each module is examined, as an exporter or as a consumer.
    for name in names {
        if !lines.iter().any(|line| line.starts_with(&format!("{name}: "))) {
            return Err(format!("{}: nothing of {name} is examined", python.version()));
        }
    }
    match lines.iter().find(|line| !line.ends_with(": 0 findings")) {
        None => Ok(Some(lines.len())),
        Some(line) => Err(format!("{}: {line}", python.version())),
    }
}
