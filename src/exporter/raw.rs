//! The interface of whatever answers requests.

use crate::abi::{Py_buffer, PyObject};
use crate::error::BufferError;
use crate::request::Request;

/// Something that answers requests: an [`Exported`](super::Exported) value, or one that exports a
/// copy of itself.
///
/// # Safety
///
/// - A view that [`getbuffer`](Self::getbuffer) grants has in `internal` what an `Exported` wrote
///   there. So the free function [`release`](super::release()) ends it, and all that it describes
///   stays valid until then.
/// - `getbuffer` does not panic: C may be calling.
///
/// ```
/// use bufferprocs::exporters::Strided;
/// use bufferprocs::{Buffer, Exported, Layout, Object, RawExporter, Request};
///
/// /// An object of a strided or of a plain exporter, as the caller decides.
/// fn object(columns: Option<Layout>) -> Result<Object, bufferprocs::BufferError> {
///     let items = vec![1u16, 2, 3, 4];
///     let exporter: Box<dyn RawExporter> = match columns {
///         Some(layout) => Box::new(Exported::new(Strided::readonly(items, layout, 0)?)),
///         None => Box::new(Exported::new(items)),
///     };
///     Ok(Object::from_raw_exporter(exporter))
/// }
///
/// let columns = object(Some(Layout::f_contiguous(&[2, 2], 2)?))?;
/// assert_eq!(Buffer::get(&columns, Request::FULL_RO)?.item::<u16>(&[0, 1])?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub unsafe trait RawExporter: Send + Sync + 'static {
    /// Answers one request: what `bf_getbuffer` has to do, except for the reference to `obj`.
    ///
    /// The caller takes a reference to `obj` before the call. It passes to the view; on a refusal
    /// it stays with the caller, who drops it. Then `view.obj` is NULL, nothing else of the view
    /// was written, and nothing is counted.
    ///
    /// # Safety
    ///
    /// - `view` is valid for writes.
    /// - The view, if granted, is given to [`release`](super::release()) at most once.
    #[doc(alias = "bf_getbuffer")]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError>;

    /// Whether [`getbuffer`](Self::getbuffer) runs code that is not this crate's. A bridge to an
    /// interpreter has to prepare for that, which takes time.
    fn runs_foreign_code(&self) -> bool {
        true
    }
}
