//! Where the items lie: shape, strides, itemsize, and what follows from them.
//!
//! The item at `indices` starts `sum(indices[i] * strides[i])` bytes after the first one. A stride is the step in bytes
//! from one item to the next along an axis; it may be negative (a reversed axis), zero (one item seen many times) or of
//! any other size.
//!
//! ```
//! use bufferprocs::Layout;
//!
//! let rows = Layout::c_contiguous(&[2, 3], 4)?; // 2 rows of 3 items of 4 bytes
//! assert_eq!(rows.strides(), [12, 4]);
//! let columns = Layout::f_contiguous(&[2, 3], 4)?;
//! assert_eq!(columns.strides(), [4, 8]);
//! let reversed = Layout::strided(&[3], &[-4], 4)?;
//! assert_eq!(reversed.span(), -8..4); // relative to the first item, which lies last
//! # Ok::<(), bufferprocs::LayoutError>(())
//! ```
//!
//! A `Layout` that exists is valid: every extent, the length and every offset fit an `isize`. Whether it fits a memory is
//! decided where the two meet, in [`View::with_layout`](crate::View::with_layout).

use std::ops::Range;

use crate::error::LayoutError;

/// Shape and strides of items of one size. Immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Extents in items, each 0 or more; as signed numbers, since the ABI's are.
    shape: Box<[isize]>,
    /// Steps in bytes, one for each extent.
    strides: Box<[isize]>,
    /// Bytes of an item, at least 1.
    itemsize: isize,
    /// `product(shape) * itemsize`; it does not overflow.
    len: isize,
    /// The bytes that items cover, from the start of the first item; empty if there is no item.
    first: isize,
    end: isize,
}

impl Layout {
    /// Items packed with the last index running fastest, as C arrays are.
    ///
    /// `shape` in items, `itemsize` in bytes. Fails if a number overflows or `itemsize` is 0.
    #[doc(alias = "PyBuffer_FillContiguousStrides")]
    pub fn c_contiguous(shape: &[usize], itemsize: usize) -> Result<Layout, LayoutError> {
        let strides = packed(shape, itemsize, (0..shape.len()).rev())?;
        Layout::strided(shape, &strides, itemsize)
    }

    /// Items packed with the first index running fastest, as Fortran arrays are.
    ///
    /// `shape` in items, `itemsize` in bytes. Fails if a number overflows or `itemsize` is 0.
    #[doc(alias = "PyBuffer_FillContiguousStrides")]
    pub fn f_contiguous(shape: &[usize], itemsize: usize) -> Result<Layout, LayoutError> {
        let strides = packed(shape, itemsize, 0..shape.len())?;
        Layout::strided(shape, &strides, itemsize)
    }

    /// Items at any strides, overlapping ones included.
    ///
    /// `shape` in items, `strides` and `itemsize` in bytes. A stride need not be a multiple of the itemsize. Fails if the
    /// lengths differ, a number overflows or `itemsize` is 0.
    pub fn strided(
        shape: &[usize],
        strides: &[isize],
        itemsize: usize,
    ) -> Result<Layout, LayoutError> {
        if itemsize == 0 {
            return Err(LayoutError::ZeroItemsize);
        }
        let itemsize =
            isize::try_from(itemsize).map_err(|_| LayoutError::ItemsizeTooLarge { itemsize })?;
        if shape.len() != strides.len() {
            return Err(LayoutError::StridesLength { shape: shape.len(), strides: strides.len() });
        }
        let empty = shape.contains(&0);
        let mut extents = Vec::with_capacity(shape.len());
        let (mut len, mut first, mut end) = (itemsize, 0isize, itemsize);
        for (axis, (&extent, &stride)) in shape.iter().zip(strides).enumerate() {
            let too_large = LayoutError::TooLarge { axis };
            let extent = isize::try_from(extent).map_err(|_| too_large)?;
            extents.push(extent);
            if empty {
                continue; // no item: no length to compute and no offset to bound
            }
            len = len.checked_mul(extent).ok_or(too_large)?;
            let reach = stride.checked_mul(extent - 1).ok_or(too_large)?;
            let bound = if reach < 0 { &mut first } else { &mut end };
            *bound = bound.checked_add(reach).ok_or(too_large)?;
        }
        if empty {
            (len, first, end) = (0, 0, 0);
        }
        Ok(Layout { shape: extents.into(), strides: strides.into(), itemsize, len, first, end })
    }

    /// Number of dimensions. 0 means one item without any index.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Extents in items.
    pub fn shape(&self) -> &[isize] {
        &self.shape
    }

    /// Steps in bytes.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Bytes of one item, at least 1.
    pub fn itemsize(&self) -> usize {
        self.itemsize.unsigned_abs()
    }

    /// Bytes of a packed copy: `product(shape) * itemsize`.
    #[allow(clippy::len_without_is_empty)] // a size in bytes, as in Py_buffer, not a collection's
    pub fn len(&self) -> usize {
        self.len.unsigned_abs()
    }

    /// The bytes that items cover, relative to the start of the first item. Empty if there is no item.
    pub fn span(&self) -> Range<isize> {
        self.first..self.end
    }

    /// Bytes from the start of the first item to the start of the item at `indices`.
    ///
    /// None if there are not as many indices as dimensions, or one is out of range.
    pub fn offset_of(&self, indices: &[usize]) -> Option<isize> {
        if indices.len() != self.ndim() {
            return None;
        }
        let mut offset = 0;
        for ((&index, &extent), &stride) in indices.iter().zip(&self.shape).zip(&self.strides) {
            let index = isize::try_from(index).ok().filter(|&index| index < extent)?;
            offset += index * stride; // within `span`, which does not overflow
        }
        Some(offset)
    }

    /// Whether the items lie packed in C order, as `PyBuffer_IsContiguous(view, 'C')` defines it.
    ///
    /// No items at all are packed, and the stride of an axis with one item does not matter.
    #[doc(alias = "PyBuffer_IsContiguous")]
    pub fn is_c_contiguous(&self) -> bool {
        self.is_packed((0..self.ndim()).rev())
    }

    /// Whether the items lie packed in Fortran order, as `PyBuffer_IsContiguous(view, 'F')` defines it.
    #[doc(alias = "PyBuffer_IsContiguous")]
    pub fn is_f_contiguous(&self) -> bool {
        self.is_packed(0..self.ndim())
    }

    fn is_packed(&self, fastest_first: impl Iterator<Item = usize>) -> bool {
        let mut expected = self.itemsize;
        self.len == 0
            || fastest_first.into_iter().all(|axis| {
                let fits = self.shape[axis] == 1 || self.strides[axis] == expected;
                expected *= self.shape[axis]; // at most `len`
                fits
            })
    }
}

/// The strides of packed items, where `fastest_first` names the axes from the fastest to the slowest.
fn packed(
    shape: &[usize],
    itemsize: usize,
    fastest_first: impl Iterator<Item = usize>,
) -> Result<Vec<isize>, LayoutError> {
    let mut strides = vec![0; shape.len()];
    let mut stride =
        isize::try_from(itemsize).map_err(|_| LayoutError::ItemsizeTooLarge { itemsize })?;
    for axis in fastest_first {
        strides[axis] = stride;
        let extent = isize::try_from(shape[axis]).map_err(|_| LayoutError::TooLarge { axis })?;
        stride = match stride.checked_mul(extent) {
            Some(stride) => stride,
            None if shape.contains(&0) => 0, // no item: the stride means nothing
            None => return Err(LayoutError::TooLarge { axis }),
        };
    }
    Ok(strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(shape: &[usize], strides: &[isize], itemsize: usize) -> Layout {
        let layout = Layout::strided(shape, strides, itemsize).unwrap();
        assert_eq!(layout.ndim(), shape.len());
        assert_eq!(layout.len(), shape.iter().product::<usize>() * itemsize);
        // Every item, by the definition.
        let mut offsets = vec![0isize];
        for (&extent, &stride) in shape.iter().zip(strides) {
            let steps = || (0..extent).map(|index| isize::try_from(index).unwrap() * stride);
            offsets = offsets.iter().flat_map(|at| steps().map(move |step| at + step)).collect();
        }
        let size = isize::try_from(itemsize).unwrap();
        let first = offsets.iter().copied().min().unwrap_or(0);
        let end = offsets.iter().map(|at| at + size).max().unwrap_or(0);
        assert_eq!(layout.span(), first..end);
        layout
    }

    #[test]
    fn spans_cover_every_item() {
        case(&[], &[], 8);
        case(&[3], &[4], 4);
        case(&[3], &[-4], 4);
        case(&[3], &[0], 4);
        case(&[3], &[5], 4);
        case(&[2, 3], &[-12, 4], 4);
        case(&[2, 3], &[1, 1], 4);
        case(&[2, 0, 3], &[7, 9, 11], 2);
        case(&[4, 3, 2], &[-2, 100, 7], 3);
    }

    #[test]
    fn contiguity_is_that_of_pybuffer_iscontiguous() {
        #[track_caller]
        fn contiguous(shape: &[usize], strides: &[isize], c: bool, f: bool) {
            let layout = case(shape, strides, 4);
            assert_eq!((layout.is_c_contiguous(), layout.is_f_contiguous()), (c, f));
        }
        contiguous(&[], &[], true, true);
        contiguous(&[3], &[4], true, true);
        contiguous(&[3], &[8], false, false);
        contiguous(&[3], &[-4], false, false);
        contiguous(&[3], &[0], false, false);
        contiguous(&[1], &[99], true, true);
        contiguous(&[0], &[99], true, true);
        contiguous(&[2, 3], &[12, 4], true, false);
        contiguous(&[2, 3], &[4, 8], false, true);
        contiguous(&[1, 3], &[999, 4], true, true);
        contiguous(&[3, 1], &[4, 999], true, true);
        contiguous(&[2, 0, 3], &[7, 9, 11], true, true);
        contiguous(&[2, 3], &[16, 4], false, false);
        contiguous(&[2, 1, 3], &[12, -7, 4], true, false);
    }

    #[test]
    fn packed_strides() {
        #[track_caller]
        fn strides(shape: &[usize], c: &[isize], f: &[isize]) {
            let (by_rows, by_columns) =
                (Layout::c_contiguous(shape, 4).unwrap(), Layout::f_contiguous(shape, 4).unwrap());
            assert_eq!((by_rows.strides(), by_columns.strides()), (c, f));
            assert!(by_rows.is_c_contiguous() && by_columns.is_f_contiguous());
        }
        strides(&[], &[], &[]);
        strides(&[5], &[4], &[4]);
        strides(&[2, 3], &[12, 4], &[4, 8]);
        strides(&[2, 3, 4], &[48, 16, 4], &[4, 8, 24]);
        strides(&[2, 0, 3], &[0, 12, 4], &[4, 8, 0]); // as PyBuffer_FillContiguousStrides
    }

    #[test]
    fn offsets_of_items() {
        let layout = Layout::strided(&[2, 3], &[-12, 4], 4).unwrap();
        assert_eq!(layout.offset_of(&[0, 0]), Some(0));
        assert_eq!(layout.offset_of(&[1, 2]), Some(-4));
        assert_eq!(layout.offset_of(&[2, 0]), None);
        assert_eq!(layout.offset_of(&[0, usize::MAX]), None);
        assert_eq!(layout.offset_of(&[0]), None);
        assert_eq!(Layout::c_contiguous(&[], 4).unwrap().offset_of(&[]), Some(0));
    }

    #[test]
    fn numbers_that_are_no_layout() {
        #[track_caller]
        fn refused(shape: &[usize], strides: &[isize], itemsize: usize, expected: LayoutError) {
            assert_eq!(Layout::strided(shape, strides, itemsize), Err(expected));
        }
        const HUGE: usize = isize::MAX as usize;
        refused(&[1], &[1], 0, LayoutError::ZeroItemsize);
        refused(&[1], &[1], HUGE + 1, LayoutError::ItemsizeTooLarge { itemsize: HUGE + 1 });
        refused(&[1], &[], 1, LayoutError::StridesLength { shape: 1, strides: 0 });
        refused(&[HUGE + 1], &[0], 1, LayoutError::TooLarge { axis: 0 });
        refused(&[0, HUGE + 1], &[0, 0], 1, LayoutError::TooLarge { axis: 1 });
        refused(&[2, HUGE], &[0, 0], 1, LayoutError::TooLarge { axis: 1 });
        refused(&[3], &[isize::MAX], 1, LayoutError::TooLarge { axis: 0 });
        refused(&[3], &[isize::MIN], 1, LayoutError::TooLarge { axis: 0 });
        refused(&[2], &[isize::MAX], 1, LayoutError::TooLarge { axis: 0 });
        refused(&[2, 2], &[isize::MIN, -1], 1, LayoutError::TooLarge { axis: 1 });
        assert!(Layout::strided(&[2], &[isize::MIN], 1).is_ok());
        assert_eq!(Layout::c_contiguous(&[2, HUGE], 1), Err(LayoutError::TooLarge { axis: 0 }),);
        for empty in [[0, HUGE / 4, 8], [HUGE / 4, 8, 0], [HUGE / 4, 0, 8]] {
            assert_eq!(Layout::c_contiguous(&empty, 1).unwrap().len(), 0);
            assert_eq!(Layout::f_contiguous(&empty, 1).unwrap().len(), 0);
        }
        assert_eq!(Layout::f_contiguous(&[1], 0), Err(LayoutError::ZeroItemsize));
    }

    #[test]
    fn a_layout_may_have_any_number_of_dimensions() {
        assert_eq!(Layout::c_contiguous(&[1; 128], 1).unwrap().ndim(), 128);
    }
}
