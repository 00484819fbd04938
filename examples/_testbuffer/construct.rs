//! Structures from the arguments of a call: memory of one's own, or a buffer of another object.

use std::ffi::{CString, c_int};

use bufferprocs::exporters::{Reexport, Untyped};
use bufferprocs::{Layout, Request};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};

use crate::items::{Struct, sequence};
use crate::memory;
use crate::node::{self, Node};

/// Twice what the documentation allows, on purpose.
pub const MAX_NDIM: usize = 128;

/// The arguments that describe memory of one's own.
pub struct Structure<'a, 'py> {
    pub shape: Option<&'a Bound<'py, PyAny>>,
    pub strides: Option<&'a Bound<'py, PyAny>>,
    pub offset: isize,
    pub format: Option<&'a Bound<'py, PyString>>,
    pub flags: c_int,
}

impl Structure<'_, '_> {
    /// Whether nothing but `flags` was given.
    fn is_absent(&self) -> PyResult<bool> {
        let default =
            self.format.map_or(Ok(true), |format| format.to_str().map(|text| text == "B"))?;
        Ok(self.shape.is_none() && self.strides.is_none() && self.offset == 0 && default)
    }
}

/// A structure over a buffer of `object`, asked for by `getbuf`.
pub fn other(
    object: &Bound<'_, PyAny>,
    structure: &Structure<'_, '_>,
    getbuf: Option<c_int>,
) -> PyResult<Node> {
    if !structure.is_absent()? || structure.flags & !node::REDIRECT != 0 {
        return Err(PyTypeError::new_err("an exporter takes the arguments getbuf and flags alone"));
    }
    let request = getbuf.map_or(Request::FULL_RO, Request::from_bits_retain);
    let buffer = memory::get(&object.clone().unbind(), request)?;
    Node::other(Reexport::new(buffer), structure.flags, request)
}

/// A structure over memory of its own, with `items` in it.
pub fn own(items: &Bound<'_, PyAny>, structure: &Structure<'_, '_>) -> PyResult<Node> {
    let &Structure { shape, strides, offset, format, flags } = structure;
    let py = items.py();
    let shape = shape.ok_or_else(|| PyTypeError::new_err("items need a shape"))?;
    let shape = list("shape", shape)?;
    let ndim = shape.len();
    if ndim > MAX_NDIM {
        return Err(PyValueError::new_err(format!(
            "ndim is {ndim}, at most {MAX_NDIM} are possible"
        )));
    }
    let strides = strides.map(|strides| list("strides", strides)).transpose()?;
    let strides = strides.filter(|strides| !strides.is_empty());
    if strides.is_some() && flags & node::FORTRAN != 0 {
        return Err(PyTypeError::new_err("ND_FORTRAN has strides of its own"));
    }
    let format = match format {
        Some(format) => {
            format.call_method1("encode", ("ascii",))?; // fails as CPython's does
            format.to_str()?
        }
        None => "B",
    };
    let codec = Struct::new(py, format)?;
    let itemsize = codec.size();
    if itemsize == 0 {
        return Err(PyValueError::new_err("items of no size"));
    }
    let bytes = pack(&codec, items, ndim)?;
    let extents: Vec<usize> = numbers("shape", &shape, |extent| usize::try_from(extent).ok())?;
    let strides = strides.map(|strides| numbers("strides", &strides, Some)).transpose()?;
    let layout = match &strides {
        Some(strides) => Layout::strided(&extents, strides, itemsize),
        None if flags & node::FORTRAN != 0 => Layout::f_contiguous(&extents, itemsize),
        None => Layout::c_contiguous(&extents, itemsize),
    }?;
    // Stricter than the crate: also where no step is taken, and where there is no item.
    let offset =
        usize::try_from(offset).map_err(|_| PyValueError::new_err("offset is negative"))?;
    let splits = |step: isize| step.unsigned_abs() % itemsize != 0;
    if offset % itemsize != 0 || strides.is_some_and(|strides| strides.into_iter().any(splits)) {
        return Err(PyValueError::new_err("offset and strides are multiples of the itemsize"));
    }
    if offset.saturating_add(itemsize) > bytes.len() {
        return Err(PyValueError::new_err("offset leaves the memory"));
    }
    let format = CString::new(format).expect("struct took it, which refuses NUL");
    if ndim == 0 && flags & node::PIL != 0 {
        return Err(PyTypeError::new_err("ND_PIL needs a dimension"));
    }
    // SAFETY: the only addresses here are items of `P`, which no code follows; the suite knows the
    // number of dimensions.
    let mut memory = unsafe { Untyped::new_unchecked(&bytes, &format, layout, offset) }?;
    let mut offset = offset;
    if flags & node::PIL != 0 {
        memory = memory.behind_pointers()?;
        offset = 0; // the table comes first
    }
    if flags & node::WRITABLE != 0 {
        memory = memory.writable()?;
    }
    Node::own(memory, flags & !node::VAREXPORT, offset)
}

/// All items as bytes. Without a dimension `items` is the one item.
fn pack(codec: &Struct<'_>, items: &Bound<'_, PyAny>, ndim: usize) -> PyResult<Vec<u8>> {
    if ndim == 0 {
        return Ok(codec.pack(items)?.as_bytes().to_vec());
    }
    let items = list("items", items)?;
    if items.is_empty() {
        return Err(PyValueError::new_err("there are no items"));
    }
    let mut bytes = Vec::with_capacity(items.len() * codec.size());
    for item in items {
        bytes.extend_from_slice(codec.pack(&item)?.as_bytes());
    }
    Ok(bytes)
}

fn list<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    sequence(value)
        .ok_or_else(|| PyTypeError::new_err(format!("{name}: a list or a tuple is needed")))
}

/// Fails at the first that is no integer, does not fit, or is none of those that `accept` takes.
fn numbers<T>(
    name: &str,
    values: &Bound<'_, PyTuple>,
    accept: impl Fn(isize) -> Option<T>,
) -> PyResult<Vec<T>> {
    let number = |value: Bound<'_, PyAny>| {
        let wrong = || PyValueError::new_err(format!("{name}: {value} is not possible"));
        let number = value.cast::<PyInt>().map_err(|_| wrong())?;
        accept(number.extract()?).ok_or_else(wrong)
    };
    values.iter().map(number).collect()
}
