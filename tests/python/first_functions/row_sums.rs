// Shape of a 2-D buffer and the sum of each row.
use bufferprocs::ReadBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[pyfunction]
fn row_sums(buf: ReadBuffer<f64>) -> PyResult<(usize, usize, Vec<f64>)> {
    let &[rows, cols] = buf.shape() else {
        return Err(PyValueError::new_err(format!(
            "expected a 2-D buffer, got {}-D",
            buf.ndim()
        )));
    };
    let sums = buf.rows().map(|row| row.iter().sum::<f64>()).collect();
    Ok((rows, cols, sums))
}

#[pymodule]
fn m05(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(row_sums, m)?)
}
