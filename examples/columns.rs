//! Several fields of a struct, each as an array of NumPy over the field's own memory.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::sync::Arc;

use bufferprocs::{Exporter, Shared};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An array of NumPy over the memory of an exporter.
fn array<E: Exporter>(py: Python<'_>, exporter: E) -> PyResult<Bound<'_, PyAny>> {
    py.import("numpy")?.call_method1("asarray", (bufferprocs::export(py, exporter)?,))
}

/// An `Arc` for each field: the struct holds one reference, and each array another.
#[pyclass(frozen)]
struct Particles {
    /// Python may write the masses.
    masses: Arc<[Shared<f64>]>,
    /// Python may only read the ids.
    ids: Arc<[u64]>,
}

#[pymethods]
impl Particles {
    #[new]
    fn new(masses: Vec<f64>, ids: Vec<u64>) -> PyResult<Particles> {
        if masses.len() != ids.len() {
            return Err(PyValueError::new_err("masses and ids differ in length"));
        }
        Ok(Particles { masses: Shared::from_vec(masses).into(), ids: ids.into() })
    }

    #[getter]
    fn masses<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array(py, Arc::clone(&self.masses))
    }

    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array(py, Arc::clone(&self.ids))
    }

    /// Rust reads what Python wrote.
    fn total_mass(&self) -> f64 {
        self.masses.iter().map(Shared::load).sum()
    }
}

#[pymodule]
mod columns {
    #[pymodule_export]
    use super::Particles;
}
