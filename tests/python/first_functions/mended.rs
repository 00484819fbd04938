// All of them, as the compiler's messages lead to.
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;

use bufferprocs::prelude::*;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use rayon::prelude::*;

#[pyfunction]
fn mean(data: ReadContiguousBuffer<u8>) -> PyResult<f64> {
    if data.is_empty() {
        return Err(PyValueError::new_err("mean of an empty buffer"));
    }
    let total: u64 = data.iter().map(u64::from).sum();
    Ok(total as f64 / data.len() as f64)
}

#[pyfunction]
fn dot(a: ReadBuffer<f64>, b: ReadBuffer<f64>) -> PyResult<f64> {
    if a.ndim() != 1 || b.ndim() != 1 {
        return Err(PyValueError::new_err("expected 1-D buffers"));
    }
    if a.len() != b.len() {
        return Err(PyValueError::new_err(format!("length mismatch: {} != {}", a.len(), b.len())));
    }
    Ok(a.iter().zip(b.iter()).map(|(x, y)| x * y).sum())
}

#[pyfunction]
fn scale(buf: WriteBuffer<f64>, factor: f64) {
    buf.update(|x| x * factor);
}

#[pyfunction]
fn offset(buf: WriteContiguousBuffer<f64>, by: f64) {
    buf.update(|x| x + by);
}

#[pyfunction]
fn transpose(buf: ReadBuffer<f64>) -> PyResult<Vec<Vec<f64>>> {
    if buf.ndim() != 2 {
        return Err(PyValueError::new_err("expected a 2-D buffer"));
    }
    let (rows, cols) = (buf.shape()[0], buf.shape()[1]);
    (0..cols).map(|j| (0..rows).map(|i| Ok(buf.get_item([i, j])?)).collect()).collect()
}

#[pyfunction]
fn item(buf: ReadBuffer<f64>, i: usize, j: usize) -> PyResult<f64> {
    buf.get_item([i, j]).map_err(|_| PyIndexError::new_err("index out of range"))
}

#[pyfunction]
fn hash_bytes(py: Python<'_>, data: ReadContiguousBuffer<u8>) -> PyResult<u64> {
    let bytes = data.try_as_slice()?;
    Ok(py.detach(|| {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        hasher.finish()
    }))
}

#[pyfunction]
fn count_true(mask: ReadBuffer<bool>) -> usize {
    mask.iter().filter(|&b| b).count()
}

#[pyfunction]
fn sorted(py: Python<'_>, buf: ReadBuffer<i64>) -> PyResult<Vec<i64>> {
    let mut v = buf.to_vec()?;
    py.detach(|| v.sort_unstable());
    Ok(v)
}

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
        if best.is_none_or(|(_, b)| x > b) {
            best = Some((i, x));
        }
    }
    Ok(best.map(|(i, _)| i))
}

#[pyfunction]
fn first(obj: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    let buf: ReadBuffer<f64> = obj.extract()?;
    Ok(buf.iter().next())
}

#[pyfunction]
fn sum_squares(py: Python<'_>, buf: ReadContiguousBuffer<f64>) -> PyResult<f64> {
    let data: &[f64] = &buf.to_vec()?;
    Ok(py.detach(|| {
        data.par_chunks(4096).map(|chunk| chunk.iter().map(|x| x * x).sum::<f64>()).sum()
    }))
}

#[pyfunction]
fn cumsum(src: ReadBuffer<f64>, dst: WriteBuffer<f64>) -> PyResult<()> {
    if src.shape() != dst.shape() {
        return Err(PyValueError::new_err(format!(
            "shape mismatch: {:?} != {:?}",
            src.shape(),
            dst.shape()
        )));
    }
    let mut acc = 0.0;
    dst.write_from(src.iter().map(|x| {
        acc += x;
        acc
    }));
    Ok(())
}

#[pyfunction]
fn identity(buf: WriteBuffer<f64>) -> PyResult<()> {
    buf.fill(0.0);
    let n = buf.shape()[0].min(buf.shape()[1]);
    for i in 0..n {
        buf.set_item([i, i], 1.0)?;
    }
    Ok(())
}

#[pymodule]
mod mended {
    #[pymodule_export]
    use super::{
        argmax, count_true, cumsum, dot, first, hash_bytes, identity, item, mean, offset, scale,
        sorted, sum_squares, transpose,
    };
}
