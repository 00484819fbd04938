//! The slots of a finished type, replaced by shorter ways to the same answers.

use pyo3::prelude::*;

use super::class::Exports;

/// Lets requests to objects of `T` skip what PyO3 does around every method. Behaviour stays the same.
///
/// To be called once, where the module is made, for a class with the attribute [`exports`](macro@super::exports). Classes that
/// Python code derives from `T` take the longer way if they were made before, and on 3.12 and later in any case.
///
/// Fails, and changes nothing, if the slots of the type are not those that the attribute made: something has replaced them.
/// Under the limited API (`abi3`) the slots cannot be reached, and nothing is done.
pub fn accelerate<T: Exports>(py: Python<'_>) -> PyResult<()> {
    #[cfg(not(Py_LIMITED_API))]
    slots::swap::<T>(py)?;
    #[cfg(Py_LIMITED_API)]
    let _ = py;
    Ok(())
}

#[cfg(not(Py_LIMITED_API))]
mod slots {
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;

    use pyo3::exceptions::PyTypeError;
    use pyo3::impl_::pyclass::PyClassImpl;
    use pyo3::{Borrowed, PyClass, ffi};

    use super::*;
    use crate::python::class::lend;
    use crate::python::procs::{releasebufferproc, respond};

    pub(super) fn swap<T: Exports>(py: Python<'_>) -> PyResult<()> {
        let class = T::type_object(py);
        let made = [ffi::Py_bf_getbuffer, ffi::Py_bf_releasebuffer].map(made::<T>);
        let object = class.as_type_ptr();
        // SAFETY: a type that PyO3 made, alive.
        let procs = unsafe { (*object).tp_as_buffer };
        // SAFETY: NULL, or the procs within that type.
        let found = unsafe { procs.as_ref() }.map_or([null_mut(); 2], |procs| {
            [
                procs.bf_getbuffer.map_or(null_mut(), |found| found as *mut c_void),
                procs.bf_releasebuffer.map_or(null_mut(), |found| found as *mut c_void),
            ]
        });
        let short: [*mut c_void; 2] = {
            let getbuffer: ffi::getbufferproc = getbuffer::<T>;
            let releasebuffer: ffi::releasebufferproc = releasebufferproc;
            [getbuffer as *mut c_void, releasebuffer as *mut c_void]
        };
        if found == short {
            return Ok(());
        }
        if found != made || made.contains(&null_mut()) {
            return Err(PyTypeError::new_err(format!(
                "the buffer slots of {} are not those of #[exports]",
                <T as PyClass>::NAME
            )));
        }
        // SAFETY: the procs belong to a type on the heap, which may be written; the interpreter reads them when it gets a
        // request, which comes to the same before and after.
        let getbuffer_slot = unsafe { &raw mut (*procs).bf_getbuffer };
        // SAFETY: as above.
        let releasebuffer_slot = unsafe { &raw mut (*procs).bf_releasebuffer };
        // SAFETY: as above; the function takes objects of this type and of its subtypes. Views granted so far are those of the
        // same holder, as `Exports` promises: either release ends them.
        unsafe { getbuffer_slot.write(Some(getbuffer::<T>)) };
        // SAFETY: as above.
        unsafe { releasebuffer_slot.write(Some(releasebufferproc)) };
        Ok(())
    }

    /// What PyO3 made of the methods of `T` itself.
    fn made<T: Exports>(slot: c_int) -> *mut c_void {
        <T as PyClassImpl>::items_iter()
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
        let lend = || unsafe { lend(&slf, view, flags) };
        // SAFETY: the caller's promises.
        unsafe { respond(exporter, view, lend) }
    }
}
