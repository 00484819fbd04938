// Sum of squares over rayon threads with the interpreter detached.
use bufferprocs::ReadContiguousBuffer;
use pyo3::prelude::*;
use rayon::prelude::*;

#[pyfunction]
fn sum_squares(py: Python<'_>, buf: ReadContiguousBuffer<'_, f64>) -> f64 {
    let data: &[f64] = &buf;
    py.detach(|| {
        data.par_chunks(4096)
            .map(|chunk| chunk.iter().map(|x| x * x).sum::<f64>())
            .sum()
    })
}

#[pymodule]
fn m11(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(sum_squares, m)?)
}
