//! `array[key]` and `array[key] = value`.

use bufferprocs::Request;
use bufferprocs::exporters::Reexport;
use bufferprocs::layout::Slice;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PySlice, PyTuple};

use crate::items::{Struct, unpack};
use crate::memory::{self, Own};
use crate::ndarray::NdArray;
use crate::node::Node;

/// Of an array without a dimension: the item, the array itself, or nothing.
enum Scalar {
    Item,
    Array,
}

impl Scalar {
    fn new(key: &Bound<'_, PyAny>) -> PyResult<Scalar> {
        if key.is_instance_of::<PyEllipsis>() {
            return Ok(Scalar::Array);
        }
        match key.cast::<PyTuple>() {
            Ok(tuple) if tuple.is_empty() => Ok(Scalar::Item),
            _ => Err(PyTypeError::new_err("a scalar has no items but [()] and [...]")),
        }
    }
}

pub fn get<'py>(
    array: &Bound<'py, NdArray>,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let seen = array.get().buffer()?;
    if seen.ndim() == 0 {
        return match Scalar::new(key)? {
            Scalar::Item => item(array, &seen, &[]),
            Scalar::Array => Ok(array.clone().into_any()),
        };
    }
    match index(&seen, key)? {
        Some(index) if seen.ndim() == 1 => item(array, &seen, &[index]),
        _ => part(array, &seen, key).map(|part| part.into_any()),
    }
}

pub fn set(
    array: &Bound<'_, NdArray>,
    key: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let seen = array.get().buffer()?;
    if seen.is_readonly() {
        return Err(PyTypeError::new_err("the items are read-only"));
    }
    if seen.ndim() == 0 {
        Scalar::new(key)?;
        return set_item(array, &seen, &[], value);
    }
    if let Some(index) = index(&seen, key)?.filter(|_| seen.ndim() == 1) {
        return set_item(array, &seen, &[index], value);
    }
    let target = part(array, &seen, key)?.get().buffer()?;
    Ok(target.copy_rows_from(&memory::get(value, Request::FULL_RO)?)?)
}

/// The index along the first axis, if the brackets contain an index.
fn index(seen: &Own, key: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    // SAFETY: an object.
    match unsafe { ffi::PyIndex_Check(key.as_ptr()) } {
        1 => place(seen, key.extract()?).map(Some),
        _ => Ok(None),
    }
}

/// A slice for each of the first axes.
fn slices<'py>(key: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PySlice>>> {
    if let Ok(slice) = key.cast::<PySlice>() {
        return Ok(vec![slice.clone()]);
    }
    key.cast::<PyTuple>()?.iter().map(|part| Ok(part.cast_into()?)).collect()
}

/// From the start. Where no shape is known the array is as many items as bytes allow.
fn place(seen: &Own, index: isize) -> PyResult<usize> {
    let extent = match seen.shape() {
        Some(shape) => shape[0],
        None => (seen.len_bytes() / seen.itemsize()) as isize,
    };
    let from_start = if index < 0 { index.checked_add(extent) } else { Some(index) };
    match from_start {
        Some(index) if (0..extent).contains(&index) => Ok(index.unsigned_abs()),
        _ => Err(PyIndexError::new_err(format!("index {index} of {extent} items"))),
    }
}

/// The place of an item: among the bytes, if the shape is unknown.
fn bytes_index(seen: &Own, indices: &[usize]) -> Vec<usize> {
    let scale = if seen.shape().is_none() { seen.itemsize() } else { 1 };
    indices.iter().map(|index| index * scale).collect()
}

/// The value of an item; its first byte if there is no format.
fn item<'py>(
    array: &Bound<'py, NdArray>,
    seen: &Own,
    indices: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = seen.bytes_of(&bytes_index(seen, indices))?;
    match array.get().format_text() {
        Some(format) => unpack(array.py(), &format, &bytes),
        None => unpack(array.py(), c"B", &bytes[..1]),
    }
}

fn set_item(
    array: &Bound<'_, NdArray>,
    seen: &Own,
    indices: &[usize],
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let format = array.get().format_text().unwrap_or(c"B".into());
    let packed = Struct::new(array.py(), &format.to_string_lossy())?.pack(value)?;
    let indices = bytes_index(seen, indices);
    // Without a format one byte of the item is written.
    let mut bytes = seen.bytes_of(&indices)?;
    let len = packed.as_bytes().len().min(bytes.len());
    bytes[..len].copy_from_slice(&packed.as_bytes()[..len]);
    Ok(seen.set_bytes_of(&indices, &bytes)?)
}

/// An array that shows a part of this one.
fn part<'py>(
    array: &Bound<'py, NdArray>,
    seen: &Own,
    key: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, NdArray>> {
    let index = index(seen, key)?;
    let whole = array.clone().into_any().unbind();
    let mut part = Reexport::new(memory::get(&whole, Request::FULL_RO)?);
    let node = match index {
        Some(index) => Node::other(part.index(index)?, 0, Request::FULL_RO)?,
        None => {
            // Only now, as in CPython's: a request that is refused comes first.
            let slices = slices(key)?;
            let shape = seen.layout().shape();
            if slices.len() > shape.len() {
                return Err(PyTypeError::new_err("more slices than dimensions"));
            }
            for (axis, slice) in slices.into_iter().enumerate() {
                let taken = slice.indices(shape[axis])?;
                let (start, count) = (taken.start.max(0).unsigned_abs(), taken.slicelength);
                part = part.slice(axis, Slice { start, count, step: taken.step })?;
            }
            Node::other(part, 0, Request::FULL_RO)?.with_own_arrays()
        }
    };
    Bound::new(array.py(), NdArray::consumer(node, Some(whole)))
}
