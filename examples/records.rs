//! A `#[repr(C)]` struct as a structured dtype of NumPy: the same names, the same offsets, the same memory.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use std::mem::offset_of;

use bufferprocs::exporters::Records;
use bufferprocs::{Exported, Shared, exports};
use pyo3::prelude::*;

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
    points: Exported<Records<Point>>,
}

#[exports(points)]
#[pymethods]
impl Points {
    #[new]
    fn new(len: u16) -> Points {
        let point =
            |id: u16| Point { position: [id.into(); 3], flags: id, group: -1, id: id.into() };
        Points { points: Exported::new(Records::new((0..len).map(point).collect())) }
    }

    /// The ids, as they are now.
    fn ids(&self) -> PyResult<Vec<u64>> {
        Ok(self.points.try_borrow()?.shared().iter().map(|point| point.load().id).collect())
    }

    /// `BufferError` while a view is held.
    fn append(&self, id: u64) -> PyResult<()> {
        let point = Point { position: [0.0; 3], flags: 0, group: 0, id };
        self.points.try_mut()?.shared_mut().push(Shared::new(point));
        Ok(())
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
