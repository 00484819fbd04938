//! Virtual environments below `target/`, with NumPy and more, made once for each interpreter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

use crate::interpreter::{Interpreter, SKIP};

/// The environment with NumPy that belongs to `python`: the newest NumPy that pip finds for it.
///
/// `None` if there is no wheel for this Python. An error says what keeps pip from finding out.
/// Looked up once.
pub fn numpy(python: &Interpreter) -> &'static Result<Option<Interpreter>, String> {
    static NUMPY: OnceLock<Result<Option<Interpreter>, String>> = OnceLock::new();
    NUMPY.get_or_init(|| match with(python, "venv", &["numpy"]) {
        Ok(with_numpy) => Ok(Some(with_numpy)),
        Err(Unmade::NoWheel(_)) => Ok(None),
        Err(Unmade::Failed(why)) => Err(why),
    })
}

/// The interpreter with NumPy, for cases that need it: those are not run where there is none.
pub fn with_numpy(python: &Interpreter) -> Result<&'static Interpreter, String> {
    match numpy(python) {
        Ok(Some(with_numpy)) => Ok(with_numpy),
        Ok(None) => Err("a case that needs NumPy was run without".to_owned()),
        Err(why) => Err(why.clone()),
    }
}

/// The interpreter with NumPy, or without where there is no wheel.
pub fn with_numpy_if_any(python: &Interpreter) -> Result<&Interpreter, String> {
    numpy(python).as_ref().map(|found| found.as_ref().unwrap_or(python)).map_err(String::clone)
}

/// The version of a package in an environment.
pub fn version_of(python: &Interpreter, package: &str) -> Result<String, String> {
    let ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
    let output = Command::new(python.path()).args(["-I", "-c", ask, package]).output();
    let output = output.map_err(|error| format!("{}: {error}", python.path().display()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(format!("{}: no {package}", python.path().display())),
    }
}

/// Why an environment was not made, in one line.
#[derive(Debug)]
pub enum Unmade {
    /// The package index has none of the packages for this Python.
    NoWheel(String),
    Failed(String),
}

impl From<String> for Unmade {
    fn from(why: String) -> Unmade {
        Unmade::Failed(why)
    }
}

impl From<Unmade> for String {
    fn from(unmade: Unmade) -> String {
        match unmade {
            Unmade::NoWheel(why) | Unmade::Failed(why) => why,
        }
    }
}

/// The interpreter of an environment with `packages`.
///
/// Made under a name of its own and renamed when it is whole, so that two processes at once do not
/// write into one environment. The stamp, written last, lists the packages; with another stamp the
/// environment is made again.
pub fn with(python: &Interpreter, kind: &str, packages: &[&str]) -> Result<Interpreter, Unmade> {
    let listed = packages.join(" ");
    let stamp = format!("{listed} for {}\n", python.executable());
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder".to_owned())?;
    let name = format!("{kind}-{}-{:08x}", python.version(), hash(python.executable().as_bytes()));
    let whole = target.join("python").join(&name);
    if let Some(python) = made(&whole, &stamp) {
        return Ok(python);
    }
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().map_err(|_| "another environment failed".to_owned())?;
    if let Some(python) = made(&whole, &stamp) {
        return Ok(python);
    }
    println!("making {} with {listed}", whole.display());
    let draft = whole.with_file_name(format!("{name}.{}", std::process::id()));
    let outcome = make(python, &draft, packages, &stamp).and_then(|()| {
        if made(&whole, &stamp).is_none() {
            let _ = fs::remove_dir_all(&whole); // of another stamp, or not there
        }
        Ok(fs::rename(&draft, &whole).map_err(|error| format!("{}: {error}", whole.display()))?)
    });
    let _ = fs::remove_dir_all(&draft); // not there, if it was renamed
    // Asked again even after a failure: another process may have been faster.
    match (made(&whole, &stamp), outcome) {
        (Some(python), _) => Ok(python),
        (None, Err(unmade)) => Err(unmade),
        (None, Ok(())) => Err(format!("{}: its Python does not run", whole.display()).into()),
    }
}

/// The environment's interpreter, if it is whole.
fn made(environment: &Path, stamp: &str) -> Option<Interpreter> {
    let found = fs::read_to_string(environment.join("stamp")).ok()?;
    if found == stamp { Interpreter::at(executable(environment)).ok() } else { None }
}

fn executable(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn make(python: &Interpreter, draft: &Path, packages: &[&str], stamp: &str) -> Result<(), Unmade> {
    let which = format!("CPython {} ({})", python.version(), python.executable());
    let skip = format!("or set {SKIP}=1 to skip");
    // Debian's Python has the module venv in any case, and it cannot do without ensurepip.
    if run(python.path(), &["-c", "import ensurepip, venv"])?.is_err() {
        return Err(Unmade::Failed(format!(
            "{which} cannot make virtual environments: install its venv (Debian, Ubuntu: apt install python3-venv); {skip}"
        )));
    }
    let _ = fs::remove_dir_all(draft); // left by a process of the same number
    let folder = draft.to_str().ok_or("the target folder is not UTF-8".to_owned())?;
    if let Err(why) = run(python.path(), &["-m", "venv", folder])? {
        let why = format!("{which} did not make a virtual environment: {why}; {skip}");
        return Err(Unmade::Failed(why));
    }
    // A source distribution would need a compiler and minutes.
    let wheels =
        ["--no-input", "--retries=1", "--disable-pip-version-check", "--only-binary=:all:"];
    let pip = |command: &[&str], packages: &[&str]| {
        let arguments = [&["-m", "pip"], command, &["--quiet"], &wheels, packages].concat();
        run(&executable(draft), &arguments)
    };
    if let Err(why) = pip(&["install"], packages)? {
        let packages = packages.join(" ");
        // pip says the same where it reaches no index, and where the index has no wheel. It has
        // one of pip itself for every Python.
        let beside = draft.join("reached");
        let beside = beside.to_str().ok_or("the target folder is not UTF-8".to_owned())?;
        return Err(match pip(&["download", "--no-deps", "--dest", beside], &["pip"])? {
            Ok(()) => Unmade::NoWheel(format!("no wheel of {packages} for {which} ({why})")),
            Err(_) => Unmade::Failed(format!(
                "no {packages} for {which}: pip does not reach the package index: connect to it or set PIP_INDEX_URL to a mirror; {skip} ({why})"
            )),
        });
    }
    let file = draft.join("stamp");
    Ok(fs::write(&file, stamp).map_err(|error| format!("{}: {error}", file.display()))?)
}

/// Runs `python -I ARGUMENTS`. The inner error is the line of the output that says most.
fn run(python: &Path, arguments: &[&str]) -> Result<Result<(), String>, String> {
    let output = Command::new(python).arg("-I").args(arguments).output();
    let Output { status, stdout, stderr } =
        output.map_err(|error| format!("{}: {error}", python.display()))?;
    if status.success() {
        return Ok(Ok(()));
    }
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.clone().find(|line| line.starts_with("ERROR:")).or_else(|| lines.next_back());
    Ok(Err(line.map_or_else(|| status.to_string(), str::to_owned)))
}

/// FNV-1a. Interpreters of one version, at different places, get environments of their own.
pub fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
