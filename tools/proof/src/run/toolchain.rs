//! The compiler that blocks are tested with, and the crate built by it.
//!
//! cargo says where the library is that it just built. Looking for it in target/ is what makes
//! `mdbook test -L target/debug/deps` break after one `cargo check`: several builds of one crate
//! lie there, and rustdoc cannot choose.

use crate::source::Result;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program of the toolchain: cargo says which one, and the PATH where it does not.
pub fn program(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| OsString::from(name)))
}

/// The built library and the folders of what it depends on.
pub struct Library {
    /// As blocks spell it.
    pub name: String,
    file: PathBuf,
    folders: BTreeSet<PathBuf>,
}

impl Library {
    /// Builds the library in this folder as a user gets it: default features only.
    pub fn build(package: &Path) -> Result<Library> {
        let output = program("CARGO", "cargo")
            .args(["build", "--quiet", "--lib", "--message-format=json-render-diagnostics"])
            .current_dir(package)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err("the crate does not build, so no block was run".to_owned());
        }
        Library::from_messages(
            &String::from_utf8_lossy(&output.stdout),
            &package.join("Cargo.toml"),
        )
    }

    fn from_messages(messages: &str, manifest: &Path) -> Result<Library> {
        let manifest =
            manifest.canonicalize().map_err(|e| format!("{}: {e}", manifest.display()))?;
        let mut found = None;
        let mut folders = BTreeSet::new();
        for line in messages.lines() {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
                continue;
            };
            if message["reason"] != "compiler-artifact" {
                continue;
            }
            let of_package = message["manifest_path"]
                .as_str()
                .is_some_and(|path| Path::new(path).canonicalize().is_ok_and(|p| p == manifest));
            let files = message["filenames"].as_array().into_iter().flatten();
            for path in files.filter_map(|name| name.as_str()).map(PathBuf::from) {
                folders.extend(path.parent().map(Path::to_owned));
                let is_library = path.extension().is_some_and(|e| e == "rlib");
                if let (true, true, Some(name)) =
                    (is_library, of_package, message["target"]["name"].as_str())
                {
                    found = Some((name.replace('-', "_"), path));
                }
            }
        }
        let (name, file) = found.ok_or("cargo named no library file for the crate")?;
        Ok(Library { name, file, folders })
    }

    /// Lets rustc or rustdoc find the crate.
    pub fn link(&self, command: &mut Command) {
        let mut exact = OsString::from(format!("{}=", self.name));
        exact.push(&self.file);
        command.arg("--extern").arg(exact);
        for folder in &self.folders {
            let mut search = OsString::from("dependency=");
            search.push(folder);
            command.arg("-L").arg(search);
        }
    }
}

/// The folder target/ that this program was built in.
pub fn target_dir() -> Result<PathBuf> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    program
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .ok_or_else(|| format!("{}: not in a target folder", program.display()))
}

/// A folder for one run, gone when it is dropped.
pub struct WorkDir(PathBuf);

impl WorkDir {
    /// Runs may overlap (`cargo test` starts several), so each has a folder of its own.
    pub fn new(library: &Library) -> Result<WorkDir> {
        let beside = library.file.parent().unwrap_or(Path::new("."));
        let path = beside.join(format!("mdbook-proof-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(WorkDir(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // Left-over files are worth no error: `cargo clean` takes them.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
