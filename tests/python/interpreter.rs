//! The Python that is compared with: found once, then asked by scripts of this folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// The variable that leaves the comparisons out.
pub const SKIP: &str = "BUFFERPROCS_SKIP_PYTHON";

/// Prints version and path, or fails if this is no CPython 3.9 or newer.
const INTRODUCTION: &str = "\
import sys
if sys.version_info < (3, 9) or sys.implementation.name != 'cpython':
    sys.exit(1)
print(sys.version.split()[0])
print(sys.executable)
";

/// A CPython that runs.
pub struct Interpreter {
    path: PathBuf,
    version: String,
    executable: String,
}

impl Interpreter {
    /// `PYO3_PYTHON`, or the first CPython 3.9 or newer on the PATH.
    pub fn find() -> Result<Interpreter, String> {
        let chosen = std::env::var_os("PYO3_PYTHON");
        let candidates = match &chosen {
            Some(python) => vec![PathBuf::from(python)],
            None => ["python3", "python"].map(PathBuf::from).to_vec(),
        };
        candidates.into_iter().find_map(Interpreter::at).ok_or_else(|| {
            let chosen = match chosen {
                Some(python) => {
                    format!("PYO3_PYTHON is {}, which is none", python.to_string_lossy())
                }
                None => "install python3, or set PYO3_PYTHON to one".to_owned(),
            };
            format!("no CPython 3.9 or newer: {chosen}; or set {SKIP}=1 to skip")
        })
    }

    /// The one that is started by `path`, if it is new enough.
    pub fn at(path: PathBuf) -> Option<Interpreter> {
        let output = Command::new(&path)
            .args(["-I", "-c", INTRODUCTION])
            .stderr(Stdio::inherit())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (version, executable) = said.trim().split_once('\n')?;
        let (version, executable) = (version.trim().to_owned(), executable.to_owned());
        Some(Interpreter { path, version, executable })
    }

    /// What starts it; perhaps a name to look up on the PATH.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it says that it lies.
    pub fn executable(&self) -> &str {
        &self.executable
    }

    /// As in `3.11.7`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// As in 11, of `3.11.7`.
    pub fn minor(&self) -> u32 {
        self.version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
    }

    /// Whether it is newer than those the book speaks of. It may word a message otherwise, or read more.
    pub fn is_newer_than_the_book(&self) -> bool {
        self.minor() > 13
    }

    /// Whether it has a module.
    pub fn can_import(&self, module: &str) -> bool {
        let import = format!("import {module}");
        let output = Command::new(&self.path).args(["-I", "-c", &import]).output();
        output.is_ok_and(|output| output.status.success())
    }

    /// What `script`, a file of this folder, prints when it is given `input`.
    pub fn run(&self, script: &str, input: &str) -> Result<String, String> {
        let script = format!("tests/python/{script}");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(&script);
        self.output(Command::new(&self.path).args(["-I", "-B"]).arg(file), &script, input)
    }

    /// What `script`, a file of the repository, prints when it can import what is in the folder `modules`.
    pub fn run_with_modules(&self, script: &str, modules: &str) -> Result<String, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let run = "import runpy, sys; sys.path.insert(0, sys.argv[1]); \
                   runpy.run_path(sys.argv[2], run_name='__main__')";
        let mut command = Command::new(&self.path);
        command.args(["-I", "-B", "-c", run, modules]).arg(file);
        self.output(&mut command, script, "")
    }

    /// What `script`, a file of the repository, prints when it is started with `arguments`.
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
            return Err(format!("{} {script}: {}", self.path.display(), output.status));
        }
        written.map_err(failed)?; // after the status, which says more than a broken pipe
        Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    }
}
