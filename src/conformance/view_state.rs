//! What a view shows at one moment, copied out of it.

use std::ffi::{CStr, c_int};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr::without_provenance_mut;

use super::evidence::{Compared, Fields, Unreadable, layout};
use super::memory::{Memory, Missing};
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
    /// Items that cannot be read.
    pub(super) missing: Option<Missing>,
    /// Arrays and a format that cannot be read.
    pub(super) unreadable: Vec<Unreadable>,
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
pub(super) fn capture(view: &Py_buffer, memory: &Memory, with_contents: bool) -> ViewState {
    let empty = preset();
    let ndim = usize::try_from(view.ndim).unwrap_or(0);
    let mut unreadable = Vec::new();
    let mut refuse = |field, address: usize| {
        let text = format!("{field} at {address:#x}, which cannot be read");
        unreadable.push(Unreadable { field, text });
    };
    let mut array = |field, start: *mut Py_ssize_t, unwritten: *mut Py_ssize_t| {
        let is_there =
            !start.is_null() && start != unwritten && (1..=2 * PyBUF_MAX_NDIM).contains(&ndim);
        if is_there && memory.is_missing(start.addr(), ndim * size_of::<Py_ssize_t>()) {
            refuse(field, start.addr());
            return None;
        }
        // SAFETY: the promise of `Target::get_buffer`: neither NULL nor as it was, so `ndim`
        // numbers.
        is_there.then(|| unsafe { std::slice::from_raw_parts(start, ndim) }.to_vec())
    };
    let shape = array("shape", view.shape, empty.shape);
    let strides = array("strides", view.strides, empty.strides);
    let suboffsets = array("suboffsets", view.suboffsets, empty.suboffsets);
    let mut has_format = !view.format.is_null() && view.format != empty.format;
    if has_format && memory.is_no_text(view.format.addr()) {
        refuse("format", view.format.addr());
        has_format = false;
    }
    // SAFETY: the promise of `Target::get_buffer`: neither NULL nor as it was, so a string.
    let format = has_format.then(|| unsafe { CStr::from_ptr(view.format) }.to_owned());
    let fields = Fields { shape, strides, suboffsets, format };
    let missing = if with_contents { missing_items(view, &fields, memory) } else { None };
    let contents = match &missing {
        None if with_contents => contents_of(view, &fields, memory, MOST_CONTENTS),
        _ => None,
    };
    ViewState { numbers: numbers(view), fields, contents, missing, unreadable }
}

/// The items that cannot be read, if this is known.
fn missing_items(view: &Py_buffer, fields: &Fields, memory: &Memory) -> Option<Missing> {
    let is_written = view.buf != preset().buf;
    let layout = layout(view, fields).filter(|_| is_written)?;
    memory.missing_items(view.buf.addr(), layout)
}

/// Bytes that are compared at once.
const BLOCK: usize = 1 << 20;

/// Compares all items, in C order, with the expected ones. None if there are not as many, or they
/// cannot be read.
pub(super) fn compare(view: &Py_buffer, memory: &Memory, expected: &[u8]) -> Option<Compared> {
    let state = capture(view, memory, true);
    let layout = layout(view, &state.fields)?;
    let is_there = usize::try_from(view.len).is_ok_and(|len| layout.len_bytes() <= len);
    if !is_there || layout.len_bytes() != expected.len() || state.missing.is_some() {
        return None;
    }
    if expected.len() > BLOCK && layout.is_c_contiguous() {
        let mut block = vec![0; BLOCK];
        let mut has_read = true;
        for (number, expected) in expected.chunks(BLOCK).enumerate() {
            let found = &mut block[..expected.len()];
            has_read &= memory.read(view.buf.addr() + number * BLOCK, found) == Some(true);
            match compare_block(expected, found, number * BLOCK) {
                Compared::Same if has_read => {}
                _ if !has_read => break,
                differs => return Some(differs),
            }
        }
        if has_read {
            return Some(Compared::Same);
        }
    }
    let found = contents_of(view, &state.fields, memory, expected.len())?;
    let mut blocks = expected.chunks(BLOCK).zip(found.chunks(BLOCK)).enumerate();
    let compared = blocks.find_map(|(number, (expected, found))| {
        match compare_block(expected, found, number * BLOCK) {
            Compared::Same => None,
            differs => Some(differs),
        }
    });
    Some(compared.unwrap_or(Compared::Same))
}

/// Compares a part, `start` bytes into the items.
fn compare_block(expected: &[u8], found: &[u8], start: usize) -> Compared {
    if expected == found {
        return Compared::Same;
    }
    let at = expected.iter().zip(found).position(|(expected, found)| expected != found);
    let at = at.unwrap_or(0);
    let mut digest = DefaultHasher::new();
    found.hash(&mut digest);
    let (expected, found, digest) = (expected[at], found[at], digest.finish());
    Compared::Differs { at: start + at, expected, found, digest }
}

/// All items in C order, if they are few. Not those of a shape that promises more than `len`
/// bytes: they are not there.
fn contents_of(view: &Py_buffer, fields: &Fields, memory: &Memory, most: usize) -> Option<Vec<u8>> {
    let layout = layout(view, fields)?;
    let is_there = usize::try_from(view.len).is_ok_and(|len| layout.len_bytes() <= len);
    if !is_there || layout.len_bytes() > most || view.buf.is_null() || view.buf == preset().buf {
        return None;
    }
    if layout.items() == 0 {
        return Some(Vec::new()); // an item may be larger than memory then
    }
    if layout.is_c_contiguous() {
        let mut bytes = vec![0; layout.len_bytes()];
        if memory.read(view.buf.addr(), &mut bytes) == Some(true) {
            return Some(bytes);
        }
    }
    let mut bytes = Vec::with_capacity(layout.len_bytes());
    // SAFETY: the promise of `Target::get_buffer`: the items are there, and the pointers that lead
    // to them.
    let walk = unsafe { Walk::new(view.buf.cast(), layout, Order::C) };
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
