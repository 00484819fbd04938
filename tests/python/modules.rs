//! Extension modules, built for an interpreter by a cargo of their own and put where it finds
//! them.
//!
//! Their packages lie below `target/python/`, made here: so `cargo test` itself builds neither
//! PyO3 nor anything that wants a libpython.

use std::collections::BTreeMap;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::interpreter::Interpreter;

/// What modules are built with.
pub struct Build<'a> {
    /// Name of the folder below `target/python/` that has the packages.
    pub folder: &'a str,
    /// The requirement in `Cargo.toml`.
    pub pyo3: &'a str,
    /// Features of the crate.
    pub features: &'a [&'a str],
    /// With `--release`.
    pub optimised: bool,
    pub abi: Abi,
}

/// Which interpreters load a module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Abi {
    /// The one version that it was built for.
    OneVersion,
    /// All from 3.11 on that have a GIL: built without looking at an interpreter.
    WithGil,
    /// All from 3.15 on, with a GIL or without: built in the same way.
    ForAllBuilds,
}

impl Abi {
    /// PyO3's feature for it.
    fn feature(self) -> Option<&'static str> {
        match self {
            Abi::OneVersion => None,
            Abi::WithGil => Some("abi3-py311"),
            Abi::ForAllBuilds => Some("abi3t-py315"),
        }
    }
}

pub const NEWEST: Build<'_> = Build {
    folder: "packages",
    pyo3: "0.30",
    features: &["pyo3"],
    optimised: false,
    abi: Abi::OneVersion,
};
pub const SECOND_NEWEST: Build<'_> = Build {
    folder: "packages-pyo3-0.29",
    pyo3: "0.29",
    features: &["pyo3"],
    optimised: false,
    abi: Abi::OneVersion,
};
pub const ABI3: Build<'_> = Build {
    folder: "packages-abi3",
    pyo3: "0.30",
    features: &["pyo3"],
    optimised: false,
    abi: Abi::WithGil,
};
pub const ABI3T: Build<'_> = Build {
    folder: "packages-abi3t",
    pyo3: "0.30",
    features: &["pyo3"],
    optimised: false,
    abi: Abi::ForAllBuilds,
};

/// A module to build.
#[derive(Clone, Copy)]
pub struct Module<'a> {
    pub name: &'a str,
    /// The file, relative to the repository.
    pub source: &'a str,
    pub features: &'a [&'a str],
    /// Features of the crate, beside those of the build.
    pub of_crate: &'a [String],
    /// Further lines of its `Cargo.toml`, after the first dependencies.
    pub manifest: &'a str,
    pub build_script: Option<&'a str>,
}

impl<'a> Module<'a> {
    /// One that needs nothing but the crate and PyO3.
    pub const fn new(name: &'a str, source: &'a str) -> Module<'a> {
        Module { name, source, features: &[], of_crate: &[], manifest: "", build_script: None }
    }
}

/// Builds `modules`, in a workspace of the name `set`. Returns the folder from which `python` can
/// import them.
///
/// Cases run at the same time. One builds at a time, and each set is built once.
pub fn build(
    python: &Interpreter,
    build: &Build<'_>,
    set: &str,
    modules: &[Module<'_>],
) -> Result<PathBuf, String> {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let key = format!(
        "{}/{set} for {}, optimised: {}",
        build.folder,
        python.executable(),
        build.optimised
    );
    let mut built = BUILT.lock().map_err(|_| "another build panicked")?;
    if let Some(place) = built.get(&key) {
        return Ok(place.clone());
    }
    let place = build_now(python, build, set, modules)?;
    built.insert(key, place.clone());
    Ok(place)
}

fn build_now(
    python: &Interpreter,
    build: &Build<'_>,
    set: &str,
    modules: &[Module<'_>],
) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    let packages = target.join("python").join(build.folder).join(set);
    for module in modules {
        let package = packages.join(module.name);
        write(&package.join("Cargo.toml"), &manifest(root, build, module))?;
        match module.build_script {
            Some(script) => write(&package.join("build.rs"), script)?,
            None => drop(fs::remove_file(package.join("build.rs"))), // of an earlier state
        }
    }
    // Just these: packages of an earlier state may lie there too.
    let members: Vec<&str> = modules.iter().map(|module| module.name).collect();
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[profile.dev]\ndebug = \"line-tables-only\"\nincremental = false\n\n[profile.dev.package.\"*\"]\ndebug = false\n"
    );
    write(&packages.join("Cargo.toml"), &workspace)?;
    // The versions of the repository, as far as they fit; cargo takes out what is not needed.
    let explained = |error: std::io::Error| format!("{}: {error}", packages.display());
    let lock = fs::read_to_string(root.join("Cargo.lock")).map_err(explained)?;
    if fs::read_to_string(packages.join("Cargo.lock.whole")).ok().as_ref() != Some(&lock) {
        write(&packages.join("Cargo.lock"), &lock)?;
        write(&packages.join("Cargo.lock.whole"), &lock)?;
    }

    // One for each version, so that two programs of different versions can build at the same time.
    // A module for all versions is the same for each; both kinds share what they have in common.
    let artifacts = target.join("python").join(match build.abi {
        Abi::OneVersion => format!("build-{}", python.version()),
        Abi::WithGil | Abi::ForAllBuilds => "build-abi3".to_owned(),
    });
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("build").arg("--quiet").arg("--manifest-path").arg(packages.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&artifacts);
    if build.optimised {
        cargo.arg("--release");
    }
    for module in modules {
        cargo.args(["--package", module.name]);
    }
    cargo.env("PYO3_BUILD_EXTENSION_MODULE", "1"); // no libpython
    cargo.env_remove("PYO3_NO_PYTHON").env_remove("PYO3_CONFIG_FILE");
    if build.abi != Abi::OneVersion && cfg!(unix) {
        cargo.env("PYO3_NO_PYTHON", "1").env_remove("PYO3_PYTHON");
    } else {
        cargo.env("PYO3_PYTHON", python.executable());
    }
    if cfg!(target_os = "macos") {
        cargo.env("RUSTFLAGS", "-Clink-arg=-undefined -Clink-arg=dynamic_lookup");
    }
    let status = cargo.status().map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err(format!("cargo build in {}: {status}", packages.display()));
    }

    let place = target.join("python").join(match build.abi {
        Abi::OneVersion => format!("modules-{}-{}", build.folder, python.version()),
        _ => format!("modules-{}", build.folder),
    });
    let profile = if build.optimised { "release" } else { "debug" };
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    for module in modules {
        let built = format!("{DLL_PREFIX}{}{DLL_SUFFIX}", module.name);
        let from = artifacts.join(profile).join(built);
        let to = place.join(file_name(module.name));
        let new = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        // Only if it differs: a Python of another process may import it now.
        if fs::read(&to).is_ok_and(|old| old == new) {
            continue;
        }
        // A file of its own: a running Python may have the old one mapped.
        let _ = fs::remove_file(&to);
        fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(place)
}

/// What Python imports a module from.
pub fn file_name(module: &str) -> String {
    format!("{module}.{}", if cfg!(windows) { "pyd" } else { "so" })
}

fn manifest(root: &Path, build: &Build<'_>, module: &Module<'_>) -> String {
    let Module { name, source, features, manifest, of_crate, .. } = module;
    let of_crate = build.features.iter().copied().chain(of_crate.iter().map(String::as_str));
    let of_crate: Vec<&str> = of_crate.collect();
    let feature = build.abi.feature();
    let feature = feature.map(|feature| format!(", features = [{feature:?}]")).unwrap_or_default();
    format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\npath = {:?}\ncrate-type = [\"cdylib\"]\n\n\
         [features]\ndefault = {features:?}\nimmutable = []\n\n\
         [dependencies]\nbufferprocs = {{ path = {root:?}, features = {:?} }}\n\
         pyo3 = {{ version = {:?}{feature} }}\n{manifest}",
        root.join(source),
        of_crate,
        build.pyo3,
    )
}

/// Writes only what is new, so that cargo does not build again.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let folder = path.parent().ok_or("no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
