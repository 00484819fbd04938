//! [`LayoutRef`]: a layout over borrowed arrays of numbers.

use std::ops::Range;

use super::{Layout, Order};
use crate::error::LayoutError;

/// Shape, strides and suboffsets that somebody else holds: an exporter, a view, a
/// [`Layout`](super::Layout).
///
/// One that exists is valid: every extent, the length and every offset fit an `isize`.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request};
///
/// let object = Object::new(vec![1u16, 2, 3]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let layout = buffer.layout();
/// assert_eq!((layout.shape(), layout.items(), layout.itemsize()), (&[3][..], 3, 2));
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayoutRef<'a> {
    /// Extents in items, each 0 or more.
    pub(super) shape: &'a [isize],
    /// Steps in bytes, one for each extent. None: packed in C order.
    pub(super) strides: Option<&'a [isize]>,
    /// What to add after following a pointer, one for each extent; negative where none is
    /// followed.
    pub(super) suboffsets: Option<&'a [isize]>,
    /// Bytes of an item, at least 1.
    pub(super) itemsize: isize,
}

impl<'a> LayoutRef<'a> {
    /// Checks numbers of any origin.
    ///
    /// `shape` in items; `strides`, `suboffsets` and `itemsize` in bytes. Without strides the
    /// items are packed in C order. Fails if lengths differ, an extent is negative, a number
    /// overflows or `itemsize` is not positive.
    pub fn new(
        shape: &'a [isize],
        strides: Option<&'a [isize]>,
        suboffsets: Option<&'a [isize]>,
        itemsize: isize,
    ) -> Result<LayoutRef<'a>, LayoutError> {
        check(shape, strides, suboffsets, itemsize)?;
        Ok(LayoutRef { shape, strides, suboffsets, itemsize })
    }

    /// Numbers that [`check`] has passed.
    pub(crate) fn checked(
        shape: &'a [isize],
        strides: Option<&'a [isize]>,
        suboffsets: Option<&'a [isize]>,
        itemsize: isize,
    ) -> LayoutRef<'a> {
        LayoutRef { shape, strides, suboffsets, itemsize }
    }

    /// The axes from `axis` on: the layout of what the axes before lead to.
    pub(crate) fn behind(self, axis: usize) -> LayoutRef<'a> {
        LayoutRef {
            shape: &self.shape[axis..],
            strides: self.strides.map(|strides| &strides[axis..]),
            suboffsets: self.suboffsets.map(|suboffsets| &suboffsets[axis..]),
            itemsize: self.itemsize,
        }
    }

    /// Extent, stride and suboffset of the last axis. Without a dimension it is one item.
    pub(crate) fn last_axis(&self) -> (usize, isize, isize) {
        let Some((&extent, _)) = self.shape.split_last() else {
            return (1, self.itemsize, -1);
        };
        let last = |numbers: &[isize]| numbers[self.shape.len() - 1];
        let stride = self.strides.map_or(self.itemsize, last);
        (extent.unsigned_abs(), stride, self.suboffsets.map_or(-1, last))
    }

    /// The same layout with arrays of its own. Strides are worked out if there are none.
    pub fn to_layout(&self) -> Layout {
        let mut packed = self.len_bytes() as isize; // as `check` saw
        let axis = |(axis, &extent): (usize, &isize)| {
            packed = if extent > 0 { packed / extent } else { 0 };
            self.strides.map_or(packed, |strides| strides[axis])
        };
        let suboffsets = self.suboffsets.filter(|_| self.follows_pointers().is_some());
        Layout {
            shape: self.shape.into(),
            strides: self.shape.iter().enumerate().map(axis).collect(),
            suboffsets: suboffsets.map(Box::from),
            itemsize: self.itemsize,
        }
    }

    /// Number of dimensions. 0 means one item without any index.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Extents in items.
    pub fn shape(&self) -> &'a [isize] {
        self.shape
    }

    /// Steps in bytes. None: packed in C order.
    pub fn strides(&self) -> Option<&'a [isize]> {
        self.strides
    }

    /// What to add after following a pointer, in bytes; negative where none is followed. None if
    /// none is followed at all.
    pub fn suboffsets(&self) -> Option<&'a [isize]> {
        self.suboffsets
    }

    /// Bytes of one item, at least 1.
    pub fn itemsize(&self) -> usize {
        self.itemsize.unsigned_abs()
    }

    /// Bytes of a packed copy: `product(shape) * itemsize`.
    pub fn len_bytes(&self) -> usize {
        if self.has_no_item() {
            0
        } else {
            self.shape.iter().product::<isize>().unsigned_abs() * self.itemsize()
        }
    }

    /// Whether there is no item.
    fn has_no_item(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.len_bytes() / self.itemsize()
    }

    /// The bytes that are read at `buf`, relative to it: items, or the pointers that are followed.
    /// Empty if there is no item.
    pub fn span(&self) -> Range<isize> {
        span(self.shape, self.strides, self.suboffsets, self.itemsize).unwrap_or_default()
    }

    /// The first axis at which a pointer is followed.
    pub fn follows_pointers(&self) -> Option<usize> {
        self.suboffsets?.iter().position(|&suboffset| suboffset >= 0)
    }

    /// Bytes from the start of the first item to the start of the item at `indices`.
    ///
    /// None if there are not as many indices as dimensions, one is out of range, or a pointer is
    /// followed on the way.
    pub fn offset_of(&self, indices: &[usize]) -> Option<isize> {
        if indices.len() != self.ndim() || self.follows_pointers().is_some() {
            return None;
        }
        let mut offset = 0;
        let mut packed = self.len_bytes() as isize;
        for (axis, (&index, &extent)) in indices.iter().zip(self.shape).enumerate() {
            let index = isize::try_from(index).ok().filter(|&index| index < extent)?;
            packed /= extent; // at least 1: `index` is less
            offset += index * self.strides.map_or(packed, |strides| strides[axis]); // within `span`
        }
        Some(offset)
    }

    /// Whether the items lie packed in C order, as `PyBuffer_IsContiguous(view, 'C')` defines it.
    ///
    /// No items at all are packed, and the stride of an axis with one item does not matter. Memory
    /// with suboffsets is not.
    #[doc(alias = "PyBuffer_IsContiguous")]
    pub fn is_c_contiguous(&self) -> bool {
        match self.strides {
            None => self.suboffsets.is_none(),
            Some(strides) => self.is_packed(strides, (0..self.ndim()).rev()),
        }
    }

    /// Whether the items lie packed in Fortran order, as `PyBuffer_IsContiguous(view, 'F')`
    /// defines it.
    #[doc(alias = "PyBuffer_IsContiguous")]
    pub fn is_f_contiguous(&self) -> bool {
        match self.strides {
            None => {
                let long = self.shape.iter().filter(|&&extent| extent > 1).count();
                self.suboffsets.is_none() && (self.has_no_item() || long <= 1)
            }
            Some(strides) => self.is_packed(strides, 0..self.ndim()),
        }
    }

    /// Whether the items lie packed in `order`, with [`Order::Any`] in one of the two.
    #[doc(alias = "PyBuffer_IsContiguous")]
    pub fn is_contiguous(&self, order: Order) -> bool {
        match order {
            Order::C => self.is_c_contiguous(),
            Order::Fortran => self.is_f_contiguous(),
            Order::Any => self.is_c_contiguous() || self.is_f_contiguous(),
        }
    }

    fn is_packed(&self, strides: &[isize], fastest_first: impl Iterator<Item = usize>) -> bool {
        if self.suboffsets.is_some() {
            return false;
        }
        let mut expected = self.itemsize;
        self.has_no_item()
            || fastest_first.into_iter().all(|axis| {
                let fits = self.shape[axis] == 1 || strides[axis] == expected;
                expected *= self.shape[axis]; // at most `len`
                fits
            })
    }
}

/// Checks the numbers of a layout; returns the bytes of a packed copy. Fails as
/// [`LayoutRef::new`].
#[inline]
pub(crate) fn check(
    shape: &[isize],
    strides: Option<&[isize]>,
    suboffsets: Option<&[isize]>,
    itemsize: isize,
) -> Result<isize, LayoutError> {
    match (shape, strides, suboffsets) {
        // The common case.
        (&[extent], Some(&[stride]), None) => len_of_line(extent, stride, itemsize),
        _ => None,
    }
    .map_or_else(|| check_any(shape, strides, suboffsets, itemsize), Ok)
}

/// The bytes of a packed copy of items in a line, if the numbers are good.
#[inline]
fn len_of_line(extent: isize, stride: isize, itemsize: isize) -> Option<isize> {
    if extent <= 0 || itemsize <= 0 {
        return None;
    }
    let reach = stride.checked_mul(extent - 1)?;
    reach.max(0).checked_add(itemsize)?;
    extent.checked_mul(itemsize)
}

/// See [`check`].
#[inline(never)]
fn check_any(
    shape: &[isize],
    strides: Option<&[isize]>,
    suboffsets: Option<&[isize]>,
    itemsize: isize,
) -> Result<isize, LayoutError> {
    if itemsize <= 0 {
        return Err(LayoutError::ZeroItemsize);
    }
    if let Some(strides) = strides.filter(|strides| strides.len() != shape.len()) {
        return Err(LayoutError::StridesLength { shape: shape.len(), strides: strides.len() });
    }
    if let Some(suboffsets) = suboffsets.filter(|suboffsets| suboffsets.len() != shape.len()) {
        let (shape, suboffsets) = (shape.len(), suboffsets.len());
        return Err(LayoutError::SuboffsetsLength { shape, suboffsets });
    }
    if strides.is_none() && suboffsets.is_some_and(|suboffsets| !suboffsets.is_empty()) {
        return Err(LayoutError::StridesLength { shape: shape.len(), strides: 0 });
    }
    if let Some((axis, &extent)) = shape.iter().enumerate().find(|(_, extent)| **extent < 0) {
        return Err(LayoutError::NegativeExtent { axis, extent });
    }
    if shape.contains(&0) {
        // No item: no length to compute and no offset to bound.
        return Ok(0);
    }
    let mut len = itemsize;
    for (axis, &extent) in shape.iter().enumerate() {
        len = len.checked_mul(extent).ok_or(LayoutError::TooLarge { axis })?;
    }
    span(shape, strides, suboffsets, itemsize)?;
    Ok(len)
}

/// See [`LayoutRef::span`]. Fails only if an offset overflows.
#[inline]
fn span(
    shape: &[isize],
    strides: Option<&[isize]>,
    suboffsets: Option<&[isize]>,
    itemsize: isize,
) -> Result<Range<isize>, LayoutError> {
    if shape.contains(&0) {
        return Ok(0..0);
    }
    let Some(strides) = strides else {
        return Ok(0..shape.iter().product::<isize>() * itemsize); // `check` saw that it fits
    };
    // The block that the steps up to here stay in; each pointer that is followed leads to another.
    let (mut first, mut end) = (0isize, 0isize);
    let mut at_buf = None;
    for (axis, (&extent, &stride)) in shape.iter().zip(strides).enumerate() {
        let too_large = LayoutError::TooLarge { axis };
        let reach = stride.checked_mul(extent - 1).ok_or(too_large)?;
        let bound = if reach.is_negative() { &mut first } else { &mut end };
        *bound = bound.checked_add(reach).ok_or(too_large)?;
        let suboffset = suboffsets.map_or(-1, |suboffsets| suboffsets[axis]);
        if suboffset >= 0 {
            end = end.checked_add(size_of::<*const u8>() as isize).ok_or(too_large)?;
            at_buf.get_or_insert((first, end));
            (first, end) = (suboffset, suboffset);
        }
    }
    let last = LayoutError::TooLarge { axis: shape.len().saturating_sub(1) };
    end = end.checked_add(itemsize).ok_or(last)?;
    let (first, end) = at_buf.unwrap_or((first, end));
    Ok(first..end)
}
