//! Arrays of `ndarray`: exported, read and written.

use bufferprocs::consumer::Dim;
use bufferprocs::{Exported, ReadBuffer, Shared, WriteBuffer, exports};
use ndarray::{Array2, ArrayD, Axis};
use pyo3::prelude::*;

/// Its items are their own indices: 12 in row 1 and column 2.
fn numbered(rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(row, column)| (10 * row + column) as f64)
}

/// Read-only.
#[pyclass(frozen)]
pub struct Matrix {
    items: Exported<Array2<f64>>,
}

#[exports(items)]
#[pymethods]
impl Matrix {
    #[new]
    fn new(rows: usize, columns: usize) -> Matrix {
        Matrix { items: Exported::new(numbered(rows, columns)) }
    }

    /// The same memory, with the axes the other way round and the rows from the last to the first.
    fn turn(&self) -> PyResult<()> {
        let mut items = self.items.try_mut()?;
        items.swap_axes(0, 1);
        items.invert_axis(Axis(0));
        Ok(())
    }

    #[getter]
    fn address(&self) -> PyResult<usize> {
        Ok(self.items.try_borrow()?.as_ptr().addr())
    }
}

/// May be written.
#[pyclass(frozen)]
pub struct SharedMatrix {
    items: Exported<ArrayD<Shared<f64>>>,
}

#[exports(items)]
#[pymethods]
impl SharedMatrix {
    #[new]
    fn new(rows: usize, columns: usize) -> SharedMatrix {
        let items = Shared::from_array(numbered(rows, columns));
        SharedMatrix { items: Exported::new(items.into_dyn()) }
    }

    fn sum(&self) -> PyResult<f64> {
        Ok(self.items.try_borrow()?.iter().map(Shared::load).sum())
    }
}

/// Replaces the items of an array by those of the transpose of another one.
#[pyfunction]
pub fn assign_transposed(target: WriteBuffer<f64>, source: ReadBuffer<f64>) -> PyResult<()> {
    Ok(target.copy_from_array(&source.to_array()?.t())?)
}

/// The sum of the items on the diagonal, which are read in place.
#[pyfunction]
pub fn trace(matrix: ReadBuffer<f64, Dim<2>>) -> PyResult<f64> {
    Ok(matrix.as_array()?.diag().sum())
}
