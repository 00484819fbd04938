//! The bytes of all items in pieces: for a hash, a file or a socket.

use std::fmt;
use std::io;

use super::{Buffer, Source};
use crate::addresses;
use crate::item::{self, load_bytes};
use crate::layout::Order;
use crate::walk::{Run, Walk};

/// Bytes of a piece that is copied out: enough for a hash to work on several blocks at once, and
/// few enough for a cache of the processor.
const CHUNK: usize = 1 << 20;

impl<S: Source> Buffer<S> {
    /// Calls `act` with the bytes of all items, in the order asked for, piece by piece.
    ///
    /// A piece is a copy of at most 1 MiB, since others may write the memory. Only memory that no
    /// code can write, such as that of `bytes`, is borrowed as it is, in one piece.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![1u16.to_be_bytes(), 2u16.to_be_bytes()]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let mut file = Vec::new();
    /// buffer.for_each_chunk(Order::C, |bytes| file.extend_from_slice(bytes));
    /// assert_eq!(file, [0, 1, 0, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_chunk(&self, order: Order, mut act: impl FnMut(&[u8])) {
        let mut chunks = Chunks::new(self, order);
        loop {
            match chunks.fill() {
                Piece::Memory(bytes) => act(bytes),
                Piece::Copied => act(&chunks.room),
                Piece::End => return,
            }
        }
    }

    /// The bytes of all items, in the order asked for, to be read like a file.
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![*b"ab", *b"cd"]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let mut text = String::new();
    /// buffer.reader(Order::C).read_to_string(&mut text)?;
    /// assert_eq!(text, "abcd");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(&self, order: Order) -> Reader<'_, S> {
        Reader { chunks: Chunks::new(self, order), piece: Piece::Copied, read: 0 }
    }
}

/// What the next bytes are.
enum Piece<'b> {
    /// Memory that no code writes.
    Memory(&'b [u8]),
    /// A copy, which is in the room.
    Copied,
    End,
}

struct Chunks<'b, S: Source> {
    buffer: &'b Buffer<S>,
    walk: Walk<'b>,
    /// Items of which some have been read.
    run: Run,
    /// Bytes without a gap that are read next.
    stretch: Stretch,
    room: Vec<u8>,
}

/// Bytes that others access at one width, if at all.
struct Stretch {
    first: *const u8,
    len: usize,
    width: usize,
}

// SAFETY: the places are those of a buffer that is borrowed, and may be used by any thread if the
// buffer may.
unsafe impl<S: Source + Send + Sync> Send for Chunks<'_, S> {}

impl<'b, S: Source> Chunks<'b, S> {
    fn new(buffer: &'b Buffer<S>, order: Order) -> Chunks<'b, S> {
        let buf = buffer.view.buf.cast_const().cast();
        // SAFETY: the view's memory, for `'b`.
        let mut walk = unsafe { Walk::new(buf, buffer.layout(), order) };
        let run = walk.next_run().unwrap_or(Run::EMPTY);
        let stretch = Stretch { first: buf, len: 0, width: 1 };
        Chunks { buffer, walk, run, stretch, room: Vec::new() }
    }

    /// Finds the next bytes without a gap. False if no item is left.
    fn next_stretch(&mut self) -> bool {
        if self.run.len == 0 {
            match self.walk.next_run() {
                Some(run) => self.run = run,
                None => return false,
            }
        }
        let itemsize = self.buffer.layout().itemsize();
        let items = if self.run.is_packed(itemsize) { self.run.len } else { 1 };
        let taken = self.run.take_front(items);
        // SAFETY: the place of an item of the view.
        let first = unsafe { addresses::step(taken.first, 0, 0, taken.suboffset) };
        let width = match self.buffer.is_run() {
            true => item::width(first, self.buffer.run_itemsize()),
            false => item::width(first, itemsize),
        };
        self.stretch = Stretch { first, len: items * itemsize, width };
        true
    }

    fn fill(&mut self) -> Piece<'b> {
        self.room.clear();
        let chunk = CHUNK.min(self.buffer.len_bytes());
        while self.room.len() < chunk {
            if self.stretch.len == 0 && !self.next_stretch() {
                break;
            }
            let Stretch { first, len, width } = self.stretch;
            if self.buffer.immutable && len >= chunk && self.room.is_empty() {
                self.stretch.len = 0;
                // SAFETY: bytes of the view, which no code writes while it is held.
                return Piece::Memory(unsafe { std::slice::from_raw_parts(first, len) });
            }
            // Both are multiples of the width, or all that is left of the stretch.
            let taken = len.min((chunk - self.room.len()) / width * width);
            if taken == 0 {
                break;
            }
            self.room.reserve_exact(chunk - self.room.len());
            let target = self.room.spare_capacity_mut().as_mut_ptr().cast();
            // SAFETY: bytes of the view, which others write at this width, if at all: it divides
            // the address and the length. There is room for them.
            unsafe { load_bytes(first, target, taken, width) };
            let filled = self.room.len() + taken;
            // SAFETY: so many bytes were just written.
            unsafe { self.room.set_len(filled) };
            self.stretch = Stretch { first: first.wrapping_add(taken), len: len - taken, width };
        }
        if self.room.is_empty() { Piece::End } else { Piece::Copied }
    }
}

/// The bytes of a [`Buffer`], to be read like a file.
///
/// Reading copies them, since others may write the memory, and never fails.
///
/// ```
/// use std::io;
///
/// use bufferprocs::{Buffer, Object, Order, Request};
///
/// let object = Object::new(vec![7u8; 100_000]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let mut target = Vec::new();
/// assert_eq!(io::copy(&mut buffer.reader(Order::C), &mut target)?, 100_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader<'b, S: Source> {
    chunks: Chunks<'b, S>,
    piece: Piece<'b>,
    /// Bytes of the piece that have been read.
    read: usize,
}

impl<S: Source> fmt::Debug for Reader<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("buffer", self.chunks.buffer).finish_non_exhaustive()
    }
}

impl<S: Source> Reader<'_, S> {
    /// What is left of the piece.
    fn rest(&self) -> &[u8] {
        let piece = match self.piece {
            Piece::Memory(bytes) => bytes,
            Piece::Copied => &self.chunks.room,
            Piece::End => &[],
        };
        &piece[self.read..]
    }
}

impl<S: Source> io::BufRead for Reader<'_, S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() {
            (self.piece, self.read) = (self.chunks.fill(), 0);
        }
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount.min(self.rest().len());
    }
}

impl<S: Source> io::Read for Reader<'_, S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let piece = io::BufRead::fill_buf(self)?;
        let taken = piece.len().min(target.len());
        target[..taken].copy_from_slice(&piece[..taken]);
        io::BufRead::consume(self, taken);
        Ok(taken)
    }
}
