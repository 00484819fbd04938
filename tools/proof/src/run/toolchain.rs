//! The compiler that blocks are tested with, and the crate built by it.
//!
//! cargo says where the library is that it just built. Looking for it in target/ is what makes
//! `mdbook test -L target/debug/deps` break after one `cargo check`: several builds of one crate
//! lie there, and rustdoc cannot choose.

use crate::source::Result;
use cargo_metadata::Message;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

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
    /// Builds the library in this folder with its default features and with `features`.
    pub fn build(package: &Path, features: &[String]) -> Result<Library> {
        let output = program("CARGO", "cargo")
            .args(["build", "--quiet", "--lib", "--message-format=json-render-diagnostics"])
            .arg("--features")
            .arg(features.join(","))
            .current_dir(package)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            return Err("the crate does not build, so no block was run".to_owned());
        }
        let manifest = package.join("Cargo.toml");
        let manifest =
            manifest.canonicalize().map_err(|e| format!("{}: {e}", manifest.display()))?;
        let mut found = None;
        let mut folders = BTreeSet::new();
        for message in Message::parse_stream(output.stdout.as_slice()) {
            let Ok(Message::CompilerArtifact(artifact)) = message else {
                continue;
            };
            let is_ours = artifact.manifest_path.canonicalize().is_ok_and(|path| path == manifest);
            for path in artifact.filenames {
                folders.extend(path.parent().map(|folder| folder.as_std_path().to_owned()));
                if is_ours && path.extension() == Some("rlib") {
                    found =
                        Some((artifact.target.name.replace('-', "_"), path.into_std_path_buf()));
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

/// A folder for one run, gone when it is dropped. Runs may overlap, as `cargo test` starts several.
pub struct WorkDir(TempDir);

impl WorkDir {
    pub fn new() -> Result<WorkDir> {
        let folder = tempfile::Builder::new().prefix("mdbook-proof-").tempdir();
        folder.map(WorkDir).map_err(|error| format!("no folder for the programs: {error}"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}
