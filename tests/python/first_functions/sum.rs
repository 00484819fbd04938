// Sum of an f64 buffer of any number of dimensions.
use bufferprocs::ReadBuffer;
use pyo3::prelude::*;

#[pyfunction]
fn sum(buf: ReadBuffer<f64>) -> f64 {
    buf.iter().sum()
}

#[pymodule]
fn m01(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(sum, m)?)
}
