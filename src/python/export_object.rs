//! A ready-made object for every exporter, for those who have no class of their own.

use pyo3::prelude::*;

use super::exports;
use crate::exporter::{Exported, Exporter, RawExporter};

/// An object whose memory Python's consumers see; nothing else can be done with it.
// Immutable, as bytearray is: without a release slot, which a patch of the type takes away, no
// view would ever end.
#[cfg_attr(
    all(Py_3_10, not(Py_LIMITED_API)),
    pyclass(frozen, immutable_type, name = "Export", module = "bufferprocs")
)]
#[cfg_attr(
    not(all(Py_3_10, not(Py_LIMITED_API))),
    pyclass(frozen, name = "Export", module = "bufferprocs")
)]
struct Export {
    raw_exporter: Box<dyn RawExporter>,
}

#[exports(raw_exporter)]
#[pymethods]
impl Export {}

/// An object that exports `exporter`. Fails if its view does.
///
/// A `Vec<f64>` gives a read-only object; a `Vec<Shared<f64>>` one that consumers may write. To
/// keep a hold on the memory from Rust, export an `Arc<[Shared<T>]>` and keep a clone.
///
/// ```pyo3
/// #[pyfunction]
/// pub fn export_vec(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
///     bufferprocs::export(py, vec![1_u32, 2, 3])
/// }
/// ```
pub fn export<E: Exporter>(py: Python<'_>, exporter: E) -> PyResult<Bound<'_, PyAny>> {
    export_raw(py, Exported::try_new(exporter)?)
}

/// An object that answers requests by `raw_exporter`: a [`Snapshot`](crate::exporters::Snapshot),
/// for example.
pub fn export_raw<L: RawExporter>(py: Python<'_>, raw_exporter: L) -> PyResult<Bound<'_, PyAny>> {
    Ok(Bound::new(py, Export { raw_exporter: Box::new(raw_exporter) })?.into_any())
}
