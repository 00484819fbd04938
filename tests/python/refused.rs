//! What must not compile: each try ends with the message that tells its author what to do.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::interpreter::Interpreter;

struct Try {
    name: &'static str,
    /// The requirement of PyO3.
    pyo3: &'static str,
    /// What PyO3 takes for the interpreter, if not the one that is there.
    config: Option<&'static str>,
    source: &'static str,
    message: &'static str,
}

const EMPTY: &str = "";
const NEWEST: &str = "pyo3 = \"0.30\"";

const TRIES: [Try; 12] = [
    Try {
        name: "pypy",
        pyo3: NEWEST,
        config: Some("implementation=PyPy\nversion=3.11\nshared=true\n"),
        source: EMPTY,
        message: "bufferprocs does not support PyPy: it is tested with CPython only",
    },
    Try {
        name: "abi3_too_old",
        pyo3: "pyo3 = { version = \"0.30\", features = [\"abi3-py310\"] }",
        config: None,
        source: EMPTY,
        message: "use PyO3's feature abi3-py311 or a later one, or no abi3",
    },
    Try {
        name: "no_field",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C; #[bufferprocs::exports] #[pyo3::pymethods] impl C {}",
        message: "name one field to export, as it is written after `self.`: #[exports(field)]",
    },
    Try {
        name: "below_pymethods",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C; #[bufferprocs::exports(x)] impl C {}",
        message: "#[exports] stands above #[pymethods]",
    },
    Try {
        name: "unknown_field",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C; #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C {}",
        message: "no field `x` on type `&C`",
    },
    Try {
        // Whose methods are others could have `accelerate` swap them for ours, from safe code.
        name: "exports_by_hand",
        pyo3: NEWEST,
        config: None,
        source: "use bufferprocs::{Exported, python::{Exports, Holder}}; \
                 #[pyo3::pyclass] struct C { x: Exported<Vec<u8>> } \
                 impl Exports for C { fn holder(&self) -> &impl Holder { &self.x } }",
        message: "the trait `Exports` requires an `unsafe impl` declaration",
    },
    Try {
        name: "no_exporter",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: u8 } #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C {}",
        message: "`u8` cannot be exported",
    },
    Try {
        name: "rows_of_rows",
        pyo3: NEWEST,
        config: None,
        source: "pub fn export(rows: Vec<Vec<f64>>) { bufferprocs::Exported::new(rows); }",
        message: "`Vec<f64>` is no item of a buffer",
    },
    Try {
        name: "shared_bool",
        pyo3: NEWEST,
        config: None,
        source: "pub fn export(bits: Vec<bool>) { bufferprocs::Exported::new(bufferprocs::Shared::from_vec(bits)); }",
        message: "consumers may write any bits, and not all of them are a `bool`",
    },
    Try {
        name: "view_of_text",
        pyo3: NEWEST,
        config: None,
        source: "pub fn view(names: &[String]) -> bufferprocs::View<'_> { bufferprocs::View::readonly(names) }",
        message: "`String` is no item of a buffer",
    },
    Try {
        name: "getbuffer_left_over",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C { \
                 unsafe fn __getbuffer__(&self) {} }",
        message: "#[exports] adds __getbuffer__ and __releasebuffer__: remove those written by hand",
    },
    Try {
        // Whose items consumers may not write are not written by `store` either.
        name: "not_shared",
        pyo3: NEWEST,
        config: None,
        source: "pub fn set(items: &bufferprocs::Exported<Vec<f64>>) { \
                 items.try_borrow().unwrap()[0] = 1.0; }",
        message: "cannot borrow data in dereference of `bufferprocs::exporter::Ref<'_, Vec<f64>>` as mutable",
    },
];

pub fn compare(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    for Try { name, pyo3, config, source, message } in &TRIES {
        let package = target.join("python").join("refused").join(name);
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
             [dependencies]\nbufferprocs = {{ path = {root:?}, features = [\"pyo3\"] }}\n{pyo3}\n\n[workspace]\n"
        );
        let written = fs::create_dir_all(&package)
            .and_then(|()| fs::write(package.join("Cargo.toml"), manifest))
            .and_then(|()| fs::write(package.join("lib.rs"), source))
            .and_then(|()| fs::write(package.join("config"), config.unwrap_or_default()))
            .and_then(|()| fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")));
        written.map_err(|error| format!("{}: {error}", package.display()))?;
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["check", "--quiet", "--color", "never"]).current_dir(&package);
        // Apart from the modules, whose configuration is another one.
        cargo.arg("--target-dir").arg(target.join("python").join("refused").join("target"));
        cargo.env("PYO3_BUILD_EXTENSION_MODULE", "1").env("PYO3_PYTHON", python.executable());
        cargo.env_remove("PYO3_CONFIG_FILE").env_remove("PYO3_NO_PYTHON");
        if config.is_some() {
            cargo.env("PYO3_CONFIG_FILE", package.join("config"));
        }
        let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !said.contains(message) {
            return Err(format!("{name} should not compile and say: {message}\n{said}"));
        }
    }
    Ok(format!("{} tries", TRIES.len()))
}
