//! The bridge to CPython: the same exporters and consumers, on Python's objects.
//!
//! | feature | gives |
//! |---|---|
//! | `python` | [`slots`]: the two procs for a `PyType_Spec`, over the C API alone |
//! | `pyo3` | [`exports`](macro@exports): a class of PyO3 as exporter; [`export`](export()): an object for those who have no class; [`Buffer`](crate::Buffer) over any Python object |
//! | `pyo3`, `conformance` | `PyTarget`: any Python object, to be examined |
//!
//! **PyPy:** `#[exports]` compiles there and adds nothing, so that a class stays usable and is no
//! exporter. Errors become exceptions as elsewhere. The rest of this module is absent, because
//! PyPy calls `bf_releasebuffer` with another view than the one that was filled, without its
//! `internal`, and its struct is larger. Gate other uses by `#[cfg(not(PyPy))]`. A build script
//! with `pyo3_build_config::use_pyo3_cfgs()` defines the name.
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

// PyPy loses what a release needs: see above.
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod accelerate;
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod argument;
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod class;
#[cfg_attr(PyPy, allow(dead_code))] // the slots use the rest
mod exceptions;
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod export_field;
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod export_object;
#[cfg(feature = "pyo3")]
mod into_pyerr;
#[cfg(not(PyPy))]
mod procs;
#[cfg(all(feature = "pyo3", not(PyPy)))]
mod source;
#[cfg(all(feature = "pyo3", feature = "conformance", not(PyPy)))]
mod target;

#[cfg(all(feature = "pyo3", not(PyPy)))]
pub use bufferprocs_macros::exports;
#[cfg(all(feature = "pyo3", PyPy))]
pub use bufferprocs_macros::exports_nothing as exports;
#[cfg(not(PyPy))]
pub use procs::{Instance, getbufferproc, releasebufferproc, slots};
#[cfg(all(feature = "pyo3", feature = "conformance", not(PyPy)))]
pub use target::PyTarget;
#[cfg(all(feature = "pyo3", not(PyPy)))]
pub use {
    argument::{ReadBuffer, ReadContiguousBuffer, WriteBuffer, WriteContiguousBuffer},
    class::{BaseOfExporter, Exports},
    export_field::ExportField,
    export_object::{export, export_raw},
    source::OwnedBuffer,
};

// What `#[exports]` expands to refers to these.
#[cfg(all(feature = "pyo3", not(PyPy)))]
#[doc(hidden)]
pub use {
    ::core,
    ::pyo3,
    accelerate::accelerated,
    class::{check_size, getbuffer, releasebuffer},
};

// One struct, declared twice: the pointers are cast.
#[cfg(not(PyPy))]
const _: () = {
    use std::mem::{align_of, offset_of, size_of};

    use crate::abi::Py_buffer;

    assert!(size_of::<Py_buffer>() == size_of::<pyo3_ffi::Py_buffer>());
    assert!(align_of::<Py_buffer>() == align_of::<pyo3_ffi::Py_buffer>());
    assert!(offset_of!(Py_buffer, obj) == offset_of!(pyo3_ffi::Py_buffer, obj));
    assert!(offset_of!(Py_buffer, ndim) == offset_of!(pyo3_ffi::Py_buffer, ndim));
    assert!(offset_of!(Py_buffer, internal) == offset_of!(pyo3_ffi::Py_buffer, internal));
};
