//! One small function or class for each way to share an array that the page choosing.md compares.
#![forbid(unsafe_code)]

use bufferprocs::{Exported, ReadBuffer, Shared, WriteBuffer, exports};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

// The buffer protocol.

/// A vector that any consumer of buffers reads and writes, and that may grow.
#[pyclass(frozen)]
struct Samples {
    items: Exported<Vec<Shared<f64>>>,
}

#[exports(items)]
#[pymethods]
impl Samples {
    #[new]
    fn new(items: Vec<f64>) -> Samples {
        Samples { items: Exported::new(Shared::from_vec(items)) }
    }

    fn append(&self, item: f64) -> PyResult<()> {
        self.items.try_mut()?.push(Shared::new(item));
        Ok(())
    }

    // DLPack too: NumPy makes the capsule, over the same memory.

    #[pyo3(signature = (**options))]
    fn __dlpack__<'py>(
        slf: &Bound<'py, Self>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = slf.py().import("numpy")?.call_method1("asarray", (slf,))?;
        array.call_method("__dlpack__", (), options)
    }

    /// The CPU.
    fn __dlpack_device__(&self) -> (i32, i32) {
        (1, 0)
    }
}

/// Arguments are any buffers of doubles, in any layout.
#[pyfunction]
fn add_buffers(target: WriteBuffer<f64>, source: ReadBuffer<f64>) {
    let sums: Vec<f64> = target.iter().zip(source.iter()).map(|(a, b)| a + b).collect();
    target.write_from(sums);
}

// rust-numpy.

/// Arguments are arrays of NumPy. `target` is borrowed exclusively, as far as rust-numpy knows.
#[pyfunction]
fn add_arrays(mut target: PyReadwriteArray1<'_, f64>, source: PyReadonlyArray1<'_, f64>) {
    let mut target = target.as_array_mut();
    target += &source.as_array();
}

/// The vector becomes an array of NumPy, without a copy.
#[pyfunction]
fn squares(py: Python<'_>, len: u32) -> Bound<'_, PyArray1<f64>> {
    let items: Vec<f64> = (0..len).map(|n| f64::from(n).powi(2)).collect();
    items.into_pyarray(py)
}

#[pymodule]
mod ways {
    #[pymodule_export]
    use super::{Samples, add_arrays, add_buffers, squares};
}
