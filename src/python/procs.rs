//! The two procs of a type, over the C API alone: requests go to what its objects lend, releases by `internal`.

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3_ffi as ffi;

use super::raise::{raise, set_aside, write_unraisable};
use crate::error::{BufferError, ReleaseError};
use crate::exporter::release::{Orphan, end};
use crate::exporter::{Lend, discard};
use crate::fill::refuse;
use crate::request::Request;

/// Where the objects of a type keep what they lend. For those who build their types by hand.
pub trait Instance {
    /// An [`Exported`](crate::Exported) value, or another lender.
    type Lent: Lend;

    /// Calls `ask` with what `object` lends. An error is the refusal of the request.
    ///
    /// # Safety
    ///
    /// `object` is alive, and of the type that has the procs of this `Instance`, or of a subtype.
    unsafe fn with_lent<R>(
        object: *mut ffi::PyObject,
        ask: impl FnOnce(&Self::Lent) -> R,
    ) -> Result<R, BufferError>;
}

/// The two slots for the `PyType_Spec` of a type whose objects are of `I`.
pub const fn slots<I: Instance>() -> [ffi::PyType_Slot; 2] {
    let getbuffer: ffi::getbufferproc = getbufferproc::<I>;
    let releasebuffer: ffi::releasebufferproc = releasebufferproc;
    [
        ffi::PyType_Slot { slot: ffi::Py_bf_getbuffer, pfunc: getbuffer as *mut c_void },
        ffi::PyType_Slot { slot: ffi::Py_bf_releasebuffer, pfunc: releasebuffer as *mut c_void },
    ]
}

/// `bf_getbuffer` of a type whose objects are of `I`.
///
/// # Safety
///
/// `exporter` is alive and of that type. `view` is valid for writes, and released at most once if it is granted. The thread is
/// attached to the interpreter.
pub unsafe extern "C" fn getbufferproc<I: Instance>(
    exporter: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    let request = Request::from_bits_retain(flags);
    // SAFETY: the promises of our caller: `view` is valid for writes, and released at most once.
    let ask = |lent: &I::Lent| unsafe { lent.getbuffer(view.cast(), exporter.cast(), request) };
    // SAFETY: `exporter` is alive and of the type, by the caller's promise.
    let lend = || unsafe { I::with_lent(exporter, ask) }.and_then(|answer| answer);
    // SAFETY: the caller's promises; what grants is a lender, asked for `exporter`.
    unsafe { respond(exporter, view, lend) }
}

/// `bf_releasebuffer` of every type whose objects lend: it goes by `internal` alone.
///
/// # Safety
///
/// `view` was granted by [`getbufferproc`] and is not released, or has NULL in `internal`. The thread is attached to the
/// interpreter.
#[inline]
pub unsafe extern "C" fn releasebufferproc(
    exporter: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
) {
    // SAFETY: the caller's promises.
    if let Err(error) = unsafe { release(view) } {
        // SAFETY: attached; `exporter` is alive during the call.
        unsafe { write_unraisable(&error, exporter) };
    }
}

/// As [`answer`], and tells the interpreter as a slot has to: 0, or -1 with the exception set.
///
/// # Safety
///
/// As [`answer`].
#[inline]
pub(super) unsafe fn respond(
    exporter: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    lend: impl FnOnce() -> Result<(), BufferError>,
) -> c_int {
    // SAFETY: the caller's promises.
    match unsafe { answer(exporter, view, lend) } {
        Ok(()) => 0,
        Err(refusal) => {
            // SAFETY: attached, by the caller's promise.
            unsafe { raise(&refusal) };
            -1
        }
    }
}

/// Answers a request by `lend`, with a reference to `exporter` for the view.
///
/// # Safety
///
/// - `exporter` is alive, `view` is valid for writes, the thread is attached to the interpreter.
/// - `lend` asks a [`Lend`] to fill `view` for `exporter`, or fails.
#[inline]
pub(super) unsafe fn answer(
    exporter: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    lend: impl FnOnce() -> Result<(), BufferError>,
) -> Result<(), BufferError> {
    // The reference that passes to the view. SAFETY: alive.
    unsafe { ffi::Py_INCREF(exporter) };
    let answer = match catch_unwind(AssertUnwindSafe(lend)) {
        Ok(Ok(())) => return Ok(()),
        Ok(refusal) => refusal,
        Err(payload) => {
            discard(payload);
            Err(BufferError::Refused("the exporter panicked".into()))
        }
    };
    // SAFETY: valid for writes.
    unsafe { refuse(view.cast()) };
    // SAFETY: the reference taken above, which nobody got; another one is the caller's.
    unsafe { ffi::Py_DECREF(exporter) };
    answer
}

/// Ends one export. What the exporter's drop does, if this was the last hold on it, disturbs no exception that is set.
///
/// # Safety
///
/// As [`releasebufferproc`].
#[inline]
pub(super) unsafe fn release(view: *mut ffi::Py_buffer) -> Result<(), ReleaseError> {
    // SAFETY: the caller's promises.
    match unsafe { end(view.cast()) }? {
        None => Ok(()),
        // SAFETY: attached, by the caller's promise.
        Some(orphan) => unsafe { free(orphan) },
    }
}

/// # Safety
///
/// The thread is attached to the interpreter.
#[cold]
unsafe fn free(orphan: Orphan) -> Result<(), ReleaseError> {
    // SAFETY: attached.
    let _exception = unsafe { set_aside() };
    #[cfg(not(feature = "pyo3"))]
    return orphan.free();
    // PyO3 has to know, to drop references to Python's objects at once. `attach` would end the process where the interpreter
    // is coming to its end; attached we are, and that is all that is needed. SAFETY: attached.
    #[cfg(feature = "pyo3")]
    unsafe {
        pyo3::Python::attach_unchecked(|_| orphan.free())
    }
}
