//! Memory made for each export: a consumer sees the values as they were when it asked, and no view
//! keeps the owner from a change.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError, TryLockError};

use bufferprocs::exporters::{Snapshot, Snapshots};
use bufferprocs::{BufferError, exports};
use pyo3::prelude::*;

struct Log(Mutex<Vec<f64>>);

impl Snapshots for Log {
    type Copy = Vec<f64>;

    fn snapshot(&self) -> Result<Vec<f64>, BufferError> {
        // A request must not wait: the thread that holds the lock may be waiting for the
        // interpreter that the request has.
        match self.0.try_lock() {
            Ok(readings) => Ok(readings.clone()),
            Err(TryLockError::Poisoned(readings)) => Ok(readings.into_inner().clone()),
            Err(TryLockError::WouldBlock) => Err(BufferError::BeingModified),
        }
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

    /// Allowed also while views are held.
    fn append(&self, reading: f64) {
        self.log.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
    }

    /// Appends the result of `work`. The log is locked until then.
    fn append_from(&self, work: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut readings = self.log.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        readings.push(work.call0()?.extract()?);
        Ok(())
    }
}

#[pymodule]
mod snapshot {
    #[pymodule_export]
    use super::Readings;
}
