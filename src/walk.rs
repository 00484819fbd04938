//! All items of a layout, one after the other: in runs of equal steps, so that a loop over a run
//! needs no bookkeeping.

mod run;

use std::marker::PhantomData;
use std::ops::Range;

use crate::addresses::{is_fortran, step};
use crate::layout::{LayoutRef, Order};
pub(crate) use run::{Run, TURN};

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
    /// Where the first of them start, as far as they are at equal distances; or none.
    starts: Run,
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
        if layout.items() == 0 || is_direct && is_packed(layout, fortran) {
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
            starts: Run::EMPTY,
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
        let (front, starts, back) = (Run::EMPTY, Run::EMPTY, Run::EMPTY);
        Walk { buf, outer, fastest_last, run, front, whole, starts, back, _memory: PhantomData }
    }

    /// The first whole run, which leaves them.
    #[inline(always)]
    fn take_whole(&mut self) -> Option<Run> {
        let number = self.whole.next()?;
        if self.starts.len == 0 {
            self.starts = self.starts(number);
        }
        let place = self.starts.pop_front()?;
        // SAFETY: the promise of `new`.
        let first = unsafe { step(place, 0, 0, self.starts.suboffset) };
        Some(Run { first, ..self.run })
    }

    /// Where the run of this number starts, and those after it as far as they are at equal
    /// distances.
    #[cold]
    #[inline(never)]
    fn starts(&mut self, number: usize) -> Run {
        let fastest = match self.outer.last() {
            Some(axis) if self.fastest_last => *axis,
            _ => return Run { first: self.run(number).first, len: 1, ..Run::EMPTY },
        };
        let index = number % fastest.extent;
        let outer = self.outer.len() - 1;
        let line = self.place(number - index, outer);
        let first = line.wrapping_offset(fastest.stride.wrapping_mul(index as isize));
        let Axis { extent, stride, suboffset, .. } = fastest;
        Run { first, len: extent - index, stride, suboffset }
    }

    /// The run of this number.
    fn run(&mut self, number: usize) -> Run {
        let first = self.place(number, self.outer.len());
        Run { first, ..self.run }
    }

    /// Where the first `axes` of the outer axes lead for the run of this number.
    fn place(&mut self, number: usize, axes: usize) -> *const u8 {
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
        let mut place = self.buf;
        for axis in &self.outer[..axes] {
            // SAFETY: the promise of `new`; the index is within the extent.
            place = unsafe { step(place, axis.index, axis.stride, axis.suboffset) };
        }
        place
    }

    /// The next items that are a step apart from each other. None if no item is left.
    #[inline(always)]
    pub fn next_run(&mut self) -> Option<Run> {
        if self.front.len > 0 {
            return Some(std::mem::replace(&mut self.front, Run::EMPTY));
        }
        if let Some(run) = self.take_whole() {
            return Some(run);
        }
        let back = std::mem::replace(&mut self.back, Run::EMPTY);
        (back.len > 0).then_some(back)
    }

    /// The whole runs that come next and start at equal distances: where they start, and a run
    /// without the place of its first item. There are none if that is not known yet.
    #[inline]
    pub fn take_lines(&mut self) -> (Run, Run) {
        let starts = self.starts.take_front(self.whole.len());
        self.whole.start += starts.len;
        (starts, self.run)
    }

    /// Puts runs that were just taken back.
    #[inline]
    pub fn put_back_lines(&mut self, starts: Run) {
        self.whole.start -= starts.len;
        self.starts = starts;
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
    #[inline]
    fn refill_front(&mut self) -> bool {
        self.front = match self.take_whole() {
            Some(run) => run,
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
            self.starts = Run::EMPTY;
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

/// Whether the items lie packed in C order, or in Fortran order.
fn is_packed(layout: LayoutRef<'_>, fortran: bool) -> bool {
    if fortran { layout.is_f_contiguous() } else { layout.is_c_contiguous() }
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
mod tests;
