//! The bridge to CPython: the same exporters and consumers, on Python's objects.
//!
//! | feature | gives |
//! |---|---|
//! | `python` | [`slots`]: the two procs for a `PyType_Spec`, over the C API alone |
//! | `pyo3` | [`exports`](macro@exports): a class of PyO3 as exporter; [`export`](export()): an object for those who have no class; [`Buffer`](crate::Buffer) over any Python object; [`PySubject`]: any of them, to be examined |
//!
//! With PyO3 nobody writes `unsafe`:
//!
//! ```pyo3
//! #[pyclass(frozen)]
//! struct Samples {
//!     items: Exported<Vec<Shared<f64>>>,
//! }
//!
//! #[exports(items)]
//! #[pymethods]
//! impl Samples {
//!     #[new]
//!     fn new(items: Vec<f64>) -> Samples {
//!         Samples { items: Exported::new(Shared::from_vec(items)) }
//!     }
//!
//!     // …
//!     /// `BufferError` while a view is held: the memory may move.
//!     fn append(&self, item: f64) -> PyResult<()> {
//!         self.items.try_mut()?.push(Shared::new(item));
//!         Ok(())
//!     }
//!     // …
//! }
//! ```

mod procs;
mod raise;

#[cfg(feature = "pyo3")]
mod accelerate;
#[cfg(feature = "pyo3")]
mod class;
#[cfg(feature = "pyo3")]
mod errors;
#[cfg(feature = "pyo3")]
mod export;
#[cfg(feature = "pyo3")]
mod source;
#[cfg(feature = "pyo3")]
mod subject;

pub use procs::{Instance, getbufferproc, releasebufferproc, slots};

#[cfg(feature = "pyo3")]
pub use {
    bufferprocs_macros::exports,
    class::{BaseOfExporter, Exports, Holder},
    export::{export, lend},
    source::PyBuffer,
    subject::PySubject,
};

// What `#[exports]` expands to refers to these.
#[cfg(feature = "pyo3")]
#[doc(hidden)]
pub use {
    ::core,
    ::pyo3,
    accelerate::accelerated,
    class::{check_size, getbuffer, releasebuffer},
};

use crate::abi::Py_buffer;

// One struct, declared twice: the pointers are cast.
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<Py_buffer>() == size_of::<pyo3_ffi::Py_buffer>());
    assert!(align_of::<Py_buffer>() == align_of::<pyo3_ffi::Py_buffer>());
    assert!(offset_of!(Py_buffer, obj) == offset_of!(pyo3_ffi::Py_buffer, obj));
    assert!(offset_of!(Py_buffer, ndim) == offset_of!(pyo3_ffi::Py_buffer, ndim));
    assert!(offset_of!(Py_buffer, internal) == offset_of!(pyo3_ffi::Py_buffer, internal));
};
