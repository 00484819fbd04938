//! An owner as its own consumer: it reads its memory in the layout of its view.

use std::ops::Range;
use std::ptr::null_mut;

use super::Source;
use crate::abi::Py_buffer;
use crate::error::BufferError;
use crate::exporter::{self, Exported, Exporter, RawExporter};
use crate::request::Request;

/// A view of what the value shows, without an object around it: `obj` is NULL. It counts as an
/// export.
///
/// ```
/// use bufferprocs::exporters::Strided;
/// use bufferprocs::{Buffer, Exported, Layout, Order, Request};
///
/// let columns = Layout::f_contiguous(&[2, 3], 2)?;
/// let exported = Exported::new(Strided::writable(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
/// let buffer = Buffer::get(&exported, Request::FULL)?;
/// assert_eq!(buffer.to_vec::<u16>(Order::C)?, [1, 2, 3, 4, 5, 6]);
/// assert!(exported.try_mut().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// SAFETY: the view is that of `RawExporter`, which keeps the protocol, and the count keeps the
// value in place until its release.
unsafe impl<E: Exporter> Source for Exported<E> {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        // SAFETY: valid for writes; the buffer that gets the view releases it once. There is no
        // object to count.
        unsafe { self.getbuffer(view, null_mut(), request) }
    }

    unsafe fn release(view: &mut Py_buffer) {
        // A panic of the value's drop, if this was the last hold, ends there. SAFETY: granted and
        // not released, by the caller's promise.
        let _ = unsafe { exporter::release(view) };
    }

    unsafe fn is_immutable(view: &Py_buffer, _: Range<usize>) -> bool {
        // SAFETY: granted by `getbuffer` and not released, by the caller's promise.
        unsafe { exporter::release::is_immutable(view) }
    }

    // A view of this crate shows padding of its own types only: it passes no foreign one on for
    // writing.
    unsafe fn owns_padding(_: &Py_buffer) -> bool {
        true
    }
}
