//! Classes of PyO3 as exporters: what the attribute [`exports`](macro@super::exports) makes of a field.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, OnceLock, RwLock, TryLockError};

use pyo3::{Bound, PyClass, PyClassGuard, PyErr, PyResult, ffi};

use super::procs::{answer, releasebufferproc};
use crate::error::BufferError;
use crate::exporter::Lend;
use crate::request::Request;

/// A field that keeps what a class lends: an [`Exported`](crate::Exported) value or another [`Lend`], or something around it.
///
/// | field | a request is refused |
/// |---|---|
/// | `Exported<E>`, `Snapshot<S>`, `Box<dyn Lend>`, an `Arc` of these | as these decide |
/// | `Option<H>`, `OnceLock<H>` | while there is nothing: `ValueError`, as of something closed |
/// | `RwLock<H>` | while somebody holds it for writing |
/// | `Mutex<H>` | while anybody holds it, another request at that moment included |
///
/// No request waits for a lock: whoever holds it may be waiting for the interpreter that the request has.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "the field is no `Exported<...>`, nor something around one",
    note = "`Exported<Vec<T>>` and `Exported<Vec<Shared<T>>>` are the simplest; any type that implements `Exporter` will do"
)]
pub trait Holder {
    /// What is lent.
    type Lent: Lend + ?Sized;

    /// Calls `ask` with what is lent. An error is the refusal of the request.
    fn with_exported<R>(&self, ask: impl FnOnce(&Self::Lent) -> R) -> Result<R, BufferError>;
}

impl<L: Lend> Holder for L {
    type Lent = L;

    #[inline]
    fn with_exported<R>(&self, ask: impl FnOnce(&L) -> R) -> Result<R, BufferError> {
        Ok(ask(self))
    }
}

impl<H: Holder> Holder for Arc<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        (**self).with_exported(ask)
    }
}

impl<H: Holder> Holder for Option<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        self.as_ref().ok_or(BufferError::Closed)?.with_exported(ask)
    }
}

impl<H: Holder> Holder for OnceLock<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        self.get().ok_or(BufferError::Closed)?.with_exported(ask)
    }
}

impl<H: Holder> Holder for RwLock<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        unpoisoned(self.try_read())?.with_exported(ask)
    }
}

impl<H: Holder> Holder for Mutex<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        unpoisoned(self.try_lock())?.with_exported(ask)
    }
}

/// The guard, whether or not a holder of the lock panicked: an `Exported` is whole at all times.
fn unpoisoned<G>(guard: Result<G, TryLockError<G>>) -> Result<G, BufferError> {
    match guard {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
        Err(TryLockError::WouldBlock) => Err(BufferError::BeingModified),
    }
}

/// A class that exports a field. The attribute [`exports`](macro@super::exports) implements it.
///
/// # Safety
///
/// `__getbuffer__` and `__releasebuffer__` of the class are those that the attribute adds: every view of an object of the class
/// was granted by its [`holder`](Self::holder), and has in `internal` what that wrote.
pub unsafe trait Exports: PyClass {
    /// The field.
    fn holder(&self) -> &impl Holder;
}

/// `__getbuffer__` of a class.
///
/// # Safety
///
/// `view` is valid for writes, and released at most once if it is granted.
#[inline]
pub unsafe fn getbuffer<T: Exports>(
    slf: &Bound<'_, T>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    // SAFETY: the caller's promises.
    let lend = || unsafe { lend(slf, view, flags) };
    // SAFETY: `slf` is alive and attached; the rest is the caller's promise.
    unsafe { answer(slf.as_ptr(), view, lend) }.map_err(PyErr::from)
}

/// Asks the field, unless a method has `&mut self`.
///
/// # Safety
///
/// As [`getbuffer`].
#[inline]
pub(super) unsafe fn lend<T: Exports>(
    slf: &Bound<'_, T>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> Result<(), BufferError> {
    // Not `slf.try_borrow()`, which takes a reference too.
    let class: PyClassGuard<'_, T> = slf.try_into().map_err(|_| BufferError::BeingModified)?;
    let request = Request::from_bits_retain(flags);
    // SAFETY: the caller's promises.
    let ask =
        |lent: &_| unsafe { Lend::getbuffer(lent, view.cast(), slf.as_ptr().cast(), request) };
    class.holder().with_exported(ask)?
}

/// `__releasebuffer__` of a class. Borrows nothing: it runs during a method that has `&mut self` too.
///
/// # Safety
///
/// `view` was granted by [`getbuffer`] and is not released, or has NULL in `internal`.
#[inline]
pub unsafe fn releasebuffer<T: Exports>(slf: &Bound<'_, T>, view: *mut ffi::Py_buffer) {
    // SAFETY: the caller's promise; attached, since there is a `Bound`.
    unsafe { releasebufferproc(slf.as_ptr(), view) };
}
