// Write the running sum of one buffer into another from an iterator; and fill a matrix by index.
use bufferprocs::prelude::*;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyfunction]
fn cumsum(src: ReadBuffer<f64>, mut dst: WriteBuffer<f64>) -> PyResult<()> {
    if src.shape() != dst.shape() {
        return Err(PyValueError::new_err(format!(
            "shape mismatch: {:?} != {:?}",
            src.shape(),
            dst.shape()
        )));
    }
    let mut acc = 0.0;
    for (out, x) in dst.iter_mut().zip(src.iter()) {
        acc += x;
        *out = acc;
    }
    Ok(())
}

#[pyfunction]
fn identity(mut buf: WriteBuffer<f64>) -> PyResult<()> {
    buf.fill(0.0);
    let n = buf.shape()[0].min(buf.shape()[1]);
    for i in 0..n {
        buf[[i, i]] = 1.0;
    }
    Ok(())
}

#[pymodule]
fn m12(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(cumsum, m)?)?;
    m.add_function(wrap_pyfunction!(identity, m)?)
}
