//! The slots of a class, replaced by a shorter way to the same answers.
//!
//! PyO3 wraps each method of a class, which costs more than a request itself. When the type is
//! made, the class attribute `__bufferprocs__` puts functions of this crate into its two slots.
//! One table of scenarios runs over classes with and without it: `tests/python/scenarios.py`.

use pyo3::prelude::*;

use super::class::Exports;

/// The value of `__bufferprocs__`: whether the slots of `T` are the short ones. None under the
/// limited API, where the slots cannot be reached.
///
/// For what [`exports`](macro@super::exports) expands to. Whatever goes wrong here changes nothing
/// but the speed: PyO3 would make an error of it each time an object is created.
pub fn accelerated<T: Exports>(py: Python<'_>) -> Option<bool> {
    #[cfg(not(Py_LIMITED_API))]
    return Some(crate::catch_panic::caught(|| slots::swap::<T>(py)).unwrap_or(false));
    #[cfg(Py_LIMITED_API)]
    return {
        let _ = py;
        None
    };
}

#[cfg(not(Py_LIMITED_API))]
mod slots {
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, Ordering};

    use pyo3::{Borrowed, ffi};

    use super::*;
    use crate::python::class::pass_to_field;
    use crate::python::procs::{PendingRequest, releasebufferproc};

    /// Puts the short functions into the slots of `T`, if those that the attribute made are there.
    /// Whether the short ones are there now.
    pub(super) fn swap<T: Exports>(py: Python<'_>) -> bool {
        let made = [ffi::Py_bf_getbuffer, ffi::Py_bf_releasebuffer].map(made::<T>);
        let short: [*mut c_void; 2] = {
            let getbuffer: ffi::getbufferproc = getbuffer::<T>;
            let releasebuffer: ffi::releasebufferproc = releasebufferproc;
            [getbuffer as *mut c_void, releasebuffer as *mut c_void]
        };
        let class = T::type_object(py);
        // SAFETY: a type that PyO3 made, alive.
        let procs = unsafe { (*class.as_type_ptr()).tp_as_buffer };
        if procs.is_null() || made.contains(&null_mut()) {
            return false;
        }
        // SAFETY: the procs are within the type.
        let getbuffer_slot = unsafe { &raw mut (*procs).bf_getbuffer };
        // SAFETY: as above.
        let releasebuffer_slot = unsafe { &raw mut (*procs).bf_releasebuffer };
        // SAFETY: an `Option` of a function has the layout of a pointer to it. The type may be
        // written: it is on the heap. The interpreter writes the slots while it makes or changes
        // the type, and reads them as plain words.
        let getbuffer_slot = unsafe { AtomicPtr::from_ptr(getbuffer_slot.cast::<*mut c_void>()) };
        // SAFETY: as above.
        let releasebuffer_slot =
            unsafe { AtomicPtr::from_ptr(releasebuffer_slot.cast::<*mut c_void>()) };
        let slots = [getbuffer_slot, releasebuffer_slot];
        let found = slots.map(|slot| slot.load(Ordering::Relaxed));
        if found == made {
            // In any order: views that either function grants are ended by either release, since
            // `Exports` promises that all are those of a `RawExporter`.
            for (slot, short) in slots.into_iter().zip(short) {
                slot.store(short, Ordering::Relaxed);
            }
        }
        found == made || found == short
    }

    /// What PyO3 made of the methods of `T` itself.
    fn made<T: Exports>(slot: c_int) -> *mut c_void {
        T::items_iter()
            .flat_map(|items| items.slots)
            .find(|made| made.slot == slot)
            .map_or(null_mut(), |made| made.pfunc)
    }

    /// # Safety
    ///
    /// As the slot demands: `exporter` is a `T`, `view` may be written, the thread is attached.
    unsafe extern "C" fn getbuffer<T: Exports>(
        exporter: *mut ffi::PyObject,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> c_int {
        // SAFETY: attached, by the caller's promise.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: alive during the call.
        let slf = unsafe { Borrowed::from_ptr(py, exporter) };
        // SAFETY: the slot is that of T, so the object is a T or of a subtype.
        let slf = unsafe { slf.cast_unchecked::<T>() };
        // SAFETY: the caller's promises.
        let pending = unsafe { PendingRequest::new(exporter, view, flags) };
        pending.respond(|| pass_to_field(&slf, &pending))
    }
}
