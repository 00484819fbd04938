//! The compiler that blocks are tested with, and the crate built by it.
//!
//! cargo says where the library is that it just built. Looking for it in target/ is what makes
//! `mdbook test -L target/debug/deps` break after one `cargo check`: several builds of one crate
//! lie there, and rustdoc cannot choose.

use crate::source::Result;
use cargo_metadata::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A program of the toolchain: cargo says which one, and the PATH where it does not.
pub fn program(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| OsString::from(name)))
}

/// The built library, the libraries that it depends on, and their folders.
pub struct Library {
    /// As blocks spell it.
    pub name: String,
    file: PathBuf,
    /// Its own dependencies, which blocks may use as its documentation does: name and file.
    dependencies: BTreeMap<String, PathBuf>,
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
        let named = dependencies_of(&manifest)?;
        let mut dependencies = BTreeMap::new();
        for message in Message::parse_stream(output.stdout.as_slice()) {
            let Ok(Message::CompilerArtifact(artifact)) = message else {
                continue;
            };
            let is_ours = artifact.manifest_path.canonicalize().is_ok_and(|path| path == manifest);
            let name = artifact.target.name.replace('-', "_");
            for path in artifact.filenames {
                folders.extend(path.parent().map(|folder| folder.as_std_path().to_owned()));
                match path.extension() {
                    Some("rlib") if is_ours => found = Some((name.clone(), path.into())),
                    Some("rlib") if named.contains(&name) => {
                        dependencies.insert(name.clone(), path.into());
                    }
                    _ => {}
                }
            }
        }
        let (name, file) = found.ok_or("cargo named no library file for the crate")?;
        Ok(Library { name, file, dependencies, folders })
    }

    /// Lets rustc or rustdoc find the crate.
    pub fn link(&self, command: &mut Command) {
        let own = std::iter::once((&self.name, &self.file));
        for (name, file) in own.chain(&self.dependencies) {
            let mut exact = OsString::from(format!("{name}="));
            exact.push(file);
            command.arg("--extern").arg(exact);
        }
        for folder in &self.folders {
            let mut search = OsString::from("dependency=");
            search.push(folder);
            command.arg("-L").arg(search);
        }
    }
}

/// The names of the libraries that the package of a manifest may use.
fn dependencies_of(manifest: &Path) -> Result<BTreeSet<String>> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .map_err(|error| format!("{}: {error}", manifest.display()))?;
    let is_ours = |path: &Path| path.canonicalize().is_ok_and(|path| path.as_path() == manifest);
    let package = metadata
        .packages
        .into_iter()
        .find(|package| is_ours(package.manifest_path.as_std_path()))
        .ok_or_else(|| format!("{}: cargo knows no such package", manifest.display()))?;
    let names = package
        .dependencies
        .into_iter()
        .map(|dependency| dependency.rename.unwrap_or(dependency.name).replace('-', "_"));
    Ok(names.collect())
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
