//! The Python that is compared with: found once, then asked by scripts of this folder.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// The variable that leaves the comparisons out.
pub const SKIP: &str = "BUFFERPROCS_SKIP_PYTHON";

/// Prints what it is, its version, its path, and whether it does without a GIL.
const INTRODUCTION: &str = "\
import platform, sys, sysconfig
print(platform.python_implementation())
print(platform.python_version())
print(sys.executable)
print(sysconfig.get_config_var('Py_GIL_DISABLED') == 1)
";

/// The oldest minor version of Python 3 that the crate supports.
const OLDEST: u32 = 9;
/// The newest one that the book covers.
const NEWEST: u32 = 15;
/// The first one of which there are builds without a GIL.
const FIRST_WITHOUT_GIL: u32 = 13;

/// A CPython that runs.
pub struct Interpreter {
    path: PathBuf,
    /// With a `t` at the end if it is a build without a GIL.
    version: String,
    executable: String,
    /// Whether it is a build without a GIL.
    pub is_free_threaded: bool,
}

impl Interpreter {
    /// `PYO3_PYTHON`, or the first CPython 3.9 or newer on the PATH.
    ///
    /// The error is one line: what was found instead, what to do, and how to skip the tests.
    pub fn find() -> Result<Interpreter, String> {
        let (candidates, help) = match std::env::var_os("PYO3_PYTHON") {
            Some(python) => (vec![PathBuf::from(python)], "set PYO3_PYTHON to another"),
            None => (
                ["python3", "python"].map(PathBuf::from).to_vec(),
                "install python3, or set PYO3_PYTHON to one",
            ),
        };
        let mut unusable = Vec::new();
        for candidate in candidates {
            match Interpreter::at(candidate) {
                Ok(python) => return Ok(python),
                Err(why) => unusable.push(why),
            }
        }
        let unusable = unusable.join(", ");
        Err(format!("no CPython 3.{OLDEST} or newer: {unusable}: {help}; or set {SKIP}=1 to skip"))
    }

    /// The CPython that is started by `path`, if it is new enough. The error says in a few words
    /// why it cannot be used.
    pub fn at(path: PathBuf) -> Result<Interpreter, String> {
        let python = Interpreter::of("CPython", path)?;
        match python.version.starts_with("3.") && python.minor() >= OLDEST {
            true => Ok(python),
            false => Err(format!("{} is CPython {}", python.path.display(), python.version)),
        }
    }

    /// All CPythons of this machine that are new enough, this one first, one of each other minor
    /// version, with a GIL and without: of Debian's unstable suite as `.ci/run` unpacks it, of
    /// pyenv, and of the PATH. Only this one if `PYO3_PYTHON` names it.
    pub fn and_others(&self) -> Vec<Interpreter> {
        let mut all = vec![Interpreter {
            path: self.path.clone(),
            version: self.version.clone(),
            executable: self.executable.clone(),
            is_free_threaded: self.is_free_threaded,
        }];
        if std::env::var_os("PYO3_PYTHON").is_some() {
            return all;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let unpacked = root.join("target/debian/unstable-python/root/usr/bin");
        let pyenv = Command::new("pyenv").arg("root").output().ok();
        let pyenv = pyenv.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        let versions = pyenv.and_then(|root| std::fs::read_dir(format!("{root}/versions")).ok());
        let versions: Vec<PathBuf> =
            versions.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
        let others =
            (OLDEST..=NEWEST).filter(|minor| *minor != self.minor() || self.is_free_threaded);
        let others = others.map(|minor| format!("python3.{minor}"));
        // Those without a GIL, which have one more letter.
        let without_gil = (FIRST_WITHOUT_GIL..=NEWEST)
            .filter(|minor| *minor != self.minor() || !self.is_free_threaded)
            .map(|minor| format!("python3.{minor}t"));
        for name in others.chain(without_gil) {
            let of_pyenv = versions.iter().map(|version| version.join("bin").join(&name));
            let candidates =
                [unpacked.join(&name)].into_iter().chain(of_pyenv).chain([PathBuf::from(&name)]);
            all.extend(candidates.filter_map(|path| Interpreter::at(path).ok()).next());
        }
        all
    }

    /// The interpreter of this implementation that is started by `path`.
    pub fn of(implementation: &str, path: PathBuf) -> Result<Interpreter, String> {
        let named = path.to_string_lossy().into_owned();
        let output = Command::new(&path).args(["-I", "-c", INTRODUCTION]).output();
        let output = output.map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("{named} is not there"),
            _ => format!("{named} does not run ({error})"),
        })?;
        let said = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        let mut lines = said.lines();
        let mut line = || lines.next().map(str::to_owned);
        let (Some(kind), Some(version), Some(executable), Some(free), true) =
            (line(), line(), line(), line(), output.status.success())
        else {
            // Python 2 has no option -I.
            return Err(format!("{named} is no Python 3 that runs"));
        };
        if kind != implementation {
            return Err(format!("{named} is {kind}, for Python {version}"));
        }
        let is_free_threaded = free == "True";
        let version = if is_free_threaded { version + "t" } else { version };
        Ok(Interpreter { path, version, executable, is_free_threaded })
    }

    /// What starts it; perhaps a name to look up on the PATH.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it says that it lies.
    pub fn executable(&self) -> &str {
        &self.executable
    }

    /// As in `3.11.7`, or `3.14.0t` for a build without a GIL.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// As in 11, of `3.11.7`; 0 of what is no version.
    pub fn minor(&self) -> u32 {
        self.version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
    }

    /// Whether it is newer than those that the book covers. It may word a message otherwise, or
    /// read more.
    pub fn is_newer_than_the_book(&self) -> bool {
        self.minor() > NEWEST
    }

    /// Whether it has a module.
    pub fn can_import(&self, module: &str) -> bool {
        let import = format!("import {module}");
        let output = Command::new(&self.path).args(["-I", "-c", &import]).output();
        output.is_ok_and(|output| output.status.success())
    }

    /// The output of `script`, a file of this folder, with this `input`.
    pub fn run(&self, script: &str, input: &str) -> Result<String, String> {
        let script = format!("tests/python/{script}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&script);
        self.output(Command::new(&self.path).args(["-I", "-B"]).arg(file), &script, input)
    }

    /// What `script`, a file of the repository, prints when it can import what is in the folder
    /// `modules`.
    pub fn run_with_modules(&self, script: &str, modules: &str) -> Result<String, String> {
        self.run_with_modules_and(script, modules, "", &[])
    }

    /// As [`run_with_modules`](Self::run_with_modules), with this `input` and more variables in the
    /// environment.
    pub fn run_with_modules_and(
        &self,
        script: &str,
        modules: &str,
        input: &str,
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let run = "import runpy, sys; sys.path.insert(0, sys.argv[1]); \
                   runpy.run_path(sys.argv[2], run_name='__main__')";
        let mut command = Command::new(&self.path);
        command.args(["-I", "-B", "-c", run, modules]).arg(file).envs(variables.iter().copied());
        self.output(&mut command, script, input)
    }

    /// The output of `script`, a file of the repository, with these `arguments`.
    pub fn run_with(&self, script: &str, arguments: &[&str]) -> Result<String, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let mut command = Command::new(&self.path);
        command.args(["-I", "-B"]).arg(file).args(arguments);
        self.output(&mut command, script, "")
    }

    fn output(&self, command: &mut Command, script: &str, input: &str) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut stdin = child.stdin.take().ok_or("no input")?;
        // Beside the reading: both pipes are shorter than what goes through them.
        let (output, written) = thread::scope(|scope| {
            let writer = scope.spawn(move || stdin.write_all(input.as_bytes()));
            let output = child.wait_with_output();
            (output, writer.join().expect("write_all does not panic"))
        });
        let output = output.map_err(failed)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            let said = said.trim();
            let of = self.path.display();
            return Err(format!("{of} {script}: {}\n{said}", output.status).trim_end().to_owned());
        }
        written.map_err(failed)?; // after the status, which says more than a broken pipe
        Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    }
}
