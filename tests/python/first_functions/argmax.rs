// Take any object, get its buffer by hand, require 1-D, and find the index of the largest item.
use bufferprocs::ReadBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyfunction]
fn argmax(obj: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let buf = ReadBuffer::<f64>::get(obj)?;
    if buf.ndim() != 1 {
        return Err(PyValueError::new_err(format!(
            "expected a 1-D buffer, got {} dimensions",
            buf.ndim()
        )));
    }
    let mut best: Option<(usize, f64)> = None;
    for (i, x) in buf.iter().enumerate() {
        if best.is_none_or(|(_, b)| *x > b) {
            best = Some((i, *x));
        }
    }
    Ok(best.map(|(i, _)| i))
}

#[pyfunction]
fn first(obj: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    let buf: ReadBuffer<f64> = obj.extract()?;
    Ok(buf.iter().next().copied())
}

#[pymodule]
fn m10(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(argmax, m)?)?;
    m.add_function(wrap_pyfunction!(first, m)?)
}
