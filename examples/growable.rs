//! A vector that grows, but never while somebody looks at it.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::{Exported, Shared, exports};
use pyo3::prelude::*;

#[pyclass(frozen)]
struct Samples {
    items: Exported<Vec<Shared<f64>>>,
}

#[exports(items)]
#[pymethods]
impl Samples {
    #[new]
    fn new(items: Vec<f64>) -> Samples {
        Samples { items: Exported::new(Shared::from_vec(items)) }
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.items.try_borrow()?.len())
    }

    /// `BufferError` while a view is held: the memory may move.
    fn append(&self, item: f64) -> PyResult<()> {
        self.items.try_mut()?.push(Shared::new(item));
        Ok(())
    }

    /// Allowed while views are held: the memory stays where it is.
    fn double(&self) -> PyResult<()> {
        for item in self.items.try_borrow()?.iter() {
            item.store(2.0 * item.load());
        }
        Ok(())
    }
}

#[pymodule]
mod growable {
    #[pymodule_export]
    use super::Samples;
}
