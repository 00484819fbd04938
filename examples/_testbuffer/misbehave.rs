//! Deliberate faults of CPython's `ndarray`, which test consumers. No other exporter should have
//! them.
//!
//! - Refuses every request (`ND_GETBUF_FAIL`), and leaves a made-up `obj` behind
//!   (`ND_GETBUF_UNDEFINED`).
//! - Answers `FORMAT` with `"B"` where it does not know the format, whatever the itemsize.
//! - Shows suboffsets of which none is followed (`add_suboffsets`), also to those who did not ask
//!   for any.

use std::ffi::{CStr, c_int};
use std::ptr::{null_mut, without_provenance_mut};

use bufferprocs::grant::{ViewProperties, grant};
use bufferprocs::{BufferError, RawExporter, Request};
use pyo3::ffi;

use crate::node::{GETBUF_FAIL, GETBUF_UNDEFINED, Node, PIL};

/// The format that is made up.
const BYTES: &CStr = c"B";

/// Answers a request, well or badly as the node's flags say.
///
/// # Safety
///
/// As [`RawExporter::getbuffer`]; the node stays as long as the view.
pub unsafe fn getbuffer(
    node: &Node,
    view: *mut ffi::Py_buffer,
    obj: *mut ffi::PyObject,
    flags: c_int,
) -> Result<(), BufferError> {
    if node.flags & GETBUF_FAIL != 0 {
        let left: *mut ffi::PyObject = match node.flags & GETBUF_UNDEFINED {
            0 => null_mut(),
            _ => without_provenance_mut(1),
        };
        // SAFETY: valid for writes, so a field's address may be computed.
        let field = unsafe { &raw mut (*view).obj };
        // SAFETY: as above.
        unsafe { field.write(left) };
        return Err(BufferError::Refused("ND_GETBUF_FAIL was set".into()));
    }
    let request = Request::from_bits_retain(flags);
    let makes_up = request.contains(Request::FORMAT | Request::ND) && node.format.is_none();
    let asked = if makes_up { request - Request::FORMAT } else { request };
    if node.redundant.is_some() {
        // With suboffsets, memory counts as packed in no order; as behind pointers only if there
        // was one.
        grant(
            &ViewProperties { suboffsets: node.flags & PIL != 0, ..ViewProperties::default() },
            asked,
        )?;
    }
    // SAFETY: the caller's promises.
    unsafe { node.shown.getbuffer(view.cast(), obj.cast(), asked) }?;
    if makes_up {
        // SAFETY: just granted.
        let field = unsafe { &raw mut (*view).format };
        // SAFETY: valid for writes; the string lasts for ever.
        unsafe { field.write(BYTES.as_ptr().cast_mut()) };
    }
    if let Some(suboffsets) = &node.redundant {
        // SAFETY: as above.
        let field = unsafe { &raw mut (*view).suboffsets };
        // SAFETY: as above; as many numbers as dimensions, which stay with the node.
        unsafe { field.write(suboffsets.as_ptr().cast_mut()) };
    }
    Ok(())
}
