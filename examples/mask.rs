//! Boolean masks, both ways: NumPy selects items by a mask of Rust, and Rust by one of NumPy.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::item::Bool;
use bufferprocs::{ReadBuffer, Shared};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A mask for NumPy, which may write it too: `mask &= other`.
#[pyfunction]
fn above<'py>(py: Python<'py>, values: ReadBuffer<f64>, limit: f64) -> PyResult<Bound<'py, PyAny>> {
    let mask = values.iter().map(|value| Shared::new(Bool::new(value > limit)));
    let mask: Vec<Shared<Bool>> = mask.collect();
    py.import("numpy")?.call_method1("asarray", (bufferprocs::export(py, mask)?,))
}

/// The sum of the values whose flag is set. Any byte but 0 counts as set.
#[pyfunction]
fn sum_where(values: ReadBuffer<f64>, mask: ReadBuffer<bool>) -> PyResult<f64> {
    if values.shape() != mask.shape() {
        return Err(PyValueError::new_err("values and mask have different shapes"));
    }
    let chosen = values.iter().zip(mask.iter()).filter(|(_, is_set)| *is_set);
    Ok(chosen.map(|(value, _)| value).sum())
}

#[pymodule]
mod mask {
    #[pymodule_export]
    use super::{above, sum_where};
}
