//! A file in memory, read-only. Closing it is refused while somebody looks, and requests are
//! refused once it is closed.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["pyo3"] }
//! memmap2 = "0.9"
//! pyo3 = "0.30"
//! ```
#![deny(unsafe_code)]

use std::fs::File;
use std::path::PathBuf;

use bufferprocs::{BufferError, Exported, Exporter, View, exports};
use memmap2::Mmap;
use pyo3::prelude::*;

/// None once it is closed.
struct Mapping(Option<Mmap>);

impl Exporter for Mapping {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(self.0.as_ref().ok_or(BufferError::Closed)?))
    }
}

#[pyclass(frozen)]
struct MappedFile {
    mapping: Exported<Mapping>,
}

#[exports(mapping)]
#[pymethods]
impl MappedFile {
    #[new]
    #[allow(unsafe_code)]
    fn new(path: PathBuf) -> PyResult<MappedFile> {
        let file = File::open(path)?;
        // SAFETY: a mapping shows what other processes do to the file. The user of this class
        // promises that no program writes or shortens the file while it is mapped; no check can
        // replace that.
        let mapping = unsafe { Mmap::map(&file) }?;
        Ok(MappedFile { mapping: Exported::new(Mapping(Some(mapping))) })
    }

    /// `BufferError` while a view is held.
    fn close(&self) -> PyResult<()> {
        self.mapping.try_mut()?.0 = None;
        Ok(())
    }
}

#[pymodule]
mod mmap_file {
    #[pymodule_export]
    use super::MappedFile;
}
