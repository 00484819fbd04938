//! Parts of a layout: slices along an axis, and the axes in reverse.

use super::Layout;
use crate::error::LayoutError;

/// Which indices of an axis are taken: `count` of them, from `start` on, `step` apart.
///
/// ```
/// use bufferprocs::layout::Slice;
///
/// // As Python's slice(None, None, -2).indices(5) gives 4, 2, 0.
/// assert_eq!(Slice::python(None, None, -2, 5)?, Slice { start: 4, count: 3, step: -2 });
/// # Ok::<(), bufferprocs::LayoutError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The first index.
    pub start: usize,
    /// How many.
    pub count: usize,
    /// From one to the next; not 0.
    pub step: isize,
}

impl Slice {
    /// What Python's `slice(start, stop, step)` takes of an axis of `extent` items: negative
    /// bounds count from the end, and bounds beyond an end stop there.
    ///
    /// Fails if `step` is 0.
    #[doc(alias = "PySlice_AdjustIndices")]
    pub fn python(
        start: Option<isize>,
        stop: Option<isize>,
        step: isize,
        extent: usize,
    ) -> Result<Slice, LayoutError> {
        if step == 0 {
            return Err(LayoutError::ZeroStep);
        }
        let (extent, forwards) =
            (isize::try_from(extent).unwrap_or(isize::MAX), step.is_positive());
        // The places from which one may start, and at which one may stop: from behind the first
        // end to the other.
        let (lowest, highest) = if forwards { (0, extent) } else { (-1, extent - 1) };
        let clip = |bound: isize| {
            let from_start = if bound < 0 { bound.saturating_add(extent) } else { bound };
            from_start.clamp(lowest, highest)
        };
        let (near, far) = if forwards { (lowest, highest) } else { (highest, lowest) };
        let (start, stop) = (start.map_or(near, clip), stop.map_or(far, clip));
        let way = if forwards { stop - start } else { start - stop };
        let count = if way > 0 { 1 + (way - 1).unsigned_abs() / step.unsigned_abs() } else { 0 };
        Ok(Slice { start: start.max(0).unsigned_abs(), count, step })
    }
}

impl Layout {
    /// The layout of a part: of the items whose index along `axis` is in `slice`. With it the
    /// bytes by which the first item moves.
    ///
    /// If a pointer is followed before `axis`, the first item does not move: the suboffset does
    /// that is added after the last such pointer. Fails if there is no such axis or index, if the
    /// step is 0, or if the suboffset would become negative.
    pub fn slice(&self, axis: usize, slice: Slice) -> Result<(Layout, isize), LayoutError> {
        let ndim = self.ndim();
        let Slice { start, count, step } = slice;
        let &extent = self.shape.get(axis).ok_or(LayoutError::NoSuchAxis { axis, ndim })?;
        if step == 0 {
            return Err(LayoutError::ZeroStep);
        }
        let extent = extent.unsigned_abs();
        let out_of_range = LayoutError::SliceOutOfRange { axis, start, count, step, extent };
        let mut part = self.clone();
        part.shape[axis] = isize::try_from(count).map_err(|_| out_of_range)?;
        // A step is only taken if there are two items.
        part.strides[axis] = self.strides[axis].saturating_mul(step);
        let mut moved = 0;
        if count > 0 {
            let way = isize::try_from(count - 1).ok().and_then(|steps| steps.checked_mul(step));
            let last = way.and_then(|way| start.checked_add_signed(way));
            if start >= extent || last.is_none_or(|last| last >= extent) {
                return Err(out_of_range);
            }
            // Within the old layout's bounds, if that has an item at all.
            moved = if self.len_bytes() == 0 { 0 } else { self.strides[axis] * start as isize };
        }
        let suboffsets = part.suboffsets.as_deref_mut().unwrap_or_default();
        let mut before = suboffsets.iter_mut().take(axis).enumerate().rev();
        if let Some((before, suboffset)) = before.find(|(_, suboffset)| **suboffset >= 0) {
            *suboffset += moved;
            if *suboffset < 0 {
                return Err(LayoutError::NegativeSuboffset { axis: before });
            }
            moved = 0;
        }
        Ok((part.checked()?, moved))
    }

    /// The layout of the items at `index` of the first axis: of all axes behind that.
    ///
    /// Where they start is found by one step along the first axis, and through the pointer there
    /// if there is one. Fails if there is no axis or no such index.
    pub(crate) fn index(&self, index: usize) -> Result<Layout, LayoutError> {
        let ndim = self.ndim();
        let &extent = self.shape.first().ok_or(LayoutError::NoSuchAxis { axis: 0, ndim })?;
        if index >= extent.unsigned_abs() {
            let (axis, extent) = (0, extent.unsigned_abs());
            let (start, count, step) = (index, 1, 1);
            return Err(LayoutError::SliceOutOfRange { axis, start, count, step, extent });
        }
        Layout {
            shape: self.shape[1..].into(),
            strides: self.strides[1..].into(),
            suboffsets: self.suboffsets.as_ref().map(|suboffsets| suboffsets[1..].into()),
            itemsize: self.itemsize,
        }
        .checked()
    }

    /// The same items with the order of the axes reversed: rows become columns.
    ///
    /// Fails if a pointer is followed: an axis before it must stay before it.
    pub fn transposed(&self) -> Result<Layout, LayoutError> {
        if let Some(axis) = self.as_ref().follows_pointers() {
            return Err(LayoutError::FollowsPointers { axis });
        }
        let mut transposed = self.clone();
        transposed.shape.reverse();
        transposed.strides.reverse();
        Ok(transposed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_pythons() {
        #[track_caller]
        fn case(bounds: (Option<isize>, Option<isize>, isize), extent: usize, taken: &[usize]) {
            let (start, stop, step) = bounds;
            let slice = Slice::python(start, stop, step, extent).unwrap();
            let indices: Vec<usize> = (0..slice.count)
                .map(|n| slice.start.wrapping_add_signed(n as isize * step))
                .collect();
            assert_eq!(indices, taken);
        }
        case((None, None, 1), 4, &[0, 1, 2, 3]);
        case((None, None, -1), 4, &[3, 2, 1, 0]);
        case((Some(1), Some(3), 1), 4, &[1, 2]);
        case((Some(-3), Some(-1), 1), 4, &[1, 2]);
        case((Some(-9), Some(9), 2), 5, &[0, 2, 4]);
        case((Some(9), Some(-9), -2), 5, &[4, 2, 0]);
        case((Some(1), Some(9), 1), 4, &[1, 2, 3]);
        case((Some(9), Some(0), -1), 3, &[2, 1]);
        case((Some(0), Some(0), 1), 3, &[]);
        case((Some(0), None, 1), 3, &[0, 1, 2]);
        case((Some(2), Some(2), 1), 4, &[]);
        case((Some(2), Some(2), -1), 4, &[]);
        case((Some(3), Some(1), 1), 4, &[]);
        case((Some(1), Some(3), -1), 4, &[]);
        case((None, None, 1), 0, &[]);
        case((None, None, -1), 0, &[]);
        case((None, None, isize::MAX), 3, &[0]);
        case((None, None, isize::MIN), 3, &[2]);
        case((Some(isize::MIN), Some(isize::MAX), 1), 2, &[0, 1]);
        assert_eq!(Slice::python(None, None, 0, 3), Err(LayoutError::ZeroStep));
    }

    #[test]
    fn a_part_has_the_items_of_the_whole() {
        let whole = Layout::strided(&[3, 4], &[-20, 5], 2).unwrap();
        for (axis, start, count, step) in
            [(0, 0, 3, 1), (0, 2, 2, -2), (1, 1, 3, 1), (1, 3, 4, -1), (1, 0, 0, 1), (0, 2, 1, 7)]
        {
            let (part, moved) = whole.slice(axis, Slice { start, count, step }).unwrap();
            let mut indices = [0, 0];
            for n in 0..count {
                indices[1 - axis] = 1;
                indices[axis] = n;
                let own = moved + part.offset_of(&indices).unwrap();
                indices[axis] = start.wrapping_add_signed(n as isize * step);
                assert_eq!(whole.offset_of(&indices), Some(own));
            }
            assert_eq!(part.shape()[axis], count as isize);
        }
    }

    #[test]
    fn a_slice_has_to_stay_within_its_axis() {
        let whole = Layout::c_contiguous(&[3, 4], 2).unwrap();
        #[track_caller]
        fn case(whole: &Layout, axis: usize, slice: Slice, expected: LayoutError) {
            assert_eq!(whole.slice(axis, slice), Err(expected));
        }
        let slice = |start, count, step| Slice { start, count, step };
        let outside = |axis, Slice { start, count, step }, extent| LayoutError::SliceOutOfRange {
            axis,
            start,
            count,
            step,
            extent,
        };
        for (axis, slice, extent) in [
            (0, slice(3, 1, 1), 3),
            (0, slice(0, 4, 1), 3),
            (1, slice(1, 3, 2), 4),
            (1, slice(1, 3, -1), 4),
            (1, slice(0, usize::MAX, 1), 4),
            (1, slice(1, 2, isize::MAX), 4),
        ] {
            case(&whole, axis, slice, outside(axis, slice, extent));
        }
        case(&whole, 2, slice(0, 1, 1), LayoutError::NoSuchAxis { axis: 2, ndim: 2 });
        case(&whole, 0, slice(0, 1, 0), LayoutError::ZeroStep);
        assert!(whole.slice(0, slice(9, 0, 1)).unwrap().0.len_bytes() == 0);
    }

    #[test]
    fn behind_a_pointer_the_suboffset_moves() {
        const P: isize = size_of::<usize>() as isize;
        let rows = Layout::indirect(&[3, 4], &[P, -2], &[6, -1], 2).unwrap();
        let (part, moved) = rows.slice(0, Slice { start: 1, count: 2, step: 1 }).unwrap();
        assert_eq!((part.suboffsets(), moved), (Some(&[6, -1][..]), P));
        let (part, moved) = rows.slice(1, Slice { start: 2, count: 2, step: 1 }).unwrap();
        assert_eq!((part.suboffsets(), moved), (Some(&[2, -1][..]), 0));
        let (part, moved) = rows.slice(1, Slice { start: 3, count: 1, step: 1 }).unwrap();
        assert_eq!((part.suboffsets(), moved), (Some(&[0, -1][..]), 0));
        let low = Layout::indirect(&[3, 4], &[P, -2], &[2, -1], 2).unwrap();
        let error = low.slice(1, Slice { start: 2, count: 2, step: 1 }).unwrap_err();
        assert_eq!(error, LayoutError::NegativeSuboffset { axis: 0 });
        assert_eq!(rows.transposed(), Err(LayoutError::FollowsPointers { axis: 0 }));
        let transposed = Layout::c_contiguous(&[2, 3], 2).unwrap().transposed();
        assert_eq!(transposed, Layout::f_contiguous(&[3, 2], 2));
    }
}
