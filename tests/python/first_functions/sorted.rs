// Copy a buffer into a Vec, sort it, and give it back as a list.
use bufferprocs::ReadBuffer;
use pyo3::prelude::*;

#[pyfunction]
fn sorted(py: Python<'_>, buf: ReadBuffer<i64>) -> PyResult<Vec<i64>> {
    let mut v = buf.to_vec();
    py.detach(|| v.sort_unstable());
    Ok(v)
}

#[pymodule]
fn m09(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(sorted, m)?)
}
