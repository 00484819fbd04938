//! What must not compile: each try ends with the message that tells its author what to do.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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

const TRIES: [Try; 24] = [
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
        // A class with other methods would have them replaced by ours, from safe code.
        name: "exports_by_hand",
        pyo3: NEWEST,
        config: None,
        source: "use bufferprocs::{Exported, python::{Exports, ExportField}}; \
                 #[pyo3::pyclass] struct C { x: Exported<Vec<u8>> } \
                 impl Exports for C { fn export_field(&self) -> &impl ExportField { &self.x } }",
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
        message: "#[exports] adds __getbuffer__, __releasebuffer__ and __bufferprocs__: remove those written by hand",
    },
    Try {
        name: "getbuffer_by_another_name",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C { \
                 #[pyo3(name = \"__getbuffer__\")] fn other(&self) {} }",
        message: "#[exports] adds __getbuffer__, __releasebuffer__ and __bufferprocs__: remove those written by hand",
    },
    Try {
        name: "bufferprocs_of_the_users",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C { \
                 #[classattr] const __bufferprocs__: bool = true; }",
        message: "#[exports] adds __getbuffer__, __releasebuffer__ and __bufferprocs__: remove those written by hand",
    },
    Try {
        // The methods would be no slots, and `Exports` a false promise.
        name: "pymethods_that_may_go_away",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[cfg_attr(any(), pyo3::pymethods)] impl C {}",
        message: "#[exports] stands above #[pymethods]",
    },
    Try {
        name: "pymethods_of_a_tool",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[rustfmt::pymethods] impl C {}",
        message: "#[exports] stands above #[pymethods]",
    },
    Try {
        // Python could combine it with a type in C whose buffers it would release as its own.
        name: "class_without_a_byte",
        pyo3: NEWEST,
        config: None,
        source: "use bufferprocs::{BufferError, Exported, python::ExportField}; \
                 struct Nothing; static BYTES: std::sync::OnceLock<Exported<Vec<u8>>> = std::sync::OnceLock::new(); \
                 impl ExportField for Nothing { type Exporter = Exported<Vec<u8>>; \
                 fn with_exporter<R>(&self, ask: impl FnOnce(&Self::Exporter) -> R) -> Result<R, BufferError> { \
                 Ok(ask(BYTES.get_or_init(|| Exported::new(vec![1])))) } } \
                 #[pyo3::pyclass(subclass)] struct C { x: Nothing } \
                 #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C {}",
        message: "a class with `#[exports]` has at least one byte: keep what is exported in a field",
    },
    Try {
        name: "unknown_option",
        pyo3: NEWEST,
        config: None,
        source: "#[pyo3::pyclass] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x, slow)] #[pyo3::pymethods] impl C {}",
        message: "after the field may come `unaccelerated` and `crate = path`",
    },
    Try {
        // `Base.__buffer__(derived, 0)` gets a buffer of the base's, which the derived class would
        // release as one of this crate's.
        name: "extends_another_exporter",
        pyo3: NEWEST,
        config: None,
        source: "use pyo3::{ffi, prelude::*}; \
                 #[pyclass(subclass)] struct Base; \
                 #[pymethods] impl Base { \
                 unsafe fn __getbuffer__(_slf: Bound<'_, Self>, _view: *mut ffi::Py_buffer, _flags: i32) -> PyResult<()> { Ok(()) } } \
                 #[pyclass(extends = Base)] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[pymethods] impl C {}",
        message: "a class with `#[exports]` cannot extend `Base`",
    },
    Try {
        name: "extends_a_native_type",
        pyo3: NEWEST,
        config: None,
        source: "use pyo3::prelude::*; \
                 #[pyclass(extends = pyo3::types::PyDict)] struct C { x: bufferprocs::Exported<Vec<u8>> } \
                 #[bufferprocs::exports(x)] #[pymethods] impl C {}",
        message: "a class with `#[exports]` cannot extend `PyDict`",
    },
    Try {
        // Two classes could visit its references, and the collector would clear what is in use.
        name: "arc_of_an_exported",
        pyo3: NEWEST,
        config: None,
        source: "use std::sync::Arc; use bufferprocs::Exported; \
                 #[pyo3::pyclass] struct C { x: Arc<Exported<Vec<u8>>> } \
                 #[bufferprocs::exports(x)] #[pyo3::pymethods] impl C {}",
        message: "an `Arc<Exported<...>>` will not: export an `Arc<[Shared<T>]>`, or keep the object as `Py<...>`",
    },
    Try {
        // A buffer of a `Bound` belongs to a thread that is attached, and so do its items.
        name: "items_on_another_thread",
        pyo3: NEWEST,
        config: None,
        source: "use bufferprocs::Buffer; use pyo3::prelude::*; \
                 fn send<T: Send>(_: T) {} \
                 pub fn try_it(buffer: &Buffer<Bound<'_, PyAny>>) { send(buffer.items::<u8>().unwrap()) }",
        message: "between threads safely",
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
    Try {
        name: "an_older_pyo3",
        pyo3: "pyo3 = \"0.27\"",
        config: None,
        source: EMPTY,
        message: "package `pyo3-ffi` links to the native library `python`, but it conflicts with a previous package",
    },
    Try {
        name: "an_argument_of_a_type_of_ones_own",
        pyo3: NEWEST,
        config: None,
        source: "#[derive(Clone, Copy)] pub struct Mine(u8); \
                 #[pyo3::pyfunction] pub fn f(x: bufferprocs::ReadBuffer<Mine>) { drop(x) }",
        message: "implement `bufferprocs::item::ItemValue`, which says what the bytes mean",
    },
    Try {
        name: "an_item_of_a_type_of_ones_own",
        pyo3: NEWEST,
        config: None,
        source: "#[derive(Clone, Copy)] pub struct Mine(u8); \
                 pub fn f() { drop(bufferprocs::Immutable::new(vec![Mine(1)])) }",
        message: "the chapter \"Which Rust types can be exported\"",
    },
];

/// Uses that have to compile: the name of the crate in the package, and the source.
const ACCEPTED: [(&str, &str, &str); 2] = [
    (
        "the_crate_by_another_name",
        "buffers",
        "#![forbid(unsafe_code)] #![deny(warnings)] #[pyo3::pyclass] struct C { x: buffers::Exported<Vec<u8>> } \
         #[buffers::exports(x, crate = ::buffers)] #[pyo3::pymethods] impl C {}",
    ),
    (
        "names_of_the_users",
        "bufferprocs",
        "#![forbid(unsafe_code)] #![deny(warnings)] #![allow(dead_code, non_camel_case_types)] \
         mod std {} mod core {} mod pyo3_ {} struct Bound; struct PyResult; struct Python; struct Option; type bool = u8; \
         #[pyo3::pyclass] struct Holder { view: bufferprocs::Exported<Vec<u8>> } \
         #[bufferprocs::exports(view, unaccelerated,)] #[pyo3::pymethods] impl Holder {} \
         #[pyo3::pyclass] struct Exports { slf: bufferprocs::Exported<Vec<u8>> } \
         #[bufferprocs::exports(slf)] #[pyo3::pymethods] impl Exports {}",
    ),
];

pub fn compare(python: &Interpreter) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("no target folder")?;
    for Try { name, pyo3, config, source, message } in &TRIES {
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
             [dependencies]\nbufferprocs = {{ path = {root:?}, features = [\"pyo3\"] }}\n{pyo3}\n\n[workspace]\n"
        );
        let packages = target.join("python").join("refused");
        let output = check(python, &packages, name, &manifest, source, *config)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !said.contains(message) {
            return Err(format!("{name} should not compile and say: {message}\n{said}"));
        }
    }
    for (name, dependency, source) in ACCEPTED {
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n[dependencies]\n\
             {dependency} = {{ package = \"bufferprocs\", path = {root:?}, features = [\"pyo3\"] }}\n{NEWEST}\n\n[workspace]\n"
        );
        let output =
            check(python, &target.join("python").join("refused"), name, &manifest, source, None)?;
        if !output.status.success() {
            return Err(format!(
                "{name} should compile\n{}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    Ok(format!("{} tries, {} accepted", TRIES.len(), ACCEPTED.len()))
}

/// Runs `cargo check` on a package of one file, in the folder `packages`.
pub fn check(
    python: &Interpreter,
    packages: &Path,
    name: &str,
    manifest: &str,
    source: &str,
    config: Option<&str>,
) -> Result<Output, String> {
    let package = packages.join(name);
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let written = fs::create_dir_all(&package)
        .and_then(|()| fs::write(package.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(package.join("lib.rs"), source))
        .and_then(|()| fs::write(package.join("config"), config.unwrap_or_default()))
        .and_then(|()| fs::copy(lock, package.join("Cargo.lock")));
    written.map_err(|error| format!("{}: {error}", package.display()))?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet", "--color", "never"]).current_dir(&package);
    // Apart from the modules, whose configuration is another one.
    cargo.arg("--target-dir").arg(packages.join("target"));
    cargo.env("CARGO_INCREMENTAL", "0");
    cargo.env("PYO3_BUILD_EXTENSION_MODULE", "1").env("PYO3_PYTHON", python.executable());
    cargo.env_remove("PYO3_CONFIG_FILE").env_remove("PYO3_NO_PYTHON");
    if config.is_some() {
        cargo.env("PYO3_CONFIG_FILE", package.join("config"));
    }
    cargo.output().map_err(|error| format!("cargo: {error}"))
}
