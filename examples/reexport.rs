//! Shows a part of what another object exports, without a copy.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::exporters::Reexport;
use bufferprocs::layout::Slice;
use bufferprocs::{Exported, OwnedBuffer, Request, exports};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

#[pyclass(frozen)]
struct Window {
    part: Exported<Reexport<Py<PyAny>>>,
}

#[exports(part)]
#[pymethods]
impl Window {
    /// `object[start:stop]`, of any object that exports items in at least one dimension.
    #[new]
    #[pyo3(signature = (object, start = None, stop = None))]
    fn new(object: Py<PyAny>, start: Option<isize>, stop: Option<isize>) -> PyResult<Window> {
        // Writable, if the object is: the window can be written only if this request could.
        let buffer = OwnedBuffer::get(&object, Request::FULL)
            .or_else(|_| OwnedBuffer::get(&object, Request::FULL_RO))?;
        let extent = buffer.layout().shape().first().copied().unwrap_or(0);
        let rows = Slice::python(start, stop, 1, extent.unsigned_abs())?;
        Ok(Window { part: Exported::new(Reexport::new(buffer).slice(0, rows)?) })
    }

    /// Shows the collector the object that the window keeps: the two may be part of a cycle.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.part.traverse(|part| part.buffer().traverse(&visit)).unwrap_or(Ok(()))
    }
}

#[pymodule]
mod reexport {
    #[pymodule_export]
    use super::Window;
}
