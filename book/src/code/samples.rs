use std::ffi::c_int;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::abi::*;
use bufferprocs::object::{
    Object, decref, get_buffer, incref, raise, release_buffer, take_raised,
    value_of,
};
use bufferprocs::{Buffer, BufferError, Request};

/// Three numbers that consumers may read, and how many views of them are held.
struct Samples {
    items: [u16; 3],
    exports: AtomicUsize,
}

static SHAPE: [isize; 1] = [3];
static STRIDES: [isize; 1] = [2];

unsafe extern "C" fn getbuffer(
    exporter: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: only objects that hold Samples have these procs.
    let samples: &Samples = unsafe { value_of(exporter) };
    let asks = |flag| flags & flag == flag;

    // 1. Decide. A refusal sets obj to NULL, raises BufferError and returns -1.
    let refusal = if asks(PyBUF_WRITABLE) {
        Some(BufferError::NotWritable)
    } else if asks(PyBUF_FORMAT) && !asks(PyBUF_ND) {
        Some(BufferError::FormatWithoutShape)
    } else {
        None
    };
    if let Some(refusal) = refusal {
        // SAFETY: the consumer's view may be written.
        unsafe { (*view).obj = null_mut() };
        raise(refusal);
        return -1;
    }
    // 2. Fill every field: those that were requested with their values, the rest with NULL.
    let or_null = |flag, array: &'static [isize; 1]| {
        if asks(flag) { array.as_ptr().cast_mut() } else { null_mut() }
    };
    let filled = Py_buffer {
        buf: samples.items.as_ptr().cast_mut().cast(),
        obj: null_mut(),
        len: 6,
        itemsize: 2,
        readonly: 1,
        ndim: 1,
        format: if asks(PyBUF_FORMAT) {
            c"H".as_ptr().cast_mut()
        } else {
            null_mut()
        },
        shape: or_null(PyBUF_ND, &SHAPE),
        strides: or_null(PyBUF_STRIDES, &STRIDES),
        suboffsets: null_mut(),
        internal: null_mut(),
    };
    // SAFETY: the consumer's view may be written.
    unsafe { view.write(filled) };
    // 3. Count the export.
    samples.exports.fetch_add(1, Ordering::Relaxed);
    // 4. A new reference to the exporter, which the view owns.
    // SAFETY: the exporter is alive during the call.
    unsafe { incref(exporter) };
    // SAFETY: the consumer's view may be written.
    unsafe { (*view).obj = exporter };
    // 5. Granted.
    0
}

unsafe extern "C" fn releasebuffer(exporter: *mut PyObject, _view: *mut Py_buffer) {
    // SAFETY: only objects that hold Samples have these procs.
    let samples: &Samples = unsafe { value_of(exporter) };
    samples.exports.fetch_sub(1, Ordering::Relaxed);
}

static PROCS: PyBufferProcs = PyBufferProcs {
    bf_getbuffer: Some(getbuffer),
    bf_releasebuffer: Some(releasebuffer),
};

fn samples() -> Object {
    let samples = Samples { items: [10, 20, 30], exports: AtomicUsize::new(0) };
    // SAFETY: the items are in the object, stay there, and no code writes them.
    unsafe { Object::with_procs(samples, &PROCS) }
}
