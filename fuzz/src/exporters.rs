//! Exporters that fill in anything: our consumer refuses a view that contradicts itself, as a
//! second reading of the rules says, and of the others it reads and writes the items that are
//! described, and nothing else.

pub mod claims;
pub mod judge;

use std::cell::Cell;
use std::ffi::CStr;

use arbitrary::Unstructured;
use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::Reexport;
use bufferprocs::{AccessError, Buffer, CopyError, Exported, Format, Order, Request};
use pyo3::Python;

use self::claims::Claims;
use self::judge::{Verdict, judge};
use crate::given::Given;
use crate::{Case, Outcome};

/// Words of the memory, each the address of one of them: wherever a pointer is followed there is
/// one.
const WORDS: usize = 512;
const WORD: i128 = 8;
const END: i128 = WORDS as i128 * WORD;
/// More bytes say nothing more.
const MOST_BYTES: i128 = 2048;

/// Those that hold no address, and can be read.
const PLAIN: [&CStr; 4] = [c"", c"B", c"T{h:a:}", c"(3,2)d"];
/// Bytes of an item of each.
const SIZES: [isize; 4] = [0, 1, 2, 48];

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
    let chosen = Claims::choose(choices).and_then(|claims| {
        let word =
            if choices.ratio(1, 2)? { 0x11C } else { choices.int_in_range(0..=0x1FF_u16)? };
        Ok((claims, Request::from_bits_retain(word.into())))
    });
    let (claims, request) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => return Ok(Err(error)),
    };
    let case = MEMORY.with(|memory| differences(&mut claims.clone(), request, memory));
    case.map(Ok).map_err(|why| format!("{claims:?}, {request:?}: {why}"))
}

fn differences(
    claims: &mut Claims,
    request: Request,
    memory: &[Cell<*mut u8>],
) -> std::result::Result<Case, String> {
    let (view, within) = claims.struct_of(memory);
    // SAFETY: the arrays outlive the buffer; its memory is reached below only if all of it is
    // there.
    let given = unsafe { Given::new(view, within) };
    let mut filled = Py_buffer::zeroed();
    given.fill(&mut filled);
    let buffer = Buffer::get(&given, request);
    let meant = match (judge(claims, &filled, request), &buffer) {
        (Verdict::Either, _) => return Ok(Case::Nothing),
        (Verdict::Refuse(_), Err(_)) => return Ok(Case::Compared),
        (Verdict::Refuse(why), Ok(buffer)) => return Err(format!("accepted as {buffer:?}, {why}")),
        (Verdict::Accept(_), Err(error)) => return Err(format!("refused: {error}")),
        (Verdict::Accept(meant), Ok(_)) => meant,
    };
    let buffer = buffer.map_err(|error| error.to_string())?;
    // What reads no item.
    let _ = (format!("{buffer:?}"), buffer.format().map(Format::parse), buffer.layout().span());
    if buffer.ndim() != meant.shape.len() || buffer.len_bytes() as i128 != claims.len as i128 {
        return Err("other dimensions, or another len".to_owned());
    }
    let buf = claims.buf.unwrap_or(0) as i128;
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
        // Without a format, memory that was requested to be written has no addresses.
        let format = claims.format.unwrap_or(c"B");
        let is_described = PLAIN.iter().zip(SIZES).any(|pair| pair == (&format, claims.itemsize));
        let is_unknown = request.contains(Request::FORMAT) && !is_described;
        let answer = buffer.from_contiguous(&changed, Order::C);
        let written = match &answer {
            Err(CopyError::ReadOnly) if claims.readonly != 0 => false,
            _ if claims.readonly != 0 => return Err(format!("written: {answer:?}")),
            Err(CopyError::WritableNotRequested) if !request.contains(Request::WRITABLE) => false,
            _ if !request.contains(Request::WRITABLE) => {
                return Err(format!("written, not requested: {answer:?}"));
            }
            Err(CopyError::Pointers { .. } | CopyError::PartlyDescribed { .. }) if is_unknown => {
                false
            }
            Err(CopyError::Items(AccessError::NotUnderstood { .. })) if is_unknown => false,
            Ok(()) if !is_unknown => true,
            _ => return Err(format!("written: {answer:?}")),
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
        request.contains(Request::FORMAT) && (claims.format.is_some() || claims.itemsize == 1);
    let knows = |flag| request.contains(flag);
    let is_whole =
        knows(Request::ND) && (knows(Request::STRIDES) || claims.ndim == 0) && has_format;
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
