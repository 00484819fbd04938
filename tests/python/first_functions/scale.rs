// Scale a writable buffer in place, and add an offset to a contiguous one as a mutable slice.
use bufferprocs::{WriteBuffer, WriteContiguousBuffer};
use pyo3::prelude::*;

#[pyfunction]
fn scale(mut buf: WriteBuffer<f64>, factor: f64) {
    for x in buf.iter_mut() {
        *x *= factor;
    }
}

#[pyfunction]
fn offset(mut buf: WriteContiguousBuffer<f64>, by: f64) {
    for x in buf.as_mut_slice() {
        *x += by;
    }
}

#[pymodule]
fn m04(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(scale, m)?)?;
    m.add_function(wrap_pyfunction!(offset, m)?)
}
