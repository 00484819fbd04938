//! The names that most users need, for `use bufferprocs::prelude::*`.
//!
//! [`Exporter`](crate::Exporter) is not among them: its method `view` would hide that of arrays of
//! `ndarray`. Import it where you implement it.
//!
//! ```
//! use bufferprocs::prelude::*;
//!
//! let object = Object::new(vec![1.5, 2.5]);
//! let buffer = Buffer::get(&object, Request::FULL_RO)?;
//! assert_eq!(buffer.to_vec::<f64>(Order::C)?, [1.5, 2.5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[doc(no_inline)]
pub use crate::consumer::{AnyDim, Dim};
#[doc(no_inline)]
#[cfg(all(feature = "pyo3", any(not(Py_LIMITED_API), Py_3_11)))]
pub use crate::exports;
#[doc(no_inline)]
pub use crate::{
    Buffer, BufferError, Exported, Immutable, Item, Layout, Object, Order, Request, Shared, View,
};
#[doc(no_inline)]
#[cfg(all(feature = "pyo3", not(PyPy), any(not(Py_LIMITED_API), Py_3_11)))]
pub use crate::{
    OwnedBuffer, ReadBuffer, ReadContiguousBuffer, WriteBuffer, WriteContiguousBuffer,
};
