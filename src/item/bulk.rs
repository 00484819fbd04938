//! Many shared items at once: copied out and in, and in blocks.

use std::mem::{MaybeUninit, align_of, size_of};

use super::access::{load_bytes, store_bytes, width};
use super::sum::Summable;
use super::vectors::{in_vectors, update_vectors};
use super::{AnyBits, Shared};

/// Bytes of a block of items that are copied out to be worked on: few enough for the fastest cache.
pub(crate) const BLOCK: usize = 4096;

/// Room for a block, on the stack.
#[repr(align(64))]
pub(crate) struct Room(MaybeUninit<[u8; BLOCK]>);

impl Room {
    #[inline]
    pub fn new() -> Room {
        Room(MaybeUninit::uninit())
    }

    /// How many items have room, if at least one has, aligned.
    pub const fn capacity<T>() -> Option<usize> {
        match size_of::<T>() {
            1..=BLOCK if align_of::<T>() <= align_of::<Room>() => Some(BLOCK / size_of::<T>()),
            _ => None,
        }
    }

    pub fn start<T>(&mut self) -> *mut T {
        self.0.as_mut_ptr().cast()
    }
}

impl<T: AnyBits> Shared<T> {
    /// A copy of all items.
    pub fn to_vec(shared: &[Shared<T>]) -> Vec<T> {
        let mut values = Vec::with_capacity(shared.len());
        // SAFETY: room for all items, of this vector.
        unsafe { Shared::load_all(shared, values.as_mut_ptr()) };
        // SAFETY: so many items were just written, and any bytes are a T.
        unsafe { values.set_len(shared.len()) };
        values
    }

    /// Copies all items out.
    ///
    /// # Panics
    ///
    /// If `target` has another length.
    pub fn copy_to_slice(shared: &[Shared<T>], target: &mut [T]) {
        assert_eq!(shared.len(), target.len(), "both sides have as many items");
        // SAFETY: as many items, borrowed exclusively.
        unsafe { Shared::load_all(shared, target.as_mut_ptr()) };
    }

    /// Replaces all items.
    ///
    /// # Panics
    ///
    /// If `source` has another length.
    pub fn copy_from_slice(shared: &[Shared<T>], source: &[T]) {
        assert_eq!(shared.len(), source.len(), "both sides have as many items");
        // SAFETY: as many items, borrowed.
        unsafe { Shared::store_all(shared, source.as_ptr()) };
    }

    /// Calls `act` with copies of all items, in blocks of at most 4 KiB: a compiler makes faster
    /// loops of them than of single loads.
    ///
    /// ```
    /// use bufferprocs::Shared;
    ///
    /// let samples = Shared::from_vec(vec![0.5f32; 5000]);
    /// let mut largest = f32::MIN;
    /// Shared::for_each_block(&samples, |block| {
    ///     largest = block.iter().copied().fold(largest, f32::max);
    /// });
    /// assert_eq!(largest, 0.5);
    /// ```
    pub fn for_each_block(shared: &[Shared<T>], mut act: impl FnMut(&[T])) {
        Shared::each_block(shared, |_, block| act(block));
    }

    /// Replaces each item by what `change` makes of it. What a consumer writes to an item between
    /// its read and its write is lost.
    ///
    /// ```
    /// use bufferprocs::Shared;
    ///
    /// let samples = Shared::from_vec(vec![1u8, 2]);
    /// Shared::update(&samples, |sample| sample + 1);
    /// assert_eq!(Shared::to_vec(&samples), [2, 3]);
    /// ```
    pub fn update(shared: &[Shared<T>], mut change: impl FnMut(T) -> T) {
        let whole = in_vectors(shared.as_ptr().cast::<T>(), shared.len());
        Shared::update_copies(&shared[..whole.start], &mut change);
        let items = &shared[whole.clone()];
        let first = items.as_ptr().cast_mut().cast::<T>();
        // SAFETY: borrowed cells in whole vectors, which others access by atomic operations.
        unsafe { update_vectors(first, items.len(), &mut change) };
        Shared::update_copies(&shared[whole.end..], &mut change);
    }

    fn update_copies(shared: &[Shared<T>], mut change: impl FnMut(T) -> T) {
        Shared::each_block(shared, |items, block| {
            block.iter_mut().for_each(|item| *item = change(*item));
            // SAFETY: as many items, borrowed.
            unsafe { Shared::store_all(items, block.as_ptr()) };
        });
    }

    /// The sum of all items: as [`Items::sum`](crate::Items::sum).
    ///
    /// ```
    /// use bufferprocs::Shared;
    ///
    /// assert_eq!(Shared::sum(&Shared::from_vec(vec![200u8, 100])), 300u64);
    /// ```
    pub fn sum(shared: &[Shared<T>]) -> T::Sum
    where
        T: Summable<Item = T>,
    {
        let first = shared.as_ptr().cast::<T>();
        // SAFETY: the items of a borrowed slice, which others write by atomic operations.
        let (sum, added) = unsafe { T::add_shared(T::Sum::default(), first, shared.len()) };
        let mut sum = Some(sum);
        for rest in [&shared[..added.start], &shared[added.end..]] {
            Shared::each_block(rest, |_, block| {
                sum = sum.take().map(|sum| T::add(sum, block));
            });
        }
        sum.unwrap_or_default()
    }

    /// Calls `act` with some of the items and a copy of them, until all had their turn.
    fn each_block(shared: &[Shared<T>], mut act: impl FnMut(&[Shared<T>], &mut [T])) {
        let Some(capacity) = Room::capacity::<T>() else {
            return shared
                .iter()
                .for_each(|item| act(std::slice::from_ref(item), &mut [item.load()]));
        };
        let mut room = Room::new();
        for items in shared.chunks(capacity) {
            let block = room.start::<T>();
            // SAFETY: room for so many items, which is aligned to them.
            unsafe { Shared::load_all(items, block) };
            // SAFETY: so many items were just written there, and any bytes are a T. The borrow ends
            // before the room is used again.
            act(items, unsafe { std::slice::from_raw_parts_mut(block, items.len()) });
        }
    }

    /// # Safety
    ///
    /// `target` is valid for writes of as many items, and no other code accesses it.
    unsafe fn load_all(shared: &[Shared<T>], target: *mut T) {
        let source = shared.as_ptr().cast::<u8>();
        let width = width(source, size_of::<T>());
        // SAFETY: the items of a borrowed slice, which others write by atomic operations; they have
        // one width. The target is the caller's promise.
        unsafe { load_bytes(source, target.cast(), size_of_val(shared), width) };
    }

    /// # Safety
    ///
    /// `source` is valid for reads of as many items, and no other code writes them.
    unsafe fn store_all(shared: &[Shared<T>], source: *const T) {
        let target = shared.as_ptr().cast_mut().cast::<u8>();
        let width = width(target, size_of::<T>());
        // SAFETY: the items of a borrowed slice of cells, which others access by atomic operations;
        // they have one width. The source is the caller's promise, and an Item has no padding.
        unsafe { store_bytes(target, source.cast(), size_of_val(shared), width) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_items_are_copied_as_one_by_one() {
        #[track_caller]
        fn case<T: AnyBits + PartialEq + std::fmt::Debug>(items: Vec<T>, other: T) {
            let shared = Shared::from_vec(items.clone());
            for start in [0, 1, items.len()] {
                let (items, shared) = (&items[start..], &shared[start..]);
                assert_eq!(Shared::to_vec(shared), items);
                let mut copy = vec![other; items.len()];
                Shared::copy_to_slice(shared, &mut copy);
                assert_eq!(copy, items);
                let mut blocks = Vec::new();
                Shared::for_each_block(shared, |block| blocks.extend_from_slice(block));
                assert_eq!(blocks, items);
            }
            Shared::update(&shared[1..], |_| other);
            assert_eq!(shared[0].load(), items[0]);
            assert!(shared[1..].iter().all(|item| item.load() == other));
            Shared::copy_from_slice(&shared, &items);
            assert_eq!(Shared::to_vec(&shared), items);
        }
        case((0..10_000).map(|item| item as u8).collect(), 7);
        case((0..5000u16).collect(), 7);
        case((0..3000).map(f64::from).collect(), -1.0);
        case((0..3000).map(|item| [item as u8, 2, 3]).collect(), [7; 3]);
        case(vec![[1u8; 5000], [2; 5000]], [3; 5000]);
    }
}
