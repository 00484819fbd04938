//! Types of other crates, and values that never change: no guard, no copy, no `unsafe`.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["bytemuck", "bytes", "num-complex", "pyo3"] }
//! bytemuck = { version = "1", features = ["derive"] }
//! bytes = "1"
//! num-complex = "0.4"
//! pyo3 = "0.30"
//! ```
#![forbid(unsafe_code)]

use bufferprocs::integrations::{Foreign, ForeignItem};
use bufferprocs::{
    Buffer, BufferError, Exported, Exporter, Immutable, Request, Shared, View, exports,
};
use bytes::Bytes;
use num_complex::Complex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Bytes that never change: methods need no guard, and the class compares and hashes.
#[pyclass(frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
struct Blob {
    bytes: Immutable<Bytes>,
}

#[exports(bytes)]
#[pymethods]
impl Blob {
    /// Holds the memory of a `bytes` object, without a copy. Other memory, which may still change,
    /// is copied.
    #[new]
    fn new(object: &Bound<'_, PyAny>) -> PyResult<Blob> {
        let buffer = Buffer::get(object, Request::SIMPLE)?.unbind();
        Ok(Blob { bytes: Immutable::new(buffer.into_bytes_or_copy()?) })
    }

    /// A part, which shares the memory.
    fn part(&self, start: usize, end: usize) -> PyResult<Blob> {
        let part = self.bytes.get(start..end).ok_or(PyValueError::new_err("no such part"))?;
        Ok(Blob { bytes: Immutable::new(self.bytes.slice_ref(part)) })
    }

    fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes.starts_with(prefix)
    }
}

/// As if it came from another crate, which knows nothing of this one.
mod genetics {
    #[derive(Clone, Copy, bytemuck::NoUninit)]
    #[repr(u8)]
    pub enum Base {
        A,
        C,
        G,
        T,
    }
}

/// Says how a `Base` is shown: as a byte.
struct BaseItem;

impl ForeignItem for BaseItem {
    type Plain = genetics::Base;
    type Like = u8;
}

/// A vector of an enum, shown as its bytes.
#[pyclass(frozen)]
struct Sequence {
    bases: Immutable<Vec<Foreign<BaseItem>>>,
}

#[exports(bases)]
#[pymethods]
impl Sequence {
    #[new]
    fn new(text: &str) -> PyResult<Sequence> {
        let base = |letter| match letter {
            'A' => Ok(genetics::Base::A),
            'C' => Ok(genetics::Base::C),
            'G' => Ok(genetics::Base::G),
            'T' => Ok(genetics::Base::T),
            other => Err(PyValueError::new_err(format!("{other:?} is no base"))),
        };
        let bases = text.chars().map(base).collect::<PyResult<Vec<_>>>()?;
        Ok(Sequence { bases: Immutable::new(Foreign::from_vec(bases)) })
    }
}

/// Items of a type that is chosen at run time: one `match`.
enum Column {
    Floats(Vec<f64>),
    Waves(Vec<Shared<Complex<f64>>>),
    Flags(Vec<bool>),
}

impl Exporter for Column {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(match self {
            Column::Floats(items) => View::readonly(items),
            Column::Waves(items) => View::writable(items),
            Column::Flags(items) => View::readonly(items),
        })
    }
}

#[pyclass(frozen)]
struct Series {
    column: Exported<Column>,
}

#[exports(column)]
#[pymethods]
impl Series {
    #[new]
    fn new(kind: &str, len: usize) -> PyResult<Series> {
        let column = match kind {
            "floats" => Column::Floats(vec![0.0; len]),
            "waves" => Column::Waves(Shared::from_vec(vec![Complex::new(0.0, 1.0); len])),
            "flags" => Column::Flags(vec![true; len]),
            other => return Err(PyValueError::new_err(format!("no column of {other}"))),
        };
        Ok(Series { column: Exported::new(column) })
    }

    /// Replaces the items by none. `BufferError` while a view is held.
    fn clear(&self) -> PyResult<()> {
        *self.column.try_mut()? = Column::Floats(Vec::new());
        Ok(())
    }
}

#[pymodule]
mod foreign_types {
    #[pymodule_export]
    use super::{Blob, Sequence, Series};
}
