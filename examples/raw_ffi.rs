//! A type made by hand over the C API: two slots answer the protocol, everything else is as in C.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["python"] }
//! pyo3-ffi = "0.30"
//! ```
#![deny(unsafe_op_in_unsafe_fn)]

use std::ffi::{CString, c_int, c_void};
use std::mem::size_of;
use std::ptr::{drop_in_place, null_mut};

use bufferprocs::python::{Instance, slots};
use bufferprocs::{BufferError, Exported, Shared};
use pyo3_ffi::*;

type Items = Exported<Vec<Shared<f64>>>;

/// What Python allocates. `new` writes `items`, `dealloc` drops it.
#[repr(C)]
struct Samples {
    head: PyObject,
    items: Items,
}

/// Step 1: where an object keeps what it lends. From this come `bf_getbuffer`, which fills the view, counts the export and
/// takes the reference for `view->obj`, and `bf_releasebuffer`, which ends the count.
impl Instance for Samples {
    type Lent = Items;

    unsafe fn with_lent<R>(
        object: *mut PyObject,
        ask: impl FnOnce(&Items) -> R,
    ) -> Result<R, BufferError> {
        // SAFETY: alive and of this type, by the caller's promise.
        Ok(ask(unsafe { items(object) }))
    }
}

/// # Safety
///
/// `object` is a `Samples`, and alive for `'a`.
unsafe fn items<'a>(object: *mut PyObject) -> &'a Items {
    // SAFETY: the caller's promise.
    unsafe { &(*object.cast::<Samples>()).items }
}

unsafe extern "C" fn new(
    class: *mut PyTypeObject,
    _: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: `class` has the basicsize of a `Samples`.
    let object = unsafe { PyType_GenericAlloc(class, 0) };
    if !object.is_null() {
        // SAFETY: within the object; the place is not initialised yet.
        let place = unsafe { &raw mut (*object.cast::<Samples>()).items };
        // SAFETY: as above.
        unsafe { place.write(Exported::new(Vec::new())) };
    }
    object
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: alive for the last time.
    let class = unsafe { Py_TYPE(object) };
    // SAFETY: as above.
    let place = unsafe { &raw mut (*object.cast::<Samples>()).items };
    // SAFETY: written by `new`; nobody looks at it again. If views were left, the object would be alive.
    unsafe { drop_in_place(place) };
    // SAFETY: allocated by `PyType_GenericAlloc` for a type without garbage collection.
    unsafe { PyObject_Free(object.cast()) };
    // SAFETY: each object of a type on the heap has a reference to it.
    unsafe { Py_DECREF(class.cast()) };
}

/// Step 2: a method that would move the memory asks first.
unsafe extern "C" fn append(object: *mut PyObject, item: *mut PyObject) -> *mut PyObject {
    // SAFETY: an object.
    let item = unsafe { PyFloat_AsDouble(item) };
    // SAFETY: attached, as every method is.
    if item == -1.0 && !unsafe { PyErr_Occurred() }.is_null() {
        return null_mut();
    }
    // SAFETY: a method of this type, on an object that is alive.
    let refused = match unsafe { items(object) }.try_mut() {
        Ok(mut items) => {
            items.push(Shared::new(item));
            // SAFETY: None is there as long as the interpreter.
            let none = unsafe { Py_None() };
            // SAFETY: an object; the reference is the caller's.
            unsafe { Py_INCREF(none) };
            return none;
        }
        Err(refused) => CString::new(refused.to_string()).unwrap_or_default(),
    };
    // SAFETY: there as long as the interpreter.
    let exception = unsafe { PyExc_BufferError };
    // SAFETY: an exception and a string.
    unsafe { PyErr_SetString(exception, refused.as_ptr()) };
    null_mut()
}

/// Step 3: the type, with both slots.
unsafe fn make_type() -> *mut PyObject {
    // The interpreter keeps the pointer.
    let methods = Box::leak(Box::new([
        PyMethodDef {
            ml_name: c"append".as_ptr(),
            ml_meth: PyMethodDefPointer { PyCFunction: append },
            ml_flags: METH_O,
            ml_doc: null_mut(),
        },
        PyMethodDef::zeroed(),
    ]));
    let [getbuffer, releasebuffer] = slots::<Samples>();
    let mut slots = [
        PyType_Slot { slot: Py_tp_new, pfunc: new as *mut c_void },
        PyType_Slot { slot: Py_tp_dealloc, pfunc: dealloc as *mut c_void },
        PyType_Slot { slot: Py_tp_methods, pfunc: methods.as_mut_ptr().cast() },
        getbuffer,
        releasebuffer,
        PyType_Slot { slot: 0, pfunc: null_mut() },
    ];
    let mut spec = PyType_Spec {
        name: c"raw_ffi.Samples".as_ptr(),
        basicsize: size_of::<Samples>() as c_int,
        itemsize: 0,
        flags: Py_TPFLAGS_DEFAULT as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: a whole spec, whose slots end with 0.
    unsafe { PyType_FromSpec(&mut spec) }
}

unsafe extern "C" fn exec(module: *mut PyObject) -> c_int {
    // SAFETY: attached, as the call of the slot is.
    let class = unsafe { make_type() };
    if class.is_null() {
        return -1;
    }
    // SAFETY: a module, a name, an object, whose reference passes to the module unless this fails.
    let added = unsafe { PyModule_AddObject(module, c"Samples".as_ptr(), class) };
    if added != 0 {
        // SAFETY: still ours.
        unsafe { Py_DECREF(class) };
    }
    added
}

/// Called by `import`.
///
/// # Safety
///
/// The thread is attached to the interpreter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInit_raw_ffi() -> *mut PyObject {
    let slots = Box::new([
        PyModuleDef_Slot { slot: Py_mod_exec, value: exec as *mut c_void },
        PyModuleDef_Slot { slot: 0, value: null_mut() },
    ]);
    let definition = Box::new(PyModuleDef {
        m_base: PyModuleDef_HEAD_INIT,
        m_name: c"raw_ffi".as_ptr(),
        m_doc: null_mut(),
        m_size: 0,
        m_methods: null_mut(),
        m_slots: Box::leak(slots).as_mut_ptr(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    });
    // SAFETY: the definition stays for ever.
    unsafe { PyModuleDef_Init(Box::leak(definition)) }
}
