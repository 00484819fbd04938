//! The interface of whatever grants buffers.

use std::ops::Range;

use crate::abi::Py_buffer;
use crate::error::BufferError;
use crate::request::Request;

/// Something that can be asked for a buffer: an object, through whichever interpreter it belongs
/// to.
///
/// # Safety
///
/// After a successful [`get`](Self::get), until [`release`](Self::release):
///
/// - The view describes valid memory, of initialised bytes, that the exporter neither moves nor
///   frees. Others write it by atomic operations of the item's width (see [`item`](crate::item)),
///   if at all. No code writes the pointers behind suboffsets.
/// - If the view is writable and was requested with `WRITABLE`, any bytes may be written there,
///   except over what its format calls an address or does not describe. Where no format was
///   requested, there are no addresses.
/// - The view's arrays do not change.
///
/// If the type is `Send` and `Sync`, a view may be used and released by any thread.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, Source};
///
/// /// The length of what any source exports, in bytes.
/// fn len_in_bytes<S: Source>(source: &S) -> Result<usize, bufferprocs::BufferError> {
///     Ok(Buffer::get(source, Request::SIMPLE)?.len_bytes())
/// }
///
/// assert_eq!(len_in_bytes(&Object::new(vec![1u16, 2]))?, 4);
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
pub unsafe trait Source {
    /// Asks for a view: what `PyObject_GetBuffer` does. On success the view owns a reference to
    /// its `obj`.
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError>;

    /// Gives a view back, and drops its reference to `obj`: what `PyBuffer_Release` does.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet. It may be a byte copy of
    /// the struct that was filled.
    unsafe fn release(view: &mut Py_buffer);

    /// Whether no code at all writes the addresses in `memory`, where the items of a view lie, as
    /// long as the view is held.
    ///
    /// More than that it is read-only: in CPython `memoryview(x).toreadonly()` looks at memory
    /// that others write.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet.
    unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool;

    /// Whether the bytes that the format calls padding may be written.
    ///
    /// Not those of a foreign exporter: NumPy shows as padding what a view of some fields leaves
    /// out, references to objects among it.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet.
    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        let _ = view;
        false
    }
}

/// What [`Buffer::get`](super::Buffer::get) takes: a reference to a source, or another hold on one.
///
/// With the feature `pyo3`: `&Bound<PyAny>`, `Bound<PyAny>`, `Borrowed<PyAny>`, `&Py<PyAny>` and
/// `Py<PyAny>`.
///
/// ```
/// use bufferprocs::consumer::AsSource;
/// use bufferprocs::{Buffer, BufferError, Object, Request};
///
/// fn len(source: impl AsSource) -> Result<usize, BufferError> {
///     Ok(Buffer::get(source, Request::SIMPLE)?.len_bytes())
/// }
///
/// assert_eq!(len(&Object::new(vec![1u16, 2]))?, 4);
/// # Ok::<(), BufferError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be asked for a buffer",
    note = "with PyO3 it is a `&Bound<'_, PyAny>` or a `&Py<PyAny>`; others have `.as_any()`"
)]
pub trait AsSource {
    /// The kind of source.
    type Source: Source;

    /// The source.
    fn as_source(&self) -> &Self::Source;
}

impl<S: Source> AsSource for &S {
    type Source = S;

    fn as_source(&self) -> &S {
        self
    }
}

/// What [`TypedBuffer::get`](super::TypedBuffer::get) takes: something that can be asked for a view
/// that an `S` grants.
///
/// With the feature `pyo3`, a `&Bound<PyAny>` for a buffer that is held by `Py`, such as
/// `ReadBuffer`, too.
///
/// ```
/// use bufferprocs::consumer::{SourceFor, TypedBuffer};
/// use bufferprocs::{Object, TypedError};
///
/// fn sum(source: impl SourceFor<Object>) -> Result<f64, TypedError> {
///     Ok(TypedBuffer::<Object, f64>::get(source)?.sum())
/// }
///
/// assert_eq!(sum(&Object::new(vec![0.5, 1.5]))?, 2.0);
/// # Ok::<(), TypedError>(())
/// ```
///
/// # Safety
///
/// [`fill`](Self::fill) does what [`Source::get`] of an `S` does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be asked for a buffer",
    note = "with PyO3 it is a `&Bound<'_, PyAny>` or a `&Py<PyAny>`; others have `.as_any()`"
)]
pub unsafe trait SourceFor<S: Source> {
    /// Asks for a view.
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError>;
}

// SAFETY: the source itself is asked.
unsafe impl<S: Source> SourceFor<S> for &S {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        self.get(view, request)
    }
}
