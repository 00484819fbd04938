// Count the True values in a bool mask.
use bufferprocs::ReadBuffer;
use pyo3::prelude::*;

#[pyfunction]
fn count_true(mask: ReadBuffer<bool>) -> usize {
    mask.iter().filter(|&&b| b).count()
}

#[pymodule]
fn m08(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(count_true, m)?)
}
