// Dot product of two 1-D f64 buffers, possibly strided.
use bufferprocs::ReadBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyfunction]
fn dot(a: ReadBuffer<'_, f64>, b: ReadBuffer<'_, f64>) -> PyResult<f64> {
    if a.ndim() != 1 || b.ndim() != 1 {
        return Err(PyValueError::new_err("expected 1-D buffers"));
    }
    if a.len() != b.len() {
        return Err(PyValueError::new_err(format!(
            "length mismatch: {} != {}",
            a.len(),
            b.len()
        )));
    }
    Ok(a.iter().zip(b.iter()).map(|(x, y)| x * y).sum())
}

#[pymodule]
fn m03(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(dot, m)?)
}
