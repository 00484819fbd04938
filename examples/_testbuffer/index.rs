//! `array[key]` and `array[key] = value`.

use bufferprocs::exporters::Reexport;
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, Request};
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyEllipsis, PySlice, PyTuple};

use crate::items::{Struct, unpack};
use crate::memory::{self, Own};
use crate::ndarray::NdArray;
use crate::node::Node;

/// What stands in the brackets.
enum Key<'py> {
    Index(isize),
    Slices(Vec<Bound<'py, PySlice>>),
}

impl<'py> Key<'py> {
    fn new(key: &Bound<'py, PyAny>) -> PyResult<Key<'py>> {
        // SAFETY: an object.
        if unsafe { ffi::PyIndex_Check(key.as_ptr()) } == 1 {
            return Ok(Key::Index(key.extract()?));
        }
        if let Ok(slice) = key.cast::<PySlice>() {
            return Ok(Key::Slices(vec![slice.clone()]));
        }
        let tuple = key.cast::<PyTuple>()?;
        let slices = tuple.iter().map(|part| Ok(part.cast_into::<PySlice>()?));
        Ok(Key::Slices(slices.collect::<PyResult<_>>()?))
    }
}

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
    match Key::new(key)? {
        Key::Index(index) if seen.ndim() == 1 => item(array, &seen, &[place(&seen, index)?]),
        key => part(array, &seen, key).map(|part| part.into_any()),
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
    match Key::new(key)? {
        Key::Index(index) if seen.ndim() == 1 => {
            set_item(array, &seen, &[place(&seen, index)?], value)
        }
        key => {
            let target = part(array, &seen, key)?.get().buffer()?;
            Ok(target.copy_rows_from(&Buffer::get(value, Request::FULL_RO)?)?)
        }
    }
}

/// From the start. Where no shape is known the array is as many items as bytes allow.
fn place(seen: &Own, index: isize) -> PyResult<usize> {
    let extent = match seen.shape() {
        Some(shape) => shape[0],
        None => (seen.len() / seen.itemsize()) as isize,
    };
    let from_start = if index < 0 { index.checked_add(extent) } else { Some(index) };
    match from_start {
        Some(index) if (0..extent).contains(&index) => Ok(index.unsigned_abs()),
        _ => Err(PyIndexError::new_err(format!("index {index} of {extent} items"))),
    }
}

/// Where an item stands: among the bytes where no shape is known.
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
    key: Key<'py>,
) -> PyResult<Bound<'py, NdArray>> {
    let whole = array.clone().into_any().unbind();
    let buffer = memory::get(&whole, Request::FULL_RO)?;
    let shape = seen.layout().shape();
    let mut part = Reexport::new(buffer);
    let is_slice = matches!(key, Key::Slices(_));
    match key {
        Key::Index(index) => part = part.index(place(seen, index)?)?,
        Key::Slices(slices) => {
            if slices.len() > shape.len() {
                return Err(PyTypeError::new_err("more slices than dimensions"));
            }
            for (axis, slice) in slices.into_iter().enumerate() {
                let taken = slice.indices(shape[axis])?;
                let (start, count) = (taken.start.max(0).unsigned_abs(), taken.slicelength);
                part = part.slice(axis, Slice { start, count, step: taken.step })?;
            }
        }
    }
    let node = Node::other(part, 0, Request::FULL_RO)?;
    let node = if is_slice { node.with_own_arrays() } else { node };
    Bound::new(array.py(), NdArray::consumer(node, Some(whole)))
}
