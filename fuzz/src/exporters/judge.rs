//! The rules of what an exporter may say, read a second time, in numbers that do not overflow.

use std::cell::Cell;

use bufferprocs::Request;
use bufferprocs::abi::Py_buffer;

use super::claims::{Array, Claims};
use super::{END, MOST_BYTES, WORD};
use crate::choices;

/// What becomes of a view.
pub enum Verdict {
    Refuse(&'static str),
    /// The consumer's struct has pointers to the numbers, and may change them.
    Either,
    Accept(Meant),
}

/// What an accepted view means.
pub struct Meant {
    pub shape: Vec<i128>,
    pub strides: Option<Vec<i128>>,
    pub suboffsets: Option<Vec<i128>>,
    pub itemsize: i128,
}

pub fn judge(claims: &Claims, filled: &Py_buffer, request: Request) -> Verdict {
    use Verdict::{Accept, Either, Refuse};
    let Ok(ndim) = usize::try_from(claims.ndim) else { return Refuse("ndim is negative") };
    if ndim > 64 {
        return Refuse("more than 64 dimensions");
    }
    // SAFETY: a struct of words and pairs of ints, all of them initialised.
    let words: [isize; size_of::<Py_buffer>() / 8] = unsafe { std::mem::transmute_copy(filled) };
    let mut arrays = [None, None, None];
    for (array, numbers) in claims.arrays.iter().zip(&mut arrays) {
        *numbers = match array {
            Array::Null => None,
            Array::There(numbers) => Some(numbers[..ndim].to_vec()),
            Array::Misaligned => return Refuse("an array that is not aligned"),
            Array::Within(offset) if *offset % 8 == 0 && ndim == 0 => None,
            Array::Within(offset) if offset % 8 != 0 || offset / 8 + ndim > words.len() => {
                return Refuse("an array that begins or ends within the struct");
            }
            // From `shape` on.
            Array::Within(offset) if offset / 8 + ndim > 6 => return Either,
            Array::Within(offset) => Some(words[offset / 8..][..ndim].to_vec()),
        };
    }
    if claims.len < 0 || claims.itemsize <= 0 {
        return Refuse("len or itemsize");
    }
    if claims.buf.is_none() && claims.len > 0 {
        return Refuse("no memory");
    }
    let [shape, strides, suboffsets] =
        arrays.map(|numbers| numbers.filter(|numbers| !numbers.is_empty()));
    if suboffsets.is_some() && !request.contains(Request::INDIRECT) {
        return Refuse("suboffsets that were not requested");
    }
    let wide =
        |numbers: Vec<isize>| numbers.into_iter().map(|number| number as i128).collect::<Vec<_>>();
    if !request.contains(Request::ND) {
        let shape = vec![claims.len as i128];
        return Accept(Meant { shape, strides: None, suboffsets: None, itemsize: 1 });
    }
    if ndim > 0 && shape.is_none() {
        return Refuse("no shape");
    }
    let strides = strides.filter(|_| request.contains(Request::STRIDES)).map(wide);
    let (shape, suboffsets) = (shape.map(wide).unwrap_or_default(), suboffsets.map(wide));
    if suboffsets.is_some() && strides.is_none() {
        return Refuse("suboffsets without strides");
    }
    if shape.iter().any(|&extent| extent < 0) {
        return Refuse("a negative extent");
    }
    let itemsize = claims.itemsize as i128;
    let most = isize::MAX as i128;
    let has_items = !shape.contains(&0);
    let mut len = if has_items { itemsize } else { 0 };
    for &extent in &shape {
        len = len.saturating_mul(extent);
    }
    if len > most || len != claims.len as i128 {
        return Refuse("len is not that of the items");
    }
    if let (Some(strides), true) = (&strides, has_items) {
        let (mut low, mut high) = (0, 0);
        for axis in 0..shape.len() {
            let reach = strides[axis] * (shape[axis] - 1);
            if reach < 0 {
                low += reach
            } else {
                high += reach
            }
            let suboffset = suboffsets.as_ref().map_or(-1, |suboffsets| suboffsets[axis]);
            if suboffset >= 0 {
                high += WORD;
            }
            if high > most || low < -most - 1 {
                return Refuse("a reach that no address has");
            }
            if suboffset >= 0 {
                (low, high) = (suboffset, suboffset);
            }
        }
        if high + itemsize > most {
            return Refuse("a reach that no address has");
        }
    }
    Accept(Meant { shape, strides, suboffsets, itemsize })
}

impl Meant {
    /// Where each item starts, in bytes into the memory, in C order; None if one is not in the
    /// memory.
    pub fn places(&self, buf: i128, memory: &[Cell<*mut u8>]) -> Option<Vec<usize>> {
        if self.shape.contains(&0) {
            return Some(Vec::new());
        }
        let len =
            self.shape.iter().try_fold(self.itemsize, |len, extent| len.checked_mul(*extent))?;
        if len > MOST_BYTES {
            return None;
        }
        let shape: Vec<isize> = self.shape.iter().map(|&extent| extent as isize).collect();
        let start = memory.as_ptr().addr() as i128;
        let mut packed = vec![self.itemsize; shape.len()];
        for axis in (1..shape.len()).rev() {
            packed[axis - 1] = packed[axis] * self.shape[axis];
        }
        let strides = self.strides.as_ref().unwrap_or(&packed);
        let place = |indices: Vec<isize>| {
            let mut place = buf;
            for (axis, &index) in indices.iter().enumerate() {
                place += index as i128 * strides[axis];
                let suboffset = self.suboffsets.as_ref().map_or(-1, |suboffsets| suboffsets[axis]);
                if suboffset >= 0 {
                    if place < 0 || place + WORD > END || place % WORD != 0 {
                        return None;
                    }
                    place =
                        memory[(place / WORD) as usize].get().addr() as i128 - start + suboffset;
                }
            }
            (place >= 0 && place + self.itemsize <= END).then_some(place as usize)
        };
        choices::indices(&shape).into_iter().map(place).collect()
    }
}
