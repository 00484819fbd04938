//! How an item gets from the memory to its place among the packed bytes, or back: by size, and by who else may write it.

use std::marker::PhantomData;

use crate::item::{Word, load_bytes, load_words, store_bytes, store_words, width};

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

/// Items of `N` bytes that nobody writes, to packed bytes that are ours.
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

/// Items of so many bytes that nobody writes, to packed bytes that are ours.
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

/// Items of `N` words that others may write, to packed bytes that are ours. Each item is aligned to a word, which is the
/// width of its accesses.
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

/// Packed bytes that nobody writes, to items of `N` words that others may access. Each item is aligned to a word, which is
/// the width of its accesses.
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

/// Packed bytes that nobody writes, to items of so many bytes that others may access.
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
