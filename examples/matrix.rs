//! A matrix, its transpose and its rows in any order: views of one memory, none of them a copy.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::sync::Arc;

use bufferprocs::layout::Slice;
use bufferprocs::{BufferError, Exported, Exporter, Layout, Shared, View, exports};
use pyo3::prelude::*;
use pyo3::types::PySlice;

/// A part of the items: the layout says which.
struct Part {
    items: Arc<[Shared<f64>]>,
    layout: Layout,
    /// Start of the first item, in bytes.
    offset: usize,
}

impl Exporter for Part {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.items).with_layout(&self.layout, self.offset)?)
    }
}

#[pyclass(frozen)]
struct Matrix {
    part: Exported<Part>,
}

impl Matrix {
    /// A matrix of the same items. Fails if the layout leaves them.
    fn with(&self, layout: Layout, offset: usize) -> PyResult<Matrix> {
        let items = Arc::clone(&self.part.try_borrow()?.items);
        Ok(Matrix { part: Exported::try_new(Part { items, layout, offset })? })
    }
}

#[exports(part)]
#[pymethods]
impl Matrix {
    #[new]
    fn new(rows: usize, columns: usize) -> PyResult<Matrix> {
        let layout = Layout::c_contiguous(&[rows, columns], 8)?;
        let items = (0..rows * columns).map(|number| Shared::new(number as f64)).collect();
        Ok(Matrix { part: Exported::try_new(Part { items, layout, offset: 0 })? })
    }

    #[getter(T)]
    fn transposed(&self) -> PyResult<Matrix> {
        let part = self.part.try_borrow()?;
        self.with(part.layout.transposed()?, part.offset)
    }

    /// Some of the rows: `matrix[start:stop:step]`.
    fn __getitem__(&self, rows: &Bound<'_, PySlice>) -> PyResult<Matrix> {
        let part = self.part.try_borrow()?;
        let taken = rows.indices(part.layout.shape()[0])?;
        let (start, count) = (taken.start.max(0) as usize, taken.slicelength);
        let (layout, moved) = part.layout.slice(0, Slice { start, count, step: taken.step })?;
        self.with(layout, part.offset.saturating_add_signed(moved))
    }

    /// Sets every item of the whole memory to 0, also under views.
    fn clear(&self) -> PyResult<()> {
        self.part.try_borrow()?.items.iter().for_each(|item| item.store(0.0));
        Ok(())
    }
}

#[pymodule]
mod matrix {
    #[pymodule_export]
    use super::Matrix;
}
