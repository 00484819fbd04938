//! The shortest way from a struct of your own to NumPy.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::{Exported, exports, record};
use pyo3::prelude::*;

record! {
    struct Point { x: f32, y: f32, id: u64 }
}

#[pyclass(frozen)]
struct Cloud {
    points: Exported<Vec<Point>>,
}

#[exports(points)]
#[pymethods]
impl Cloud {
    #[new]
    fn new(len: u16) -> Cloud {
        let point = |id: u16| Point { x: 0.5, y: id.into(), id: id.into() };
        Cloud { points: Exported::new((0..len).map(point).collect()) }
    }
}

#[pymodule]
mod first {
    #[pymodule_export]
    use super::Cloud;
}
