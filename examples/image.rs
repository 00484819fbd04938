//! An image of height x width x 3 bytes: NumPy writes it, Rust sees it.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::{BufferError, Exported, Exporter, Layout, LayoutError, Shared, View, exports};
use pyo3::prelude::*;

struct Pixels {
    bytes: Vec<Shared<u8>>,
    layout: Layout,
}

impl Pixels {
    fn black(height: usize, width: usize) -> Result<Pixels, LayoutError> {
        let layout = Layout::c_contiguous(&[height, width, 3], 1)?;
        Ok(Pixels { bytes: Shared::from_vec(vec![0; layout.len_bytes()]), layout })
    }
}

impl Exporter for Pixels {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.bytes).with_layout(&self.layout, 0)?)
    }
}

#[pyclass(frozen)]
struct Image {
    pixels: Exported<Pixels>,
}

#[exports(pixels)]
#[pymethods]
impl Image {
    #[new]
    fn new(height: usize, width: usize) -> PyResult<Image> {
        Ok(Image { pixels: Exported::try_new(Pixels::black(height, width)?)? })
    }

    /// Mean of all bytes, as they are now.
    fn mean(&self) -> PyResult<f64> {
        let pixels = self.pixels.try_borrow()?;
        let sum: u64 = pixels.bytes.iter().map(|byte| u64::from(byte.load())).sum();
        Ok(sum as f64 / pixels.bytes.len().max(1) as f64)
    }

    /// A black image of another size. `BufferError` while a view is held.
    fn resize(&self, height: usize, width: usize) -> PyResult<()> {
        let mut pixels = self.pixels.try_mut()?;
        *pixels = Pixels::black(height, width)?;
        Ok(())
    }
}

#[pymodule]
mod image {
    #[pymodule_export]
    use super::Image;
}
