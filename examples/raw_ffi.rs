//! A type made by hand over the C API: two slots answer the protocol, everything else is as in C.
//!
//! ```toml
//! [dependencies]
//! bufferprocs = { version = "0.1", features = ["python"] }
//! pyo3-ffi = "0.30"
//!
//! [build-dependencies]
//! pyo3-build-config = "0.30"
//! ```
//!
//! CPython 3.15 has a new way to make a type and a module. A module for all builds (abi3t) has to
//! take it. The build script, `build.rs`, tells which Python this is built for:
//!
//! ```text
//! fn main() {
//!     pyo3_build_config::use_pyo3_cfgs();
//! }
//! ```
#![deny(unsafe_op_in_unsafe_fn)]

use std::ffi::{CString, c_int, c_void};
use std::mem::size_of;
use std::ptr::{drop_in_place, null_mut};

use bufferprocs::python::{Instance, slots};
use bufferprocs::{BufferError, Exported, Shared};
use pyo3_ffi::*;

type Items = Exported<Vec<Shared<f64>>>;

/// What Python allocates: its own part of an object, and the items after it. `new` writes them, and
/// `dealloc` drops them.
#[cfg(not(Py_3_15))]
#[repr(C)]
struct Samples {
    head: PyObject,
    items: Items,
}

/// As above. From 3.15 on only the interpreter knows how large its part is.
#[cfg(Py_3_15)]
enum Samples {}

/// Where the items of an object are.
///
/// # Safety
///
/// `object` is a `Samples`, and alive.
unsafe fn place_of(object: *mut PyObject) -> *mut Items {
    #[cfg(not(Py_3_15))]
    {
        // SAFETY: within the object.
        unsafe { &raw mut (*object.cast::<Samples>()).items }
    }
    #[cfg(Py_3_15)]
    {
        // SAFETY: alive.
        let class = unsafe { Py_TYPE(object) };
        // SAFETY: the class that was made with room for the items. No class derives from it.
        unsafe { PyObject_GetTypeData(object, class) }.cast()
    }
}

/// Step 1: where an object keeps the memory that it exports. `slots` makes two functions of it:
/// `bf_getbuffer`, which fills the view, counts the export and takes the reference for `view->obj`,
/// and `bf_releasebuffer`, which ends the count.
impl Instance for Samples {
    type Exporter = Items;

    unsafe fn with_exporter<R>(
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
    let place = unsafe { place_of(object) };
    // SAFETY: written by `new`, and there until `dealloc`.
    unsafe { &*place }
}

unsafe extern "C" fn new(
    class: *mut PyTypeObject,
    _: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: a class that is ready.
    let object = unsafe { PyType_GenericAlloc(class, 0) };
    if !object.is_null() {
        // SAFETY: just made.
        let place = unsafe { place_of(object) };
        // SAFETY: within the object, and nothing has been written there yet.
        unsafe { place.write(Exported::new(Vec::new())) };
    }
    object
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: alive for the last time.
    let class = unsafe { Py_TYPE(object) };
    // SAFETY: as above.
    let place = unsafe { place_of(object) };
    // SAFETY: written by `new`, and not used again. If views were left, the object would be alive.
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

/// The array stays where it is: the interpreter keeps the pointer.
static mut METHODS: [PyMethodDef; 2] = [
    PyMethodDef {
        ml_name: c"append".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: append },
        ml_flags: METH_O,
        ml_doc: null_mut(),
    },
    PyMethodDef::zeroed(),
];

/// Step 3: the type, with both slots.
#[cfg(not(Py_3_15))]
fn make_type() -> *mut PyObject {
    let [getbuffer, releasebuffer] = slots::<Samples>();
    let mut slots = [
        PyType_Slot { slot: Py_tp_new, pfunc: new as *mut c_void },
        PyType_Slot { slot: Py_tp_dealloc, pfunc: dealloc as *mut c_void },
        PyType_Slot { slot: Py_tp_methods, pfunc: (&raw mut METHODS).cast() },
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

/// Step 3 from 3.15 on: a slot says which kind of value it has, and the basicsize is one of them.
#[cfg(Py_3_15)]
fn make_type() -> *mut PyObject {
    // SAFETY: each of these slots takes a function of the type of this one.
    let function = |slot, function| unsafe { PySlot_FUNC(slot, function) };
    let [getbuffer, releasebuffer] = slots::<Samples>();
    let mut slots = [
        PySlot_DATA(Py_tp_name, c"raw_ffi.Samples".as_ptr().cast_mut().cast()),
        PySlot_SIZE(Py_tp_extra_basicsize, size_of::<Items>() as Py_ssize_t),
        PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT as _),
        function(Py_tp_new, new as *mut c_void),
        function(Py_tp_dealloc, dealloc as *mut c_void),
        PySlot_STATIC_DATA(Py_tp_methods, (&raw mut METHODS).cast()),
        function(getbuffer.slot, getbuffer.pfunc),
        function(releasebuffer.slot, releasebuffer.pfunc),
        PySlot_END(),
    ];
    // SAFETY: slots that end with 0.
    unsafe { PyType_FromSlots(slots.as_mut_ptr()) }
}

unsafe extern "C" fn exec(module: *mut PyObject) -> c_int {
    let class = make_type();
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
#[cfg(not(Py_3_15))]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInit_raw_ffi() -> *mut PyObject {
    static mut SLOTS: [PyModuleDef_Slot; 2] = [
        PyModuleDef_Slot { slot: Py_mod_exec, value: exec as *mut c_void },
        PyModuleDef_Slot { slot: 0, value: null_mut() },
    ];
    static mut MODULE: PyModuleDef = PyModuleDef {
        m_base: PyModuleDef_HEAD_INIT,
        m_name: c"raw_ffi".as_ptr(),
        m_doc: null_mut(),
        m_size: 0,
        m_methods: null_mut(),
        m_slots: (&raw mut SLOTS).cast(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    };
    let module = &raw mut MODULE;
    // SAFETY: the definition stays for ever.
    unsafe { PyModuleDef_Init(module) }
}

/// Called by `import` from 3.15 on, which makes the module of these slots. Nothing in the module is
/// of another size in another build.
#[cfg(Py_3_15)]
#[unsafe(no_mangle)]
pub extern "C" fn PyModExport_raw_ffi() -> *mut PySlot {
    PyABIInfo_VAR!(ABI);
    static mut SLOTS: [PySlot; 4] = [
        PySlot_STATIC_DATA(Py_mod_abi, (&raw mut ABI).cast()),
        PySlot_STATIC_DATA(Py_mod_name, c"raw_ffi".as_ptr().cast_mut().cast()),
        // SAFETY: `exec` is what this slot takes.
        unsafe { PySlot_FUNC(Py_mod_exec, exec as *mut c_void) },
        PySlot_END(),
    ];
    (&raw mut SLOTS).cast()
}
