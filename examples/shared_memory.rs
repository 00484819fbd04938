//! Memory that several processes have: Rust works in a block of `multiprocessing.shared_memory`.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::WriteBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Numbers in memory of another owner. A view of it is held until `close`.
#[pyclass]
struct Totals {
    items: Option<WriteBuffer<f64>>,
}

#[pymethods]
impl Totals {
    #[new]
    fn new(items: WriteBuffer<f64>) -> Totals {
        Totals { items: Some(items) }
    }

    /// Adds to each item, while other threads run Python.
    fn add(&self, py: Python<'_>, amount: f64) -> PyResult<()> {
        let items = self.items.as_ref().ok_or(PyValueError::new_err("the memory is closed"))?;
        py.detach(|| items.update(|item| item + amount));
        Ok(())
    }

    /// Releases the view: the block can be closed only after that.
    fn close(&mut self) {
        self.items = None;
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_arguments))]
    fn __exit__(&mut self, _arguments: &Bound<'_, pyo3::types::PyTuple>) {
        self.close();
    }

    /// Shows the collector the owner of the memory: the two may be part of a cycle.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.items.as_ref().map_or(Ok(()), |items| items.traverse(&visit))
    }

    fn __clear__(&mut self) {
        self.items = None;
    }
}

#[pymodule]
mod shared_memory {
    #[pymodule_export]
    use super::Totals;
}
