//! A member of a chain that passes each request on: `view.obj` of its consumers is the other
//! object.
//!
//! CPython's `PickleBuffer` does so. The release goes to the other object too, so the member needs
//! no release slot.
//!
//! ```
//! use bufferprocs::exporters::{bytes, redirect};
//! use bufferprocs::{Buffer, Request};
//!
//! let root = bytes::object(*b"abc");
//! let object = redirect::object(root.clone());
//! let buffer = Buffer::get(&object, Request::SIMPLE)?;
//! assert_eq!(buffer.raw().obj, root.as_ptr()); // not the object that was asked
//! # Ok::<(), bufferprocs::BufferError>(())
//! ```

use std::ffi::c_int;

use crate::abi::{Py_buffer, PyBufferProcs, PyObject};
use crate::grant::refuse;
use crate::object::{Object, get_buffer, value_of};

static PROCS: PyBufferProcs =
    PyBufferProcs { bf_getbuffer: Some(getbuffer), bf_releasebuffer: None };

struct Target(Object);

/// An object that answers as `target` does, which it keeps alive.
pub fn object(target: Object) -> Object {
    // SAFETY: `getbuffer` grants what the target grants, which keeps its promises; the release is
    // the target's.
    unsafe { Object::with_procs(Target(target), &PROCS) }
}

unsafe extern "C" fn getbuffer(
    exporter: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: only the objects made above have these procs.
    let mut target = &unsafe { value_of::<Target>(exporter) }.0;
    // A target may pass requests on too. A loop, since a long chain would overflow the stack.
    while let Some(Target(next)) = target.value() {
        target = next;
    }
    // SAFETY: the target is alive; the view is valid for writes, and a granted one is released by
    // the consumer.
    let answer = unsafe { get_buffer(target.as_ptr(), view, flags) };
    if answer != 0 {
        // A target without the slot leaves it as it was. SAFETY: the view is valid for writes.
        unsafe { refuse(view) };
    }
    answer
}
