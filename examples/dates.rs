//! Dates: items of 64 bits, which NumPy reads as `datetime64`.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::{Exported, ReadBuffer, Shared, exports};
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

/// NumPy's `NaT`, "not a time".
const NOT_A_TIME: i64 = i64::MIN;

/// Times of events, as nanoseconds since 1970. The object itself exports them as integers.
#[pyclass(frozen)]
struct Events {
    times: Exported<Vec<Shared<i64>>>,
}

#[exports(times)]
#[pymethods]
impl Events {
    #[new]
    fn new(times: Vec<i64>) -> Events {
        Events { times: Exported::new(Shared::from_vec(times)) }
    }

    /// The same memory as `datetime64[ns]`.
    #[getter]
    fn times<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let integers = slf.py().import("numpy")?.call_method1("asarray", (slf,))?;
        integers.call_method1("view", ("datetime64[ns]",))
    }

    /// `BufferError` while a view is held.
    fn append(&self, time: i64) -> PyResult<()> {
        self.times.try_mut()?.push(Shared::new(time));
        Ok(())
    }
}

/// The first point in time of an array of `datetime64` in any unit, as nanoseconds since 1970.
#[pyfunction]
fn earliest(times: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    // In our unit, then as integers. NumPy copies only if the unit is another.
    let no_copy = [("copy", false)].into_py_dict(times.py())?;
    let times = times.call_method("astype", ("datetime64[ns]",), Some(&no_copy))?;
    let times: ReadBuffer<i64> = times.call_method1("view", ("int64",))?.extract()?;
    Ok(times.iter().filter(|time| *time != NOT_A_TIME).min())
}

#[pymodule]
mod dates {
    #[pymodule_export]
    use super::{Events, earliest};
}
