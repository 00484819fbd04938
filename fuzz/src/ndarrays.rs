//! Exporters in pairs: CPython's `_testbuffer.ndarray`, and ours of the same items.
//!
//! A pair is made of a number, and kept: there are as many as numbers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::CString;

use arbitrary::Unstructured;
use bufferprocs::exporters::Untyped;
use bufferprocs::{Layout, export};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyModule};

use crate::choices;
use crate::random::{Choices, Random};

/// How many pairs there are.
pub const PAIRS: u16 = 4096;

const FORMATS: [(&str, usize); 8] =
    [("B", 1), ("h", 2), ("<i", 4), (">I", 4), ("q", 8), ("d", 8), ("=Q", 8), ("hxx", 4)];

pub struct Pair {
    pub theirs: Py<PyAny>,
    pub ours: Py<PyAny>,
}

thread_local! {
    static MADE: RefCell<HashMap<u16, Pair>> = RefCell::default();
}

/// What `with` makes of the pair of this number.
pub fn with<R>(py: Python<'_>, number: u16, with: impl FnOnce(&Pair) -> R) -> Result<R, String> {
    let number = number % PAIRS;
    MADE.with_borrow_mut(|made| {
        let pair = match made.entry(number) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(place) => {
                place.insert(make(py, number).map_err(|error| format!("pair {number}: {error}"))?)
            }
        };
        Ok(with(pair))
    })
}

fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    Ok(MODULE
        .get_or_try_init(py, || PyModule::import(py, "_testbuffer").map(Bound::unbind))?
        .bind(py))
}

fn make(py: Python<'_>, number: u16) -> PyResult<Pair> {
    let mut random = Random(number.into());
    let bytes: Vec<u8> = (0..64).map(|_| random.below(256) as u8).collect();
    let mut choices = Unstructured::new(&bytes);
    let chosen = (|| {
        let shape = choices::shape(&mut choices, 4)?;
        let &(format, size) = choices.choose(&FORMATS)?;
        let order = choices.int_in_range(0..=2)?; // C, Fortran, any strides
        let any: Vec<isize> =
            shape.iter().map(|_| choices.int_in_range(-3..=3)).collect::<Result<_, _>>()?;
        let (writable, pil) = (choices.ratio(1, 2)?, choices.ratio(1, 3)?);
        let pil = pil && !any.is_empty();
        Ok((shape, format, size, order, any, writable, pil))
    })();
    let (shape, format, size, order, any, writable, pil) =
        chosen.map_err(|error: arbitrary::Error| PyValueError::new_err(error.to_string()))?;
    let extents: Vec<usize> = shape.iter().map(|extent| extent.unsigned_abs()).collect();
    let unexpected = |error: bufferprocs::LayoutError| PyValueError::new_err(error.to_string());
    let strides: Vec<isize> = any.iter().map(|stride| stride * size as isize).collect();
    let layout = match order {
        0 => Layout::c_contiguous(&extents, size),
        1 => Layout::f_contiguous(&extents, size),
        _ => Layout::strided(&extents, &strides, size),
    };
    let layout = layout.map_err(unexpected)?;
    let span = layout.span();
    let count = (span.end - span.start).unsigned_abs().div_ceil(size).max(1);
    let offset = -span.start;

    let packed = PyModule::import(py, "struct")?;
    let values = (0..count).map(|value| value % 100);
    let mut items = Vec::new();
    for value in values.clone() {
        items.extend(packed.call_method1("pack", (format, value))?.extract::<Vec<u8>>()?);
    }
    let module = module(py)?;
    let flag = |name: &str, wanted: bool| -> PyResult<i32> {
        if wanted { module.getattr(name)?.extract() } else { Ok(0) }
    };
    let flags =
        flag("ND_WRITABLE", writable)? | flag("ND_PIL", pil)? | flag("ND_FORTRAN", order == 1)?;
    let arguments = PyDict::new(py);
    arguments.set_item("shape", PyList::new(py, &shape)?)?;
    arguments.set_item("format", format)?;
    arguments.set_item("flags", flags)?;
    if order == 2 && !shape.is_empty() {
        arguments.set_item("strides", PyList::new(py, &strides)?)?;
        arguments.set_item("offset", offset)?;
    }
    let values = match shape.is_empty() {
        true => 0_usize.into_pyobject(py)?.into_any(),
        false => PyList::new(py, values)?.into_any(),
    };
    let theirs = module.getattr("ndarray")?.call((values,), Some(&arguments))?.unbind();

    let format = CString::new(format)?;
    let mut untyped =
        Untyped::new(&items, &format, layout, offset.unsigned_abs()).map_err(unexpected)?;
    if pil {
        untyped = untyped.behind_pointers().map_err(unexpected)?;
    }
    if writable {
        untyped = untyped.writable().map_err(unexpected)?;
    }
    Ok(Pair { theirs, ours: export(py, untyped)?.unbind() })
}
