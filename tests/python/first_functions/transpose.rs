// Transposed copy of a matrix as a list of lists, by buf[[i, j]], plus a checked get.
use bufferprocs::ReadBuffer;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;

#[pyfunction]
fn transpose(buf: ReadBuffer<f64>) -> PyResult<Vec<Vec<f64>>> {
    if buf.ndim() != 2 {
        return Err(PyValueError::new_err("expected a 2-D buffer"));
    }
    let (rows, cols) = (buf.shape()[0], buf.shape()[1]);
    Ok((0..cols)
        .map(|j| (0..rows).map(|i| buf[[i, j]]).collect())
        .collect())
}

#[pyfunction]
fn item(buf: ReadBuffer<f64>, i: usize, j: usize) -> PyResult<f64> {
    buf.get([i, j])
        .copied()
        .ok_or_else(|| PyIndexError::new_err("index out of range"))
}

#[pymodule]
fn m06(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(transpose, m)?)?;
    m.add_function(wrap_pyfunction!(item, m)?)
}
