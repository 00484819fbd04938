//! Exporters that fill in anything: our consumer refuses a view that contradicts itself, as a second reading of the rules says,
//! and of the others it reads and writes the items that are described, and nothing else.

use std::cell::Cell;
use std::ffi::{CStr, c_int};

use arbitrary::{Result, Unstructured};
use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::Reexport;
use bufferprocs::{Buffer, CopyError, Exported, Format, Order, Request};
use pyo3::Python;

use crate::given::Given;
use crate::{Case, Outcome, choices};

/// Words of the memory, each the address of one of them: wherever a pointer is followed there is one.
const WORDS: usize = 512;
const WORD: i128 = 8;
const END: i128 = WORDS as i128 * WORD;
/// More bytes say nothing more.
const MOST_BYTES: i128 = 2048;

/// Those that hold no address, and can be read.
const PLAIN: [&CStr; 4] = [c"", c"B", c"T{h:a:}", c"(3,2)d"];

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
struct Said {
    /// Bytes into the memory, or NULL.
    buf: Option<isize>,
    len: isize,
    itemsize: isize,
    readonly: c_int,
    ndim: c_int,
    format: Option<&'static CStr>,
    /// Shape, strides, suboffsets.
    arrays: [Array; 3],
}

#[derive(Debug, Clone)]
enum Array {
    Null,
    /// At least as many numbers as dimensions, where there are at most 64.
    There(Vec<isize>),
    /// Within the struct, so many bytes from its start.
    Within(usize),
    /// At an address that no number has.
    Misaligned,
}

const WILD: [isize; 10] =
    [0, -1, 1, isize::MAX, isize::MIN, isize::MAX / 2 + 1, 1 << 32, -8, isize::MAX - 7, 1 << 62];

impl Said {
    /// Mostly a view as it should be, with a few fields changed.
    fn choose(choices: &mut Unstructured<'_>) -> Result<Said> {
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
        let mut said = Said { buf, len, itemsize, readonly, ndim, format, arrays };
        for _ in 0..*choices.choose(&[0, 0, 1, 1, 2, 4])? {
            said.change(choices)?;
        }
        // So many numbers there have to be.
        let there = usize::try_from(said.ndim).unwrap_or(0).min(64);
        for array in &mut said.arrays {
            if let Array::There(numbers) = array {
                numbers.resize(numbers.len().max(there), 1);
            }
        }
        Ok(said)
    }

    fn change(&mut self, choices: &mut Unstructured<'_>) -> Result<()> {
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

    fn struct_of(&mut self, memory: &[Cell<*mut u8>]) -> (Py_buffer, [Option<usize>; 3]) {
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

/// The rules read once more.
enum Verdict {
    Refuse(&'static str),
    /// The numbers stand where the consumer's struct has its pointers, which it may change.
    Either,
    Accept(Meant),
}

/// What an accepted view means.
struct Meant {
    shape: Vec<i128>,
    strides: Option<Vec<i128>>,
    suboffsets: Option<Vec<i128>>,
    itemsize: i128,
}

fn judge(said: &Said, filled: &Py_buffer, request: Request) -> Verdict {
    use Verdict::{Accept, Either, Refuse};
    let Ok(ndim) = usize::try_from(said.ndim) else { return Refuse("ndim is negative") };
    if ndim > 64 {
        return Refuse("more than 64 dimensions");
    }
    // SAFETY: a struct of words and pairs of ints, all of them initialised.
    let words: [isize; size_of::<Py_buffer>() / 8] = unsafe { std::mem::transmute_copy(filled) };
    let mut arrays = [None, None, None];
    for (array, numbers) in said.arrays.iter().zip(&mut arrays) {
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
    if said.len < 0 || said.itemsize <= 0 {
        return Refuse("len or itemsize");
    }
    if said.buf.is_none() && said.len > 0 {
        return Refuse("no memory");
    }
    let [shape, strides, suboffsets] =
        arrays.map(|numbers| numbers.filter(|numbers| !numbers.is_empty()));
    if suboffsets.is_some() && !request.contains(Request::INDIRECT) {
        return Refuse("suboffsets that nobody asked for");
    }
    let wide =
        |numbers: Vec<isize>| numbers.into_iter().map(|number| number as i128).collect::<Vec<_>>();
    if !request.contains(Request::ND) {
        let shape = vec![said.len as i128];
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
    let itemsize = said.itemsize as i128;
    let most = isize::MAX as i128;
    let has_items = !shape.contains(&0);
    let mut len = if has_items { itemsize } else { 0 };
    for &extent in &shape {
        len = len.saturating_mul(extent);
    }
    if len > most || len != said.len as i128 {
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
    /// Where each item starts, in bytes into the memory, in C order; None if one is not in the memory.
    fn places(&self, buf: i128, memory: &[Cell<*mut u8>]) -> Option<Vec<usize>> {
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
        choices::indices(&shape, false).into_iter().map(place).collect()
    }
}

thread_local! {
    static MEMORY: Vec<Cell<*mut u8>> = {
        let words: Vec<Cell<*mut u8>> = vec![Cell::new(std::ptr::null_mut()); WORDS];
        for at in 0..WORDS {
            words[at].set(words[at * 73 % (WORDS / 2)..].as_ptr().cast_mut().cast());
        }
        words
    };
}

pub fn compare(_: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let chosen = Said::choose(choices).and_then(|said| {
        let word =
            if choices.ratio(1, 2)? { 0x11C } else { choices.int_in_range(0..=0x1FF_u16)? };
        Ok((said, Request::from_bits_retain(word.into())))
    });
    let (said, request) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => return Ok(Err(error)),
    };
    let case = MEMORY.with(|memory| differences(&mut said.clone(), request, memory));
    case.map(Ok).map_err(|why| format!("{said:?}, {request:?}: {why}"))
}

fn differences(
    said: &mut Said,
    request: Request,
    memory: &[Cell<*mut u8>],
) -> std::result::Result<Case, String> {
    let (view, within) = said.struct_of(memory);
    // SAFETY: the arrays outlive the buffer; its memory is reached below only if all of it is there.
    let given = unsafe { Given::new(view, within) };
    let mut filled = Py_buffer::zeroed();
    given.fill(&mut filled);
    let buffer = Buffer::get(&given, request);
    let meant = match (judge(said, &filled, request), &buffer) {
        (Verdict::Either, _) => return Ok(Case::Nothing),
        (Verdict::Refuse(_), Err(_)) => return Ok(Case::Compared),
        (Verdict::Refuse(why), Ok(buffer)) => return Err(format!("accepted as {buffer:?}, {why}")),
        (Verdict::Accept(_), Err(error)) => return Err(format!("refused: {error}")),
        (Verdict::Accept(meant), Ok(_)) => meant,
    };
    let buffer = buffer.map_err(|error| error.to_string())?;
    // What reads no item.
    let _ = (format!("{buffer:?}"), buffer.format().map(Format::parse), buffer.layout().span());
    if buffer.ndim() != meant.shape.len() || buffer.len() as i128 != said.len as i128 {
        return Err("other dimensions, or another len".to_owned());
    }
    let buf = said.buf.unwrap_or(0) as i128;
    let Some(places) = meant.places(buf, memory) else { return Ok(Case::Compared) };
    let bytes =
        || -> Vec<u8> { memory.iter().flat_map(|word| word.get().addr().to_ne_bytes()).collect() };
    let (before, size) = (bytes(), meant.itemsize as usize);
    let items: Vec<u8> =
        places.iter().flat_map(|&place| before[place..place + size].to_vec()).collect();
    let packed = buffer.to_contiguous(Order::C).map_err(|error| error.to_string())?;
    if packed != items {
        return Err("other items".to_owned());
    }
    let last: Vec<usize> =
        meant.shape.iter().map(|&extent| (extent as usize).saturating_sub(1)).collect();
    if let Some(&place) = places.last() {
        if buffer.bytes_of(&last) != Ok(before[place..place + size].to_vec()) {
            return Err("another last item".to_owned());
        }
    }
    let is_direct = meant.suboffsets.as_ref().is_none_or(|all| all.iter().all(|&each| each < 0));
    if is_direct {
        let saved: Vec<*mut u8> = memory.iter().map(Cell::get).collect();
        let changed: Vec<u8> = items.iter().map(|byte| !byte).collect();
        let holds_addresses = request.contains(Request::FORMAT)
            && said.format.is_some_and(|format| !PLAIN.contains(&format));
        let written = match buffer.from_contiguous(&changed, Order::C) {
            Ok(()) if said.readonly == 0 && !holds_addresses => true,
            Err(CopyError::Pointers { .. }) if holds_addresses => false,
            Err(CopyError::ReadOnly) if said.readonly != 0 => false,
            other => return Err(format!("written: {other:?}")),
        };
        let mut expected = before.clone();
        if written {
            for (item, &place) in changed.chunks(size).zip(&places) {
                expected[place..place + size].copy_from_slice(item);
            }
        }
        let after = bytes();
        memory.iter().zip(saved).for_each(|(word, pointer)| word.set(pointer));
        if after != expected {
            return Err("other bytes were written".to_owned());
        }
    }
    // Shown on, to a consumer of our own: all that was granted, and a refusal of what was not.
    let again = Buffer::get(&given, request).map_err(|error| error.to_string())?;
    let has_format =
        request.contains(Request::FORMAT) && (said.format.is_some() || said.itemsize == 1);
    let knows = |flag| request.contains(flag);
    let is_whole = knows(Request::ND) && (knows(Request::STRIDES) || said.ndim == 0) && has_format;
    let exported = Exported::new(Reexport::new(again));
    match Buffer::get(&exported, Request::FULL_RO) {
        Ok(again) if is_whole => {
            if again.to_contiguous(Order::C).map_err(|error| error.to_string())? != items {
                return Err("other items, shown on".to_owned());
            }
        }
        Err(_) if !is_whole => {}
        other => return Err(format!("shown on: {other:?}")),
    }
    Ok(Case::Compared)
}
