//! How an item gets from the memory to its place among the packed bytes, or back: by size, and by
//! who else may write it.

use std::marker::PhantomData;

use super::cache::{LINE, SHORTEST, Streaming, prefetch};
use crate::item::{WIDE, Word, load_bytes, load_wide, load_words, store_bytes, store_words, width};

/// What moves the items of one copy.
pub(super) trait Move: Copy {
    /// One item.
    ///
    /// # Safety
    ///
    /// The item at `memory` and its place at `packed` are as the type says.
    unsafe fn item(self, packed: *mut u8, memory: *mut u8);

    /// Items without a gap on both sides, `size` bytes in all.
    ///
    /// # Safety
    ///
    /// As for [`item`](Self::item), for all of them.
    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize);
}

/// What moves items to packed bytes, and can hand them out eight bytes at a time.
pub(super) trait Pack: Move {
    /// The eight bytes at `memory`; the first of them is the lowest of the result.
    ///
    /// # Safety
    ///
    /// As for [`Move::item`], for items without a gap. `memory` is a multiple of eight bytes away
    /// from the first of them.
    unsafe fn word(self, memory: *const u8) -> u64;
}

/// Eight bytes that no code writes.
///
/// # Safety
///
/// `memory` is valid for their read.
#[inline(always)]
unsafe fn plain_word(memory: *const u8) -> u64 {
    // SAFETY: the caller's promise.
    u64::from_le(unsafe { memory.cast::<u64>().read_unaligned() })
}

/// Items of `N` bytes that no code writes, to packed bytes that are ours.
#[derive(Clone, Copy)]
pub(super) struct Plain<const N: usize>;

impl<const N: usize> Move for Plain<N> {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise; a constant number of bytes is as few instructions.
        unsafe { std::ptr::copy_nonoverlapping(memory, packed, N) }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(memory, packed, size) }
    }
}

impl<const N: usize> Pack for Plain<N> {
    unsafe fn word(self, memory: *const u8) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { plain_word(memory) }
    }
}

/// Items of so many bytes that no code writes, to packed bytes that are ours.
#[derive(Clone, Copy)]
pub(super) struct PlainAny(pub usize);

impl Move for PlainAny {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(memory, packed, self.0) }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(memory, packed, size) }
    }
}

impl Pack for PlainAny {
    unsafe fn word(self, memory: *const u8) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { plain_word(memory) }
    }
}

/// Items of `N` words that others may write, to packed bytes that are ours. Each item is aligned
/// to a word, which is the width of its accesses.
#[derive(Clone, Copy)]
pub(super) struct Load<W, const N: usize>(PhantomData<W>);

impl<W, const N: usize> Load<W, N> {
    pub fn new() -> Self {
        Load(PhantomData)
    }
}

impl<W: Word, const N: usize> Move for Load<W, N> {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        for number in 0..N {
            let from = memory.cast::<W>().wrapping_add(number);
            // SAFETY: a word of the item, aligned, by the caller's promise.
            let word = unsafe { W::load(from) };
            let to = packed.cast::<W>().wrapping_add(number);
            // SAFETY: its place, by the caller's promise.
            unsafe { to.write_unaligned(word) };
        }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise; the word is the items' width.
        unsafe { load_words::<W>(memory, packed, size) }
    }
}

impl<W: Word, const N: usize> Pack for Load<W, N> {
    unsafe fn word(self, memory: *const u8) -> u64 {
        // SAFETY: the caller's promise; the word is the items' width.
        unsafe { load_wide::<W>(memory) }
    }
}

/// Items of so many bytes that others may write, to packed bytes that are ours.
#[derive(Clone, Copy)]
pub(super) struct LoadAny(pub usize);

impl Move for LoadAny {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { load_bytes(memory, packed, self.0, width(memory, self.0)) }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise; items without a gap have one width.
        unsafe { load_bytes(memory, packed, size, width(memory, self.0)) }
    }
}

impl Pack for LoadAny {
    unsafe fn word(self, memory: *const u8) -> u64 {
        let mut bytes = [0; WIDE];
        let width = width(memory, self.0);
        // SAFETY: the caller's promise; the width divides eight.
        unsafe { load_bytes(memory, bytes.as_mut_ptr(), WIDE, width) };
        u64::from_le_bytes(bytes)
    }
}

/// As `moves`, but runs are written past the cache if the caller wants that, their place is aligned
/// and they are not too short.
#[derive(Clone, Copy)]
pub(super) struct Streamed<'a, M> {
    pub moves: M,
    pub streaming: Option<&'a Streaming>,
}

impl<M: Pack> Move for Streamed<'_, M> {
    #[inline(always)]
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.moves.item(packed, memory) }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        /// The distance of the prefetch, in items.
        const AHEAD: usize = 1 << 10;
        let aligned = packed.addr() % WIDE == 0;
        let Some(streaming) = self.streaming.filter(|_| aligned && size >= SHORTEST) else {
            // SAFETY: the caller's promise.
            return unsafe { self.moves.run(packed, memory, size) };
        };
        let head = packed.addr().wrapping_neg() % LINE;
        // SAFETY: the caller's promise; a multiple of eight bytes, and less than all.
        unsafe { self.moves.run(packed, memory, head) };
        let end = size - (size - head) % LINE;
        for line in (head..end).step_by(LINE) {
            prefetch(memory.wrapping_add(line + AHEAD));
            for number in 0..LINE / WIDE {
                let at = line + number * WIDE;
                // SAFETY: within the items, at the given distance from the first.
                let word = unsafe { self.moves.word(memory.wrapping_add(at)) };
                // SAFETY: their place, aligned as the head is done.
                unsafe { streaming.store(packed.wrapping_add(at), word) };
            }
        }
        // SAFETY: the caller's promise, for the rest.
        unsafe { self.moves.run(packed.wrapping_add(end), memory.wrapping_add(end), size - end) };
    }
}

/// As `moves`, of items of eight bytes, whose places are aligned: each is written past the cache.
#[derive(Clone, Copy)]
pub(super) struct StreamedWords<'a, M> {
    pub moves: M,
    pub streaming: &'a Streaming,
}

impl<M: Pack> Move for StreamedWords<'_, M> {
    #[inline(always)]
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise: an item, which is a word.
        let word = unsafe { self.moves.word(memory) };
        // SAFETY: its place, aligned, by the caller's promise.
        unsafe { self.streaming.store(packed, word) };
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        let Self { moves, streaming } = self;
        // SAFETY: the caller's promise.
        unsafe { Streamed { moves, streaming: Some(streaming) }.run(packed, memory, size) }
    }
}

/// Packed bytes that no code writes, to items of `N` words that others may access. Each item is
/// aligned to a word, which is the width of its accesses.
#[derive(Clone, Copy)]
pub(super) struct Store<W, const N: usize>(PhantomData<W>);

impl<W, const N: usize> Store<W, N> {
    pub fn new() -> Self {
        Store(PhantomData)
    }
}

impl<W: Word, const N: usize> Move for Store<W, N> {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        for number in 0..N {
            let from = packed.cast::<W>().wrapping_add(number);
            // SAFETY: a part of the packed item, by the caller's promise.
            let word = unsafe { from.read_unaligned() };
            let to = memory.cast::<W>().wrapping_add(number);
            // SAFETY: a word of the item, aligned, by the caller's promise.
            unsafe { word.store(to) };
        }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise; the word is the items' width.
        unsafe { store_words::<W>(memory, packed, size) }
    }
}

/// Packed bytes that no code writes, to items of so many bytes that others may access.
#[derive(Clone, Copy)]
pub(super) struct StoreAny(pub usize);

impl Move for StoreAny {
    unsafe fn item(self, packed: *mut u8, memory: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { store_bytes(memory, packed, self.0, width(memory, self.0)) }
    }

    unsafe fn run(self, packed: *mut u8, memory: *mut u8, size: usize) {
        // SAFETY: the caller's promise; items without a gap have one width.
        unsafe { store_bytes(memory, packed, size, width(memory, self.0)) }
    }
}
