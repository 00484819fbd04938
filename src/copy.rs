//! Copies between items of any layout and packed bytes.
//!
//! Knows addresses and layouts, and neither exporters nor consumers. Packed means that the items follow each other without
//! a gap, in the order asked for. Items that lie packed in the memory too are copied in one run.
//!
//! A copy from one view to another goes by packed bytes of its own, so that the two may overlap: what is read is what was
//! there before the first byte was written.

use crate::item::{load_bytes, store_bytes, width};
use crate::layout::{LayoutRef, Order};
use crate::walk::{Walk, is_fortran};

/// How the memory on the layout's side is accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Plainly: nobody writes it.
    Frozen,
    /// By relaxed atomic operations of the item's width.
    Shared,
}

/// Packs the items at `buf` into `target`: what `PyBuffer_ToContiguous` does.
///
/// # Safety
///
/// - `buf` and `layout` describe memory as [`Walk::new`] wants it, of initialised items. With `Memory::Frozen` nobody
///   writes it, with `Memory::Shared` others do so by atomic operations of the item's width.
/// - `target` is valid for writes of `layout.len()` bytes, and nobody else's.
pub(crate) unsafe fn to_contiguous(
    target: *mut u8,
    buf: *const u8,
    layout: LayoutRef<'_>,
    order: Order,
    memory: Memory,
) {
    let itemsize = layout.itemsize();
    let read = |target: *mut u8, item: *const u8, size: usize| match memory {
        // SAFETY: the caller's promise: items in the memory, as many bytes in the target.
        Memory::Frozen => unsafe { std::ptr::copy_nonoverlapping(item, target, size) },
        // SAFETY: as above; the width is that of each of the items, which follow each other.
        Memory::Shared => unsafe { load_bytes(item, target, size, width(item, itemsize)) },
    };
    // SAFETY: the caller's promise.
    unsafe {
        each_run(target, buf, layout, order, |target, item, size| {
            read(target, item.cast_const(), size)
        })
    };
}

/// Spreads the packed bytes at `source` over the items at `buf`: what `PyBuffer_FromContiguous` does.
///
/// # Safety
///
/// - `buf` and `layout` describe memory as [`Walk::new`] wants it, valid for reads and writes, which others access by
///   atomic operations of the item's width.
/// - `source` is valid for reads of `layout.len()` initialised bytes, and nobody else writes them.
pub(crate) unsafe fn from_contiguous(
    buf: *mut u8,
    layout: LayoutRef<'_>,
    source: *const u8,
    order: Order,
) {
    let itemsize = layout.itemsize();
    let write = |source: *mut u8, item: *mut u8, size: usize| {
        // SAFETY: the caller's promise: items in the memory, as many bytes in the source, which is only read.
        unsafe { store_bytes(item, source.cast_const(), size, width(item, itemsize)) }
    };
    // SAFETY: the caller's promise.
    unsafe { each_run(source.cast_mut(), buf, layout, order, write) };
}

/// Calls `run` with runs of items that lie without a gap, in the order asked for: place among the packed bytes, address
/// of the first item, size of all in bytes.
///
/// # Safety
///
/// `buf` and `layout` describe memory as [`Walk::new`] wants it; `packed` is the start of `layout.len()` bytes.
unsafe fn each_run(
    packed: *mut u8,
    buf: *const u8,
    layout: LayoutRef<'_>,
    order: Order,
    mut run: impl FnMut(*mut u8, *mut u8, usize),
) {
    let itemsize = layout.itemsize();
    if layout.len() == 0 {
        return;
    }
    if layout.follows_pointers().is_some() {
        // SAFETY: the caller's promise.
        let items = unsafe { Walk::new(buf, layout, order) };
        for (number, item) in items.enumerate() {
            run(packed.wrapping_add(number * itemsize), item.cast_mut(), itemsize);
        }
        return;
    }
    let axes = merged_axes(layout, order);
    // The last axis is a run if its items have no gap; else each of its items is one.
    let (outer, size) = match axes.split_last() {
        Some((&(extent, stride), outer)) if stride == itemsize as isize => {
            (outer, extent * itemsize)
        }
        _ => (&axes[..], itemsize),
    };
    let mut indices = vec![0; outer.len()];
    let mut item = buf;
    for start in (0..layout.len()).step_by(size) {
        run(packed.wrapping_add(start), item.cast_mut(), size);
        for (index, &(extent, stride)) in indices.iter_mut().zip(outer).rev() {
            *index += 1;
            if *index < extent {
                item = item.wrapping_offset(stride);
                break;
            }
            item = item.wrapping_offset(-stride * (extent as isize - 1));
            *index = 0;
        }
    }
}

/// Extent and stride of each axis, the slowest of the order first: without axes of one item, and as one axis where the
/// items of two follow each other. The layout has items.
fn merged_axes(layout: LayoutRef<'_>, order: Order) -> Vec<(usize, isize)> {
    let mut packed = layout.len() as isize;
    let axis = |(axis, &extent): (usize, &isize)| {
        packed /= extent;
        (extent.unsigned_abs(), layout.strides().map_or(packed, |strides| strides[axis]))
    };
    let mut axes: Vec<_> = layout.shape().iter().enumerate().map(axis).collect();
    if is_fortran(layout, order) {
        axes.reverse();
    }
    let mut merged: Vec<(usize, isize)> = Vec::with_capacity(axes.len());
    for (extent, stride) in axes.into_iter().filter(|&(extent, _)| extent != 1) {
        match merged.last_mut() {
            Some((outer, step)) if stride.checked_mul(extent as isize) == Some(*step) => {
                (*outer, *step) = (*outer * extent, stride);
            }
            _ => merged.push((extent, stride)),
        }
    }
    merged
}
