//! Classes of PyO3 as exporters: what the attribute [`exports`](macro@super::exports) makes of a
//! field.

use std::ffi::c_int;
use std::sync::{Mutex, OnceLock, RwLock, TryLockError};

use pyo3::impl_::pyclass::PyClassImpl;
use pyo3::{Bound, PyAny, PyClass, PyClassGuard, PyErr, PyResult, ffi};

use super::procs::{Asked, attached, releasebufferproc};
use crate::error::BufferError;
use crate::exporter::Lend;

/// A field that keeps what a class lends: an [`Exported`](crate::Exported) value or another
/// [`Lend`], or something around it.
///
/// | field | a request is refused |
/// |---|---|
/// | `Exported<E>`, `Snapshot<S>`, `Box<dyn Lend>` | as these decide |
/// | `Option<H>`, `OnceLock<H>` | while there is nothing: `ValueError`, as of something closed |
/// | `RwLock<H>` | while somebody holds it for writing |
/// | `Mutex<H>` | while anybody holds it, another request at that moment included |
///
/// No request waits for a lock: the thread that holds it may be waiting for the interpreter, which
/// the requesting thread has. A `Snapshot` in a lock makes its copy while the lock is held:
/// `snapshot()` must not wait for a thread that waits for the lock.
///
/// An `Arc<Exported<E>>` cannot be such a field. Two classes could share it, and the collector
/// would count each reference in the value twice. To keep a hold on the memory from Rust, export
/// an `Arc<[Shared<T>]>`; to change the value from Rust, keep the object (`Py<Class>`).
///
/// An error that an implementation keeps, to refuse with it again, has to be
/// [plain](BufferError::into_plain): an exception refers to objects that no collector finds there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "the field is no `Exported<...>`, nor something around one",
    note = "`Exported<Vec<T>>` and `Exported<Vec<Shared<T>>>` are the simplest; any type that implements `Exporter` will do",
    note = "an `Arc<Exported<...>>` will not: export an `Arc<[Shared<T>]>`, or keep the object as `Py<...>`"
)]
pub trait Holder {
    /// What is lent.
    type Lent: Lend + ?Sized;

    /// Calls `ask` with what is lent. An error is the refusal of the request, also after `ask`:
    /// what was granted is released then.
    fn with_exported<R>(&self, ask: impl FnOnce(&Self::Lent) -> R) -> Result<R, BufferError>;

    /// Whether a request runs code that is not this crate's: then PyO3 is told that the thread is
    /// attached, which takes time. Without that it puts off each drop of a reference.
    fn runs_foreign_code(&self) -> bool {
        true
    }
}

impl<L: Lend> Holder for L {
    type Lent = L;

    #[inline]
    fn with_exported<R>(&self, ask: impl FnOnce(&L) -> R) -> Result<R, BufferError> {
        Ok(ask(self))
    }

    #[inline]
    fn runs_foreign_code(&self) -> bool {
        Lend::runs_foreign_code(self)
    }
}

impl<H: Holder> Holder for Option<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        self.as_ref().ok_or(BufferError::Closed)?.with_exported(ask)
    }

    fn runs_foreign_code(&self) -> bool {
        self.as_ref().is_some_and(H::runs_foreign_code)
    }
}

impl<H: Holder> Holder for OnceLock<H> {
    type Lent = H::Lent;

    fn with_exported<R>(&self, ask: impl FnOnce(&H::Lent) -> R) -> Result<R, BufferError> {
        self.get().ok_or(BufferError::Closed)?.with_exported(ask)
    }

    fn runs_foreign_code(&self) -> bool {
        self.get().is_some_and(H::runs_foreign_code)
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
/// `__getbuffer__` and `__releasebuffer__` of the class are those that the attribute adds. Every
/// view that is released by an object of the class, or of one derived from it, has in `internal`
/// what a [`Lend`] of this crate wrote there. So:
///
/// - The base of the class is `object`, or a class with the attribute. Another base may have
///   buffers of its own: `Base.__buffer__(derived, 0)` gets one of them, and the release of the
///   derived class would take its `internal` for a pointer to an exporter.
/// - The class has at least one byte, so that Python derives no class from it and from a type in C
///   with fields.
/// - A class in Rust or C that derives from it does not write the two methods by hand.
/// - A class in Python that derives from it does not derive also from a type in C that has buffers
///   of its own (and no fields, or Python refuses the combination).
pub unsafe trait Exports: PyClass + PyClassImpl<BaseType: BaseOfExporter> {
    /// The field.
    fn holder(&self) -> &impl Holder;
}

/// What a class with the attribute [`exports`](macro@super::exports) may extend: `object`, and
/// other classes with the attribute.
///
/// # Safety
///
/// The class has no buffers, or grants them by a [`Lend`] of this crate.
#[diagnostic::on_unimplemented(
    message = "a class with `#[exports]` cannot extend `{Self}`",
    label = "its buffers would be released as if they were this crate's",
    note = "`Base.__buffer__(derived, 0)` gets a buffer of the base, and the derived class releases it",
    note = "put `#[exports]` on the base too, or keep an object of the base in a field"
)]
pub unsafe trait BaseOfExporter {}

// SAFETY: `object` has no buffers.
unsafe impl BaseOfExporter for PyAny {}
// SAFETY: as `Exports` promises.
unsafe impl<T: Exports> BaseOfExporter for T {}

/// Ends the compilation for a class without a byte. Python could derive a class from it and from a
/// type in C that has buffers and fields: of two types with fields it refuses that.
#[doc(hidden)]
pub const fn check_size<T: Exports>() {
    assert!(
        size_of::<T>() > 0,
        "a class with `#[exports]` has at least one byte: keep what is exported in a field"
    );
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
    // SAFETY: `slf` is alive and attached; the rest is the caller's promise.
    let asked = unsafe { Asked::new(slf.as_ptr(), view, flags) };
    asked.answer(|| lend(slf, &asked)).map_err(PyErr::from)
}

/// Asks the field, unless a method has `&mut self`.
#[inline]
pub(super) fn lend<T: Exports>(slf: &Bound<'_, T>, asked: &Asked) -> Result<(), BufferError> {
    // Not `slf.try_borrow()`, which takes a reference too.
    let class: PyClassGuard<'_, T> = slf.try_into().map_err(|_| BufferError::BeingModified)?;
    let holder = class.holder();
    match holder.runs_foreign_code() {
        true => lend_foreign(holder, asked),
        false => holder.with_exported(|lent| asked.ask_ours(lent))?,
    }
}

/// Asks a field of the user's own kind, or one that lends by code of the user's.
#[cold]
#[inline(never)]
fn lend_foreign<H: Holder>(holder: &H, asked: &Asked) -> Result<(), BufferError> {
    // SAFETY: attached, as who made `asked` promised.
    unsafe { attached(|| holder.with_exported(|lent| asked.ask(lent))) }?
}

/// `__releasebuffer__` of a class. Borrows nothing: it runs during a method that has `&mut self`
/// too.
///
/// # Safety
///
/// `view` was granted by [`getbuffer`] and is not released, or has NULL in `internal`.
#[inline]
pub unsafe fn releasebuffer<T: Exports>(slf: &Bound<'_, T>, view: *mut ffi::Py_buffer) {
    // SAFETY: the caller's promise; attached, since there is a `Bound`.
    unsafe { releasebufferproc(slf.as_ptr(), view) };
}
