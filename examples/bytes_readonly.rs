//! Bytes that consumers only read, and the two right ways to hand out a `memoryview` from a method.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::sync::Arc;

use bufferprocs::{BufferError, Exported, Exporter, View, exports};
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

#[pyclass(frozen)]
struct Blob {
    bytes: Exported<Arc<[u8]>>,
}

#[exports(bytes)]
#[pymethods]
impl Blob {
    #[new]
    fn new(bytes: Vec<u8>) -> Blob {
        Blob { bytes: Exported::new(bytes.into()) }
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.bytes.try_borrow()?.len())
    }

    /// All of it. The object itself is the exporter.
    fn whole<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(slf)
    }

    /// What follows the first `count` bytes. A small exporter of its own holds the memory.
    fn after<'py>(slf: &Bound<'py, Self>, count: usize) -> PyResult<Bound<'py, PyMemoryView>> {
        let bytes = Arc::clone(&*slf.get().bytes.try_borrow()?);
        PyMemoryView::from(&bufferprocs::export(slf.py(), Rest { bytes, count })?)
    }
}

struct Rest {
    bytes: Arc<[u8]>,
    count: usize,
}

impl Exporter for Rest {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(self.bytes.get(self.count..).unwrap_or(&[])))
    }
}

#[pymodule]
mod bytes_readonly {
    #[pymodule_export]
    use super::Blob;
}
