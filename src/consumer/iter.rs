//! Items one after the other.

use std::fmt;

use super::Source;
use super::blocks::Blocks;
use super::items::Items;
use crate::error::AccessError;
use crate::item::{self, ItemValue};
use crate::layout::Order;
use crate::walk::{Run, Walk};

/// Copies of the items of a [`Buffer`](super::Buffer), one after the other.
///
/// Whole loops run faster than a `for` loop: [`fold`](Iterator::fold), `for_each`, `sum`, and what
/// is built on them, such as `map` and `filter` in front of them. [`blocks`](Self::blocks) are
/// faster again.
///
/// ```
/// use bufferprocs::{Buffer, Object, Order, Request};
///
/// let object = Object::new(vec![1u32, 2, 3]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let items = buffer.items::<u32>()?;
/// assert_eq!(items.iter(Order::C).sum::<u32>(), 6);
/// assert_eq!(items.iter(Order::C).rev().collect::<Vec<_>>(), [3, 2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ItemsIter<'b, S: Source, T> {
    items: Items<'b, S, T>,
    /// The items that come next. They are kept apart from the rest, and no code gets a reference to
    /// `self`: so a compiler keeps them in registers.
    front: Run,
    front_is_natural: bool,
    /// All items behind those of the front, if there are any.
    rest: Option<Box<Walk<'b>>>,
}

impl<S: Source, T> Clone for ItemsIter<'_, S, T> {
    fn clone(&self) -> Self {
        let ItemsIter { items, front, front_is_natural, rest } = self;
        ItemsIter {
            items: *items,
            front: *front,
            front_is_natural: *front_is_natural,
            rest: rest.clone(),
        }
    }
}

impl<S: Source, T> fmt::Debug for ItemsIter<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemsIter")
            .field("len", &self.left())
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

impl<S: Source, T> ItemsIter<'_, S, T> {
    /// Number of items that are left.
    fn left(&self) -> usize {
        self.front.len + self.rest.as_ref().map_or(0, |rest| rest.len())
    }
}

impl<'b, S: Source, T: ItemValue> ItemsIter<'b, S, T> {
    #[inline]
    pub(super) fn new(items: Items<'b, S, T>, mut walk: Walk<'b>) -> ItemsIter<'b, S, T> {
        let front = walk.next_run().unwrap_or(Run::EMPTY);
        let rest = (walk.len() > 0).then(|| Box::new(walk));
        ItemsIter::of(items, front, rest)
    }

    /// The items of one run, and those after it.
    pub(super) fn of(items: Items<'b, S, T>, front: Run, rest: Option<Box<Walk<'b>>>) -> Self {
        ItemsIter { items, front, front_is_natural: items.are_natural(&front), rest }
    }

    fn into_walk(self) -> Walk<'b> {
        match self.rest {
            None => Walk::of_run(self.front),
            Some(mut rest) => {
                rest.put_back(self.front);
                *rest
            }
        }
    }

    /// The first `len` items, and the others: for threads that share the work.
    ///
    /// # Panics
    ///
    /// If fewer items are left.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![1u64, 2, 3, 4, 5]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let (head, tail) = buffer.items::<u64>()?.iter(Order::C).split_at(2);
    /// assert_eq!((head.sum::<u64>(), tail.sum::<u64>()), (3, 12));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split_at(self, len: usize) -> (Self, Self) {
        let (items, left) = (self.items, self.left());
        assert!(len <= left, "cannot split {left} items after {len}");
        let (head, tail) = self.into_walk().split_at(len);
        (ItemsIter::new(items, head), ItemsIter::new(items, tail))
    }

    /// The items in blocks, as slices.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request};
    ///
    /// let object = Object::new(vec![0.5f32; 10_000]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let mut blocks = buffer.items::<f32>()?.iter(Order::C).blocks();
    /// let mut largest = f32::MIN;
    /// while let Some(block) = blocks.next() {
    ///     largest = block.iter().copied().fold(largest, f32::max);
    /// }
    /// assert_eq!(largest, 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn blocks(self) -> Blocks<'b, S, T> {
        Blocks::new(self.items, self.into_walk())
    }

    /// Replaces items by those of another iterator, as far as there are some in both. Returns how
    /// many. The items may be written.
    pub(super) fn write_from(self, values: impl IntoIterator<Item = T>) -> usize {
        let items = self.items;
        let mut values = values.into_iter();
        let mut written = 0;
        let mut walk = self.into_walk();
        while let Some(mut run) = walk.next_run() {
            let suboffset = run.suboffset;
            while run.len > 0 {
                let Some(value) = values.next() else { return written };
                let Some(place) = run.pop_front() else { break };
                // SAFETY: the place of an item of the view.
                unsafe { items.store_at(place, suboffset, value) };
                written += 1;
            }
        }
        written
    }

    /// Replaces each item by what `change` makes of it, as [`Items::update`] does.
    pub fn update(self, mut change: impl FnMut(T) -> T) -> Result<(), AccessError> {
        let items = self.items;
        items.check_write()?;
        let mut walk = self.into_walk();
        while let Some(run) = walk.next_run() {
            // SAFETY: items of the view, which is writable.
            unsafe { items.update_run(run, &mut change) };
        }
        Ok(())
    }
}

impl<'b, S: Source, T: ItemValue> Items<'b, S, T> {
    /// Copies of all items, in the order asked for.
    pub fn iter(&self, order: Order) -> ItemsIter<'b, S, T> {
        // SAFETY: the view's memory, for `'b`.
        self.iter_over(order, || unsafe { Walk::new(self.buf(), self.layout(), order) })
    }

    /// Copies of all items, in the order in which they lie in the memory, as far as strides tell.
    /// No other order is faster.
    pub fn iter_unordered(&self) -> ItemsIter<'b, S, T> {
        // SAFETY: the view's memory, for `'b`.
        self.iter_over(Order::Any, || unsafe { Walk::in_memory_order(self.buf(), self.layout()) })
    }

    /// All items, by a walk where one is needed.
    #[inline]
    fn iter_over(self, order: Order, walk: impl FnOnce() -> Walk<'b>) -> ItemsIter<'b, S, T> {
        match Run::whole(self.buf(), self.layout(), order) {
            Some(front) => ItemsIter::of(self, front, None),
            None => ItemsIter::new(self, walk()),
        }
    }

    /// Replaces each item by what `change` makes of it.
    ///
    /// What others write to an item between its read and its write is lost, and an item that the
    /// layout shows several times is changed as often. Fails as [`set`](Self::set) does.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1.0, 2.5]));
    /// let buffer = Buffer::get(&object, Request::FULL)?;
    /// buffer.items::<f64>()?.update(|item| 2.0 * item)?;
    /// assert_eq!(buffer.item::<f64>(&[1])?, 5.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, change: impl FnMut(T) -> T) -> Result<(), AccessError> {
        self.iter_unordered().update(change)
    }
}

/// The next run, whether it is natural, and what comes after it.
#[cold]
#[inline(never)]
fn refill<'b, S: Source, T: ItemValue>(
    items: Items<'b, S, T>,
    rest: Option<Box<Walk<'b>>>,
) -> (Run, bool, Option<Box<Walk<'b>>>) {
    let Some(mut rest) = rest else {
        return (Run::EMPTY, false, None);
    };
    match rest.next_run() {
        Some(run) => (run, items.are_natural(&run), Some(rest)),
        None => (Run::EMPTY, false, None),
    }
}

impl<S: Source, T: ItemValue> Iterator for ItemsIter<'_, S, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.front.len == 0 {
            (self.front, self.front_is_natural, self.rest) = refill(self.items, self.rest.take());
        }
        let place = self.front.pop_front()?;
        Some(T::from_item(match self.front_is_natural {
            // SAFETY: an item of the view, which is natural.
            true => unsafe { item::load_natural(place.cast::<T::Item>()) },
            // SAFETY: the place of an item of the view.
            false => unsafe { self.items.load_rarely(place, self.front.suboffset) },
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.left();
        (left, Some(left))
    }

    fn nth(&mut self, skipped: usize) -> Option<T> {
        if skipped < self.front.len {
            self.front.take_front(skipped);
        } else {
            let (_, rest) = self.clone().split_at(skipped.min(self.left()));
            *self = rest;
        }
        self.next()
    }

    #[inline]
    fn fold<A, F: FnMut(A, T) -> A>(self, initial: A, mut f: F) -> A {
        // SAFETY: items of the view.
        let mut folded = unsafe { self.items.fold_run(self.front, initial, &mut f) };
        if let Some(mut rest) = self.rest {
            while let Some(run) = rest.next_run() {
                // SAFETY: items of the view.
                folded = unsafe { self.items.fold_run(run, folded, &mut f) };
                // SAFETY: as above.
                folded = unsafe { self.items.fold_short_runs(&mut rest, folded, &mut f) };
            }
        }
        folded
    }
}

impl<S: Source, T: ItemValue> DoubleEndedIterator for ItemsIter<'_, S, T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        let run = match &mut self.rest {
            Some(rest) if rest.len() > 0 => rest.filled_back(),
            _ => &mut self.front,
        };
        let place = run.pop_back()?;
        let suboffset = run.suboffset;
        // SAFETY: the place of an item of the view.
        Some(T::from_item(unsafe { self.items.load_at(place, suboffset) }))
    }
}

impl<S: Source, T: ItemValue> ExactSizeIterator for ItemsIter<'_, S, T> {}

impl<S: Source, T: ItemValue> std::iter::FusedIterator for ItemsIter<'_, S, T> {}
