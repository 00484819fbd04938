// Hash the bytes of a buffer with the interpreter detached.
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use bufferprocs::ReadContiguousBuffer;
use pyo3::prelude::*;

#[pyfunction]
fn hash_bytes(py: Python<'_>, data: ReadContiguousBuffer<u8>) -> u64 {
    let bytes = data.as_slice();
    py.detach(|| {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        hasher.finish()
    })
}

#[pymodule]
fn m07(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(hash_bytes, m)?)
}
