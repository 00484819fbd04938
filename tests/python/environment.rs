//! Virtual environments below `target/`, with NumPy and more, made once for each interpreter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::interpreter::{Interpreter, SKIP};

/// The interpreter of the environment with NumPy that belongs to `python`.
pub fn with_numpy(python: &Interpreter) -> Result<Interpreter, String> {
    with(python, "venv", &[numpy_for(python.version())])
}

/// The interpreter of an environment with `packages`.
///
/// Made under a name of its own and renamed when it is whole, so that two processes at once do not write into one
/// environment. The stamp, written last, says what it was made of; with another one it is made anew.
pub fn with(python: &Interpreter, kind: &str, packages: &[&str]) -> Result<Interpreter, String> {
    let listed = packages.join(" ");
    let stamp = format!("{listed} for {}\n", python.executable());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let name = format!("{kind}-{}-{:08x}", python.version(), hash(python.executable().as_bytes()));
    let whole = target.join("python").join(&name);
    if let Some(python) = made(&whole, &stamp) {
        return Ok(python);
    }
    println!("making {} with {listed}", whole.display());
    let draft = whole.with_file_name(format!("{name}.{}", std::process::id()));
    let outcome = make(python, &draft, packages, &stamp).and_then(|()| {
        if made(&whole, &stamp).is_none() {
            let _ = fs::remove_dir_all(&whole); // of another stamp, or not there
        }
        fs::rename(&draft, &whole).map_err(|error| format!("{}: {error}", whole.display()))
    });
    let _ = fs::remove_dir_all(&draft); // not there, if it was renamed
    // Asked again even after a failure: another process may have been faster.
    match (made(&whole, &stamp), outcome) {
        (Some(python), _) => Ok(python),
        (None, Err(message)) => Err(message),
        (None, Ok(())) => Err(format!("{}: its Python does not run", whole.display())),
    }
}

/// The newest NumPy that supports 3.9, the newest that supports 3.10, and one with wheels for all that is newer.
fn numpy_for(version: &str) -> &'static str {
    match version.split('.').nth(1) {
        Some("9") => "numpy==2.0.2",
        Some("10" | "11") => "numpy==2.2.6",
        _ => "numpy==2.3.5",
    }
}

/// The environment's interpreter, if it is whole.
fn made(environment: &Path, stamp: &str) -> Option<Interpreter> {
    let found = fs::read_to_string(environment.join("stamp")).ok()?;
    if found == stamp { Interpreter::at(executable(environment)) } else { None }
}

fn executable(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn make(python: &Interpreter, draft: &Path, packages: &[&str], stamp: &str) -> Result<(), String> {
    let which = format!("CPython {} ({})", python.version(), python.executable());
    let skip = format!("or set {SKIP}=1 to skip");
    // Debian's Python has the module venv in any case, and it cannot do without ensurepip.
    if run(python.path(), &["-c", "import ensurepip, venv"])?.is_err() {
        return Err(format!(
            "{which} cannot make virtual environments: install its venv (Debian, Ubuntu: apt install python3-venv); {skip}"
        ));
    }
    let _ = fs::remove_dir_all(draft); // left by a process of the same number
    let folder = draft.to_str().ok_or("the target folder is not UTF-8")?;
    if let Err(why) = run(python.path(), &["-m", "venv", folder])? {
        return Err(format!("{which} did not make a virtual environment: {why}; {skip}"));
    }
    let mut pip = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    // A source distribution would need a compiler and minutes.
    pip.extend(["--no-input", "--retries=1", "--only-binary=:all:"]);
    pip.extend(packages);
    if let Err(why) = run(&executable(draft), &pip)? {
        let help = match why.contains("from versions: none") {
            true => {
                "pip does not reach the package index: connect to it or set PIP_INDEX_URL to a mirror"
            }
            false => "install it by hand to see more",
        };
        return Err(format!("no {} for {which}: {help}; {skip} ({why})", packages.join(" ")));
    }
    let file = draft.join("stamp");
    fs::write(&file, stamp).map_err(|error| format!("{}: {error}", file.display()))
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
