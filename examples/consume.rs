//! Takes any buffer, in any layout: reads it without the interpreter, writes it in place, copies it
//! out.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::{Buffer, Order, PyBuffer, Request};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Sum of all items. Other threads of Python run at the same time. The items are read one by one,
/// atomically, so a thread may write them at any moment.
#[pyfunction]
fn total(py: Python<'_>, object: Py<PyAny>) -> PyResult<f64> {
    let buffer = PyBuffer::get(&object, Request::FULL_RO)?;
    py.detach(|| Ok(buffer.items::<f64>()?.iter(Order::C).sum()))
}

/// Multiplies the diagonal of a matrix, in place.
#[pyfunction]
fn scale_diagonal(object: &Bound<'_, PyAny>, factor: f64) -> PyResult<()> {
    let buffer = Buffer::get(object, Request::FULL)?;
    let items = buffer.items::<f64>()?;
    let extent = items.layout().shape().iter().copied().min().unwrap_or(0);
    for index in 0..extent.unsigned_abs() {
        let indices = vec![index; buffer.ndim()];
        items.set(&indices, factor * items.get(&indices)?)?;
    }
    Ok(())
}

/// The items as packed bytes in C order, whatever they are.
#[pyfunction]
fn packed<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    Ok(PyBytes::new(object.py(), &buffer.to_contiguous(Order::C)?))
}

/// Calls `work` while a view of `object` is held.
#[pyfunction]
fn holding(object: &Bound<'_, PyAny>, work: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let _buffer = Buffer::get(object, Request::FULL_RO)?;
    Ok(work.call0()?.unbind())
}

#[pymodule]
mod consume {
    #[pymodule_export]
    use super::{holding, packed, scale_diagonal, total};
}
