//! Python's objects as targets of the conformance checks.

use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::c_int;

use pyo3::exceptions::{PyBufferError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyList};
use pyo3::{PyErr, ffi};

use crate::abi::{Py_buffer, PyObject};
use crate::conformance::{Answer, Exception, Target};

/// Any object, through `PyObject_GetBuffer` and `PyBuffer_Release`.
///
/// As long as it exists, `sys.unraisablehook` is its own: that is where releases report what they
/// cannot raise.
///
/// ```pyo3
/// let wrap = |object| unsafe { PyTarget::new(object) };
/// // …
/// let target = wrap(obj)?;
/// let mut examination = Examination::of(&target);
/// ```
#[derive(Debug)]
pub struct PyTarget<'py> {
    object: Bound<'py, PyAny>,
    /// What was reported, as texts.
    reported: Bound<'py, PyList>,
    sys: Bound<'py, PyModule>,
    hook: Bound<'py, PyAny>,
    /// Its type has a `__buffer__` in Python.
    is_python_class: bool,
    /// The last request was refused after that had returned.
    is_refused_after_buffer: Cell<bool>,
}

impl<'py> PyTarget<'py> {
    /// Wraps an object. Fails if the hook cannot be set.
    ///
    /// # Safety
    ///
    /// What the object lets a view point at can be read, as [`Target`] puts it. Of an exporter
    /// that is to be examined this is not known: do it in a process that may end.
    pub unsafe fn new(object: Bound<'py, PyAny>) -> PyResult<PyTarget<'py>> {
        let py = object.py();
        let reported = PyList::empty(py);
        let (sys, list) = (py.import("sys")?, reported.clone().unbind());
        let hook = sys.getattr("unraisablehook")?;
        let collect = PyCFunction::new_closure(py, None, None, move |arguments, _| {
            let unraisable = arguments.get_item(0)?;
            let error = unraisable.getattr("exc_value")?;
            let name = unraisable.getattr("exc_type")?.getattr("__name__")?;
            list.bind(arguments.py()).append(format!("{name}: {error}"))
        })?;
        let buffer = object.get_type().getattr("__buffer__").ok();
        let is_python_class =
            buffer.is_some_and(|method| method.hasattr("__code__").unwrap_or(false));
        sys.setattr("unraisablehook", collect)?;
        let is_refused_after_buffer = Cell::new(false);
        Ok(PyTarget { object, reported, sys, hook, is_python_class, is_refused_after_buffer })
    }
}

impl Drop for PyTarget<'_> {
    fn drop(&mut self) {
        // Without `sys` there is nobody to report to.
        let _ = self.sys.setattr("unraisablehook", &self.hook);
    }
}

// SAFETY: the promise of `new`.
unsafe impl Target for PyTarget<'_> {
    fn as_ptr(&self) -> *mut PyObject {
        self.object.as_ptr().cast()
    }

    fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> Answer {
        let filled: *mut ffi::Py_buffer = std::ptr::from_mut(view).cast();
        // SAFETY: the object is alive and attached, the view may be written; the caller releases
        // it.
        let status = unsafe { ffi::PyObject_GetBuffer(self.object.as_ptr(), filled, flags) };
        let py = self.object.py();
        let raised = PyErr::take(py);
        // An exception of `__buffer__` itself comes with a traceback.
        let in_python = raised.as_ref().is_some_and(|error| error.traceback(py).is_some());
        self.is_refused_after_buffer.set(self.is_python_class && status != 0 && !in_python);
        Answer { status, raised: raised.map(|error| exception(py, &error)) }
    }

    unsafe fn release(&self, view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise; attached.
        unsafe { ffi::PyBuffer_Release(std::ptr::from_mut(view).cast()) };
    }

    unsafe fn references(&self, object: *mut PyObject) -> Option<u32> {
        // SAFETY: alive, by the caller's promise; attached.
        let references = unsafe { ffi::Py_REFCNT(object.cast()) };
        // The low half has the number, the other what else a Python keeps there. Immortal objects
        // have a negative one, or one that no program reaches.
        let low = references as i32;
        (0..1 << 28).contains(&low).then_some(low as u32)
    }

    fn take_references(&self, references: u32) {
        for _ in 0..references {
            // SAFETY: the object is alive and attached.
            unsafe { ffi::Py_INCREF(self.object.as_ptr()) };
        }
    }

    unsafe fn drop_references(&self, references: u32) {
        for _ in 0..references {
            // SAFETY: the references are the caller's; attached.
            unsafe { ffi::Py_DECREF(self.object.as_ptr()) };
        }
    }

    fn take_unraisable(&self) -> Option<String> {
        let first = self.reported.get_item(0).ok()?;
        let _ = self.reported.call_method0("clear");
        Some(first.to_string())
    }

    fn set_raised(&self) -> bool {
        PyRuntimeError::new_err("set before the release").restore(self.object.py());
        true
    }

    fn take_raised(&self) -> Option<Exception> {
        let py = self.object.py();
        PyErr::take(py).map(|error| exception(py, &error))
    }

    fn is_python_class(&self) -> bool {
        self.is_python_class
    }

    fn is_refused_after_buffer(&self) -> bool {
        self.is_refused_after_buffer.get()
    }
}

/// An exception by its name and what it says.
pub(crate) fn exception(py: Python<'_>, error: &PyErr) -> Exception {
    let name = error
        .get_type(py)
        .name()
        .map_or(Cow::Borrowed("Exception"), |name| Cow::Owned(name.to_string()));
    Exception {
        name,
        message: error.value(py).to_string(),
        is_buffer_error: error.is_instance_of::<PyBufferError>(py),
    }
}

impl From<PyErr> for Exception {
    fn from(error: PyErr) -> Exception {
        Python::attach(|py| exception(py, &error))
    }
}
