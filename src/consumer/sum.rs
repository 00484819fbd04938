//! The sum of all items.

use super::Source;
use super::items::Items;
use crate::item::{Room, Summable};
use crate::layout::Order;
use crate::walk::{Run, Walk};

impl<S: Source, T: Summable> Items<'_, S, T> {
    /// The sum of all items, in the order that reads the memory fastest.
    ///
    /// The sum of integers has 64 bits and wraps around; that of `bool` is the number of those that
    /// are true. Floats are added in several lanes, so that the result is rounded differently, and
    /// less, than in a loop over one item after the other.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request};
    ///
    /// let object = Object::new(vec![0.5, 1.5, 2.5]);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// assert_eq!(buffer.items::<f64>()?.sum(), 4.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn sum(&self) -> T::Sum {
        let mut sum = T::Sum::default();
        let mut room = Room::new();
        let mut copies = Copies { items: self, room: &mut room, filled: 0 };
        if let Some(run) = Run::whole(self.buf(), self.layout(), Order::Any) {
            sum = copies.add_run(sum, run);
        } else {
            // SAFETY: the view's memory.
            let mut walk = unsafe { Walk::in_memory_order(self.buf(), self.layout()) };
            while let Some(run) = walk.next_run() {
                sum = copies.add_run(sum, run);
            }
        }
        copies.flush(sum)
    }

    /// The sum of one run.
    ///
    /// # Safety
    ///
    /// The run is one of this view.
    pub(super) unsafe fn sum_of_run(&self, run: Run) -> T::Sum {
        let mut room = Room::new();
        let mut copies = Copies { items: self, room: &mut room, filled: 0 };
        let sum = copies.add_run(T::Sum::default(), run);
        copies.flush(sum)
    }
}

/// So many items are worth a loop of their own.
const MANY: usize = 64;

/// Copies of items that are added to a sum once there are enough of them.
struct Copies<'i, 'b, S: Source, T: Summable> {
    items: &'i Items<'b, S, T>,
    room: &'i mut Room,
    filled: usize,
}

impl<S: Source, T: Summable> Copies<'_, '_, S, T> {
    /// Adds a run of the view, now or later, in the fastest way.
    #[inline(always)]
    fn add_run(&mut self, mut sum: T::Sum, mut run: Run) -> T::Sum {
        if run.len == 0 {
            return sum; // `first` may be NULL
        }
        if self.items.is_slice(&run) {
            // SAFETY: `is_slice`: items of the view, which no code writes.
            let items = unsafe { std::slice::from_raw_parts(run.first.cast(), run.len) };
            return T::add(sum, items);
        }
        if run.len >= MANY && self.items.is_bulk(&run) {
            // SAFETY: items of the view without gaps.
            let (so_far, added) = unsafe { T::add_shared(sum, run.first.cast(), run.len) };
            sum = self.add(so_far, run.take_front(added.start));
            run.take_front(added.len());
        }
        self.add(sum, run)
    }

    /// Adds copies of a run, now or later.
    #[inline(always)]
    fn add(&mut self, mut sum: T::Sum, mut run: Run) -> T::Sum {
        let capacity = Room::capacity::<T::Item>().expect("a number has room");
        while run.len > 0 {
            let part = run.take_front(capacity - self.filled);
            let target = self.room.start::<T::Item>().wrapping_add(self.filled);
            // SAFETY: items of the view, and room behind those that are there.
            unsafe { self.items.load_run(part, target) };
            self.filled += part.len;
            if self.filled == capacity {
                sum = self.flush(sum);
            }
        }
        sum
    }

    /// Adds the copies.
    fn flush(&mut self, sum: T::Sum) -> T::Sum {
        let filled = std::mem::take(&mut self.filled);
        // SAFETY: so many items were written there, and any bytes are an item.
        T::add(sum, unsafe { std::slice::from_raw_parts(self.room.start(), filled) })
    }
}
