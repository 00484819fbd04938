//! Where an item of a layout is.

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

/// Whether `order` means Fortran order for items that lie so.
pub(crate) fn is_fortran(layout: LayoutRef<'_>, order: Order) -> bool {
    match order {
        Order::C => false,
        Order::Fortran => true,
        Order::Any => layout.is_f_contiguous() && !layout.is_c_contiguous(),
    }
}
