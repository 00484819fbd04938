//! Functions that return a `Vec` to NumPy: the vector is moved into the exporter, and no item is
//! copied.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::exporters::Strided;
use bufferprocs::{Exporter, Layout, Shared};
use pyo3::prelude::*;

/// An array of NumPy over the memory of an exporter.
fn array<E: Exporter>(py: Python<'_>, exporter: E) -> PyResult<Bound<'_, PyAny>> {
    py.import("numpy")?.call_method1("asarray", (bufferprocs::export(py, exporter)?,))
}

/// One dimension. NumPy may write the items.
#[pyfunction]
fn squares(py: Python<'_>, len: u32) -> PyResult<Bound<'_, PyAny>> {
    let items: Vec<f64> = py.detach(|| (0..len).map(|n| f64::from(n).powi(2)).collect());
    array(py, Shared::from_vec(items))
}

/// Rows and columns, in one `Vec`. NumPy may only read the items.
#[pyfunction]
fn products(py: Python<'_>, rows: usize, columns: usize) -> PyResult<Bound<'_, PyAny>> {
    let items: Vec<u64> =
        (0..rows).flat_map(|row| (0..columns).map(move |column| (row * column) as u64)).collect();
    let layout = Layout::c_contiguous(&[rows, columns], size_of::<u64>())?;
    array(py, Strided::readonly(items, layout, 0)?)
}

#[pymodule]
mod vec_to_numpy {
    #[pymodule_export]
    use super::{products, squares};
}
