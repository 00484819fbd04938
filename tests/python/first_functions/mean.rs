// Mean of a bytes-like object; ValueError when it is empty.
use bufferprocs::ReadContiguousBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyfunction]
fn mean(data: ReadContiguousBuffer<u8>) -> PyResult<f64> {
    if data.is_empty() {
        return Err(PyValueError::new_err("mean of an empty buffer"));
    }
    let total: u64 = data.as_slice().iter().map(|&b| u64::from(b)).sum();
    Ok(total as f64 / data.len() as f64)
}

#[pymodule]
fn m02(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(mean, m)?)
}
