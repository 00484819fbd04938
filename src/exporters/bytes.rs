//! The smallest exporter: immutable bytes, and no release slot.
//!
//! Memory that never changes and lives as long as its object needs no counting: the reference in
//! `view.obj` keeps it alive. CPython's `bytes` does the same. This is also how the two procs are
//! written by hand.
//!
//! ```
//! use bufferprocs::{Buffer, BufferError, Request, exporters::bytes};
//!
//! let object = bytes::object(*b"abc");
//! let buffer = Buffer::get(&object, Request::SIMPLE).unwrap();
//! assert_eq!((buffer.len_bytes(), buffer.item::<u8>(&[2])), (3, Ok(b'c')));
//! assert_eq!(Buffer::get(&object, Request::WRITABLE).unwrap_err(), BufferError::NotWritable);
//! ```

use std::ffi::c_int;

use crate::abi::{Py_buffer, PyBufferProcs, PyObject};
use crate::grant::fill_info;
use crate::object::{Object, decref, incref, raise, value_of};
use crate::request::Request;

static PROCS: PyBufferProcs =
    PyBufferProcs { bf_getbuffer: Some(getbuffer), bf_releasebuffer: None };

struct Contents(Box<[u8]>);

/// An object that exports a copy of `bytes`.
pub fn object(bytes: impl Into<Box<[u8]>>) -> Object {
    // SAFETY: `getbuffer` shows the bytes of a box that is in the object, for as long as the view
    // refers to the object. They are read-only, and no code writes them.
    unsafe { Object::with_procs(Contents(bytes.into()), &PROCS) }
}

unsafe extern "C" fn getbuffer(
    exporter: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: only the objects made above have these procs.
    let Contents(bytes) = unsafe { value_of(exporter) };
    let buf = bytes.as_ptr().cast_mut().cast();
    let len = bytes.len() as isize; // a box has at most isize::MAX bytes
    // The reference that passes to the view. SAFETY: alive during the call.
    unsafe { incref(exporter) };
    let request = Request::from_bits_retain(flags);
    // SAFETY: `view` is valid for writes; the bytes stay as long as the object, to which the view
    // will refer.
    match unsafe { fill_info(view, exporter, buf, len, true, request) } {
        Ok(()) => 0,
        Err(refusal) => {
            // SAFETY: the reference taken above, which no view got.
            unsafe { decref(exporter) };
            raise(refusal);
            -1
        }
    }
}
