//! What a case consists of: a struct that an exporter fills in, a request, a type, and bytes.

use std::ffi::{CStr, c_int};

use arbitrary::{Result, Unstructured};
use bufferprocs::Request;

use super::kinds::{KINDS, Kind};
use super::memory::{BEHIND, BYTES, END, POINTERS, REACHED, WORD};
use crate::choices;
use crate::exporters::claims::{Array, Claims, WILD};

/// Those that are no item of any of the types.
const ODD: [&CStr; 16] = [
    c"",
    c"T{",
    c"O",
    c"P",
    c"&B",
    c"3x",
    c"x",
    c"g",
    c"u",
    c"p",
    c"T{B:a:}",
    c"H:x:",
    c"BB",
    c"0B",
    c"(2,0)d",
    c"\xFF\x80",
];

/// Most bytes of the items of a case, except those of [`huge`].
const MOST: isize = 8192;

#[derive(Debug)]
pub struct Chosen {
    pub claims: Claims,
    pub request: Request,
    pub kind: &'static Kind,
    /// No code writes the memory, if the exporter says that it is read-only.
    pub immutable: bool,
    /// Of the bytes, and of the places where a walk is split.
    pub seed: u64,
}

impl Chosen {
    /// None if the items do not fit into the memory.
    pub fn choose(choices: &mut Unstructured<'_>) -> Result<Option<Chosen>> {
        let seed = choices.arbitrary()?;
        let request = request(choices)?;
        let mut kind = &KINDS[choices.choose_index(KINDS.len())?];
        let mut of = kind;
        // Without a format items are bytes; without a shape they may be those of any items. Where
        // the input is over, each choice is its first.
        if !request.contains(Request::FORMAT | Request::ND) && choices.ratio(7, 8)? {
            kind = &KINDS[0];
            of = if request.contains(Request::ND) { kind } else { of };
        } else if !choices.ratio(31, 32)? {
            of = choices.choose(KINDS)?; // of another type
        }
        let format = match choices.int_in_range(0..=31_u8)? {
            31 => Some(*choices.choose(&ODD)?),
            28..=30 if of.formats.contains(&c"B") => None,
            _ => Some(*choices.choose(of.formats)?),
        };
        let claims = match choices.int_in_range(0..=1023_u16)? {
            1023 => Some(huge(choices, of.size as isize)?),
            980..=1022 => Some(empty(choices, of.size as isize)?),
            _ => fitting(choices, of.size as isize)?,
        };
        let Some(mut claims) = claims else { return Ok(None) };
        if !request.contains(Request::ND) && !choices.ratio(1, 2)? {
            claims.arrays = [Array::Null, Array::Null, Array::Null]; // as `PyBuffer_FillInfo`
        }
        claims.format = format;
        claims.readonly = *choices.choose(&[0, 0, 0, 0, 1, 1, 1, -1])?;
        let immutable = choices.arbitrary()?;
        for _ in 0..*choices.choose(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2])? {
            claims.change(choices)?;
        }
        claims.complete();
        Ok(Some(Chosen { claims, request, kind, immutable, seed }))
    }
}

fn request(choices: &mut Unstructured<'_>) -> Result<Request> {
    let contiguous = Request::C_CONTIGUOUS | Request::FORMAT;
    Ok(match choices.int_in_range(0..=15_u8)? {
        0..=3 => Request::FULL_RO,
        4..=8 => Request::FULL,
        9 => contiguous,
        10 => contiguous | Request::WRITABLE,
        11 => Request::RECORDS,
        12 => Request::FORMAT | Request::CONTIG,
        13 => *choices.choose(&[Request::SIMPLE, Request::WRITABLE])?,
        14 => *choices.choose(&[Request::CONTIG, Request::STRIDED, Request::CONTIG_RO])?,
        _ => Request::from_bits_retain(choices.int_in_range(0..=0x1FF_u16)?.into()),
    })
}

/// A view whose items are all in the memory.
fn fitting(choices: &mut Unstructured<'_>, size: isize) -> Result<Option<Claims>> {
    let mut shape = choices::shape(choices, 4)?;
    if !shape.is_empty() {
        let axis = choices.choose_index(shape.len())?;
        match choices.int_in_range(0..=31_u8)? {
            0..=7 => shape[axis] = choices.int_in_range(0..=40)?,
            8 | 9 => shape[axis] = choices.int_in_range(0..=300)?,
            10 => {
                shape.iter_mut().for_each(|extent| *extent = 1);
                shape[axis] = choices.int_in_range(0..=MOST / size)?;
            }
            _ => {}
        }
    }
    let items: isize = shape.iter().product();
    if items * size > MOST {
        return Ok(None);
    }
    let mut strides = strides(choices, &shape, size)?;
    if !shape.is_empty() && !choices.ratio(4, 5)? {
        return behind_pointers(choices, size, shape, strides);
    }
    let (low, high) = if items == 0 { (0, 0) } else { choices::reach(&shape, &strides) };
    let Some(start) = start(choices, low, high + size, BYTES as isize, END as isize)? else {
        return Ok(None);
    };
    let is_packed = strides == packed(&shape, size);
    let mut arrays = [Array::There(shape.clone()), Array::Null, Array::Null];
    if !is_packed || choices.ratio(3, 4)? {
        arrays[1] = Array::There(std::mem::take(&mut strides));
    }
    if shape.len() == 1 && is_packed && !choices.ratio(7, 8)? {
        // As `bytes` has them: `len` and `itemsize` of the struct.
        arrays[1] = Array::Within(24);
        if size == 1 {
            arrays[0] = Array::Within(16);
        }
    }
    if matches!(arrays[1], Array::There(_)) && !choices.ratio(15, 16)? {
        arrays[2] = Array::There(vec![-1; shape.len()]);
    }
    Ok(Some(claims(start, items * size, size, shape.len(), arrays)))
}

fn claims(buf: isize, len: isize, itemsize: isize, ndim: usize, arrays: [Array; 3]) -> Claims {
    let (readonly, ndim) = (0, ndim as c_int);
    Claims { buf: Some(buf), len, itemsize, readonly, ndim, format: None, arrays }
}

/// The place of the first item of those that reach from `low` to `high`, mostly an aligned one.
fn start(
    choices: &mut Unstructured<'_>,
    low: isize,
    high: isize,
    first: isize,
    end: isize,
) -> Result<Option<isize>> {
    let room = end - first - (high - low);
    if room < 0 {
        return Ok(None);
    }
    let unit = *choices.choose(&[16, 8, 1, 16, 2, 8])?;
    let within = choices.int_in_range(0..=room.min(255))? / unit * unit;
    // Against the start of the memory, or against its end, or near one of the two.
    let within = if choices.ratio(7, 8)? { within } else { room - within };
    Ok(Some(first + within - low))
}

fn packed(shape: &[isize], size: isize) -> Vec<isize> {
    let mut strides = vec![size; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

fn strides(choices: &mut Unstructured<'_>, shape: &[isize], size: isize) -> Result<Vec<isize>> {
    let mut strides = packed(shape, size);
    let kind = choices.int_in_range(0..=15_u8)?;
    match kind {
        0..=4 => {}
        5..=7 => {
            // Packed in another order of the axes: Fortran order, or that of a transpose.
            let mut axes: Vec<usize> = (0..shape.len()).rev().collect();
            if kind == 7 && axes.len() > 1 {
                let by = choices.choose_index(axes.len())?;
                axes.rotate_left(by);
            }
            let mut stride = size;
            for axis in axes.into_iter().rev() {
                strides[axis] = stride;
                stride *= shape[axis];
            }
        }
        8 | 9 => {
            // With gaps.
            let mut stride = size;
            for axis in (0..shape.len()).rev() {
                stride *= choices.int_in_range(1..=3)?;
                strides[axis] = stride + if kind == 9 { choices.int_in_range(0..=3)? } else { 0 };
                stride = strides[axis] * shape[axis];
            }
        }
        10 => {
            // Rows without gaps, and gaps between them.
            for stride in strides.iter_mut().rev().skip(1) {
                *stride += size * choices.int_in_range(0..=2)?;
            }
        }
        11 => strides.fill(0),
        12 | 13 => return choices::strides(choices, shape, size),
        _ => {
            if let Some(axis) = shape.len().checked_sub(1) {
                strides[choices.int_in_range(0..=axis)?] = 0;
            }
        }
    }
    for stride in &mut strides {
        if !choices.ratio(4, 5)? {
            *stride = -*stride;
        }
    }
    Ok(strides)
}

/// The first axes step over pointers, of one table or of two.
fn behind_pointers(
    choices: &mut Unstructured<'_>,
    size: isize,
    shape: Vec<isize>,
    mut strides: Vec<isize>,
) -> Result<Option<Claims>> {
    const WIDE: isize = WORD as isize;
    let last = choices.choose_index(shape.len())?; // the last axis that leads to pointers
    let first = if last > 0 && choices.ratio(1, 3)? { choices.choose_index(last)? } else { last };
    let items: isize = shape.iter().product();
    let reach = |shape: &[isize], strides: &[isize]| match items {
        0 => (0, 0),
        _ => choices::reach(shape, strides),
    };
    let mut suboffsets = vec![-1; shape.len()];
    let (low, high) = reach(&shape[last + 1..], &strides[last + 1..]);
    // Each pointer has so many bytes behind it.
    let Some(suboffset) = start(choices, low, high + size, 0, BEHIND as isize)? else {
        return Ok(None);
    };
    suboffsets[last] = suboffset;
    let mut room = [0, POINTERS as isize - 1];
    if first < last {
        // A table that another table leads to.
        room = [POINTERS as isize, 2 * POINTERS as isize - 1];
        let words = REACHED as isize - 1;
        for axis in first + 1..=last {
            let is_small = (shape[axis] - 1) * (last - first) as isize <= words;
            strides[axis] = if is_small { WIDE } else { 0 };
        }
        suboffsets[first] = 0;
        if strides[first + 1..=last].iter().all(|&stride| stride == 0) {
            suboffsets[first] = choices.int_in_range(0..=words)? * WIDE;
        }
    }
    for stride in &mut strides[..=first] {
        *stride = choices.int_in_range(-3..=3)? * WIDE;
    }
    let (low, high) = reach(&shape[..=first], &strides[..=first]);
    let [begin, end] = room.map(|word| word * WIDE);
    let Some(buf) = start(choices, low, high, begin, end)? else { return Ok(None) };
    let buf = buf / WIDE * WIDE;
    if buf + low < begin || buf + high > end {
        return Ok(None);
    }
    let ndim = shape.len();
    let arrays = [shape, strides, suboffsets].map(Array::There);
    Ok(Some(claims(buf, items * size, size, ndim, arrays)))
}

/// No item, and other extents that may be any.
fn empty(choices: &mut Unstructured<'_>, size: isize) -> Result<Claims> {
    let ndim = choices.int_in_range(1..=4)?;
    let extent = |choices: &mut Unstructured<'_>| match choices.ratio(1, 2)? {
        true => Ok(choices.choose(&WILD)?.saturating_abs()),
        false => choices.int_in_range(0..=3),
    };
    let mut shape = (0..ndim).map(|_| extent(choices)).collect::<Result<Vec<_>>>()?;
    shape[choices.choose_index(ndim)?] = 0;
    let stride = |choices: &mut Unstructured<'_>| choices.choose(&WILD).copied();
    let strides = match choices.ratio(1, 3)? {
        true => Array::Null,
        false => Array::There((0..ndim).map(|_| stride(choices)).collect::<Result<_>>()?),
    };
    let arrays = [Array::There(shape), strides, Array::Null];
    Ok(claims(BYTES as isize, 0, size, ndim, arrays))
}

/// Rows that are shown many times: more bytes than a piece of a copy has.
fn huge(choices: &mut Unstructured<'_>, size: isize) -> Result<Claims> {
    const LEAST: isize = 200 << 10;
    let row = choices.int_in_range(1..=(4096 / size).max(1))?;
    let rows = choices.int_in_range(LEAST..=2 * LEAST)? / (row * size) + 1;
    let start = BYTES as isize + choices.int_in_range(0..=16)?;
    let arrays = match choices.ratio(1, 4)? {
        true => [vec![row * rows], vec![0]],
        false => [vec![rows, row], vec![0, size]],
    };
    let ndim = arrays[0].len();
    let [shape, strides] = arrays.map(Array::There);
    Ok(claims(start, rows * row * size, size, ndim, [shape, strides, Array::Null]))
}
