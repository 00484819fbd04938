//! Takes any buffer, in any layout: reads it without the interpreter, writes it in place, copies it
//! out.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::consumer::Dim;
use bufferprocs::{
    Buffer, Order, ReadBuffer, ReadContiguousBuffer, Request, WriteBuffer, WriteContiguousBuffer,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Sum of all items. Other threads of Python run at the same time, and may write the items at any
/// moment: each is read atomically.
#[pyfunction]
fn total(py: Python<'_>, values: ReadBuffer<f64>) -> f64 {
    py.detach(|| values.sum())
}

/// The largest item, by a loop of one's own.
#[pyfunction]
fn largest(values: ReadBuffer<f64>) -> f64 {
    values.iter().fold(f64::NEG_INFINITY, f64::max)
}

/// Multiplies all items, in place.
#[pyfunction]
fn scale(py: Python<'_>, values: WriteBuffer<f64>, factor: f64) {
    py.detach(|| values.update(|item| factor * item));
}

/// Multiplies the diagonal of a matrix, in place.
#[pyfunction]
fn scale_diagonal(matrix: WriteBuffer<f64, Dim<2>>, factor: f64) -> PyResult<()> {
    let [rows, columns] = matrix.shape();
    for index in 0..rows.min(columns) {
        let place = [index, index];
        matrix.set_item(place, factor * matrix.get_item(place)?)?;
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

/// A number made of all bytes, which are packed.
#[pyfunction]
fn checksum(py: Python<'_>, data: ReadContiguousBuffer<u8>) -> u32 {
    let add = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(byte.into());
    py.detach(|| data.iter().fold(1, add))
}

/// Inverts all bits, in place.
#[pyfunction]
fn invert(py: Python<'_>, target: WriteContiguousBuffer<u8>) {
    py.detach(|| target.update(|byte| !byte));
}

#[pymodule]
mod consume {
    #[pymodule_export]
    use super::{checksum, holding, invert, largest, packed, scale, scale_diagonal, total};
}
