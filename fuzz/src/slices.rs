//! Slices of views with and without suboffsets: shape, strides, suboffsets and items as
//! `_testbuffer.ndarray` has them.

use arbitrary::{Result, Unstructured};
use bufferprocs::exporters::Reexport;
use bufferprocs::layout::Slice;
use bufferprocs::{Buffer, Exported, LayoutError, Order, OwnedBuffer, Request, Source};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};

use crate::{Case, Outcome, ndarrays};

#[derive(Debug, Clone, Copy)]
struct Bounds {
    start: Option<isize>,
    stop: Option<isize>,
    step: Option<isize>,
}

/// A pair's number, how many axes are sliced, and how.
fn choose(choices: &mut Unstructured<'_>) -> Result<(u16, usize, Vec<Bounds>)> {
    let pair = choices.arbitrary()?;
    let axes = choices.choose_index(4)?;
    let mut bounds = || {
        let mut bound = |most: isize| match choices.ratio(1, 3)? {
            true => Ok(None),
            false => choices.int_in_range(-most..=most).map(Some),
        };
        Ok(Bounds { start: bound(5)?, stop: bound(5)?, step: bound(3)? })
    };
    Ok((pair, axes, (0..4).map(|_| bounds()).collect::<Result<_>>()?))
}

/// What a slice gives.
#[derive(Debug, PartialEq)]
enum Sliced {
    Part {
        shape: Vec<isize>,
        strides: Vec<isize>,
        suboffsets: Vec<isize>,
        items: Vec<u8>,
    },
    ZeroStep,
    /// A pointer would have to be followed to before what it leads to: we refuse, the array takes
    /// the pointers for items.
    NegativeSuboffset,
}

pub fn compare(py: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let (pair, axes, mut slices) = match choose(choices) {
        Ok(chosen) => chosen,
        Err(error) => return Ok(Err(error)),
    };
    let outcome = ndarrays::with(py, pair, |pair| {
        let whole = pair.theirs.bind(py);
        let buffer =
            OwnedBuffer::get(&pair.theirs, Request::FULL_RO).map_err(|error| error.to_string())?;
        if buffer.ndim() == 0 {
            return Ok(Case::Nothing);
        }
        slices.truncate(1 + axes % buffer.ndim());
        let ours = by_us(buffer, &slices)?;
        let theirs = by_cpython(whole, &slices).map_err(|error| error.to_string())?;
        match theirs == ours {
            // Known to differ.
            true if ours == Sliced::NegativeSuboffset => Ok(Case::Nothing),
            true => Ok(Case::Compared),
            false => Err(format!("CPython {theirs:?}, ours {ours:?}")),
        }
    })?;
    outcome.map(Ok).map_err(|why: String| format!("pair {pair}, {slices:?}: {why}"))
}

fn by_us(buffer: OwnedBuffer, slices: &[Bounds]) -> std::result::Result<Sliced, String> {
    let shape: Vec<usize> =
        buffer.shape().unwrap_or_default().iter().map(|extent| extent.unsigned_abs()).collect();
    let mut part = Reexport::new(buffer);
    for (axis, (bounds, &extent)) in slices.iter().zip(&shape).enumerate() {
        let sliced = Slice::python(bounds.start, bounds.stop, bounds.step.unwrap_or(1), extent)
            .and_then(|slice| part.slice(axis, slice));
        part = match sliced {
            Ok(part) => part,
            Err(LayoutError::ZeroStep) => return Ok(Sliced::ZeroStep),
            Err(LayoutError::NegativeSuboffset { .. }) => return Ok(Sliced::NegativeSuboffset),
            Err(error) => return Err(error.to_string()),
        };
    }
    let exported = Exported::new(part);
    let buffer = Buffer::get(&exported, Request::FULL_RO).map_err(|error| error.to_string())?;
    seen(&buffer)
}

/// Asks the array for all of it: its own fields, and its own copy.
fn by_cpython(whole: &Bound<'_, PyAny>, slices: &[Bounds]) -> PyResult<Sliced> {
    let py = whole.py();
    let slice = |bounds: &Bounds| -> PyResult<_> {
        py.get_type::<PySlice>().call1((bounds.start, bounds.stop, bounds.step))
    };
    let index = PyTuple::new(py, slices.iter().map(slice).collect::<PyResult<Vec<_>>>()?)?;
    let part = match whole.get_item(index) {
        Ok(part) => part,
        Err(error) if error.is_instance_of::<PyValueError>(py) => return Ok(Sliced::ZeroStep),
        Err(error) => return Err(error),
    };
    let numbers = |object: &Bound<'_, PyAny>, name| object.getattr(name)?.extract::<Vec<isize>>();
    let (before, suboffsets) = (numbers(whole, "suboffsets")?, numbers(&part, "suboffsets")?);
    let has_items = part.getattr("nbytes")?.extract::<usize>()? > 0;
    let became_negative =
        before.iter().zip(&suboffsets).any(|(before, after)| *before >= 0 && *after < 0);
    if became_negative && has_items {
        return Ok(Sliced::NegativeSuboffset);
    }
    Ok(Sliced::Part {
        shape: numbers(&part, "shape")?,
        strides: numbers(&part, "strides")?,
        suboffsets: if has_items { suboffsets } else { Vec::new() },
        items: part.call_method0("tobytes")?.extract()?,
    })
}

fn seen<S: Source>(buffer: &Buffer<S>) -> std::result::Result<Sliced, String> {
    let numbers = |array: Option<&[isize]>| array.unwrap_or_default().to_vec();
    Ok(Sliced::Part {
        shape: numbers(buffer.shape()),
        strides: numbers(buffer.strides()),
        // Without an item the array moves what is not there.
        suboffsets: numbers(buffer.suboffsets().filter(|_| buffer.len_bytes() > 0)),
        items: buffer.to_contiguous(Order::C).map_err(|error| error.to_string())?,
    })
}
