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
pub unsafe trait Lend: Send + Sync + 'static {
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
