//! The items of one run: read and written in the fastest way that its layout allows.

use std::mem::{align_of, size_of};

use super::Source;
use super::items::{Access, Items};
use crate::addresses;
use crate::item::{self, ItemValue, Room};
use crate::walk::{Run, TURN, Walk};

/// Items of up to this size are folded in vectors, as far as they can be.
const SMALL: usize = 2;

/// Fewer items are not worth a copy of many at once.
const FEW: usize = 16;

/// Runs of up to this length are folded many at a time.
const SHORT: usize = 64;

/// So many items are copied in a turn: compilers unroll no loops of atomic loads.
const COPIED: usize = 8;

/// Larger items are folded one after the other: a turn would copy them to the stack.
const REGISTERS: usize = 16;

impl<S: Source, T: ItemValue> Items<'_, S, T> {
    /// Whether all items of a run are natural: they lie where the steps lead, and others access
    /// them at the largest width that their size allows.
    #[inline]
    pub(super) fn are_natural(&self, run: &Run) -> bool {
        let widest = item::widest(size_of::<T::Item>());
        let is_whole = !matches!(self.access(), Access::Parts { .. });
        is_whole && run.is_direct() && (run.first.addr() | run.stride.unsigned_abs()) % widest == 0
    }

    /// # Safety
    ///
    /// `place` and `suboffset` are those of an item of the view: see [`Run`].
    #[inline]
    pub(super) unsafe fn load_at(&self, place: *const u8, suboffset: isize) -> T::Item {
        // SAFETY: the caller's promise.
        let address = unsafe { addresses::step(place, 0, 0, suboffset) };
        // SAFETY: as above.
        unsafe { self.load(address) }
    }

    /// # Safety
    ///
    /// `place` and `suboffset` are those of an item of the view, which is writable.
    pub(super) unsafe fn store_at(&self, place: *const u8, suboffset: isize, value: T) {
        // SAFETY: the caller's promise.
        let address = unsafe { addresses::step(place, 0, 0, suboffset) };
        // SAFETY: as above.
        unsafe { self.store(address, value) };
    }

    /// [`load_at`](Self::load_at) where natural items are the rule.
    ///
    /// # Safety
    ///
    /// As for [`load_at`](Self::load_at).
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn load_rarely(self, place: *const u8, suboffset: isize) -> T::Item {
        // SAFETY: the caller's promise.
        unsafe { self.load_at(place, suboffset) }
    }

    /// Few loops, and no other code calls `f`: so a compiler can keep the values it works on in
    /// registers.
    ///
    /// # Safety
    ///
    /// The run is one of this view.
    #[inline(always)]
    pub(super) unsafe fn fold_run<A>(
        &self,
        mut run: Run,
        mut folded: A,
        f: &mut impl FnMut(A, T) -> A,
    ) -> A {
        if self.are_natural(&run) && !self.is_slice(&run) {
            if self.are_many_small(&run) {
                let backwards = run.is_packed_backwards(size_of::<T::Item>());
                let lowest = if backwards { run.place(run.len - 1) } else { run.first };
                let whole = item::in_vectors(lowest.cast::<T::Item>(), run.len);
                let before = if backwards { run.len - whole.end } else { whole.start };
                // SAFETY: natural items of the view.
                folded = unsafe { self.fold_natural(run.take_front(before), folded, f) };
                run.take_front(whole.len());
                let first = lowest.cast::<T::Item>().wrapping_add(whole.start);
                let f = |folded, item| f(folded, T::from_item(item));
                // SAFETY: items of the view in whole vectors.
                folded = unsafe { item::fold_vectors(first, whole.len(), backwards, folded, f) };
            }
            // SAFETY: natural items of the view.
            return unsafe { self.fold_natural(run, folded, f) };
        }
        if Room::capacity::<T::Item>().is_none() && !self.is_slice(&run) {
            while let Some(place) = run.pop_front() {
                // SAFETY: the place of an item of the view.
                let item = unsafe { self.load_rarely(place, run.suboffset) };
                folded = f(folded, T::from_item(item));
            }
            return folded;
        }
        let mut room = Room::new();
        while run.len > 0 {
            // SAFETY: the caller's promise.
            for item in unsafe { self.next_slice(&mut run, &mut room) } {
                folded = f(folded, T::from_item(*item));
            }
        }
        folded
    }

    /// Folds short runs that come next, as far as their items are natural. No other code runs from
    /// one of them to the next, so that what `f` works on stays in registers.
    ///
    /// A value that is folded stays there best in a function of its own. What `f` changes through
    /// references, as in `for_each`, which folds `()`, stays there only in the caller.
    ///
    /// # Safety
    ///
    /// The walk is one of this view.
    #[inline(always)]
    pub(super) unsafe fn fold_short_runs<A>(
        &self,
        walk: &mut Walk<'_>,
        folded: A,
        f: &mut impl FnMut(A, T) -> A,
    ) -> A {
        match size_of::<A>() {
            // SAFETY: the caller's promise.
            0 => unsafe { self.fold_short_runs_here(walk, folded, f) },
            // SAFETY: as above.
            _ => unsafe { self.fold_short_runs_apart(walk, folded, f) },
        }
    }

    /// # Safety
    ///
    /// As for [`fold_short_runs`](Self::fold_short_runs).
    #[inline(never)]
    unsafe fn fold_short_runs_apart<A>(
        &self,
        walk: &mut Walk<'_>,
        folded: A,
        f: &mut impl FnMut(A, T) -> A,
    ) -> A {
        // SAFETY: the caller's promise.
        unsafe { self.fold_short_runs_here(walk, folded, f) }
    }

    /// # Safety
    ///
    /// As for [`fold_short_runs`](Self::fold_short_runs).
    #[inline(always)]
    unsafe fn fold_short_runs_here<A>(
        &self,
        walk: &mut Walk<'_>,
        mut folded: A,
        f: &mut impl FnMut(A, T) -> A,
    ) -> A {
        let (mut starts, run) = walk.take_lines();
        while run.len <= SHORT && starts.len > 0 {
            // SAFETY: where a run of the view starts.
            let first = unsafe { addresses::step(starts.first, 0, 0, starts.suboffset) };
            let mut run = Run { first, ..run };
            if !self.are_natural(&run) {
                break;
            }
            starts.pop_front();
            while let Some(place) = run.pop_front() {
                // SAFETY: an item of the view, which is natural.
                let item = unsafe { item::load_natural(place.cast::<T::Item>()) };
                folded = f(folded, T::from_item(item));
            }
        }
        walk.put_back_lines(starts);
        folded
    }

    /// Whether a run has so many small items that they are folded in vectors, of which a compiler
    /// makes the most.
    #[inline]
    fn are_many_small(&self, run: &Run) -> bool {
        let size = size_of::<T::Item>();
        let is_packed = run.is_packed(size) || run.is_packed_backwards(size);
        size <= SMALL && item::fills_vectors::<T::Item>() && run.len >= FEW && is_packed
    }

    /// # Safety
    ///
    /// The run is one of this view, and its items are [natural](Self::are_natural).
    #[inline(always)]
    unsafe fn fold_natural<A>(
        &self,
        mut run: Run,
        mut folded: A,
        f: &mut impl FnMut(A, T) -> A,
    ) -> A {
        let load = |place: *const u8| {
            // SAFETY: the place of an item of the view, which is natural.
            T::from_item(unsafe { item::load_natural(place.cast::<T::Item>()) })
        };
        while run.len >= TURN && size_of::<T>() <= REGISTERS {
            folded = run.take_turn().map(load).into_iter().fold(folded, &mut *f);
        }
        while let Some(place) = run.pop_front() {
            folded = f(folded, load(place));
        }
        folded
    }

    /// Takes the next items of a run: from the memory itself if no code writes it, or as copies.
    ///
    /// # Safety
    ///
    /// The run is one of this view.
    #[inline(never)]
    unsafe fn next_slice<'r>(&self, run: &mut Run, room: &'r mut Room) -> &'r [T::Item] {
        if self.is_slice(run) {
            let whole = run.take_front(run.len);
            // SAFETY: `is_slice`: items of the view, which no code writes while it is held.
            return unsafe { std::slice::from_raw_parts(whole.first.cast(), whole.len) };
        }
        let capacity = Room::capacity::<T::Item>().expect("there is room for an item");
        let part = run.take_front(capacity);
        // SAFETY: the caller's promise, and room for so many items, aligned.
        unsafe { self.load_run(part, room.start()) };
        // SAFETY: so many items were just written there, and any bytes are an item.
        unsafe { std::slice::from_raw_parts(room.start(), part.len) }
    }

    /// Whether the items of a run follow each other without a gap and are copied as they are.
    #[inline]
    pub(super) fn is_bulk(&self, run: &Run) -> bool {
        run.is_packed(size_of::<T::Item>()) && !matches!(self.access(), Access::Parts { .. })
    }

    /// Whether a run may be borrowed as a slice.
    #[inline]
    pub(super) fn is_slice(&self, run: &Run) -> bool {
        let is_aligned = run.first.addr() % align_of::<T::Item>() == 0;
        is_aligned && self.is_bulk(run) && matches!(self.access(), Access::Immutable)
    }

    /// Copies a run out.
    ///
    /// # Safety
    ///
    /// - The run is one of this view, and [bulk](Self::is_bulk).
    /// - `room` is valid for writes of as many items and aligned to them, and no other code
    ///   accesses it while the result is borrowed.
    #[inline]
    pub(super) unsafe fn load_block<'r>(&self, run: Run, room: *mut T::Item) -> &'r mut [T::Item] {
        // SAFETY: the caller's promise.
        unsafe { self.load_packed(run, room) };
        // SAFETY: so many items were just written there, and any bytes are an item.
        unsafe { std::slice::from_raw_parts_mut(room, run.len) }
    }

    /// # Safety
    ///
    /// As for [`load_block`](Self::load_block), without the alignment.
    #[inline]
    unsafe fn load_packed(&self, run: Run, target: *mut T::Item) {
        let (target, size) = (target.cast::<u8>(), size_of::<T::Item>());
        let len = run.len * size;
        if matches!(self.access(), Access::Immutable) {
            // SAFETY: items of the view, which no code writes, and room for them.
            return unsafe { std::ptr::copy_nonoverlapping(run.first, target, len) };
        }
        let width = item::width(run.first, size);
        // SAFETY: items of the view without gaps, which have one width, and room for them.
        unsafe { item::load_bytes(run.first, target, len, width) };
    }

    /// Copies any run out, item by item where that has to be.
    ///
    /// # Safety
    ///
    /// - The run is one of this view.
    /// - `target` is valid for writes of as many items and aligned to them, and no other code
    ///   accesses it.
    #[inline(always)]
    pub(super) unsafe fn load_run(&self, mut run: Run, mut target: *mut T::Item) {
        let are_natural = self.are_natural(&run);
        if self.is_bulk(&run) && !(are_natural && run.len < FEW) {
            // SAFETY: the caller's promise.
            return unsafe { self.load_packed(run, target) };
        }
        while are_natural && run.len >= COPIED {
            for _ in 0..COPIED {
                // SAFETY: an item of the view, which is natural.
                let item = unsafe { item::load_natural(run.first.cast::<T::Item>()) };
                run.first = run.first.wrapping_offset(run.stride);
                // SAFETY: the item's place, by the caller's promise.
                unsafe { target.write(item) };
                target = target.wrapping_add(1);
            }
            run.len -= COPIED;
        }
        while let Some(place) = run.pop_front() {
            let item = match are_natural {
                // SAFETY: an item of the view, which is natural.
                true => unsafe { item::load_natural(place.cast::<T::Item>()) },
                // SAFETY: the place of an item of the view.
                false => unsafe { self.load_at(place, run.suboffset) },
            };
            // SAFETY: the item's place, by the caller's promise.
            unsafe { target.write(item) };
            target = target.wrapping_add(1);
        }
    }

    /// Four loops, each in a function of its own: a compiler makes the most of `change` where no
    /// other code calls it.
    ///
    /// # Safety
    ///
    /// The run is one of this view, which is writable.
    pub(super) unsafe fn update_run(&self, run: Run, change: &mut impl FnMut(T) -> T) {
        let are_natural = self.are_natural(&run);
        match self.is_bulk(&run) {
            // SAFETY: the caller's promise.
            true if are_natural && item::fills_vectors::<T::Item>() => unsafe {
                self.update_packed(run, change)
            },
            // SAFETY: the caller's promise.
            true if Room::capacity::<T::Item>().is_some() => unsafe {
                self.update_copies(run, change)
            },
            // SAFETY: the caller's promise.
            _ if are_natural => unsafe { self.update_natural(run, change) },
            // SAFETY: the caller's promise.
            _ => unsafe { self.update_rarely(run, change) },
        }
    }

    /// # Safety
    ///
    /// As for [`update_run`](Self::update_run), and the run is [bulk](Self::is_bulk) and its items
    /// are [natural](Self::are_natural).
    #[inline(never)]
    unsafe fn update_packed(&self, mut run: Run, change: &mut impl FnMut(T) -> T) {
        let first = run.first.cast_mut().cast::<T::Item>();
        let whole = item::in_vectors(first, run.len);
        // SAFETY: the caller's promise.
        unsafe { self.update_natural(run.take_front(whole.start), change) };
        run.take_front(whole.len());
        let of_item = |item| change(T::from_item(item)).into_item();
        // SAFETY: items of the view in whole vectors; the view is writable.
        unsafe { item::update_vectors(first.wrapping_add(whole.start), whole.len(), of_item) };
        // SAFETY: the caller's promise.
        unsafe { self.update_natural(run, change) };
    }

    /// # Safety
    ///
    /// As for [`update_run`](Self::update_run), and the run is [bulk](Self::is_bulk). An item has
    /// room.
    #[inline(never)]
    unsafe fn update_copies(&self, mut run: Run, change: &mut impl FnMut(T) -> T) {
        let capacity = Room::capacity::<T::Item>().expect("there is room for an item");
        let size = size_of::<T::Item>();
        let mut room = Room::new();
        while run.len > 0 {
            let part = run.take_front(capacity);
            // SAFETY: packed items of the view, and room for them.
            let block = unsafe { self.load_block(part, room.start()) };
            block.iter_mut().for_each(|item| *item = change(T::from_item(*item)).into_item());
            let target = part.first.cast_mut();
            let (len, width) = (part.len * size, item::width(target, size));
            // SAFETY: packed items of the view, which is writable; as many of our own, which have
            // no padding.
            unsafe { item::store_bytes(target, block.as_ptr().cast(), len, width) };
        }
    }

    /// # Safety
    ///
    /// As for [`update_run`](Self::update_run), and the items are [natural](Self::are_natural).
    #[inline(never)]
    unsafe fn update_natural(&self, mut run: Run, change: &mut impl FnMut(T) -> T) {
        while let Some(place) = run.pop_front() {
            let place = place.cast_mut().cast::<T::Item>();
            // SAFETY: an item of the view, which is natural.
            let item = unsafe { item::load_natural(place) };
            let changed = change(T::from_item(item)).into_item();
            // SAFETY: as above; the view is writable.
            unsafe { item::store_natural(place, changed) };
        }
    }

    /// # Safety
    ///
    /// As for [`update_run`](Self::update_run).
    #[inline(never)]
    unsafe fn update_rarely(&self, mut run: Run, change: &mut impl FnMut(T) -> T) {
        while let Some(place) = run.pop_front() {
            // SAFETY: the caller's promise.
            let address = unsafe { addresses::step(place, 0, 0, run.suboffset) };
            // SAFETY: an item of the view.
            let item = unsafe { self.load(address) };
            let changed = change(T::from_item(item));
            // SAFETY: an item of the view, which is writable.
            unsafe { self.store(address, changed) };
        }
    }
}
