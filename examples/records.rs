//! A `#[repr(C)]` struct as a structured dtype of NumPy: the same names, the same offsets, the same
//! memory.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::mem::offset_of;

use bufferprocs::exporters::Reexport;
use bufferprocs::layout::Slice;
use bufferprocs::{Exported, OwnedBuffer, Request, Shared, exports};
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

bufferprocs::record! {
    /// A point that somebody saw.
    struct Point {
        position: [f32; 3],
        flags: u16,
        group: i16,
        id: u64,
    }
}

#[pyclass(frozen)]
struct Points {
    points: Exported<Vec<Shared<Point>>>,
}

#[exports(points)]
#[pymethods]
impl Points {
    #[new]
    fn new(len: u16) -> Points {
        let point =
            |id: u16| Point { position: [id.into(); 3], flags: id, group: -1, id: id.into() };
        Points { points: Exported::new((0..len).map(|id| Shared::new(point(id))).collect()) }
    }

    /// The ids, as they are now.
    fn ids(&self) -> PyResult<Vec<u64>> {
        Ok(self.points.try_borrow()?.iter().map(|point| point.load().id).collect())
    }

    /// `BufferError` while a view is held.
    fn append(&self, id: u64) -> PyResult<()> {
        let point = Point { position: [0.0; 3], flags: 0, group: 0, id };
        self.points.try_mut()?.push(Shared::new(point));
        Ok(())
    }

    /// The points from the one at `first` on, as a view of the same memory.
    fn since<'py>(slf: &Bound<'py, Self>, first: isize) -> PyResult<Bound<'py, PyMemoryView>> {
        let whole = OwnedBuffer::get(&slf.clone().into_any().unbind(), Request::FULL)?;
        let len = whole.len_bytes() / whole.itemsize();
        let rest = Reexport::new(whole).slice(0, Slice::python(Some(first), None, 1, len)?)?;
        PyMemoryView::from(&bufferprocs::export(slf.py(), rest)?)
    }

    /// Where Rust puts the fields.
    #[staticmethod]
    fn offsets() -> [usize; 4] {
        [
            offset_of!(Point, position),
            offset_of!(Point, flags),
            offset_of!(Point, group),
            offset_of!(Point, id),
        ]
    }
}

#[pymodule]
mod records {
    #[pymodule_export]
    use super::Points;
}
