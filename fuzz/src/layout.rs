//! Layouts of up to five dimensions, with suboffsets too: contiguity, addresses and copies as
//! CPython's `PyBuffer_*` functions have them.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::fmt::Debug;

use arbitrary::{Result, Unstructured};
use bufferprocs::abi::Py_buffer;
use bufferprocs::{Buffer, Layout, Order, Request};
use pyo3::{Python, ffi};

use crate::given::Given;
use crate::{Case, Outcome, choices};

/// Bytes of the memory.
const MEMORY: usize = 2048;
/// Bytes that a pointer leads to: the memory, cut into pieces.
const ROW: usize = 64;
/// More items say nothing more.
const MOST_ITEMS: isize = 256;

/// A view to compare.
#[derive(Debug)]
struct View {
    shape: Vec<isize>,
    /// The first of them counts in pointers where there are rows.
    strides: Vec<isize>,
    itemsize: isize,
    /// Bytes into the memory, or pointers into the table.
    first: usize,
    /// Added behind a pointer along the first axis.
    suboffset: Option<isize>,
}

/// Two memories of one content, each with a table of pointers to its rows; and bytes to copy in.
struct Memories {
    ours: Memory,
    theirs: Memory,
    fresh: Vec<Cell<u8>>,
    source: Vec<u8>,
}

struct Memory {
    bytes: Vec<Cell<u8>>,
    table: Vec<*mut u8>,
}

impl Memory {
    fn new(fresh: &[Cell<u8>]) -> Memory {
        let bytes = fresh.to_vec();
        let row = |row: usize| bytes[row * ROW..].as_ptr().cast_mut().cast();
        Memory { table: (0..MEMORY / ROW).map(row).collect(), bytes }
    }

    fn fill(&self, fresh: &[Cell<u8>]) {
        self.bytes.iter().zip(fresh).for_each(|(byte, fresh)| byte.set(fresh.get()));
    }
}

thread_local! {
    static MEMORIES: Memories = {
        let byte = |place: usize| (place * 37 + place / 251) as u8;
        let fresh: Vec<Cell<u8>> = (0..MEMORY).map(byte).map(Cell::new).collect();
        let source = (0..4096).map(|place| byte(place) ^ 0xA5).collect();
        Memories { ours: Memory::new(&fresh), theirs: Memory::new(&fresh), fresh, source }
    };
}

impl View {
    fn choose(choices: &mut Unstructured<'_>) -> Result<Option<View>> {
        let shape = choices::shape(choices, 5)?;
        let itemsize = *choices.choose(&[1, 2, 4, 8, 1, 3, 5, 16])?;
        let mut strides = choices::strides(choices, &shape, itemsize)?;
        let has_rows = !shape.is_empty() && choices.ratio(1, 4)?;
        let items: isize = shape.iter().product();
        if items > MOST_ITEMS {
            return Ok(None);
        }
        let axes = usize::from(has_rows);
        if has_rows {
            strides[0] = choices.int_in_range(-3..=3)?;
        }
        let (low, high) = match items {
            0 => (0, 0),
            _ => choices::reach(&shape[axes..], &strides[axes..]),
        };
        let room = if has_rows { ROW } else { MEMORY } as isize - (high - low) - itemsize;
        if room < 0 {
            return Ok(None);
        }
        let start = choices.int_in_range(0..=room)? - low;
        if !has_rows {
            let first = start.unsigned_abs();
            return Ok(Some(View { shape, strides, itemsize, first, suboffset: None }));
        }
        // A suboffset leads to the first item, which may lie behind others; it is not negative:
        // `low` is at most 0.
        let (low, high) =
            if items > 0 { choices::reach(&shape[..1], &strides[..1]) } else { (0, 0) };
        let room = (MEMORY / ROW) as isize - 1 - (high - low);
        if room < 0 {
            return Ok(None);
        }
        let first = (choices.int_in_range(0..=room)? - low).unsigned_abs();
        Ok(Some(View { shape, strides, itemsize, first, suboffset: Some(start) }))
    }

    fn len(&self) -> isize {
        self.shape.iter().product::<isize>() * self.itemsize
    }
}

/// What a struct points to.
struct Arrays {
    shape: Vec<isize>,
    strides: Vec<isize>,
    suboffsets: Vec<isize>,
}

impl Arrays {
    fn new(view: &View) -> Arrays {
        let (mut strides, mut suboffsets) = (view.strides.clone(), Vec::new());
        if let Some(suboffset) = view.suboffset {
            strides[0] *= size_of::<*mut u8>() as isize;
            suboffsets = vec![-1; strides.len()];
            suboffsets[0] = suboffset;
        }
        Arrays { shape: view.shape.clone(), strides, suboffsets }
    }

    fn filled(&mut self, view: &View, memory: &Memory) -> Py_buffer {
        let buf = match view.suboffset {
            None => memory.bytes.as_ptr().wrapping_add(view.first).cast::<u8>().cast_mut(),
            Some(_) => memory.table.as_ptr().wrapping_add(view.first).cast::<u8>().cast_mut(),
        };
        Py_buffer {
            buf: buf.cast(),
            len: view.len(),
            itemsize: view.itemsize,
            ndim: self.shape.len() as c_int,
            shape: self.shape.as_mut_ptr(),
            strides: self.strides.as_mut_ptr(),
            suboffsets: match view.suboffset {
                None => std::ptr::null_mut(),
                Some(_) => self.suboffsets.as_mut_ptr(),
            },
            ..Py_buffer::zeroed()
        }
    }
}

pub fn compare(_: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let chosen =
        View::choose(choices).and_then(|view| Ok(view.zip(Some(choices.arbitrary::<[u8; 8]>()?))));
    match chosen {
        Err(error) => Ok(Err(error)),
        Ok(None) => Ok(Ok(Case::Nothing)),
        Ok(Some((view, picks))) => {
            let compared = MEMORIES.with(|memories| differences(&view, &picks, memories));
            compared.map_err(|why| format!("{view:?}: {why}"))?;
            Ok(Ok(Case::Compared))
        }
    }
}

/// `picks` chooses the items whose addresses are compared.
fn differences(view: &View, picks: &[u8], memories: &Memories) -> std::result::Result<(), String> {
    let (mut arrays, mut their_arrays) = (Arrays::new(view), Arrays::new(view));
    let filled = arrays.filled(view, &memories.ours);
    let mut filled_theirs = their_arrays.filled(view, &memories.theirs);
    let theirs: *mut ffi::Py_buffer = (&raw mut filled_theirs).cast();
    // SAFETY: arrays and memory outlive the buffer; between its uses alone the memory is written
    // by others.
    let given = unsafe { Given::new(filled, [None; 3]) };
    let request = Request::FULL - Request::FORMAT;
    let buffer = Buffer::get(&given, request).map_err(|error| error.to_string())?;
    let layout = buffer.layout();
    let orders = [(b'C', Order::C), (b'F', Order::Fortran), (b'A', Order::Any)];
    for (letter, order) in orders {
        // SAFETY: a filled view.
        let said = unsafe { ffi::PyBuffer_IsContiguous(theirs, letter as c_char) } == 1;
        same("PyBuffer_IsContiguous", letter, &said, &layout.is_contiguous(order))?;
    }
    let all = choices::indices(&view.shape);
    for &pick in picks.iter().filter(|_| !all.is_empty()) {
        let indices = &all[usize::from(pick) % all.len()];
        // SAFETY: a filled view with strides, and indices within its shape.
        let address = unsafe { ffi::PyBuffer_GetPointer(theirs, indices.as_ptr().cast_mut()) };
        // SAFETY: the address of an item, which no code writes now.
        let item = unsafe {
            std::slice::from_raw_parts(address.cast::<u8>(), view.itemsize.unsigned_abs())
        };
        let unsigned: Vec<usize> = indices.iter().map(|index| index.unsigned_abs()).collect();
        let ours = buffer.bytes_of(&unsigned).map_err(|error| error.to_string())?;
        same("PyBuffer_GetPointer", pick, item, &ours)?;
        if view.suboffset.is_none() {
            let offset = address.addr().wrapping_sub(filled_theirs.buf.addr()) as isize;
            same("the offset", pick, &Some(offset), &layout.offset_of(&unsigned))?;
        }
    }
    let len = view.len();
    let mut packed = vec![0; len.unsigned_abs()];
    for (letter, order) in orders {
        let to: *mut c_void = packed.as_mut_ptr().cast();
        // SAFETY: a filled view, and as much room as it has bytes.
        let status = unsafe { ffi::PyBuffer_ToContiguous(to, theirs, len, letter as c_char) };
        same("the status of PyBuffer_ToContiguous", letter, &0, &status)?;
        let ours = buffer.to_contiguous(order).map_err(|error| error.to_string())?;
        same("PyBuffer_ToContiguous", letter, &packed, &ours)?;
    }
    if len as usize > memories.source.len() {
        return Err("more to copy than there is".to_owned());
    }
    let source = &memories.source[..len.unsigned_abs()];
    for (letter, order) in &orders[..2] {
        // SAFETY: a filled view, and as many bytes as it has.
        let status = unsafe {
            ffi::PyBuffer_FromContiguous(
                theirs,
                source.as_ptr().cast_mut().cast(),
                len,
                *letter as c_char,
            )
        };
        same("the status of PyBuffer_FromContiguous", *letter, &0, &status)?;
        buffer.from_contiguous(source, *order).map_err(|error| error.to_string())?;
        let agree =
            same("PyBuffer_FromContiguous", *letter, &memories.theirs.bytes, &memories.ours.bytes);
        memories.theirs.fill(&memories.fresh);
        memories.ours.fill(&memories.fresh);
        agree?;
    }
    let extents: Vec<usize> = view.shape.iter().map(|extent| extent.unsigned_abs()).collect();
    for (letter, packed) in [
        (b'C', Layout::c_contiguous(&extents, view.itemsize.unsigned_abs())),
        (b'F', Layout::f_contiguous(&extents, view.itemsize.unsigned_abs())),
    ] {
        let mut strides = vec![0; extents.len()];
        // SAFETY: as many extents and strides as dimensions.
        unsafe {
            ffi::PyBuffer_FillContiguousStrides(
                extents.len() as c_int,
                view.shape.as_ptr().cast_mut(),
                strides.as_mut_ptr(),
                view.itemsize as c_int,
                letter as c_char,
            );
        }
        let ours = packed.map_err(|error| error.to_string())?;
        same("PyBuffer_FillContiguousStrides", letter, &strides[..], ours.strides())?;
    }
    Ok(())
}

fn same<T: PartialEq + Debug + ?Sized>(
    what: &str,
    which: u8,
    theirs: &T,
    ours: &T,
) -> std::result::Result<(), String> {
    match theirs == ours {
        true => Ok(()),
        false => Err(format!("{what} {:?}: CPython {theirs:?}, ours {ours:?}", which as char)),
    }
}
