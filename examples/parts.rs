//! Methods that return a view of a part: rows, or a rectangle. The view keeps its owner alive.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::exporters::{Reexport, Strided};
use bufferprocs::layout::Slice;
use bufferprocs::{Exported, Layout, OwnedBuffer, Request, exports};
use pyo3::prelude::*;
use pyo3::types::{PyMemoryView, PySlice};

/// A grey image: rows of pixels, one byte each.
#[pyclass(frozen)]
struct Image {
    pixels: Exported<Strided<u8>>,
    height: usize,
    width: usize,
}

#[exports(pixels)]
#[pymethods]
impl Image {
    #[new]
    fn new(height: usize, width: usize) -> PyResult<Image> {
        let layout = Layout::c_contiguous(&[height, width], 1)?;
        let pixels = (0..height * width).map(|index| index as u8).collect();
        let pixels = Exported::new(Strided::writable(pixels, layout, 0)?);
        Ok(Image { pixels, height, width })
    }

    /// Whole rows: a `memoryview` can be sliced along its first axis.
    fn rows<'py>(slf: &Bound<'py, Self>, start: isize, stop: isize) -> PyResult<Bound<'py, PyAny>> {
        PyMemoryView::from(slf)?.get_item(PySlice::new(slf.py(), start, stop, 1))
    }

    /// A rectangle: a small exporter shows a part of the image, and holds a view of it.
    fn tile<'py>(
        slf: &Bound<'py, Self>,
        rows: (isize, isize),
        columns: (isize, isize),
    ) -> PyResult<Bound<'py, PyMemoryView>> {
        let image = slf.get();
        let rows = Slice::python(Some(rows.0), Some(rows.1), 1, image.height)?;
        let columns = Slice::python(Some(columns.0), Some(columns.1), 1, image.width)?;
        let whole = OwnedBuffer::get(&slf.clone().into_any().unbind(), Request::FULL)?;
        let tile = Reexport::new(whole).slice(0, rows)?.slice(1, columns)?;
        PyMemoryView::from(&bufferprocs::export(slf.py(), tile)?)
    }
}

#[pymodule]
mod parts {
    #[pymodule_export]
    use super::Image;
}
