//! Where the items lie: shape, strides, itemsize, and what follows from them.
//!
//! The item at `indices` starts `sum(indices[i] * strides[i])` bytes after the first one. A stride
//! is the step in bytes from one item to the next along an axis; it may be negative (a reversed
//! axis), zero (one item seen many times) or of any other size.
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
//! With suboffsets, pointers in the memory are followed on the way: see [`Layout::indirect`].
//!
//! A `Layout` that exists is valid: every extent, the length and every offset fit an `isize`.
//! Whether it fits a memory is decided where the two meet, in
//! [`View::with_layout`](crate::View::with_layout).

mod borrowed;
mod numbers;
mod slice;
#[cfg(test)]
mod tests;

use std::ops::Range;

use numbers::Numbers;

use crate::error::LayoutError;
pub use borrowed::LayoutRef;
pub(crate) use borrowed::check;
pub use slice::Slice;

/// In which order items are visited or packed.
///
/// ```
/// use bufferprocs::{Layout, Order};
///
/// let columns = Layout::f_contiguous(&[2, 3], 8)?;
/// assert!(columns.as_ref().is_contiguous(Order::Fortran));
/// assert!(!columns.as_ref().is_contiguous(Order::C));
/// # Ok::<(), bufferprocs::LayoutError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The last index runs fastest.
    C,
    /// The first index runs fastest.
    Fortran,
    /// As the items lie: Fortran order where they are packed in that and not in C order, C order
    /// elsewhere.
    Any,
}

/// Shape, strides and suboffsets of items of one size. Immutable.
///
/// ```
/// use bufferprocs::Layout;
///
/// let rows = Layout::c_contiguous(&[2, 3], 8)?;
/// assert_eq!((rows.strides(), rows.len_bytes()), (&[24, 8][..], 48));
/// assert_eq!(rows.offset_of(&[1, 2]), Some(40));
/// assert_eq!(rows.transposed()?.strides(), [8, 24]);
/// # Ok::<(), bufferprocs::LayoutError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Extents in items, each 0 or more; as signed numbers, since the ABI's are.
    shape: Numbers,
    /// Steps in bytes, one for each extent.
    strides: Numbers,
    /// One for each extent. None if no pointer is followed: some suboffset is 0 or more, or there
    /// are none.
    suboffsets: Option<Box<[isize]>>,
    /// Bytes of an item, at least 1.
    itemsize: isize,
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
    /// `shape` in items, `strides` and `itemsize` in bytes. A stride need not be a multiple of the
    /// itemsize. Fails if the lengths differ, a number overflows or `itemsize` is 0.
    ///
    /// ```
    /// use bufferprocs::Layout;
    ///
    /// // The second column of a matrix of 3 rows and 2 columns.
    /// let column = Layout::strided(&[3], &[16], 8)?;
    /// assert_eq!((column.len_bytes(), column.offset_of(&[2])), (24, Some(32)));
    /// assert!(!column.is_c_contiguous());
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn strided(
        shape: &[usize],
        strides: &[isize],
        itemsize: usize,
    ) -> Result<Layout, LayoutError> {
        Layout::from_parts(shape, strides, None, itemsize)
    }

    /// Items behind pointers, as the Python Imaging Library laid them out: after the step along an
    /// axis whose suboffset is not negative, there is a pointer in the memory. It is followed, and
    /// the suboffset is added.
    ///
    /// `shape` in items; `strides`, `suboffsets` and `itemsize` in bytes. Suboffsets that are all
    /// negative are as good as none, and become none. Fails as [`strided`](Self::strided) does.
    pub fn indirect(
        shape: &[usize],
        strides: &[isize],
        suboffsets: &[isize],
        itemsize: usize,
    ) -> Result<Layout, LayoutError> {
        Layout::from_parts(shape, strides, Some(suboffsets), itemsize)
    }

    fn from_parts(
        shape: &[usize],
        strides: &[isize],
        suboffsets: Option<&[isize]>,
        itemsize: usize,
    ) -> Result<Layout, LayoutError> {
        let itemsize =
            isize::try_from(itemsize).map_err(|_| LayoutError::ItemsizeTooLarge { itemsize })?;
        let extents: Result<Numbers, _> = shape
            .iter()
            .enumerate()
            .map(|(axis, &extent)| {
                isize::try_from(extent).map_err(|_| LayoutError::TooLarge { axis })
            })
            .collect();
        let suboffsets = suboffsets.map(Box::from);
        Layout { shape: extents?, strides: strides.into(), suboffsets, itemsize }.checked()
    }

    /// Checks the numbers, after a change of them.
    fn checked(mut self) -> Result<Layout, LayoutError> {
        check(&self.shape, Some(&self.strides), self.suboffsets.as_deref(), self.itemsize)?;
        self.suboffsets = self.suboffsets.filter(|each| each.iter().any(|&each| each >= 0));
        Ok(self)
    }

    /// `len` items of `itemsize` bytes in a row, in memory that exists: its size fits.
    pub(crate) fn line(len: usize, itemsize: usize) -> Layout {
        let (len, itemsize) = (len as isize, itemsize as isize);
        let (shape, strides) = (Numbers::One(len), Numbers::One(itemsize));
        Layout { shape, strides, suboffsets: None, itemsize }
    }

    /// The same numbers, borrowed.
    #[allow(clippy::should_implement_trait)] // AsRef cannot return a value
    pub fn as_ref(&self) -> LayoutRef<'_> {
        LayoutRef {
            shape: &self.shape,
            strides: Some(&self.strides),
            suboffsets: self.suboffsets.as_deref(),
            itemsize: self.itemsize,
        }
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

    /// What to add after following a pointer, in bytes; negative where none is followed. None if
    /// none is followed at all.
    pub fn suboffsets(&self) -> Option<&[isize]> {
        self.suboffsets.as_deref()
    }

    /// Bytes of one item, at least 1.
    pub fn itemsize(&self) -> usize {
        self.itemsize.unsigned_abs()
    }

    /// Bytes of a packed copy: `product(shape) * itemsize`.
    pub fn len_bytes(&self) -> usize {
        self.as_ref().len_bytes()
    }

    /// The bytes that are read at `buf`, relative to it: items, or the pointers that are followed.
    /// Empty if there is no item.
    pub fn span(&self) -> Range<isize> {
        self.as_ref().span()
    }

    /// Bytes from the start of the first item to the start of the item at `indices`.
    ///
    /// None if there are not as many indices as dimensions, one is out of range, or a pointer is
    /// followed on the way.
    pub fn offset_of(&self, indices: &[usize]) -> Option<isize> {
        self.as_ref().offset_of(indices)
    }

    /// Whether the items lie packed in C order: see [`LayoutRef::is_c_contiguous`].
    pub fn is_c_contiguous(&self) -> bool {
        self.as_ref().is_c_contiguous()
    }

    /// Whether the items lie packed in Fortran order: see [`LayoutRef::is_f_contiguous`].
    pub fn is_f_contiguous(&self) -> bool {
        self.as_ref().is_f_contiguous()
    }

    /// Whether every item lies within a memory of `memory` bytes, the first of them `offset` bytes
    /// into it. The documentation's `verify_structure` checks this, and that strides are multiples
    /// of the itemsize.
    ///
    /// Fails also if a pointer would be followed, because the bytes of the memory are not known
    /// here.
    ///
    /// ```
    /// use bufferprocs::{Layout, LayoutError};
    ///
    /// let reversed = Layout::strided(&[3], &[-4], 4)?;
    /// assert_eq!(reversed.span(), -8..4);
    /// assert!(reversed.check_within(12, 8).is_ok());
    /// let refused = reversed.check_within(12, 4).unwrap_err();
    /// assert_eq!(refused, LayoutError::OutOfBounds { first: -4, end: 8, memory: 12 });
    /// # Ok::<(), LayoutError>(())
    /// ```
    #[doc(alias = "verify_structure")]
    pub fn check_within(&self, memory: usize, offset: usize) -> Result<(), LayoutError> {
        if let Some(axis) = self.as_ref().follows_pointers() {
            return Err(LayoutError::FollowsPointers { axis });
        }
        let start = isize::try_from(offset).unwrap_or(isize::MAX);
        let Range { start: first, end } = self.span();
        let (first, end) = (start.saturating_add(first), start.saturating_add(end));
        // With no item the span is empty; the first item's address must still lie in the memory or
        // one past its end.
        if first < 0 || end.unsigned_abs() > memory {
            return Err(LayoutError::OutOfBounds { first, end, memory });
        }
        Ok(())
    }
}

/// The strides of packed items, where `fastest_first` names the axes from the fastest to the
/// slowest.
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
