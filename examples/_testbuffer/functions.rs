//! The functions of the module.

use std::ffi::{c_char, c_int};

use bufferprocs::{Buffer, Order, Request};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PySlice, PyString};

use crate::items::{sequence, unpack};
use crate::memory;
use crate::ndarray::NdArray;

pub const READ: c_int = 0x100;
pub const WRITE: c_int = 0x200;

type Seen<'py> = Buffer<Bound<'py, PyAny>>;

/// `(start, stop, step, count)` of a slice of an axis with `len` items.
#[pyfunction]
pub fn slice_indices(
    slice: &Bound<'_, PySlice>,
    len: isize,
) -> PyResult<(isize, isize, isize, usize)> {
    let taken = slice.indices(len)?;
    Ok((taken.start, taken.stop, taken.step, taken.slicelength))
}

#[pyfunction]
pub fn get_sizeof_void_p() -> usize {
    size_of::<*const u8>()
}

/// The item at `indices`.
#[pyfunction]
pub fn get_pointer<'py>(
    object: &Bound<'py, PyAny>,
    indices: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let seen = memory::get(object, Request::FULL_RO)?;
    let indices = sequence(indices)
        .ok_or_else(|| PyTypeError::new_err("indices: a list or a tuple is needed"))?;
    let negative = |_| PyValueError::new_err("an index is negative");
    let index =
        |index: Bound<'_, PyAny>| usize::try_from(index.extract::<isize>()?).map_err(negative);
    let indices: Vec<usize> = indices.iter().map(index).collect::<PyResult<_>>()?;
    let bytes =
        seen.bytes_of(&indices).map_err(|error| PyValueError::new_err(error.to_string()))?;
    unpack(object.py(), seen.format().unwrap_or(c"B"), &bytes)
}

/// A memoryview of packed items, of the object's own memory if they lie so.
#[pyfunction]
pub fn get_contiguous<'py>(
    object: &Bound<'py, PyAny>,
    buffertype: &Bound<'py, PyInt>,
    order: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    let buffertype: c_int = buffertype.extract()?;
    if ![READ, WRITE].contains(&buffertype) {
        return Err(PyValueError::new_err("buffertype is PyBUF_READ or PyBUF_WRITE"));
    }
    let (letter, _) = parse_order(order)?;
    // SAFETY: attached; an object, and values that the function knows.
    let made = unsafe { ffi::PyMemoryView_GetContiguous(object.as_ptr(), buffertype, letter) };
    // SAFETY: a new reference, or NULL with an exception.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), made) }
}

/// The items as packed bytes, out of a view asked for by `flags`.
#[pyfunction]
pub fn py_buffer_to_contiguous<'py>(
    object: &Bound<'py, PyAny>,
    order: &Bound<'py, PyString>,
    flags: c_int,
) -> PyResult<Bound<'py, PyBytes>> {
    let seen = memory::get(object, Request::from_bits_retain(flags))?;
    let (_, order) = parse_order(order)?;
    Ok(PyBytes::new(object.py(), &seen.to_contiguous(order)?))
}

#[pyfunction]
pub fn is_contiguous(object: &Bound<'_, PyAny>, order: &Bound<'_, PyString>) -> PyResult<bool> {
    let (_, order) = parse_order(order)?;
    match object.cast::<NdArray>() {
        Ok(array) => array.get().is_contiguous(order),
        Err(_) => Ok(seen(object)?.layout().is_contiguous(order)),
    }
}

/// Whether two objects show the same packed items.
#[pyfunction]
pub fn cmp_contig(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<bool> {
    let (a, b) = (seen(a)?, seen(b)?);
    let both = |order| a.layout().is_contiguous(order) && b.layout().is_contiguous(order);
    let order = match (both(Order::C), both(Order::Fortran)) {
        (true, _) => Order::C,
        (_, true) => Order::Fortran,
        _ => return Ok(false),
    };
    // The stride of an axis with one item does not matter.
    let steps = |seen: &Seen<'_>| -> Option<Vec<isize>> {
        let axes = seen.shape()?.iter().zip(seen.strides()?);
        Some(axes.filter(|(extent, _)| **extent > 1).map(|(_, stride)| *stride).collect())
    };
    let fields = |seen: &Seen<'_>| (seen.len_bytes(), seen.itemsize(), seen.ndim());
    Ok(fields(&a) == fields(&b)
        && a.format().unwrap_or(c"B") == b.format().unwrap_or(c"B")
        && a.shape() == b.shape()
        && steps(&a) == steps(&b)
        && a.suboffsets() == b.suboffsets()
        && a.to_contiguous(order)? == b.to_contiguous(order)?)
}

fn seen<'py>(object: &Bound<'py, PyAny>) -> PyResult<Seen<'py>> {
    memory::get(object, Request::FULL_RO).map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// The first letter of `order`, for C and for Rust.
fn parse_order(order: &Bound<'_, PyString>) -> PyResult<(c_char, Order)> {
    order.call_method1("encode", ("ascii",))?; // fails as CPython's does
    match order.to_str()?.bytes().next() {
        Some(letter @ b'C') => Ok((letter as c_char, Order::C)),
        Some(letter @ b'F') => Ok((letter as c_char, Order::Fortran)),
        Some(letter @ b'A') => Ok((letter as c_char, Order::Any)),
        _ => Err(PyValueError::new_err("order is C, F or A")),
    }
}
