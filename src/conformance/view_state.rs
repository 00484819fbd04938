//! What a view shows at one moment, copied out of it.

use std::ffi::{CStr, c_int};
use std::ptr::without_provenance_mut;

use super::evidence::{Fields, layout};
use crate::abi::{Py_buffer, Py_ssize_t, PyBUF_MAX_NDIM};
use crate::item::{load_bytes, width};
use crate::layout::Order;
use crate::walk::Walk;

/// Bytes of items that are looked at without expected contents. Larger memory is compared by its
/// addresses alone.
const MOST_CONTENTS: usize = 1 << 16;

/// What a view shows at one moment.
#[derive(PartialEq, Eq)]
pub(super) struct ViewState {
    pub(super) numbers: [usize; 11],
    pub(super) fields: Fields,
    pub(super) contents: Option<Vec<u8>>,
}

/// A view of which each byte is 0xA5.
pub(super) fn preset() -> Py_buffer {
    const PATTERN: usize = usize::from_ne_bytes([0xA5; size_of::<usize>()]);
    const INT: c_int = c_int::from_ne_bytes([0xA5; size_of::<c_int>()]);
    Py_buffer {
        buf: without_provenance_mut(PATTERN),
        obj: without_provenance_mut(PATTERN),
        len: PATTERN as Py_ssize_t,
        itemsize: PATTERN as Py_ssize_t,
        readonly: INT,
        ndim: INT,
        format: without_provenance_mut(PATTERN),
        shape: without_provenance_mut(PATTERN),
        strides: without_provenance_mut(PATTERN),
        suboffsets: without_provenance_mut(PATTERN),
        internal: without_provenance_mut(PATTERN),
    }
}

/// The fields in their order.
pub(super) fn numbers(view: &Py_buffer) -> [usize; 11] {
    [
        view.buf.addr(),
        view.obj.addr(),
        view.len as usize,
        view.itemsize as usize,
        view.readonly as usize,
        view.ndim as usize,
        view.format.addr(),
        view.shape.addr(),
        view.strides.addr(),
        view.suboffsets.addr(),
        view.internal.addr(),
    ]
}

/// Names of the fields in their order.
pub(super) const NAMES: [&str; 11] = [
    "buf",
    "obj",
    "len",
    "itemsize",
    "readonly",
    "ndim",
    "format",
    "shape",
    "strides",
    "suboffsets",
    "internal",
];

/// Looks at a granted view, at its place.
pub(super) fn capture(view: &Py_buffer, with_contents: bool) -> ViewState {
    capture_at_most(view, with_contents.then_some(MOST_CONTENTS))
}

/// As [`capture`], with the items if they have so many bytes at most.
pub(super) fn capture_at_most(view: &Py_buffer, most: Option<usize>) -> ViewState {
    let empty = preset();
    let ndim = usize::try_from(view.ndim).unwrap_or(0);
    let array = |start: *mut Py_ssize_t, unwritten: *mut Py_ssize_t| {
        let is_there =
            !start.is_null() && start != unwritten && (1..=2 * PyBUF_MAX_NDIM).contains(&ndim);
        // SAFETY: the promise of `Target::get_buffer`: neither NULL nor as it was, so `ndim`
        // numbers.
        is_there.then(|| unsafe { std::slice::from_raw_parts(start, ndim) }.to_vec())
    };
    let has_format = !view.format.is_null() && view.format != empty.format;
    // SAFETY: the promise of `Target::get_buffer`: neither NULL nor as it was, so a string.
    let format = has_format.then(|| unsafe { CStr::from_ptr(view.format) }.to_owned());
    let fields = Fields {
        shape: array(view.shape, empty.shape),
        strides: array(view.strides, empty.strides),
        suboffsets: array(view.suboffsets, empty.suboffsets),
        format,
    };
    let contents = most.and_then(|most| contents(view, &fields, most));
    ViewState { numbers: numbers(view), fields, contents }
}

/// All items in C order, if they are few. Not those of a shape that promises more than `len`
/// bytes: they are not there.
fn contents(view: &Py_buffer, fields: &Fields, most: usize) -> Option<Vec<u8>> {
    let layout = layout(view, fields)?;
    let is_there = usize::try_from(view.len).is_ok_and(|len| layout.len_bytes() <= len);
    if !is_there || layout.len_bytes() > most || view.buf.is_null() || view.buf == preset().buf {
        return None;
    }
    let mut bytes = Vec::with_capacity(layout.len_bytes());
    // SAFETY: the promise of `Target::get_buffer`: the items are there, and the pointers that lead
    // to them.
    let walk = unsafe { Walk::new(view.buf.cast(), layout, Order::C) };
    if layout.items() == 0 {
        return Some(Vec::new()); // an item may be larger than memory then
    }
    let size = layout.itemsize();
    let mut one = vec![0; size];
    for item in walk {
        // As consumers read: an owner in Rust may write the items at the same time.
        // SAFETY: as above; the vector has as many bytes.
        unsafe { load_bytes(item, one.as_mut_ptr(), size, width(item, size)) };
        bytes.extend_from_slice(&one);
    }
    Some(bytes)
}
