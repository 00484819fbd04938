//! How memory is accessed that others may write at the same time: one instruction for each word
//! of the item's [`width`]. See `word` for the instructions.

use std::mem::{MaybeUninit, size_of};
use std::ops::Range;

use super::AnyBits;
#[cfg(x86_64_instructions)]
use super::vectors::{VECTOR, load_vector, store_vector, whole_vectors};
use super::wide::{WIDE, load_wide, store_wide};
use super::word::Word;

/// Width in bytes of the atomic accesses to an item: the largest power of two, at most a word,
/// that divides both.
///
/// Items that follow each other without a gap have one width: it divides the size, and so all of
/// their addresses, and a larger one divides not even the first address and the size both.
pub(crate) fn width(address: *const u8, size: usize) -> usize {
    let bits = address.addr() | size | size_of::<usize>();
    1 << bits.trailing_zeros()
}

/// The width of accesses to an item of this size that is aligned to it.
pub(crate) const fn widest(size: usize) -> usize {
    1 << (size | size_of::<usize>()).trailing_zeros()
}

/// Calls a function that is generic over the word, with the word of this width: 1, 2, 4 or 8 bytes,
/// at most those of a `usize`. The caller promises the width.
macro_rules! by_width {
    ($width:expr, $function:ident, $($argument:expr),*) => {
        match $width {
            // SAFETY: the promise of the caller.
            1 => unsafe { $function::<u8>($($argument),*) },
            // SAFETY: the promise of the caller.
            2 => unsafe { $function::<u16>($($argument),*) },
            #[cfg(target_pointer_width = "64")]
            // SAFETY: the promise of the caller.
            4 => unsafe { $function::<u32>($($argument),*) },
            // SAFETY: the promise of the caller.
            _ => unsafe { $function::<usize>($($argument),*) },
        }
    };
}

/// Reads an item that others may write at the same time. `source` may be misaligned.
///
/// # Safety
///
/// `source` is valid for reads of `size_of::<T>()` initialised bytes, which others write by
/// atomic operations if at all.
pub(crate) unsafe fn load<T: AnyBits>(source: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let width = width(source.cast(), size_of::<T>());
    // SAFETY: the source is the caller's promise; the destination is as large as a T and ours
    // alone.
    unsafe { load_bytes(source.cast(), value.as_mut_ptr().cast(), size_of::<T>(), width) };
    // SAFETY: all bytes were just written, and any bytes are a T.
    unsafe { value.assume_init() }
}

/// Writes an item that others may read or write at the same time. `target` may be misaligned.
///
/// # Safety
///
/// `target` is valid for reads and writes of `size_of::<T>()` bytes, which others access by
/// atomic operations if at all.
pub(crate) unsafe fn store<T: AnyBits>(target: *mut T, value: T) {
    let width = width(target.cast(), size_of::<T>());
    // SAFETY: the target is the caller's promise; the value is ours, and initialised since an
    // Item has no padding.
    unsafe { store_bytes(target.cast(), (&raw const value).cast(), size_of::<T>(), width) };
}

/// As [`load`], of an item that is aligned to the [`widest`] access for its size: for loops, since
/// the size is all that it depends on.
///
/// # Safety
///
/// As for [`load`], and `source` is aligned to the widest access.
#[inline(always)]
pub(crate) unsafe fn load_natural<T: AnyBits>(source: *const T) -> T {
    debug_assert_eq!(source.addr() % widest(size_of::<T>()), 0);
    const WORD: usize = size_of::<usize>();
    const TWO: usize = 2 * WORD;
    match size_of::<T>() {
        // SAFETY: as many bytes as the item has, by the caller's promise.
        1 => unsafe { load_as::<u8, 1, T>(source) },
        // SAFETY: as above.
        2 => unsafe { load_as::<u16, 1, T>(source) },
        #[cfg(target_pointer_width = "64")]
        // SAFETY: as above.
        4 => unsafe { load_as::<u32, 1, T>(source) },
        // SAFETY: as above.
        WORD => unsafe { load_as::<usize, 1, T>(source) },
        // SAFETY: as above.
        TWO => unsafe { load_as::<usize, 2, T>(source) },
        // SAFETY: the caller's promise.
        _ => unsafe { load(source) },
    }
}

/// The item that consists of `N` words.
///
/// # Safety
///
/// As for [`load_natural`]; an item has as many bytes as the words.
#[inline(always)]
unsafe fn load_as<W: Word, const N: usize, T: AnyBits>(source: *const T) -> T {
    // SAFETY: a word of the item, aligned, by the caller's promise.
    let words = std::array::from_fn::<W, N, _>(|at| unsafe {
        W::load(source.cast::<W>().wrapping_add(at))
    });
    // SAFETY: as many bytes, and any bytes are a T.
    unsafe { std::mem::transmute_copy(&words) }
}

/// As [`store`], of an item that is aligned to the [`widest`] access for its size.
///
/// # Safety
///
/// As for [`store`], and `target` is aligned to the widest access.
#[inline(always)]
pub(crate) unsafe fn store_natural<T: AnyBits>(target: *mut T, value: T) {
    debug_assert_eq!(target.addr() % widest(size_of::<T>()), 0);
    const WORD: usize = size_of::<usize>();
    const TWO: usize = 2 * WORD;
    match size_of::<T>() {
        // SAFETY: as many bytes as the item has, by the caller's promise.
        1 => unsafe { store_as::<u8, 1, T>(target, value) },
        // SAFETY: as above.
        2 => unsafe { store_as::<u16, 1, T>(target, value) },
        #[cfg(target_pointer_width = "64")]
        // SAFETY: as above.
        4 => unsafe { store_as::<u32, 1, T>(target, value) },
        // SAFETY: as above.
        WORD => unsafe { store_as::<usize, 1, T>(target, value) },
        // SAFETY: as above.
        TWO => unsafe { store_as::<usize, 2, T>(target, value) },
        // SAFETY: the caller's promise.
        _ => unsafe { store(target, value) },
    }
}

/// # Safety
///
/// As for [`store_natural`]; an item has as many bytes as the `N` words.
#[inline(always)]
unsafe fn store_as<W: Word, const N: usize, T: AnyBits>(target: *mut T, value: T) {
    // SAFETY: as many bytes, which are initialised, since an Item has no padding.
    let words: [W; N] = unsafe { std::mem::transmute_copy(&value) };
    for (at, word) in words.into_iter().enumerate() {
        // SAFETY: a word of the item, aligned, by the caller's promise.
        unsafe { word.store(target.cast::<W>().wrapping_add(at)) };
    }
}

/// Copies items in a row, `size` bytes in all, out of memory that others may write at the same
/// time.
///
/// `width` is that of the first item, and so that of all: see [`width`].
///
/// # Safety
///
/// - `source` is valid for reads of `size` initialised bytes, which others write by atomic
///   operations if at all.
/// - `target` is valid for writes of as many, and no other code accesses it.
/// - `width` is 1, 2, 4 or 8, at most a word, and divides `size` and the address of `source`.
pub(crate) unsafe fn load_bytes(source: *const u8, target: *mut u8, size: usize, width: usize) {
    by_width!(width, load_words, source, target, size)
}

/// Copies items in a row, `size` bytes in all, into memory that others may read or write at the
/// same time.
///
/// # Safety
///
/// - `target` is valid for reads and writes of `size` bytes, which others access by atomic
///   operations if at all.
/// - `source` is valid for reads of as many initialised bytes, and no other code writes them.
/// - `width` is 1, 2, 4 or 8, at most a word, and divides `size` and the address of `target`.
pub(crate) unsafe fn store_bytes(target: *mut u8, source: *const u8, size: usize, width: usize) {
    by_width!(width, store_words, target, source, size)
}

/// [`load_bytes`] by words of one kind.
///
/// # Safety
///
/// As for [`load_bytes`], with the word's size as width.
pub(crate) unsafe fn load_words<W: Word>(source: *const u8, target: *mut u8, size: usize) {
    let head = vectors::<W>(source, size);
    each_word(0..head.start, size_of::<W>(), |at| {
        // SAFETY: within the items, and aligned, since the width divides address and size.
        let word = unsafe { W::load(source.wrapping_add(at).cast()) };
        // SAFETY: within the target, by the caller's promise.
        unsafe { target.wrapping_add(at).cast::<W>().write_unaligned(word) };
    });
    #[cfg(x86_64_instructions)]
    each_word(head.clone(), VECTOR, |at| {
        // SAFETY: within the items, and at a place where vectors begin.
        let vector = unsafe { load_vector(source.wrapping_add(at)) };
        let to = target.wrapping_add(at).cast::<std::arch::x86_64::__m128i>();
        // SAFETY: within the target, by the caller's promise.
        unsafe { to.write_unaligned(vector) };
    });
    let (source, target, size) =
        (source.wrapping_add(head.end), target.wrapping_add(head.end), size - head.end);
    let whole = size / WIDE * WIDE;
    each_word(0..whole, WIDE, |at| {
        // SAFETY: within the items, and aligned, since the width divides address and size.
        let word = unsafe { load_wide::<W>(source.wrapping_add(at)) };
        let to = target.wrapping_add(at).cast::<u64>();
        // SAFETY: within the target, by the caller's promise.
        unsafe { to.write_unaligned(word.to_le()) };
    });
    each_word(whole..size, size_of::<W>(), |at| {
        // SAFETY: as above.
        let word = unsafe { W::load(source.wrapping_add(at).cast()) };
        let to = target.wrapping_add(at).cast::<W>();
        // SAFETY: as above.
        unsafe { to.write_unaligned(word) };
    });
}

/// [`store_bytes`] by words of one kind.
///
/// # Safety
///
/// As for [`store_bytes`], with the word's size as width.
pub(crate) unsafe fn store_words<W: Word>(target: *mut u8, source: *const u8, size: usize) {
    let head = vectors::<W>(target, size);
    each_word(0..head.start, size_of::<W>(), |at| {
        // SAFETY: within the source, by the caller's promise.
        let word = unsafe { source.wrapping_add(at).cast::<W>().read_unaligned() };
        // SAFETY: within the items, and aligned, since the width divides address and size.
        unsafe { word.store(target.wrapping_add(at).cast()) };
    });
    #[cfg(x86_64_instructions)]
    each_word(head.clone(), VECTOR, |at| {
        let from = source.wrapping_add(at).cast::<std::arch::x86_64::__m128i>();
        // SAFETY: within the source, by the caller's promise.
        let vector = unsafe { from.read_unaligned() };
        // SAFETY: within the items, and at a place where vectors begin.
        unsafe { store_vector(target.wrapping_add(at), vector) };
    });
    let (source, target, size) =
        (source.wrapping_add(head.end), target.wrapping_add(head.end), size - head.end);
    let whole = size / WIDE * WIDE;
    each_word(0..whole, WIDE, |at| {
        let from = source.wrapping_add(at).cast::<u64>();
        // SAFETY: within the source, by the caller's promise.
        let word = u64::from_le(unsafe { from.read_unaligned() });
        // SAFETY: within the items, and aligned, since the width divides address and size.
        unsafe { store_wide::<W>(target.wrapping_add(at), word) };
    });
    each_word(whole..size, size_of::<W>(), |at| {
        let from = source.wrapping_add(at).cast::<W>();
        // SAFETY: as above.
        let word = unsafe { from.read_unaligned() };
        // SAFETY: as above.
        unsafe { word.store(target.wrapping_add(at).cast()) };
    });
}

/// Which of `size` bytes from `address` on are accessed by vectors: none of them, unless there are
/// enough.
#[inline(always)]
fn vectors<W: Word>(address: *const u8, size: usize) -> Range<usize> {
    #[cfg(x86_64_instructions)]
    if size >= 4 * VECTOR {
        return whole_vectors::<W>(address, size);
    }
    let _ = (address, size);
    0..0
}

/// Calls `act` with the offset of each word in a range of bytes, which are whole words.
///
/// Compilers join no atomic operations and unroll no loops of them. Eight words a turn leave the
/// processor more of the memory to ask for at once.
#[inline(always)]
fn each_word(bytes: Range<usize>, word: usize, act: impl Fn(usize)) {
    const TURN: usize = 8;
    let Range { start: mut at, end } = bytes;
    while end - at >= TURN * word {
        for number in 0..TURN {
            act(at + number * word);
        }
        at += TURN * word;
    }
    while at < end {
        act(at);
        at += word;
    }
}

/// Reads the byte at `address`, `offset` bytes into a row of items of `itemsize` bytes each, at
/// the width at which others access its item.
///
/// # Safety
///
/// The item is valid for reads of its initialised bytes, which others write by atomic operations
/// if at all. `T` has a size of 1.
pub(crate) unsafe fn load_part<T: AnyBits>(
    address: *const u8,
    offset: usize,
    itemsize: usize,
) -> T {
    let width = width(address.wrapping_sub(offset), itemsize);
    let within = offset % width;
    let mut word = [0u8; size_of::<usize>()];
    // SAFETY: the word around the byte lies within the item, whose address and size the width
    // divides.
    unsafe { load_bytes(address.wrapping_sub(within), word.as_mut_ptr(), width, width) };
    // SAFETY: one initialised byte, and any byte is a T.
    unsafe { word.as_ptr().wrapping_add(within).cast::<T>().read() }
}

/// Writes the byte at `address`, `offset` bytes into a row of items of `itemsize` bytes each, at
/// the width at which others access its item. Writes of others to the rest of the item are kept.
///
/// # Safety
///
/// The item is valid for reads and writes of its bytes, which others access by atomic operations
/// if at all.
pub(crate) unsafe fn store_part(address: *mut u8, offset: usize, itemsize: usize, byte: u8) {
    let width = width(address.wrapping_sub(offset), itemsize);
    let within = offset % width;
    by_width!(width, replace_byte, address.wrapping_sub(within), within, byte)
}

/// # Safety
///
/// As for [`Word::replace_byte`], of the word at `word`.
unsafe fn replace_byte<W: Word>(word: *mut u8, within: usize, byte: u8) {
    // SAFETY: the caller's promise.
    unsafe { W::replace_byte(word.cast(), within, byte) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_range_is_visited_once() {
        for word in [1, 2, 4, 8] {
            for start in [0, 8] {
                for words in 0..40 {
                    let end = start + words * word;
                    let visited = std::cell::RefCell::new(Vec::new());
                    each_word(start..end, word, |at| visited.borrow_mut().push(at));
                    assert!(visited.into_inner().into_iter().eq((start..end).step_by(word)));
                }
            }
        }
    }

    #[test]
    fn the_width_divides_address_and_size() {
        #[track_caller]
        fn case(address: usize, size: usize, expected: usize) {
            let expected = expected.min(size_of::<usize>());
            assert_eq!(width(std::ptr::without_provenance(address), size), expected);
        }
        case(0x1000, 1, 1);
        case(0x1000, 2, 2);
        case(0x1001, 2, 1);
        case(0x1000, 4, 4);
        case(0x1002, 4, 2);
        case(0x1000, 8, 8);
        case(0x1004, 8, 4);
        case(0x1000, 12, 4);
        case(0x1000, 16, 8);
        case(0x1008, 24, 8);
        case(0x1000, 7, 1);
    }

    /// A byte of an item is replaced, and read, at the width of the item: the others stay.
    #[test]
    fn a_copy_of_one_byte_of_an_item() {
        for itemsize in [1, 2, 4, 8, 12, 16] {
            for offset in 0..itemsize {
                let mut memory: [u64; 4] = [0x1111_1111_1111_1111; 4];
                let start = memory.as_mut_ptr().cast::<u8>();
                let byte = start.wrapping_add(itemsize + offset);
                // SAFETY: a byte of the second item, within the array.
                unsafe { store_part(byte, offset, itemsize, 0x77) };
                // SAFETY: as above.
                assert_eq!(unsafe { load_part::<u8>(byte, offset, itemsize) }, 0x77);
                let bytes: Vec<u8> = memory.iter().flat_map(|word| word.to_ne_bytes()).collect();
                let expected = |at: usize| if at == itemsize + offset { 0x77 } else { 0x11 };
                assert!(bytes.iter().enumerate().all(|(at, &found)| found == expected(at)));
            }
        }
    }

    #[test]
    fn load_and_store_at_every_alignment() {
        #[track_caller]
        fn case<T: AnyBits + PartialEq + std::fmt::Debug>(value: T) {
            let mut memory = [0u8; 64];
            for at in 0..16 {
                let target = memory[at..at + size_of::<T>()].as_mut_ptr();
                // SAFETY: within the array.
                unsafe { store(target.cast::<T>(), value) };
                // SAFETY: within the array.
                assert_eq!(unsafe { load(target.cast::<T>()) }, value, "offset {at}");
                // SAFETY: within the array, and plain bytes.
                assert_eq!(unsafe { target.cast::<T>().read_unaligned() }, value, "offset {at}");
            }
        }
        case(0x12u8);
        case(-0x1234i16);
        case(0x1234_5678u32);
        case(0x1234_5678_9abc_def0u64);
        case(1.5f32);
        case(-2.5e300f64);
        case(usize::MAX - 1);
    }
}
