//! Where the items of a layout are: one by its indices, or all of them in C or Fortran order.

use crate::layout::{LayoutRef, Order};

/// Address of the item at `indices`, in a view whose first item is at `buf`. With fewer indices
/// than dimensions it is where the axes that are left out start.
///
/// # Safety
///
/// `buf` and `layout` describe memory that is valid for reads, pointers behind suboffsets
/// included, and that does not change where the pointers are. There are at most as many indices as
/// dimensions, each within its extent.
pub(crate) unsafe fn address(
    buf: *const u8,
    layout: LayoutRef<'_>,
    indices: &[usize],
) -> *const u8 {
    let mut address = buf;
    let mut packed = layout.len_bytes();
    for (axis, &index) in indices.iter().enumerate() {
        packed /= layout.shape()[axis].unsigned_abs(); // more than the index, so at least 1
        let stride = layout.strides().map_or(packed as isize, |strides| strides[axis]);
        let suboffset = layout.suboffsets().map_or(-1, |suboffsets| suboffsets[axis]);
        // SAFETY: the caller's promise, for this step.
        address = unsafe { step(address, index, stride, suboffset) };
    }
    address
}

/// The address after `index` steps of `stride` bytes. If `suboffset` is not negative, the pointer
/// at this address is followed.
///
/// # Safety
///
/// If `suboffset` is not negative, a pointer can be read there, and no code writes it.
pub(crate) unsafe fn step(
    from: *const u8,
    index: usize,
    stride: isize,
    suboffset: isize,
) -> *const u8 {
    // Within the layout's bounds, which fit an isize.
    let reached = from.wrapping_offset(stride.wrapping_mul(index as isize));
    if suboffset < 0 {
        return reached;
    }
    // SAFETY: the caller's promise.
    let block = unsafe { reached.cast::<*const u8>().read_unaligned() };
    block.wrapping_offset(suboffset)
}

/// To the next indices in C order. False where these were the last, which then are as they were.
pub(crate) fn advance(indices: &mut [usize], extent: impl Fn(usize) -> usize) -> bool {
    let Some(axis) = (0..indices.len()).rev().find(|&axis| indices[axis] + 1 < extent(axis)) else {
        return false;
    };
    indices[axis] += 1;
    indices[axis + 1..].fill(0);
    true
}

/// The addresses of all items, one after the other.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    layout: LayoutRef<'a>,
    /// Axis by axis: the index, the stride, and the address before the steps along it.
    axes: Vec<Axis>,
    fastest_last: bool,
    /// Of the next item.
    address: *const u8,
    left: usize,
}

#[derive(Debug, Clone, Copy)]
struct Axis {
    index: usize,
    stride: isize,
    before: *const u8,
}

impl<'a> Walk<'a> {
    /// # Safety
    ///
    /// As for [`address`], for as long as the walk is used.
    pub(crate) unsafe fn new(buf: *const u8, layout: LayoutRef<'a>, order: Order) -> Walk<'a> {
        let mut packed = layout.len_bytes() as isize;
        let stride = |(axis, &extent): (usize, &isize)| {
            packed = if extent > 0 { packed / extent } else { 0 };
            let stride = layout.strides().map_or(packed, |strides| strides[axis]);
            Axis { index: 0, stride, before: buf }
        };
        let axes = layout.shape().iter().enumerate().map(stride).collect();
        let left = layout.items();
        let mut walk =
            Walk { layout, axes, fastest_last: !is_fortran(layout, order), address: buf, left };
        if left > 0 {
            // SAFETY: the caller's promise; all indices are 0, and there is an item.
            unsafe { walk.reach(0) };
        }
        walk
    }

    /// Takes the steps along `axis` and all axes after it.
    ///
    /// # Safety
    ///
    /// The promise of `new` holds, and all indices are within their extents.
    unsafe fn reach(&mut self, axis: usize) {
        let mut address = self.axes.get(axis).map_or(self.address, |axis| axis.before);
        for (number, axis) in self.axes.iter_mut().enumerate().skip(axis) {
            axis.before = address;
            let suboffset = self.layout.suboffsets().map_or(-1, |suboffsets| suboffsets[number]);
            // SAFETY: the caller's promise.
            address = unsafe { step(address, axis.index, axis.stride, suboffset) };
        }
        self.address = address;
    }
}

impl Iterator for Walk<'_> {
    type Item = *const u8;

    fn next(&mut self) -> Option<*const u8> {
        self.left = self.left.checked_sub(1)?;
        let address = self.address;
        if self.left > 0 {
            // Count the indices up, the fastest first. The first axis that changes is the next to
            // step along.
            let ndim = self.axes.len();
            let mut first_changed = ndim;
            for number in 0..ndim {
                let number = if self.fastest_last { ndim - 1 - number } else { number };
                first_changed = first_changed.min(number);
                let axis = &mut self.axes[number];
                axis.index += 1;
                if axis.index < self.layout.shape()[number].unsigned_abs() {
                    break;
                }
                axis.index = 0;
            }
            // SAFETY: the promise of `new`; the indices are those of an item, since one is left.
            unsafe { self.reach(first_changed) };
        }
        Some(address)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Walk<'_> {}

/// Whether `order` means Fortran order for items that lie so.
pub(crate) fn is_fortran(layout: LayoutRef<'_>, order: Order) -> bool {
    match order {
        Order::C => false,
        Order::Fortran => true,
        Order::Any => layout.is_f_contiguous() && !layout.is_c_contiguous(),
    }
}
