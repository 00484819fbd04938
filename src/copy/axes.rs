//! The axes of a copy: how far a step leads in the memory, and how far among the packed bytes.

use crate::layout::LayoutRef;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub extent: usize,
    /// Bytes from an item to the next in the memory.
    pub memory: isize,
    /// The same among the packed bytes.
    pub packed: isize,
}

/// The axes of a layout that has items, in its order. They are not packed yet.
pub(super) fn of(layout: LayoutRef<'_>) -> Vec<Axis> {
    let mut without_gaps = layout.len_bytes() as isize;
    let axis = |(axis, &extent): (usize, &isize)| {
        without_gaps /= extent;
        let memory = layout.strides().map_or(without_gaps, |strides| strides[axis]);
        Axis { extent: extent.unsigned_abs(), memory, packed: 0 }
    };
    layout.shape().iter().enumerate().map(axis).collect()
}

/// Says where each step leads among bytes packed in C order, or in Fortran order.
pub(super) fn pack(axes: &mut [Axis], itemsize: usize, fortran: bool) {
    let mut size = itemsize as isize;
    let mut put = |axis: &mut Axis| {
        axis.packed = size;
        size *= axis.extent as isize;
    };
    match fortran {
        true => axes.iter_mut().for_each(&mut put),
        false => axes.iter_mut().rev().for_each(&mut put),
    }
}

/// The axes with the slowest of the packed bytes first: without those of one item, and as one
/// where the items of two follow each other on both sides. In place: a small copy must not cost an
/// allocation more.
pub(super) fn merged(mut axes: Vec<Axis>, fortran: bool) -> Vec<Axis> {
    if fortran {
        axes.reverse();
    }
    let mut kept = 0;
    for at in 0..axes.len() {
        let axis = axes[at];
        let follows =
            |outer: &Axis| axis.memory.checked_mul(axis.extent as isize) == Some(outer.memory);
        if axis.extent == 1 {
            continue;
        } else if kept > 0 && follows(&axes[kept - 1]) {
            axes[kept - 1] = Axis { extent: axes[kept - 1].extent * axis.extent, ..axis };
        } else {
            axes[kept] = axis;
            kept += 1;
        }
    }
    axes.truncate(kept);
    axes
}

/// Whether no two items share memory, as far as it is easily seen: each step leads over all that
/// the shorter ones reach.
pub(super) fn are_apart(axes: &[Axis], itemsize: usize) -> bool {
    let mut steps: Vec<(usize, usize)> =
        axes.iter().map(|axis| (axis.memory.unsigned_abs(), axis.extent)).collect();
    steps.sort_unstable();
    let mut reached = itemsize;
    steps.into_iter().all(|(step, extent)| {
        let apart = step >= reached;
        reached = reached.saturating_add(step.saturating_mul(extent - 1));
        apart
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn packed(layout: &Layout, fortran: bool) -> Vec<Axis> {
        let mut axes = of(layout.as_ref());
        pack(&mut axes, layout.itemsize(), fortran);
        merged(axes, fortran)
    }

    #[test]
    fn axes_without_gaps_are_one() {
        let rows = Layout::c_contiguous(&[2, 1, 3, 4], 8).unwrap();
        assert_eq!(packed(&rows, false), [Axis { extent: 24, memory: 8, packed: 8 }]);
        let columns = packed(&rows, true);
        let steps: Vec<_> =
            columns.iter().map(|axis| (axis.extent, axis.memory, axis.packed)).collect();
        assert_eq!(steps, [(4, 8, 48), (3, 32, 16), (2, 96, 8)]);
    }

    #[test]
    fn items_that_share_memory_are_seen() {
        let apart = |shape: &[usize], strides: &[isize]| {
            are_apart(&packed(&Layout::strided(shape, strides, 4).unwrap(), false), 4)
        };
        assert!(apart(&[3, 2], &[-8, 4]) && apart(&[3], &[4]) && apart(&[], &[]));
        assert!(!apart(&[3], &[0]) && !apart(&[3], &[3]) && !apart(&[3, 2], &[4, 4]));
    }
}
