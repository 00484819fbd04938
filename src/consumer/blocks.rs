//! Items in blocks: as slices, also of memory that others write.

use std::fmt;

use super::Source;
use super::items::Items;
use crate::item::{BLOCK, ItemValue};
use crate::walk::{Run, Walk};

/// The items of a [`Buffer`](super::Buffer) in blocks, each of them a slice.
///
/// Compilers make the fastest loops of slices. A block is a copy of at most 4 KiB, since others may
/// write the memory. Only memory that no code can write, such as that of `bytes`, is borrowed as it
/// is, in one piece.
///
/// ```
/// use bufferprocs::{Buffer, Object, Order, Request, Shared};
///
/// let object = Object::new(Shared::from_vec(vec![3u8; 10_000]));
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let mut blocks = buffer.items::<u8>()?.iter(Order::C).blocks();
/// let mut sum = 0;
/// while let Some(block) = blocks.next() {
///     sum += block.iter().map(|&item| u64::from(item)).sum::<u64>();
/// }
/// assert_eq!(sum, 30_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Blocks<'b, S: Source, T: ItemValue> {
    items: Items<'b, S, T>,
    walk: Walk<'b>,
    /// Holds the block that was handed out last, if that is a copy.
    room: Vec<T::Item>,
}

impl<S: Source, T: ItemValue> fmt::Debug for Blocks<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks")
            .field("len", &self.walk.len())
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

impl<'b, S: Source, T: ItemValue> Blocks<'b, S, T> {
    pub(super) fn new(items: Items<'b, S, T>, walk: Walk<'b>) -> Blocks<'b, S, T> {
        Blocks { items, walk, room: Vec::new() }
    }

    /// The next items, at least one. None if none is left.
    ///
    /// They have the type that lies in the memory: [`Bool`](crate::item::Bool) for `bool`.
    #[expect(clippy::should_implement_trait, reason = "the block is borrowed from `self`")]
    pub fn next(&mut self) -> Option<&[T::Item]> {
        let most = (BLOCK / size_of::<T::Item>()).max(1);
        let front = self.walk.next_part(usize::MAX)?;
        if self.items.is_slice(&front) {
            // SAFETY: `is_slice`: items of the view, which no code writes while it is held.
            return Some(unsafe { std::slice::from_raw_parts(front.first.cast(), front.len) });
        }
        self.walk.put_back(front);
        self.room.clear();
        self.room.reserve(most);
        while self.room.len() < most {
            let Some(part) = self.walk.next_part(most - self.room.len()) else { break };
            self.append(part);
        }
        Some(&self.room)
    }

    /// Calls `act` with each block.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![1.0f64, 2.0]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let mut sum = 0.0;
    /// let blocks = buffer.items::<f64>()?.iter(Order::C).blocks();
    /// blocks.for_each(|block| sum += block.iter().sum::<f64>());
    /// assert_eq!(sum, 3.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each(mut self, mut act: impl FnMut(&[T::Item])) {
        while let Some(block) = self.next() {
            act(block);
        }
    }

    /// Copies a run out, behind what is there. There is room for it.
    fn append(&mut self, run: Run) {
        let len = self.room.len();
        let room = self.room.spare_capacity_mut();
        assert!(run.len <= room.len(), "the block has room for its items");
        // SAFETY: items of the view, and room for them, which is aligned as a vector is.
        unsafe { self.items.load_run(run, room.as_mut_ptr().cast()) };
        // SAFETY: so many items were just written.
        unsafe { self.room.set_len(len + run.len) };
    }
}
