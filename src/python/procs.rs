//! The two procs of a type, over the C API alone: requests go to what its objects export,
//! releases by `internal`.

use std::cell::Cell;
use std::ffi::{c_int, c_void};

use pyo3_ffi as ffi;

use super::exceptions::{raise, set_aside, write_unraisable};
use crate::abi::Py_buffer;
use crate::catch_panic::caught;
use crate::error::{BufferError, ReleaseError};
use crate::exporter::RawExporter;
use crate::exporter::release::{Orphan, end};
use crate::grant::refuse;
use crate::request::Request;

/// Where the objects of a type keep what they export. For those who build their types by hand.
///
/// ```pyo3
/// impl Instance for Samples {
///     type Exporter = Items;
///
///     unsafe fn with_exporter<R>(
///         object: *mut PyObject,
///         ask: impl FnOnce(&Items) -> R,
///     ) -> Result<R, BufferError> {
///         // SAFETY: alive and of this type, by the caller's promise.
///         Ok(ask(unsafe { items(object) }))
///     }
/// }
/// ```
pub trait Instance {
    /// An [`Exported`](crate::Exported) value, or another raw exporter.
    type Exporter: RawExporter;

    /// Calls `ask` with what `object` exports. An error is the refusal of the request.
    ///
    /// # Safety
    ///
    /// `object` is alive, and of the type that has the procs of this `Instance`, or of a subtype.
    unsafe fn with_exporter<R>(
        object: *mut ffi::PyObject,
        ask: impl FnOnce(&Self::Exporter) -> R,
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
/// `exporter` is alive and of that type. `view` is valid for writes, and released at most once if
/// it is granted. The thread is attached to the interpreter.
pub unsafe extern "C" fn getbufferproc<I: Instance>(
    exporter: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promises.
    let pending = unsafe { PendingRequest::new(exporter, view, flags) };
    // SAFETY: `exporter` is alive and of the type, by the caller's promise.
    let instance = || unsafe { I::with_exporter(exporter, |exporter| pending.pass_to(exporter)) };
    pending.respond(|| instance()?)
}

/// `bf_releasebuffer` of every type whose objects export: it uses `internal` alone.
///
/// Not inlined, so that there is one of it: a type with this function in its slot is ours.
///
/// # Safety
///
/// `view` was granted by [`getbufferproc`] and is not released, or has NULL in `internal`. The
/// thread is attached to the interpreter.
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

/// One request, until it is answered.
pub(super) struct PendingRequest {
    /// Invariant: alive.
    exporter: *mut ffi::PyObject,
    /// Invariant: valid for writes, and released at most once if it is granted.
    view: *mut ffi::Py_buffer,
    request: Request,
    /// A raw exporter has granted the view.
    granted: Cell<bool>,
}

impl PendingRequest {
    /// # Safety
    ///
    /// `exporter` is alive, and `view` valid for writes, as long as this value exists. The view is
    /// released at most once if it is granted. The thread is attached to the interpreter.
    #[inline]
    pub(super) unsafe fn new(
        exporter: *mut ffi::PyObject,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PendingRequest {
        let request = Request::from_bits_retain(flags);
        PendingRequest { exporter, view, request, granted: Cell::new(false) }
    }

    /// Passes the request to `raw_exporter`, with the reference to the exporter that
    /// [`answer`](Self::answer) has taken. Called once at most.
    #[inline]
    pub(super) fn pass_to<L: RawExporter + ?Sized>(
        &self,
        raw_exporter: &L,
    ) -> Result<(), BufferError> {
        match raw_exporter.runs_foreign_code() {
            true => self.pass_to_foreign(raw_exporter)?,
            false => self.pass_to_ours(raw_exporter)?,
        }
        self.granted.set(true);
        Ok(())
    }

    /// As [`pass_to`](Self::pass_to), for those who cannot fail after it.
    #[inline]
    pub(super) fn pass_to_ours<L: RawExporter + ?Sized>(
        &self,
        raw_exporter: &L,
    ) -> Result<(), BufferError> {
        // SAFETY: the invariants.
        unsafe { raw_exporter.getbuffer(self.view.cast(), self.exporter.cast(), self.request) }
    }

    #[cold]
    fn pass_to_foreign<L: RawExporter + ?Sized>(
        &self,
        raw_exporter: &L,
    ) -> Result<(), BufferError> {
        // SAFETY: attached, as `new` demands.
        unsafe { attached(|| self.pass_to_ours(raw_exporter)) }
    }

    /// Answers the request by `through`, which calls [`pass_to`](Self::pass_to) or fails.
    ///
    /// If it fails or panics after a raw exporter granted the view, the view is released: the
    /// consumer gets a refusal, and nothing stays exported.
    #[inline]
    pub(super) fn answer(
        &self,
        through: impl FnOnce() -> Result<(), BufferError>,
    ) -> Result<(), BufferError> {
        // The reference that passes to the view. SAFETY: alive.
        unsafe { ffi::Py_INCREF(self.exporter) };
        match caught(through) {
            Some(Ok(())) => Ok(()),
            Some(Err(refusal)) => Err(self.take_back(refusal)),
            None => Err(self.take_back(BufferError::Refused("the exporter panicked".into()))),
        }
    }

    /// Leaves the view as a refusal has to, and nothing exported.
    #[cold]
    #[inline(never)]
    fn take_back(&self, refusal: BufferError) -> BufferError {
        if self.granted.get() {
            // SAFETY: granted, and the consumer will not see it.
            unsafe { releasebufferproc(self.exporter, self.view) };
            // No pointer is left to memory that is not exported. SAFETY: valid for writes.
            unsafe { self.view.cast::<Py_buffer>().write(Py_buffer::zeroed()) };
        }
        // SAFETY: valid for writes.
        unsafe { refuse(self.view.cast()) };
        // SAFETY: the reference that `answer` took, which no view has; another one is the
        // caller's.
        unsafe { ffi::Py_DECREF(self.exporter) };
        refusal
    }

    /// As [`answer`](Self::answer), and tells the interpreter as a slot has to: 0, or -1 with the
    /// exception set.
    #[inline]
    pub(super) fn respond(&self, through: impl FnOnce() -> Result<(), BufferError>) -> c_int {
        match self.answer(through) {
            Ok(()) => 0,
            Err(refusal) => self.raise(refusal),
        }
    }

    #[cold]
    #[inline(never)]
    fn raise(&self, refusal: BufferError) -> c_int {
        let is_foreign = matches!(refusal, BufferError::Raised(_));
        // SAFETY: attached, as `new` demands.
        let raise = || unsafe { raise(refusal) };
        match is_foreign {
            // SAFETY: as above.
            true => unsafe { attached(raise) },
            false => raise(),
        }
        -1
    }
}

/// Runs foreign code. PyO3 has to know that the thread is attached, or it puts off each drop of a
/// reference: an exception then keeps the objects of its frames alive.
///
/// # Safety
///
/// The thread is attached to the interpreter.
pub(super) unsafe fn attached<R>(code: impl FnOnce() -> R) -> R {
    #[cfg(feature = "pyo3")]
    {
        // SAFETY: attached, by the caller's promise.
        let current = unsafe { ffi::PyThreadState_Get() };
        // In a second interpreter, before 3.12, another state is that of the thread: to attach by
        // it would wait for the GIL that this thread has.
        // SAFETY: may be called at any time.
        if unsafe { ffi::PyGILState_GetThisThreadState() } != current {
            // SAFETY: attached, by the caller's promise.
            let py = unsafe { pyo3::Python::assume_attached() };
            return called_by_pyo3(py, code);
        }
        // `Python::attach` would end the process where the interpreter is coming to its end.
        // SAFETY: attached.
        unsafe { pyo3::Python::attach_unchecked(|_| code()) }
    }
    #[cfg(not(feature = "pyo3"))]
    code()
}

/// Runs `code` within a function that PyO3 calls, since that is how PyO3 learns that the thread is
/// attached without asking for it.
#[cfg(feature = "pyo3")]
#[cold]
fn called_by_pyo3<R>(py: pyo3::Python<'_>, code: impl FnOnce() -> R) -> R {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// What is run, whose lifetime the function of Python cannot know.
    struct Work(*mut (dyn FnMut() + 'static));

    // SAFETY: used on the thread that made it, during `call0` below.
    unsafe impl Send for Work {}
    // SAFETY: as above.
    unsafe impl Sync for Work {}

    impl Work {
        fn run(&self) {
            // SAFETY: what it points at lives until `call0` has returned, and nothing else uses
            // it.
            unsafe { (*self.0)() }
        }
    }

    let (mut code, mut result) = (Some(code), None);
    let mut run = || {
        if let Some(code) = code.take() {
            result = Some(catch_unwind(AssertUnwindSafe(code)));
        }
    };
    let work: *mut (dyn FnMut() + '_) = &raw mut run;
    // SAFETY: only the lifetime differs; `Work` says why it is long enough.
    let work = Work(unsafe {
        std::mem::transmute::<*mut (dyn FnMut() + '_), *mut (dyn FnMut() + 'static)>(work)
    });
    let function = pyo3::types::PyCFunction::new_closure(py, None, None, move |_, _| work.run());
    let _ = function.and_then(|function| pyo3::types::PyAnyMethods::call0(function.as_any()));
    match result {
        Some(result) => result.unwrap_or_else(|payload| resume_unwind(payload)),
        // There was no memory for a function.
        None => code.take().expect("it has not run")(),
    }
}

/// Ends one export. If this was the last hold on the exporter, its drop leaves an exception that is
/// set as it is.
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
    // SAFETY: attached.
    unsafe { attached(|| orphan.free()) }
}
