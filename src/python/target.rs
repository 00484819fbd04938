//! Python's objects as targets of the conformance checks.

use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::c_int;

use pyo3::exceptions::{PyBufferError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyList, PyMemoryView};
use pyo3::{PyErr, ffi};

use crate::abi::{Py_buffer, PyObject};
use crate::conformance::{Answer, Exception, Target};

/// Any object, through `PyObject_GetBuffer` and `PyBuffer_Release`.
///
/// As long as it exists, `sys.unraisablehook` is its own: that is where releases report what they
/// cannot raise. The collector of cycles does not run: finalizers would report there too.
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
    /// The module `gc`, if it was enabled before.
    collector: Option<Bound<'py, PyModule>>,
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
            // Nothing here may raise: what a release did would be lost.
            let unraisable = arguments.get_item(0)?;
            let error = unraisable.getattr("exc_value")?;
            let name = error.get_type().name().map_or_else(|_| String::new(), |n| n.to_string());
            list.bind(arguments.py()).append(format!("{name}: {}", text(&error)))
        })?;
        let gc = py.import("gc")?;
        let is_collecting: bool = gc.call_method0("isenabled")?.extract()?;
        // The slots of C types are wrapped in descriptors. Older Pythons do not call `__buffer__`.
        let buffer = object.get_type().getattr("__buffer__").ok();
        let is_python_class = py.version_info() >= (3, 12)
            && buffer.is_some_and(|method| {
                method.get_type().name().is_ok_and(|name| name != "wrapper_descriptor")
            });
        sys.setattr("unraisablehook", collect)?;
        if is_collecting {
            gc.call_method0("disable")?;
        }
        Ok(PyTarget {
            object,
            reported,
            sys,
            hook,
            collector: is_collecting.then_some(gc),
            is_python_class,
            is_refused_after_buffer: Cell::new(false),
        })
    }
}

impl Drop for PyTarget<'_> {
    fn drop(&mut self) {
        // Without `sys` there is nobody to report to.
        let _ = self.sys.setattr("unraisablehook", &self.hook);
        if let Some(collector) = &self.collector {
            let _ = collector.call_method0("enable");
        }
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

    fn holds_a_view(&self) -> bool {
        self.object.is_exact_instance_of::<PyMemoryView>()
    }
}

/// The text of an object. Its `__str__` may raise, which is reported nowhere.
fn text(object: &Bound<'_, PyAny>) -> String {
    match object.str() {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => "(an exception that has no text)".to_owned(),
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
        message: text(error.value(py)),
        is_buffer_error: error.is_instance_of::<PyBufferError>(py),
    }
}

impl From<PyErr> for Exception {
    fn from(error: PyErr) -> Exception {
        Python::attach(|py| exception(py, &error))
    }
}
