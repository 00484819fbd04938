//! Items at equal distances, without bookkeeping.

use super::is_packed;
use crate::addresses::is_fortran;
use crate::layout::{LayoutRef, Order};

/// So many items are worked on in a turn: compilers unroll no loops of atomic loads.
pub(crate) const TURN: usize = 16;

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

    /// All items of a layout in an order, if they are at equal distances.
    #[inline(always)]
    pub fn whole(buf: *const u8, layout: LayoutRef<'_>, order: Order) -> Option<Run> {
        if layout.suboffsets().is_some() {
            return None;
        }
        let packed = layout.itemsize() as isize;
        let (len, stride) = match (layout.shape(), layout.strides()) {
            (&[extent], Some(&[stride])) if extent > 1 => (extent.unsigned_abs(), stride),
            _ if is_packed(layout, is_fortran(layout, order)) => (layout.items(), packed),
            _ => return None,
        };
        Some(Run { first: buf, len, stride, suboffset: -1 })
    }

    /// Whether the items lie where the steps lead, and not behind pointers.
    #[inline]
    pub fn is_direct(&self) -> bool {
        self.suboffset < 0
    }

    /// Whether the items, of `itemsize` bytes each, follow each other without a gap.
    #[inline]
    pub fn is_packed(&self, itemsize: usize) -> bool {
        self.is_direct() && (self.stride == itemsize as isize || self.len == 1)
    }

    /// The same with the last item first in the memory.
    #[inline]
    pub fn is_packed_backwards(&self, itemsize: usize) -> bool {
        self.is_direct() && self.stride == -(itemsize as isize)
    }

    /// Where the step to an item of the run leads.
    #[inline]
    pub fn place(&self, number: usize) -> *const u8 {
        self.first.wrapping_offset(self.stride.wrapping_mul(number as isize))
    }

    /// Takes the first items, at most `len` of them, out of the run.
    #[inline(always)]
    pub fn take_front(&mut self, len: usize) -> Run {
        let taken = Run { len: len.min(self.len), ..*self };
        self.first = self.place(taken.len);
        self.len -= taken.len;
        taken
    }

    /// The places of the first `TURN` items, which leave the run: there are as many. They are
    /// counted from two of them on, so that a processor works on both at once.
    #[inline(always)]
    pub fn take_turn(&mut self) -> [*const u8; TURN] {
        let mut from = [self.first, self.place(TURN / 2)];
        let places = std::array::from_fn(|at| {
            let next = &mut from[at / (TURN / 2)];
            std::mem::replace(next, next.wrapping_offset(self.stride))
        });
        (self.first, self.len) = (from[1], self.len - TURN);
        places
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
