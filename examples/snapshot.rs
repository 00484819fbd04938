//! Memory made for each export: a consumer sees the values as they were when it asked, and nothing is ever refused to the
//! owner.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};

use bufferprocs::exporters::{Snapshot, Snapshots};
use bufferprocs::{BufferError, exports};
use pyo3::prelude::*;

struct Log(Mutex<Vec<f64>>);

impl Snapshots for Log {
    type Copy = Vec<f64>;

    fn snapshot(&self) -> Result<Vec<f64>, BufferError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

#[pyclass(frozen)]
struct Readings {
    log: Snapshot<Log>,
}

#[exports(log)]
#[pymethods]
impl Readings {
    #[new]
    fn new() -> Readings {
        Readings { log: Snapshot(Log(Mutex::new(Vec::new()))) }
    }

    /// Allowed at any time.
    fn append(&self, reading: f64) {
        self.log.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
    }
}

#[pymodule]
mod snapshot {
    #[pymodule_export]
    use super::Readings;
}
