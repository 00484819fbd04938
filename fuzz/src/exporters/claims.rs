//! What an exporter says of its memory, right or wrong.

use std::cell::Cell;
use std::ffi::{CStr, c_int};

use arbitrary::{Result, Unstructured};
use bufferprocs::abi::Py_buffer;

use super::WORDS;
use crate::choices;

const FORMATS: [Option<&CStr>; 10] = [
    None,
    None,
    Some(c"B"),
    Some(c"T{h:a:}"),
    Some(c""),
    Some(c"T{"),
    Some(c"O"),
    Some(c"999999999999999999999i"),
    Some(c"\xFF\x80"),
    Some(c"(3,2)d"),
];

/// What an exporter says.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Bytes into the memory, or NULL.
    pub buf: Option<isize>,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: c_int,
    pub ndim: c_int,
    pub format: Option<&'static CStr>,
    /// Shape, strides, suboffsets.
    pub arrays: [Array; 3],
}

#[derive(Debug, Clone)]
pub enum Array {
    Null,
    /// At least as many numbers as dimensions, where there are at most 64.
    There(Vec<isize>),
    /// Within the struct, so many bytes from its start.
    Within(usize),
    /// At an address that no number has.
    Misaligned,
}

pub const WILD: [isize; 10] =
    [0, -1, 1, isize::MAX, isize::MIN, isize::MAX / 2 + 1, 1 << 32, -8, isize::MAX - 7, 1 << 62];

impl Claims {
    /// Mostly a view as it should be, with a few fields changed.
    pub fn choose(choices: &mut Unstructured<'_>) -> Result<Claims> {
        let shape = choices::shape(choices, 4)?;
        let itemsize = *choices.choose(&[1, 8, 2, 4, 3, 16])?;
        let mut strides = choices::strides(choices, &shape, itemsize)?;
        let mut suboffsets = Array::Null;
        if !shape.is_empty() && choices.ratio(1, 3)? {
            let all = shape.iter().map(|_| Ok(*choices.choose(&[-1, 0, 8, -1, 16, -9])?));
            suboffsets = Array::There(all.collect::<Result<_>>()?);
            for stride in &mut strides {
                *stride = *stride / 8 * 8;
            }
        }
        let items: isize = shape.iter().product();
        let (ndim, strides) = (shape.len() as c_int, Array::There(strides));
        let buf = Some(choices.int_in_range(0..=WORDS as isize / 2)? * 8);
        let readonly = *choices.choose(&[0, 1, 0, 1, 2, -1])?;
        let format = *choices.choose(&FORMATS)?;
        let arrays = [Array::There(shape), strides, suboffsets];
        let len = items * itemsize;
        let mut claims = Claims { buf, len, itemsize, readonly, ndim, format, arrays };
        for _ in 0..*choices.choose(&[0, 0, 1, 1, 2, 4])? {
            claims.change(choices)?;
        }
        claims.complete();
        Ok(claims)
    }

    /// Adds the numbers that have to be there, after changes.
    pub fn complete(&mut self) {
        let there = usize::try_from(self.ndim).unwrap_or(0).min(64);
        for array in &mut self.arrays {
            if let Array::There(numbers) = array {
                numbers.resize(numbers.len().max(there), 1);
            }
        }
    }

    /// Changes one field, to anything.
    pub fn change(&mut self, choices: &mut Unstructured<'_>) -> Result<()> {
        let wild = |choices: &mut Unstructured<'_>| match choices.ratio(1, 2)? {
            true => choices.choose(&WILD).copied(),
            false => choices.int_in_range(-4..=64),
        };
        match choices.int_in_range(0..=8)? {
            0 => {
                self.buf = if choices.ratio(1, 2)? {
                    None
                } else {
                    Some(choices.int_in_range(-64..=4160)?)
                }
            }
            1 => self.len = wild(choices)?,
            2 => self.itemsize = wild(choices)?,
            3 => {
                self.ndim =
                    *choices.choose(&[-1, 0, 1, 2, 3, 5, 64, 65, 128, c_int::MAX, c_int::MIN])?
            }
            4 => {
                let array = choices.choose_index(3)?;
                self.arrays[array] = Array::Null;
            }
            5 => {
                let array = choices.choose_index(3)?;
                self.arrays[array] = match choices.int_in_range(0..=99)? {
                    within @ 0..80 => Array::Within(within),
                    _ => Array::Misaligned,
                };
            }
            6 => {
                // As `bytes` has it.
                (self.ndim, self.itemsize) = (1, 1);
                self.arrays = [Array::Within(16), Array::Within(24), Array::Null];
            }
            _ => {
                let (array, number) = (choices.choose_index(3)?, wild(choices)?);
                if let Array::There(numbers) = &mut self.arrays[array] {
                    if !numbers.is_empty() {
                        let at = choices.choose_index(numbers.len())?;
                        numbers[at] = number;
                    }
                }
            }
        }
        Ok(())
    }

    pub fn struct_of(&mut self, memory: &[Cell<*mut u8>]) -> (Py_buffer, [Option<usize>; 3]) {
        let start: *mut u8 = memory.as_ptr().cast_mut().cast();
        let mut within = [None; 3];
        let mut pointers = [std::ptr::null_mut(); 3];
        for (at, array) in self.arrays.iter_mut().enumerate() {
            match array {
                Array::Null => {}
                Array::There(numbers) => pointers[at] = numbers.as_mut_ptr(),
                Array::Within(offset) => within[at] = Some(*offset),
                Array::Misaligned => {
                    pointers[at] = memory.as_ptr().cast_mut().wrapping_byte_add(3).cast();
                }
            }
        }
        let [shape, strides, suboffsets] = pointers;
        let view = Py_buffer {
            buf: self.buf.map_or(std::ptr::null_mut(), |at| start.wrapping_offset(at)).cast(),
            len: self.len,
            itemsize: self.itemsize,
            readonly: self.readonly,
            ndim: self.ndim,
            format: self.format.map_or(std::ptr::null_mut(), |format| format.as_ptr().cast_mut()),
            shape,
            strides,
            suboffsets,
            ..Py_buffer::zeroed()
        };
        (view, within)
    }
}
