//! All items of a layout, one after the other: in runs of equal steps, so that a loop over a run
//! needs no bookkeeping.

use std::marker::PhantomData;
use std::ops::Range;

use crate::addresses::{is_fortran, step};
use crate::layout::{LayoutRef, Order};

/// Items at equal distances: `len` of them, `stride` bytes from one to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Where the first item is, or, if `suboffset` is not negative, the pointer to it.
    pub first: *const u8,
    pub len: usize,
    pub stride: isize,
    pub suboffset: isize,
}

// SAFETY: addresses, which are read by `unsafe` code alone, whose promises hold for any thread.
unsafe impl Send for Run {}
// SAFETY: as above.
unsafe impl Sync for Run {}

impl Run {
    pub const EMPTY: Run = Run { first: std::ptr::null(), len: 0, stride: 0, suboffset: -1 };

    /// Whether the items lie where the steps lead, and not behind pointers.
    pub fn is_direct(&self) -> bool {
        self.suboffset < 0
    }

    /// Whether the items, of `itemsize` bytes each, follow each other without a gap.
    pub fn is_packed(&self, itemsize: usize) -> bool {
        self.is_direct() && (self.stride == itemsize as isize || self.len == 1)
    }

    /// Where the step to an item of the run leads.
    fn place(&self, number: usize) -> *const u8 {
        self.first.wrapping_offset(self.stride.wrapping_mul(number as isize))
    }

    /// Takes the first items, at most `len` of them, out of the run.
    pub fn take_front(&mut self, len: usize) -> Run {
        let taken = Run { len: len.min(self.len), ..*self };
        self.first = self.place(taken.len);
        self.len -= taken.len;
        taken
    }

    /// The place of the first item, which leaves the run.
    #[inline(always)]
    pub fn pop_front(&mut self) -> Option<*const u8> {
        self.len = self.len.checked_sub(1)?;
        let place = self.first;
        self.first = place.wrapping_offset(self.stride);
        Some(place)
    }

    /// The place of the last item, which leaves the run.
    #[inline(always)]
    pub fn pop_back(&mut self) -> Option<*const u8> {
        self.len = self.len.checked_sub(1)?;
        Some(self.place(self.len))
    }
}

/// All items, in an order: some of a run, whole runs, and some of a run again.
///
/// It can be taken from both ends, and split.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    buf: *const u8,
    /// The axes that lead from run to run, in the order of the layout.
    outer: Vec<Axis>,
    /// Which of them runs fastest: the last one, or the first.
    fastest_last: bool,
    /// A run of this walk, without the place of its first item.
    run: Run,
    front: Run,
    /// The numbers of the whole runs.
    whole: Range<usize>,
    back: Run,
    _memory: PhantomData<&'a ()>,
}

// SAFETY: addresses. The promise of `Walk::new` holds for any thread: no code writes the pointers
// that are followed.
unsafe impl Send for Walk<'_> {}
// SAFETY: as above.
unsafe impl Sync for Walk<'_> {}

#[derive(Debug, Clone, Copy)]
struct Axis {
    extent: usize,
    stride: isize,
    suboffset: isize,
    index: usize,
}

impl Axis {
    fn is_direct(&self) -> bool {
        self.suboffset < 0
    }

    /// Whether it leads nowhere.
    fn is_idle(&self) -> bool {
        self.extent == 1 && self.is_direct()
    }
}

impl<'a> Walk<'a> {
    /// # Safety
    ///
    /// As for [`address`](crate::addresses::address), for as long as the walk is used.
    pub unsafe fn new(buf: *const u8, layout: LayoutRef<'a>, order: Order) -> Walk<'a> {
        let is_direct = layout.suboffsets().is_none();
        let fortran = is_fortran(layout, order);
        let is_packed = match fortran {
            true => layout.is_f_contiguous(),
            false => layout.is_c_contiguous(),
        };
        if layout.items() == 0 || is_direct && is_packed {
            return Walk::packed(buf, layout);
        }
        let mut axes = axes(layout);
        if fortran && axes.iter().any(|axis| !axis.is_direct()) {
            // The fastest axis is before a pointer: no two items are a step apart.
            let run = Run { len: 1, ..Run::EMPTY };
            return Walk::of(buf, axes, false, run);
        }
        if fortran {
            axes.reverse(); // without pointers the order of the steps does not matter
        }
        Walk::merged(buf, axes)
    }

    /// The items in the order in which they lie in the memory, as far as strides tell. Items behind
    /// pointers come in C order.
    ///
    /// # Safety
    ///
    /// As for [`new`](Self::new).
    pub unsafe fn in_memory_order(buf: *const u8, layout: LayoutRef<'a>) -> Walk<'a> {
        let is_direct = layout.suboffsets().is_none();
        if layout.items() == 0 || is_direct && layout.is_c_contiguous() {
            return Walk::packed(buf, layout);
        }
        let mut axes = axes(layout);
        if axes.iter().any(|axis| !axis.is_direct()) {
            return Walk::merged(buf, axes);
        }
        axes.retain(|axis| !axis.is_idle()); // its stride may be any number
        let mut first = buf;
        for axis in axes.iter_mut().filter(|axis| axis.stride < 0) {
            // Within the layout's bounds, which fit an isize.
            first = first.wrapping_offset(axis.stride.wrapping_mul(axis.extent as isize - 1));
            axis.stride = axis.stride.wrapping_neg();
        }
        axes.sort_by_key(|axis| std::cmp::Reverse(axis.stride));
        Walk::merged(first, axes)
    }

    /// Items without a gap, or none.
    fn packed(buf: *const u8, layout: LayoutRef<'a>) -> Walk<'a> {
        let stride = layout.itemsize() as isize;
        Walk::of_run(Run { first: buf, len: layout.items(), stride, suboffset: -1 })
    }

    /// The items of one run.
    pub fn of_run(front: Run) -> Walk<'a> {
        Walk {
            buf: front.first,
            outer: Vec::new(),
            fastest_last: true,
            run: Run::EMPTY,
            front,
            whole: 0..0,
            back: Run::EMPTY,
            _memory: PhantomData,
        }
    }

    /// Makes one axis of two where the steps of the outer one continue those of the inner one.
    fn merged(buf: *const u8, mut axes: Vec<Axis>) -> Walk<'a> {
        let mut kept = 0;
        for at in 0..axes.len() {
            let axis = axes[at];
            if axis.is_idle() {
                continue;
            }
            let continues = |outer: &Axis| {
                let whole = axis.stride.checked_mul(axis.extent as isize);
                outer.is_direct() && whole == Some(outer.stride)
            };
            if kept > 0 && continues(&axes[kept - 1]) {
                axes[kept - 1] = Axis { extent: axes[kept - 1].extent * axis.extent, ..axis };
            } else {
                axes[kept] = axis;
                kept += 1;
            }
        }
        axes.truncate(kept);
        let run = match axes.pop() {
            Some(Axis { extent: len, stride, suboffset, .. }) => {
                Run { len, stride, suboffset, ..Run::EMPTY }
            }
            None => Run { len: 1, ..Run::EMPTY },
        };
        Walk::of(buf, axes, true, run)
    }

    fn of(buf: *const u8, outer: Vec<Axis>, fastest_last: bool, run: Run) -> Walk<'a> {
        let whole = 0..outer.iter().map(|axis| axis.extent).product();
        let (front, back) = (Run::EMPTY, Run::EMPTY);
        Walk { buf, outer, fastest_last, run, front, whole, back, _memory: PhantomData }
    }

    /// The run of this number.
    fn run(&mut self, number: usize) -> Run {
        let mut rest = number;
        let mut index = |axis: &mut Axis, is_slowest: bool| {
            axis.index = if is_slowest { rest } else { rest % axis.extent };
            rest /= if is_slowest { 1 } else { axis.extent };
        };
        let slowest = self.outer.len().saturating_sub(1);
        match self.fastest_last {
            true => {
                let axes = self.outer.iter_mut().rev().enumerate();
                axes.for_each(|(at, axis)| index(axis, at == slowest));
            }
            false => {
                let axes = self.outer.iter_mut().enumerate();
                axes.for_each(|(at, axis)| index(axis, at == slowest));
            }
        }
        let mut first = self.buf;
        for axis in &self.outer {
            // SAFETY: the promise of `new`; the index is within the extent.
            first = unsafe { step(first, axis.index, axis.stride, axis.suboffset) };
        }
        Run { first, ..self.run }
    }

    /// The next items that are a step apart from each other. None if no item is left.
    pub fn next_run(&mut self) -> Option<Run> {
        if self.front.len == 0 && !self.refill_front() {
            return None;
        }
        Some(std::mem::replace(&mut self.front, Run::EMPTY))
    }

    /// The next items that are a step apart, at most `len` of them.
    pub fn next_part(&mut self, len: usize) -> Option<Run> {
        if self.front.len == 0 && !self.refill_front() {
            return None;
        }
        Some(self.front.take_front(len))
    }

    /// Puts items that were just taken back to the front, which is empty.
    pub fn put_back(&mut self, run: Run) {
        debug_assert_eq!(self.front.len, 0);
        self.front = run;
    }

    /// Makes the next run the front. False if no item is left.
    #[cold]
    #[inline(never)]
    fn refill_front(&mut self) -> bool {
        self.front = match self.whole.next() {
            Some(number) => self.run(number),
            None => std::mem::replace(&mut self.back, Run::EMPTY),
        };
        self.front.len > 0
    }

    /// Makes the last run the back.
    #[cold]
    #[inline(never)]
    fn refill_back(&mut self) {
        self.back = match self.whole.next_back() {
            Some(number) => self.run(number),
            None => std::mem::replace(&mut self.front, Run::EMPTY),
        };
    }

    /// The run that the last item is taken from. It is empty only if no item is left.
    #[inline]
    pub fn filled_back(&mut self) -> &mut Run {
        if self.back.len == 0 {
            self.refill_back();
        }
        &mut self.back
    }

    /// Number of items that are left.
    pub fn len(&self) -> usize {
        self.front.len + self.whole.len() * self.run.len + self.back.len
    }

    /// The first `len` items, and the others. `len` is at most the number of those that are left.
    pub fn split_at(mut self, len: usize) -> (Walk<'a>, Walk<'a>) {
        let mut head = self.clone();
        let Some(beyond_front) = len.checked_sub(self.front.len) else {
            head.front = self.front.take_front(len);
            (head.whole, head.back) = (0..0, Run::EMPTY);
            return (head, self);
        };
        self.front = Run::EMPTY;
        let runs = beyond_front.checked_div(self.run.len).unwrap_or(0);
        if runs < self.whole.len() {
            let middle = self.whole.start + runs;
            let mut run = self.run(middle);
            head.whole.end = middle;
            head.back = run.take_front(beyond_front % run.len);
            (self.front, self.whole.start) = (run, middle + 1);
            return (head, self);
        }
        let in_back = beyond_front - self.whole.len() * self.run.len;
        head.back = self.back.take_front(in_back);
        self.whole = 0..0;
        (head, self)
    }
}

/// The addresses of the items.
impl Iterator for Walk<'_> {
    type Item = *const u8;

    fn next(&mut self) -> Option<*const u8> {
        if self.front.len == 0 && !self.refill_front() {
            return None;
        }
        let place = self.front.pop_front()?;
        // SAFETY: the promise of `new`.
        Some(unsafe { step(place, 0, 0, self.front.suboffset) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

/// Where the steps along the axes lead. The layout has items.
fn axes(layout: LayoutRef<'_>) -> Vec<Axis> {
    let mut packed = layout.len_bytes() as isize;
    let axis = |(axis, &extent): (usize, &isize)| {
        packed /= extent;
        let stride = layout.strides().map_or(packed, |strides| strides[axis]);
        let suboffset = layout.suboffsets().map_or(-1, |suboffsets| suboffsets[axis]);
        Axis { extent: extent.unsigned_abs(), stride, suboffset, index: 0 }
    };
    layout.shape().iter().enumerate().map(axis).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::{address, advance};
    use crate::layout::Layout;

    const BUF: *const u8 = std::ptr::without_provenance(1 << 28);

    /// One item after the other by its indices, without runs.
    fn one_by_one(layout: LayoutRef<'_>, order: Order) -> Vec<usize> {
        if layout.items() == 0 {
            return Vec::new();
        }
        let shape: Vec<usize> = layout.shape().iter().map(|extent| extent.unsigned_abs()).collect();
        let fortran = is_fortran(layout, order);
        let mut indices = vec![0; shape.len()];
        let mut addresses = Vec::new();
        loop {
            let mut of_item = indices.clone();
            if fortran {
                of_item.reverse();
            }
            // SAFETY: no pointer is followed.
            addresses.push(unsafe { address(BUF, layout, &of_item) }.addr());
            let extent = |axis| if fortran { shape[shape.len() - 1 - axis] } else { shape[axis] };
            if !advance(&mut indices, extent) {
                return addresses;
            }
        }
    }

    fn walk(layout: &Layout, order: Order) -> Walk<'_> {
        // SAFETY: no pointer is followed.
        unsafe { Walk::new(BUF, layout.as_ref(), order) }
    }

    fn rest(walk: Walk<'_>) -> Vec<usize> {
        walk.map(<*const u8>::addr).collect()
    }

    fn layouts() -> Vec<Layout> {
        let strided = |shape: &[usize], strides: &[isize]| {
            Layout::strided(shape, strides, 4).expect("a layout")
        };
        vec![
            Layout::c_contiguous(&[], 4).expect("a layout"),
            Layout::c_contiguous(&[7], 4).expect("a layout"),
            Layout::c_contiguous(&[2, 3, 4], 4).expect("a layout"),
            Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"),
            Layout::c_contiguous(&[2, 0, 4], 4).expect("a layout"),
            strided(&[5], &[-8]),
            strided(&[1], &[-8]),
            strided(&[1, 3], &[isize::MIN, -4]),
            strided(&[3, 1], &[8, isize::MAX]),
            strided(&[3, 1, 4], &[16, 100, 4]),
            strided(&[3, 5], &[40, -8]),
            strided(&[3, 4, 2], &[8, 24, 4]),
            strided(&[4, 3, 3], &[0, 4, 0]),
            strided(&[3, 2, 5], &[-100, 4, 20]),
        ]
    }

    /// In both orders, from the front and from the back, and split at every place.
    #[test]
    fn runs_are_what_single_items_are() {
        for layout in layouts() {
            for order in [Order::C, Order::Fortran, Order::Any] {
                let expected = one_by_one(layout.as_ref(), order);
                assert_eq!(rest(walk(&layout, order)), expected, "{layout:?} {order:?}");
                let mut backwards = Vec::new();
                let mut from_back = walk(&layout, order);
                while let Some(item) = from_back.filled_back().pop_back() {
                    backwards.push(item.addr());
                }
                backwards.reverse();
                assert_eq!(backwards, expected, "{layout:?} {order:?}");
                for at in 0..=expected.len() {
                    let (head, tail) = walk(&layout, order).split_at(at);
                    assert_eq!((head.len(), tail.len()), (at, expected.len() - at));
                    for (part, expected) in [(head, &expected[..at]), (tail, &expected[at..])] {
                        let middle = expected.len() / 2;
                        let (first, second) = part.clone().split_at(middle);
                        assert_eq!(rest(part), expected, "{layout:?} {order:?}, split at {at}");
                        assert_eq!(rest(first), expected[..middle]);
                        assert_eq!(rest(second), expected[middle..]);
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_memory_has_each_item_once() {
        for layout in layouts() {
            // SAFETY: no pointer is followed.
            let found = rest(unsafe { Walk::in_memory_order(BUF, layout.as_ref()) });
            assert!(found.is_sorted() || layout.strides().contains(&0), "{layout:?}: {found:?}");
            let (mut found, mut expected) = (found, one_by_one(layout.as_ref(), Order::C));
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{layout:?}");
        }
    }

    /// Axes whose items follow each other are one run.
    #[test]
    fn runs_are_as_long_as_they_can_be() {
        #[track_caller]
        fn case(layout: Layout, order: Order, runs: usize, len: usize) {
            let mut walk = walk(&layout, order);
            let first = walk.next_run().expect("an item");
            assert_eq!((first.len, walk.whole.len() + 1), (len, runs), "{layout:?}");
        }
        let strided = |shape: &[usize], strides: &[isize]| {
            Layout::strided(shape, strides, 4).expect("a layout")
        };
        case(Layout::c_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::C, 1, 24);
        case(Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::Fortran, 1, 24);
        case(Layout::f_contiguous(&[2, 3, 4], 4).expect("a layout"), Order::C, 6, 4);
        case(strided(&[3, 1, 4], &[32, 100, 8]), Order::C, 1, 12);
        case(strided(&[6, 5], &[-40, -8]), Order::C, 1, 30);
        case(strided(&[6, 5], &[-48, -8]), Order::C, 6, 5);
        case(strided(&[6, 5], &[8, 48]), Order::Fortran, 1, 30);
    }

    /// Rows behind pointers are runs, and so are items that are all behind a pointer of their own.
    #[test]
    fn pointers_are_followed_once_a_run() {
        let memory: Vec<u32> = (0..12).collect();
        let rows: Vec<*const u8> =
            [4, 0, 8].iter().map(|&first| memory[first..].as_ptr().cast()).collect();
        let expected = [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11];
        let read = |layout: &Layout, order: Order| {
            // SAFETY: the rows are there, and four items in each.
            let walk = unsafe { Walk::new(rows.as_ptr().cast(), layout.as_ref(), order) };
            // SAFETY: an item of the rows.
            walk.map(|item| unsafe { *item.cast::<u32>() }).collect::<Vec<u32>>()
        };
        let pointer = size_of::<*const u8>() as isize;
        let layout = Layout::indirect(&[3, 4], &[pointer, 4], &[0, -1], 4).expect("a layout");
        assert_eq!(read(&layout, Order::C), expected);
        assert_eq!(read(&layout, Order::Fortran), [4, 0, 8, 5, 1, 9, 6, 2, 10, 7, 3, 11]);
        let seconds = Layout::indirect(&[3], &[pointer], &[4], 4).expect("a layout");
        assert_eq!(read(&seconds, Order::C), [5, 1, 9]);
        assert_eq!(read(&seconds, Order::Fortran), [5, 1, 9]);
    }
}
