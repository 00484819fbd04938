//! Errors as Python's exceptions, over the C API alone.

use std::ptr::null_mut;

use pyo3_ffi as ffi;

#[cfg(feature = "pyo3")]
use crate::catch_panic::caught;
use crate::catch_panic::drop_caught;
use crate::error::{BufferError, ReleaseError};

/// The exception of a refusal: `BufferError`, save where CPython has another for it.
pub(super) enum Exception {
    Buffer,
    Type,
    Value,
}

impl Exception {
    pub(super) fn of(refusal: &BufferError) -> Exception {
        match refusal {
            BufferError::Closed => Exception::Value,
            BufferError::NotAnExporter => Exception::Type,
            _ => Exception::Buffer,
        }
    }
}

/// Sets the exception of a refusal. Foreign code in the refusal runs before, and is guarded: its
/// message, its drop, and what PyO3 calls to make an exception.
///
/// # Safety
///
/// The thread is attached to the interpreter.
pub(super) unsafe fn raise(refusal: BufferError) {
    let exception = match Exception::of(&refusal) {
        Exception::Buffer => &raw const ffi::PyExc_BufferError,
        Exception::Type => &raw const ffi::PyExc_TypeError,
        Exception::Value => &raw const ffi::PyExc_ValueError,
    };
    if let Some(text) = refusal.text() {
        // SAFETY: attached, and an exception.
        return unsafe { set(exception, text) };
    }
    #[cfg(feature = "pyo3")]
    if let BufferError::Raised(raised) = &refusal {
        // SAFETY: attached, by the caller's promise.
        let py = unsafe { pyo3::Python::assume_attached() };
        if let Some(error) = exception_in(raised, py) {
            drop_caught(refusal);
            return error.restore(py);
        }
    }
    let message = refusal.message();
    drop_caught(refusal);
    // SAFETY: attached, and an exception.
    unsafe { set(exception, &message) };
}

/// The exception of Python's that a foreign error is. None if it is another error, or if its
/// arguments panic.
#[cfg(feature = "pyo3")]
pub(super) fn exception_in(
    raised: &crate::error::Raised,
    py: pyo3::Python<'_>,
) -> Option<pyo3::PyErr> {
    let error = raised.get().downcast_ref::<pyo3::PyErr>()?;
    // This may create the exception, by code of the type that raised it.
    caught(|| error.clone_ref(py))
}

/// Reports what went wrong in a release, which has no way to raise it.
///
/// # Safety
///
/// The thread is attached to the interpreter, `exporter` is alive.
#[cold]
pub(super) unsafe fn write_unraisable(error: &ReleaseError, exporter: *mut ffi::PyObject) {
    // SAFETY: attached, by the caller's promise.
    let _exception = unsafe { set_aside() };
    let exception = match error {
        ReleaseError::NotExported => &raw const ffi::PyExc_BufferError,
        ReleaseError::DropPanicked => &raw const ffi::PyExc_RuntimeError,
    };
    // SAFETY: attached, and an exception.
    unsafe { set(exception, &error.to_string()) };
    // SAFETY: attached, and the object is alive.
    unsafe { ffi::PyErr_WriteUnraisable(exporter) };
}

/// # Safety
///
/// The thread is attached to the interpreter, `exception` is where it keeps an exception type.
unsafe fn set(exception: *const *mut ffi::PyObject, message: &str) {
    let len = message.len() as ffi::Py_ssize_t; // as every str
    // SAFETY: attached; the bytes of a str.
    let text = unsafe { ffi::PyUnicode_FromStringAndSize(message.as_ptr().cast(), len) };
    if text.is_null() {
        return; // then that error is set
    }
    // SAFETY: the exceptions are there as long as the interpreter.
    let exception = unsafe { *exception };
    // SAFETY: attached; a type and an object.
    unsafe { ffi::PyErr_SetObject(exception, text) };
    // SAFETY: the reference is ours.
    unsafe { ffi::Py_DECREF(text) };
}

/// The exception that was set; set again when this goes.
pub(super) struct SetAside {
    exception: [*mut ffi::PyObject; 3],
}

/// Takes the exception that is set, if there is one.
///
/// # Safety
///
/// The thread is attached to the interpreter, also when the result is dropped.
#[allow(deprecated)] // its successor came with 3.12
pub(super) unsafe fn set_aside() -> SetAside {
    let [mut kind, mut value, mut traceback] = [null_mut(); 3];
    // SAFETY: attached; three places for references.
    unsafe { ffi::PyErr_Fetch(&mut kind, &mut value, &mut traceback) };
    SetAside { exception: [kind, value, traceback] }
}

impl Drop for SetAside {
    #[allow(deprecated)] // see above
    fn drop(&mut self) {
        let [kind, value, traceback] = self.exception;
        // SAFETY: attached, as `set_aside` demands; the references are those that it got.
        unsafe { ffi::PyErr_Restore(kind, value, traceback) };
    }
}
