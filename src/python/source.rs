//! Python's objects as sources: [`Buffer`] over any exporter there is.

use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};
use pyo3::{PyErr, ffi, intern};

#[cfg(not(Py_LIMITED_API))]
use super::procs::releasebufferproc;
use crate::abi::Py_buffer;
use crate::consumer::{AsSource, Buffer, Source, SourceFor};
use crate::error::{BufferError, Raised};
use crate::exporter;
use crate::format::{Described, Format};
use crate::request::Request;

/// A buffer that may go to any thread, and be read while the interpreter is detached.
///
/// It has an owned reference, where `Buffer<Bound<PyAny>>` has a borrow of the interpreter, which
/// makes that one faster to release.
///
/// ```pyo3
/// pub fn sum_detached(py: Python<'_>, object: Py<PyAny>) -> PyResult<f64> {
///     let buffer = OwnedBuffer::get(&object, Request::FULL_RO)?;
///     py.detach(|| Ok(buffer.items::<f64>()?.iter(Order::C).sum()))
/// }
/// ```
pub type OwnedBuffer = Buffer<Py<PyAny>>;

impl Buffer<Bound<'_, PyAny>> {
    /// The same view, held by `Py`: as `Bound::unbind`.
    ///
    /// ```pyo3
    /// fn keep(object: &Bound<'_, PyAny>) -> PyResult<OwnedBuffer> {
    ///     Ok(Buffer::get(object, Request::FULL_RO)?.unbind())
    /// }
    /// ```
    pub fn unbind(mut self) -> OwnedBuffer {
        // SAFETY: a view of an object is the same, whichever reference to it was asked.
        unsafe { self.take() }
    }
}

impl OwnedBuffer {
    /// Visits the object that exports the memory: for `__traverse__` of a class that keeps the
    /// buffer.
    ///
    /// Without it a cycle through the buffer is never collected. Each buffer is visited by one
    /// object.
    ///
    /// ```pyo3
    /// fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
    ///     self.buffer.as_ref().map_or(Ok(()), |buffer| buffer.traverse(&visit))
    /// }
    /// ```
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let owner: *mut ffi::PyObject = self.raw().obj.cast();
        if owner.is_null() {
            return Ok(());
        }
        // SAFETY: there is a visit, so the collector is running, on a thread that is attached.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: alive, since the view owns a reference. That is not dropped here.
        let owner = ManuallyDrop::new(unsafe { Bound::from_owned_ptr(py, owner) }.unbind());
        visit.call(&*owner)
    }
}

/// The object may be of any type. The promises of [`Source`] are those of the protocol, which C
/// code keeps or does not; whatever of them can be seen in a view is checked.
// SAFETY: the protocol demands of every exporter in CPython what `Source` demands, except for
// writers outside Rust, whose accesses are no atomic ones: no consumer can do better. Addresses
// are refused in `get`.
unsafe impl Source for Bound<'_, PyAny> {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        get(self, view, request)
    }

    unsafe fn release(view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise. Attached: the buffer has the
        // lifetime of a `Bound`.
        unsafe { ffi::PyBuffer_Release(std::ptr::from_mut(view).cast()) };
    }

    unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool {
        // SAFETY: granted and not released, by the caller's promise; attached, as above.
        unsafe { is_immutable(view, memory) }
    }

    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        // SAFETY: as above.
        unsafe { is_ours(view) }
    }
}

/// As the other, from any thread: each call attaches to the interpreter.
// SAFETY: as above.
unsafe impl Source for Py<PyAny> {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        let attached = Python::try_attach(|py| get(self.bind(py), view, request));
        attached.unwrap_or(Err(BufferError::Refused("there is no interpreter".into())))
    }

    unsafe fn release(view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise.
        let released = Python::try_attach(|_| unsafe {
            ffi::PyBuffer_Release(std::ptr::from_mut(view).cast());
        });
        match released {
            Some(()) => release_waiting(),
            // Without an interpreter, or while the garbage collector visits objects.
            None => wait(view),
        }
    }

    unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool {
        // SAFETY: granted and not released, by the caller's promise; attached.
        Python::try_attach(|_| unsafe { is_immutable(view, memory) }).unwrap_or(false)
    }

    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        // SAFETY: granted and not released, by the caller's promise; attached.
        Python::try_attach(|_| unsafe { is_ours(view) }).unwrap_or(false)
    }
}

impl<'py> AsSource for Bound<'py, PyAny> {
    type Source = Bound<'py, PyAny>;

    fn as_source(&self) -> &Bound<'py, PyAny> {
        self
    }
}

impl<'py> AsSource for Borrowed<'_, 'py, PyAny> {
    type Source = Bound<'py, PyAny>;

    fn as_source(&self) -> &Bound<'py, PyAny> {
        self
    }
}

impl AsSource for Py<PyAny> {
    type Source = Py<PyAny>;

    fn as_source(&self) -> &Py<PyAny> {
        self
    }
}

// SAFETY: a view of an object is the same, whichever reference to it was asked.
unsafe impl SourceFor<Py<PyAny>> for &Bound<'_, PyAny> {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        get(self, view, request)
    }
}

// SAFETY: as above.
unsafe impl SourceFor<Py<PyAny>> for Bound<'_, PyAny> {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        get(self, view, request)
    }
}

// SAFETY: as above.
unsafe impl SourceFor<Py<PyAny>> for Borrowed<'_, '_, PyAny> {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        get(self, view, request)
    }
}

// SAFETY: as above.
unsafe impl SourceFor<Py<PyAny>> for Py<PyAny> {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        self.get(view, request)
    }
}

// SAFETY: as above.
unsafe impl<'py> SourceFor<Bound<'py, PyAny>> for Borrowed<'_, 'py, PyAny> {
    fn fill(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        get(self, view, request)
    }
}

/// Views that were dropped where Python cannot be called. `SOME_WAIT` says whether there are any.
static WAITING: Mutex<Vec<Waiting>> = Mutex::new(Vec::new());
static SOME_WAIT: AtomicBool = AtomicBool::new(false);

struct Waiting(Py_buffer);

// SAFETY: a view of a `Py<PyAny>` may be released by any thread.
unsafe impl Send for Waiting {}

/// Keeps a granted view for the next release. No other code runs under the lock. A thread that
/// cannot get it at once loses the view: after a fork the lock may be held for ever.
#[cold]
fn wait(view: &Py_buffer) {
    if let Ok(mut waiting) = WAITING.try_lock() {
        waiting.push(Waiting(*view));
        SOME_WAIT.store(true, Ordering::Release);
    }
}

/// Releases the views that wait.
fn release_waiting() {
    if !SOME_WAIT.load(Ordering::Acquire) {
        return;
    }
    let waiting = match WAITING.try_lock() {
        Ok(mut waiting) => {
            SOME_WAIT.store(false, Ordering::Relaxed);
            std::mem::take(&mut *waiting)
        }
        Err(_) => return,
    };
    for Waiting(mut view) in waiting {
        // SAFETY: granted, and released nowhere else.
        let release = |_: Python<'_>| unsafe { ffi::PyBuffer_Release((&raw mut view).cast()) };
        if Python::try_attach(release).is_none() {
            wait(&view);
        }
    }
}

/// What `PyObject_GetBuffer` grants.
///
/// A request for writable memory without its format asks for the format all the same: items that
/// may hold addresses are refused. NumPy grants its arrays of objects as writable bytes. Memory
/// that was not requested with `WRITABLE` is not written at all.
pub(super) fn get(
    object: &Bound<'_, PyAny>,
    view: &mut Py_buffer,
    request: Request,
) -> Result<(), BufferError> {
    let is_blind = request.contains(Request::WRITABLE) && !request.contains(Request::FORMAT);
    let asked = match is_blind {
        true => request | Request::FORMAT | Request::ND,
        false => request,
    };
    let filled: *mut ffi::Py_buffer = std::ptr::from_mut(view).cast();
    // SAFETY: the object is alive and attached, the view may be written; the caller releases it.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), filled, asked.bits()) } != 0 {
        return Err(match PyErr::take(object.py()) {
            Some(error) => BufferError::Raised(Raised::new(error)),
            None => BufferError::Refused("without a reason".into()),
        });
    }
    if !is_blind || view.readonly != 0 {
        return Ok(());
    }
    // SAFETY: just granted, and `FORMAT` was requested.
    let reason = match unsafe { described(view) } {
        Described::Plain => return Ok(()),
        // SAFETY: just granted; attached.
        Described::Padded if unsafe { is_ours(view) } => return Ok(()),
        Described::Addresses => {
            "WRITABLE was requested without FORMAT, the items hold addresses".into()
        }
        Described::NotUnderstood(reason) => format!(
            "WRITABLE was requested without FORMAT, and the exporter's format is not understood: \
             {reason}"
        )
        .into(),
        Described::Padded | Described::Partly => {
            "WRITABLE was requested without FORMAT, and the items may hold addresses: the exporter's \
             format does not describe all of their bytes"
                .into()
        }
    };
    // SAFETY: granted above, and not released.
    unsafe { ffi::PyBuffer_Release(filled) };
    Err(BufferError::Refused(reason))
}

/// # Safety
///
/// `view` is granted and not released, and `FORMAT` was requested.
unsafe fn described(view: &Py_buffer) -> Described {
    // SAFETY: not NULL, so a string of the exporter's.
    let format = (!view.format.is_null()).then(|| unsafe { CStr::from_ptr(view.format) });
    Format::describes(format, view.itemsize.unsigned_abs())
}

/// Whether an exporter of this crate granted the view, as far as its type tells.
///
/// # Safety
///
/// The thread is attached; `view` is granted and not released.
unsafe fn is_ours(view: &Py_buffer) -> bool {
    #[cfg(not(Py_LIMITED_API))]
    if let Some(owner) = std::ptr::NonNull::new(view.obj.cast::<ffi::PyObject>()) {
        // SAFETY: alive, since the view owns a reference.
        let class = unsafe { ffi::Py_TYPE(owner.as_ptr()) };
        // SAFETY: alive, as its object is.
        let procs = unsafe { (*class).tp_as_buffer };
        // SAFETY: NULL, or the procs within that type.
        let release = unsafe { procs.as_ref() }.and_then(|procs| procs.bf_releasebuffer);
        let ours: ffi::releasebufferproc = releasebufferproc;
        return release.is_some_and(|release| release as usize == ours as usize);
    }
    let _ = view;
    false
}

/// Whether no code writes the memory: that of a `bytes` object, of which the view may be one of a
/// `memoryview`, or of an exporter of this crate that says so.
///
/// Only `bytes` itself, and no subclass, which may export what it likes. An exporter may name any
/// object in `obj`, so the memory has to be that of the object too.
///
/// # Safety
///
/// The thread is attached; `view` is granted and not released.
unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool {
    // SAFETY: attached, by the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: NULL, or a reference that the view owns.
    let owner = unsafe { Bound::from_borrowed_ptr_or_opt(py, view.obj.cast()) };
    let Some(owner): Option<Bound<'_, PyAny>> = owner else { return false };
    let looked_at = match owner.is_exact_instance_of::<PyMemoryView>() {
        true => owner.getattr(intern!(py, "obj")).ok(),
        false => None,
    };
    if let Ok(bytes) = looked_at.as_ref().unwrap_or(&owner).cast_exact::<PyBytes>() {
        let all = bytes.as_bytes().as_ptr_range();
        return memory.start >= all.start.addr() && memory.end <= all.end.addr();
    }
    // SAFETY: attached; granted and not released.
    if looked_at.is_some() || !unsafe { is_ours(view) } {
        return false;
    }
    // SAFETY: granted and not released. The release of this crate relies on the view's `internal`
    // as this does.
    unsafe { exporter::release::is_immutable(view) }
}
