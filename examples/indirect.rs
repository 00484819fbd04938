//! Rows that lie anywhere, behind a table of pointers: suboffsets. `memoryview` follows them, NumPy
//! does not.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::exporters::Rows;
use bufferprocs::{Exported, exports};
use pyo3::prelude::*;

#[pyclass(frozen)]
struct Page {
    rows: Exported<Rows<u8>>,
}

#[exports(rows)]
#[pymethods]
impl Page {
    /// Each row stays where it was allocated.
    #[new]
    fn new(rows: Vec<Vec<u8>>) -> PyResult<Page> {
        Ok(Page { rows: Exported::new(Rows::new(rows)?) })
    }

    /// Allowed while views are held: writes one item.
    fn set(&self, row: usize, column: usize, item: u8) -> PyResult<()> {
        let rows = self.rows.try_borrow()?;
        let item_there = rows.rows().get(row).and_then(|row| row.get(column));
        let item_there =
            item_there.ok_or_else(|| pyo3::exceptions::PyIndexError::new_err("no such item"))?;
        item_there.store(item);
        Ok(())
    }

    /// `BufferError` while a view is held.
    fn append(&self, row: Vec<u8>) -> PyResult<()> {
        self.rows.try_mut()?.push(row)?;
        Ok(())
    }
}

#[pymodule]
mod indirect {
    #[pymodule_export]
    use super::Page;
}
