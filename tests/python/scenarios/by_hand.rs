//! A type over the C API, with the two slots of `bufferprocs::python::slots`.

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{drop_in_place, null_mut};

use bufferprocs::python::{ExportField, Instance, slots};
use bufferprocs::{BufferError, RawExporter};
use pyo3::ffi::{
    Py_DECREF, Py_TPFLAGS_BASETYPE, Py_TPFLAGS_DEFAULT, Py_TYPE, Py_tp_dealloc, Py_tp_free,
    Py_tp_new, PyObject, PyType_FromSpec, PyType_GenericAlloc, PyType_GetSlot, PyType_Slot,
    PyType_Spec, PyTypeObject,
};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::Field;

#[repr(C)]
struct Instances {
    head: PyObject,
    field: Field,
}

impl Instance for Instances {
    type Exporter = Box<dyn RawExporter>;

    unsafe fn with_exporter<R>(
        object: *mut PyObject,
        ask: impl FnOnce(&Box<dyn RawExporter>) -> R,
    ) -> Result<R, BufferError> {
        // SAFETY: alive and of this type, by the caller's promise.
        let field = unsafe { &(*object.cast::<Instances>()).field };
        field.with_exporter(ask)
    }
}

type Arguments = (String, String, Option<String>, Option<Py<PyAny>>);

unsafe extern "C" fn new(
    class: *mut PyTypeObject,
    arguments: *mut PyObject,
    _keywords: *mut PyObject,
) -> *mut PyObject {
    // As a function of PyO3 would be called, which catches panics.
    let made = catch_unwind(|| unsafe {
        Python::attach_unchecked(|py| {
            let arguments = Bound::from_borrowed_ptr(py, arguments);
            let arguments: Arguments = match padded(&arguments).and_then(|all| all.extract()) {
                Ok(arguments) => arguments,
                Err(error) => {
                    error.restore(py);
                    return null_mut();
                }
            };
            let (lends, behaviour, around, callback) = arguments;
            let object = PyType_GenericAlloc(class, 0);
            if !object.is_null() {
                let place = &raw mut (*object.cast::<Instances>()).field;
                let around = around.unwrap_or_default();
                place.write(Field::new(&lends, &behaviour, &around, callback));
            }
            object
        })
    });
    made.unwrap_or(null_mut())
}

/// Four arguments, the last of them None where they were left out.
fn padded<'py>(arguments: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let given = arguments.cast::<PyTuple>()?;
    let nothing = (0..4 - given.len()).map(|_| arguments.py().None().into_bound(arguments.py()));
    let padded: Vec<_> = given.iter().chain(nothing).collect();
    Ok(PyTuple::new(arguments.py(), padded)?.into_any())
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: alive for the last time, with a field that `new` wrote and that is not used again.
    unsafe {
        let class = Py_TYPE(object);
        let place = &raw mut (*object.cast::<Instances>()).field;
        let drop = || Python::attach_unchecked(|_| drop_in_place(place));
        let _ = catch_unwind(AssertUnwindSafe(drop));
        // Not `PyObject_Free`: objects of a derived class belong to the garbage collector.
        let free = PyType_GetSlot(class, Py_tp_free);
        let free: unsafe extern "C" fn(*mut c_void) = std::mem::transmute(free);
        free(object.cast());
        Py_DECREF(class.cast());
    }
}

/// The numbers of the two slots.
pub fn slot_numbers() -> (c_int, c_int) {
    let [getbuffer, releasebuffer] = slots::<Instances>();
    (getbuffer.slot, releasebuffer.slot)
}

/// The type; a class in Python that derives from it has no dictionary of its own.
pub fn make_type(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let [getbuffer, releasebuffer] = slots::<Instances>();
    let mut slots = [
        PyType_Slot { slot: Py_tp_new, pfunc: new as *mut c_void },
        PyType_Slot { slot: Py_tp_dealloc, pfunc: dealloc as *mut c_void },
        getbuffer,
        releasebuffer,
        PyType_Slot { slot: 0, pfunc: null_mut() },
    ];
    let mut spec = PyType_Spec {
        name: c"ways_to_export.ByHand".as_ptr(),
        basicsize: size_of::<Instances>() as c_int,
        itemsize: 0,
        flags: (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE) as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: a whole spec, whose slots end with 0.
    unsafe { Bound::from_owned_ptr_or_err(py, PyType_FromSpec(&mut spec)) }
}
