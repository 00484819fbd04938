//! The machine's C compiler, and extension modules in C that are built with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::interpreter::Interpreter;
use crate::modules;

/// No warning is accepted.
const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    C11,
    Cxx17,
}

/// Programs that compile C and C++.
pub struct Compiler {
    c: String,
    cxx: String,
}

impl Compiler {
    /// `CC` and `CXX`, or `cc` and `c++`. The error names what is missing, and what to do.
    pub fn find() -> Result<Compiler, String> {
        if cfg!(windows) {
            return Err("the options are those of GCC and Clang, not of MSVC".to_owned());
        }
        let named = |variable: &str, usual: &str| {
            let name = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
            let runs = Command::new(&name).arg("--version").output();
            match runs.is_ok_and(|output| output.status.success()) {
                true => Ok(name),
                false => Err(format!(
                    "there is no compiler {name} (Debian, Ubuntu: apt install build-essential; or set {variable})"
                )),
            }
        };
        Ok(Compiler { c: named("CC", "cc")?, cxx: named("CXX", "c++")? })
    }

    /// The path of a library of the compiler's own, such as `libasan.so`.
    pub fn library(&self, name: &str) -> Result<String, String> {
        let output = Command::new(&self.c).arg(format!("-print-file-name={name}")).output();
        let output = output.map_err(|error| format!("{}: {error}", self.c))?;
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match Path::new(&path).is_absolute() {
            true => Ok(path),
            false => Err(format!("{} has no {name}", self.c)),
        }
    }

    /// Builds `source`, a file of the repository, as the module `name` in a folder of this
    /// interpreter. Returns the folder.
    #[allow(clippy::too_many_arguments)] // each is another matter
    pub fn module(
        &self,
        python: &Interpreter,
        headers: &Headers,
        language: Language,
        source: &str,
        folder: &str,
        name: &str,
        options: &[&str],
    ) -> Result<String, String> {
        let folder = folder_of(python, folder)?;
        let module = folder.join(modules::file_name(name));
        let mut command = self.command(language);
        command.args(["-shared", "-fPIC"]).args(options);
        if cfg!(target_os = "macos") {
            command.args(["-undefined", "dynamic_lookup"]);
        }
        headers.find(&mut command);
        self.build(command, source, &module)?;
        let folder = folder.to_str().ok_or("the target folder is not UTF-8")?;
        Ok(folder.to_owned())
    }

    /// Compiles `source`, a file of another project with whatever warnings it has.
    pub fn object(
        &self,
        headers: &Headers,
        language: Language,
        source: &str,
        object: &Path,
        options: &[&str],
    ) -> Result<(), String> {
        let mut command = self.command(language);
        command.args(["-c", "-fPIC", "-w"]).args(options);
        headers.find(&mut command);
        self.build(command, source, object)
    }

    /// Builds `source`, a file of the repository, as a program.
    pub fn program(
        &self,
        headers: &Headers,
        source: &str,
        program: &Path,
        options: &[&str],
    ) -> Result<(), String> {
        let mut command = self.command(Language::C11);
        command.args(options);
        headers.find(&mut command);
        self.build(command, source, program)
    }

    /// A call of the compiler, in the folder of the repository.
    fn command(&self, language: Language) -> Command {
        let mut command = match language {
            Language::C11 => Command::new(&self.c),
            Language::Cxx17 => Command::new(&self.cxx),
        };
        match language {
            Language::C11 => command.arg("-std=c11"),
            Language::Cxx17 => command.args(["-x", "c++", "-std=c++17"]),
        };
        command.args(WARNINGS).args(["-g", "-O2"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    }

    /// Runs `command` for a source, unless the same command made the same of it before.
    fn build(&self, mut command: Command, source: &str, built: &Path) -> Result<(), String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let header = root.join("examples/c/buffer_fill.h");
        let mut stamp = format!("{command:?}\n");
        for path in [root.join(source), header] {
            let text = fs::read_to_string(&path);
            stamp.push_str(&text.map_err(|error| format!("{}: {error}", path.display()))?);
        }
        let stamp_file = built.with_extension("stamp");
        if built.exists() && fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp) {
            return Ok(());
        }
        let _ = fs::remove_file(built); // a running Python may have it mapped
        command.arg(source).arg("-o").arg(built);
        let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !said.trim().is_empty() {
            return Err(format!("{command:?}: {}\n{}", output.status, said.trim_end()));
        }
        fs::write(&stamp_file, stamp).map_err(|error| format!("{}: {error}", stamp_file.display()))
    }
}

/// What is missing to build modules in C for this interpreter, if anything is.
pub fn lacks(python: &Interpreter) -> Option<String> {
    Compiler::find().err().or_else(|| Headers::of(python).err())
}

/// The folder `target/python/c/VERSION/NAME`, which is made if it is not there.
pub fn folder_of(python: &Interpreter, name: &str) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let folder = target.join("python/c").join(python.version()).join(name);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// The folder of an interpreter's `Python.h`.
pub struct Headers(PathBuf);

impl Headers {
    /// Tells a compiler where they are.
    fn find(&self, command: &mut Command) {
        // Not -isystem: then GCC looks behind the links that the headers of a debug build are.
        command.arg("-I").arg(&self.0);
        // Debian's pyconfig.h includes another one from the folder above.
        command.arg("-idirafter").arg(self.0.parent().unwrap_or(&self.0));
    }

    /// A folder below `place` with links to the folders of processors beside them. An installed
    /// compiler finds those by itself, but not if Debian's packages are unpacked elsewhere.
    pub fn beside(&self, place: &Path) -> Result<PathBuf, String> {
        let folder = place.join("include");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir(&folder).map_err(failed)?;
        for entry in fs::read_dir(self.0.parent().unwrap_or(&self.0)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            #[cfg(unix)]
            if entry.file_name().to_string_lossy().ends_with("-linux-gnu") {
                std::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name()))
                    .map_err(failed)?;
            }
            #[cfg(not(unix))]
            drop(entry);
        }
        Ok(folder)
    }

    /// The error says which interpreter has none, and what to install.
    pub fn of(python: &Interpreter) -> Result<Headers, String> {
        let ask = "import sysconfig; print(sysconfig.get_path('include'))";
        let output = Command::new(python.path()).args(["-I", "-c", ask]).output();
        let output = output.map_err(|error| format!("{}: {error}", python.path().display()))?;
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        match folder.join("Python.h").exists() {
            true => Ok(Headers(folder)),
            false => Err(format!(
                "CPython {} came without its headers (Debian, Ubuntu: apt install python3-dev)",
                python.version()
            )),
        }
    }
}
