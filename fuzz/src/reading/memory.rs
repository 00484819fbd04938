//! The memory of a case: pointers, and behind them bytes.

use std::cell::Cell;

use crate::random::Random;

/// Words that each point to the bytes, and behind them as many that point to one of the first.
pub const POINTERS: usize = 128;
/// From here on there are bytes.
pub const BYTES: usize = 2 * POINTERS * WORD;
/// The end of the memory, in bytes.
pub const END: usize = BYTES + ROWS + BEHIND;
/// A pointer leads to the start of one of the rows in so many bytes.
const ROWS: usize = 8192;
const ROW: usize = ROWS / POINTERS;
/// Bytes behind the last row that the same pointer reaches.
pub const BEHIND: usize = 4096;
/// The pointers that a pointer of the second half reaches, from the one that it points to on.
pub const REACHED: usize = 8;
pub const WORD: usize = 8;

pub struct Memory {
    /// All of it: as many words as bytes have room in.
    words: Vec<Cell<*mut u8>>,
    /// Where each pointer leads to, in bytes from the start.
    targets: Vec<usize>,
}

thread_local! {
    static MEMORY: Memory = Memory::new();
}

impl Memory {
    fn new() -> Memory {
        let words = vec![Cell::new(std::ptr::null_mut()); END / WORD];
        let row = |at: usize| BYTES + at * 73 % POINTERS * ROW;
        let pointer = |at: usize| at * 29 % (POINTERS - REACHED) * WORD;
        let targets: Vec<usize> =
            (0..POINTERS).map(row).chain((0..POINTERS).map(pointer)).collect();
        let memory = Memory { words, targets };
        for (word, target) in memory.words.iter().zip(&memory.targets) {
            word.set(memory.start().wrapping_add(*target));
        }
        memory
    }

    pub fn with<R>(with: impl FnOnce(&Memory) -> R) -> R {
        MEMORY.with(with)
    }

    pub fn words(&self) -> &[Cell<*mut u8>] {
        &self.words
    }

    /// Where the pointer at this place leads to; None if there is none.
    pub fn target(&self, place: i128) -> Option<usize> {
        let place = usize::try_from(place).ok().filter(|place| place % WORD == 0)?;
        self.targets.get(place / WORD).copied()
    }

    /// A copy of it, with other bytes behind the pointers.
    pub fn noise(&self, seed: u64) -> Vec<u8> {
        let mut model = Vec::with_capacity(END);
        model.extend_from_slice(&self.bytes()[..BYTES]);
        let mut random = Random(seed);
        model.extend((BYTES..END).step_by(WORD).flat_map(|_| random.word().to_ne_bytes()));
        model
    }

    /// While it is borrowed, no code writes the memory.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the words, each byte initialised; nothing is written while they are borrowed.
        unsafe { std::slice::from_raw_parts(self.start(), END) }
    }

    pub fn set(&self, bytes: &[u8]) {
        assert_eq!(bytes.len(), END);
        // SAFETY: the words, which are cells that no other code uses now.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start(), END) };
    }

    fn start(&self) -> *mut u8 {
        self.words.as_ptr().cast_mut().cast()
    }
}
