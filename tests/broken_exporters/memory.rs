//! Memory of a mutant. Everything that a view ever pointed at stays until the mutant is dropped,
//! with room on both sides, so that each pointer of a mutant can be read.

use std::ffi::{c_char, c_void};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicIsize, AtomicPtr, AtomicU8, AtomicU64, Ordering};

/// Blocks of items, arrays and formats.
#[derive(Default)]
pub struct Memory {
    blocks: Vec<Block>,
    /// The block that new views show.
    current: usize,
    arrays: Vec<Box<[AtomicIsize]>>,
    formats: Vec<Box<[AtomicU8]>>,
    tables: Vec<Table>,
}

/// Items with room before and after.
struct Block {
    words: Box<[AtomicU64]>,
    /// Where the items start, in bytes.
    start: usize,
    len: usize,
}

/// A table of pointers to rows, with room before and after: consumers of some mutants take the
/// pointers for items.
pub struct Table(Box<[AtomicPtr<c_void>]>);

impl Table {
    /// Pointers before and after.
    const ROOM: usize = 32;

    pub fn new(pointers: &[*mut c_void]) -> Table {
        let room = [null_mut(); Self::ROOM];
        let all = room.iter().chain(pointers).chain(&room);
        Table(all.map(|&pointer| AtomicPtr::new(pointer)).collect())
    }

    /// The pointers, without the room.
    pub fn pointers(&self) -> Vec<*mut c_void> {
        let pointers = &self.0[Self::ROOM..self.0.len() - Self::ROOM];
        pointers.iter().map(|pointer| pointer.load(Ordering::Relaxed)).collect()
    }

    /// The place of a pointer.
    pub fn place(&self, number: usize) -> *mut c_void {
        let start: *mut AtomicPtr<c_void> = self.0.as_ptr().cast_mut();
        start.wrapping_add(Self::ROOM + number).cast()
    }
}

/// Bytes in a word.
const WORD: usize = 8;

impl Memory {
    /// A block with these bytes, as far from a multiple of 16 as `address` is. Returns its number.
    pub fn add(&mut self, bytes: &[u8], address: usize) -> usize {
        let room = (2 * bytes.len() + 256).next_multiple_of(16);
        let start = room + address % 16;
        // The room holds no item that an exporter shows.
        let mut all = vec![0xEE; (start + bytes.len() + room).next_multiple_of(WORD)];
        all[start..start + bytes.len()].copy_from_slice(bytes);
        let words = all
            .chunks_exact(WORD)
            .map(|word| AtomicU64::new(u64::from_ne_bytes(word.try_into().expect("eight bytes"))));
        self.blocks.push(Block { words: words.collect(), start, len: bytes.len() });
        self.blocks.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Copies the first block to a new one, which views show from now on.
    pub fn move_items(&mut self) {
        if !self.is_empty() {
            self.current = self.add(&self.bytes(0), self.range(0).start);
        }
    }

    /// The number of the block that new views show.
    pub fn current(&self) -> usize {
        self.current
    }

    /// The first byte of a block.
    pub fn first(&self, block: usize) -> *mut c_void {
        self.blocks[block].first()
    }

    /// The addresses of the bytes of a block.
    pub fn range(&self, block: usize) -> Range<usize> {
        let block = &self.blocks[block];
        block.first().addr()..block.first().addr() + block.len
    }

    /// The block of an address, and the offset from its first byte.
    pub fn find(&self, address: usize) -> Option<(usize, isize)> {
        let place = self.blocks.iter().position(|block| {
            let start = block.words.as_ptr().addr();
            (start..start + WORD * block.words.len()).contains(&address)
        })?;
        let start = self.range(place).start;
        Some((place, address as isize - start as isize))
    }

    /// The bytes of a block.
    pub fn bytes(&self, block: usize) -> Vec<u8> {
        let Block { words, start, len } = &self.blocks[block];
        let all = words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes());
        all.skip(*start).take(*len).collect()
    }

    /// A number that differs if the bytes of a block do.
    pub fn sum(&self, block: usize) -> u64 {
        let words = self.blocks[block].words.iter().map(|word| word.load(Ordering::Relaxed));
        words.fold(0, |sum: u64, word| (sum ^ word).wrapping_mul(0x100_0000_01b3))
    }

    /// Writes a byte of a block.
    pub fn write(&self, block: usize, place: usize, byte: u8) {
        let Block { words, start, .. } = &self.blocks[block];
        let (word, place) = ((start + place) / WORD, (start + place) % WORD);
        let mut bytes = words[word].load(Ordering::Relaxed).to_ne_bytes();
        bytes[place] = byte;
        words[word].store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
    }

    /// Overwrites a block, as if it were freed.
    pub fn spoil(&self, block: usize) {
        (0..self.blocks[block].len).for_each(|place| self.write(block, place, 0xDD));
    }

    /// An array of a view.
    pub fn array(&mut self, numbers: &[isize]) -> *mut isize {
        self.arrays.push(numbers.iter().map(|&number| AtomicIsize::new(number)).collect());
        self.arrays[self.arrays.len() - 1].as_ptr().cast_mut().cast()
    }

    /// The array of this number, which all views share; made with the first call.
    pub fn shared_array(&mut self, numbers: &[isize]) -> *mut isize {
        if self.arrays.is_empty() {
            self.array(numbers);
        }
        self.write_shared_array(numbers);
        self.arrays[0].as_ptr().cast_mut().cast()
    }

    /// Writes the numbers of the shared array, if there is one.
    pub fn write_shared_array(&self, numbers: &[isize]) {
        for (cell, &number) in self.arrays.first().into_iter().flatten().zip(numbers) {
            cell.store(number, Ordering::Relaxed);
        }
    }

    /// A table of pointers of a view.
    pub fn table(&mut self, pointers: &[*mut c_void]) -> &Table {
        self.tables.push(Table::new(pointers));
        &self.tables[self.tables.len() - 1]
    }

    /// A format of a view, without its NUL.
    pub fn format(&mut self, text: &[u8]) -> *mut c_char {
        let text = text.iter().chain(&[0]);
        self.formats.push(text.map(|&byte| AtomicU8::new(byte)).collect());
        self.formats[self.formats.len() - 1].as_ptr().cast_mut().cast()
    }

    /// The format that all views share; made with the first call.
    pub fn shared_format(&mut self, text: &[u8]) -> *mut c_char {
        if self.formats.is_empty() {
            self.format(text);
        }
        self.write_shared_format(text);
        self.formats[0].as_ptr().cast_mut().cast()
    }

    /// Writes the shared format, if there is one: as many letters as it has.
    pub fn write_shared_format(&self, text: &[u8]) {
        let Some(cells) = self.formats.first() else { return };
        for (cell, &byte) in cells[..cells.len() - 1].iter().zip(text) {
            cell.store(byte, Ordering::Relaxed);
        }
    }
}

impl Block {
    fn first(&self) -> *mut c_void {
        self.words.as_ptr().cast_mut().cast::<u8>().wrapping_add(self.start).cast()
    }
}
