//! Requests of any word, to exporters of any layout: the same fields as `_testbuffer.ndarray`
//! grants, or a refusal where it refuses.

use std::ffi::{CStr, c_int};

use arbitrary::{Result, Unstructured};
use bufferprocs::abi::Py_buffer;
use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::{PyErr, ffi};

use crate::{Case, Outcome, ndarrays};

fn choose(choices: &mut Unstructured<'_>) -> Result<(u16, c_int)> {
    let pair = choices.arbitrary()?;
    let word = match choices.ratio(7, 8)? {
        true => c_int::from(choices.int_in_range(0..=0x1FF_u16)?),
        false => choices.arbitrary()?,
    };
    Ok((pair, word))
}

pub fn compare(py: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let (pair, request) = match choose(choices) {
        Ok(chosen) => chosen,
        Err(error) => return Ok(Err(error)),
    };
    let (theirs, ours) = ndarrays::with(py, pair, |pair| {
        (answer(pair.theirs.bind(py), request), answer(pair.ours.bind(py), request))
    })?;
    match theirs == ours {
        // Words that are no requests: the interpreter itself refuses them since 3.13.
        true if theirs == Answer::NoRequest => Ok(Ok(Case::Nothing)),
        true => Ok(Ok(Case::Compared)),
        false => {
            Err(format!("pair {pair}, request {request:#x}: CPython {theirs:?}, ours {ours:?}"))
        }
    }
}

/// What an exporter grants.
#[derive(Debug, PartialEq)]
enum Answer {
    NoRequest,
    Refused(String),
    Granted {
        len: isize,
        itemsize: isize,
        readonly: bool,
        ndim: c_int,
        format: Option<Vec<u8>>,
        arrays: [Option<Vec<isize>>; 3],
        /// The bytes at `buf`, unless there is a pointer.
        first: Option<Vec<u8>>,
        /// All items, if CPython can copy them.
        packed: Option<Vec<u8>>,
    },
}

fn answer(object: &Bound<'_, PyAny>, request: c_int) -> Answer {
    // The bytes before the call must not matter.
    let mut view = Py_buffer { obj: std::ptr::without_provenance_mut(8), ..Py_buffer::zeroed() };
    let filled: *mut ffi::Py_buffer = (&raw mut view).cast();
    // SAFETY: a live object, and a place for a view.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), filled, request) } != 0 {
        let error = PyErr::fetch(object.py());
        if error.is_instance_of::<PySystemError>(object.py()) {
            return Answer::NoRequest;
        }
        // The text is each exporter's own.
        let kind = error.get_type(object.py()).to_string();
        return Answer::Refused(format!("{kind}, obj is NULL: {}", view.obj.is_null()));
    }
    let array = |start: *const isize| {
        // SAFETY: of a granted view: NULL, or as many numbers as dimensions.
        (!start.is_null())
            .then(|| unsafe { std::slice::from_raw_parts(start, view.ndim as usize) }.to_vec())
    };
    let mut arrays = [array(view.shape), array(view.strides), array(view.suboffsets)];
    if let (0, Some(suboffsets)) = (view.len, &mut arrays[2]) {
        // To an item that is not there: only how many they are.
        suboffsets.fill(0);
    }
    // SAFETY: of a granted view: NULL, or a string.
    let format = (!view.format.is_null())
        .then(|| unsafe { CStr::from_ptr(view.format) }.to_bytes().to_vec());
    let is_direct = arrays[2].is_none() && view.len >= view.itemsize;
    let (item, size) = (view.buf.cast::<u8>(), view.itemsize as usize);
    let first = is_direct.then(|| {
        // SAFETY: the first item, which no code writes.
        unsafe { std::slice::from_raw_parts(item, size) }.to_vec()
    });
    let mut packed = vec![0; view.len as usize];
    // A run of bytes without a shape is contiguous, which CPython sees.
    // SAFETY: a granted view, and as much room as it has bytes.
    let copied = unsafe {
        ffi::PyBuffer_ToContiguous(packed.as_mut_ptr().cast(), filled, view.len, b'C' as _)
    } == 0;
    if !copied {
        drop(PyErr::fetch(object.py()));
    }
    let granted = Answer::Granted {
        len: view.len,
        itemsize: view.itemsize,
        readonly: view.readonly != 0,
        ndim: view.ndim,
        format,
        arrays,
        first,
        packed: copied.then_some(packed),
    };
    // SAFETY: granted above.
    unsafe { ffi::PyBuffer_Release(filled) };
    granted
}
