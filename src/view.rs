//! What an exporter shows of itself: memory it owns, and how its items lie.
//!
//! ```
//! use bufferprocs::{Layout, View};
//!
//! let samples: [u16; 6] = [1, 2, 3, 4, 5, 6];
//! let view = View::readonly(&samples); // one dimension, format "H"
//! assert_eq!((view.shape(), view.len()), (&[6][..], 12));
//!
//! // Every second item, from the last to the first: the first item starts 10 bytes into the memory.
//! let layout = Layout::strided(&[3], &[-4], 2)?;
//! let view = View::readonly(&samples).with_layout(&layout, 10)?;
//! assert_eq!((view.shape(), view.strides(), view.len()), (&[3][..], &[-4][..], 6));
//! # Ok::<(), bufferprocs::LayoutError>(())
//! ```
//!
//! The lifetime ties the view to the memory, so that safe code cannot describe memory that it does not have. There is no
//! way to make a writable view of `&[T]` or `&mut [T]`: while a consumer may write, Rust must not rely on the items staying
//! what they are. [`Shared`] is the cell for that.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::size_of;

use crate::abi::PyBUF_MAX_NDIM;
use crate::error::LayoutError;
use crate::item::{AnyBits, Item, Shared};
use crate::layout::Layout;

/// A description of memory that lives for `'a`.
///
/// It grants every field that a request can ask for; which of them a consumer gets is decided in [`fill`](crate::fill).
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Start of the memory; never NULL, and aligned for the item type also if there is no item.
    memory: *const u8,
    /// Bytes of the memory.
    memory_len: usize,
    /// Start of the first item, in bytes from `memory`. All items of the layout lie within the memory.
    offset: usize,
    format: &'a CStr,
    itemsize: usize,
    readonly: bool,
    bare_format: bool,
    /// Shape and stride of the memory as one line of items; in force where there is no layout.
    line: ([isize; 1], [isize; 1]),
    /// At most 64 dimensions.
    layout: Option<&'a Layout>,
    _memory: PhantomData<&'a [u8]>,
}

impl<'a> View<'a> {
    /// Memory that nobody writes as long as the view lasts: one dimension of `items.len()` items.
    pub fn readonly<T: Item>(items: &'a [T]) -> View<'a> {
        const { assert!(size_of::<T>() > 0, "an item has at least one byte") };
        View::line(items.as_ptr().cast(), items.len(), size_of::<T>(), T::FORMAT, true)
    }

    /// Memory that every consumer may write: one dimension of `items.len()` items.
    pub fn writable<T: AnyBits>(items: &'a [Shared<T>]) -> View<'a> {
        const { assert!(size_of::<T>() > 0, "an item has at least one byte") };
        View::line(items.as_ptr().cast(), items.len(), size_of::<T>(), T::FORMAT, false)
    }

    fn line(
        memory: *const u8,
        items: usize,
        itemsize: usize,
        format: &'a CStr,
        readonly: bool,
    ) -> View<'a> {
        // A slice has at most isize::MAX bytes, so neither number can be negative.
        let line = ([items as isize], [itemsize as isize]);
        View {
            memory,
            memory_len: items * itemsize,
            offset: 0,
            format,
            itemsize,
            readonly,
            bare_format: false,
            line,
            layout: None,
            _memory: PhantomData,
        }
    }

    /// The same memory with its items laid out as `layout` says, the first of them `offset` bytes into the memory.
    ///
    /// Fails if the itemsize differs, an item would lie outside of the memory, or there are more than 64 dimensions. In
    /// read-only memory neither `offset` nor the strides need be multiples of the itemsize. In writable memory they must be:
    /// each item shown is one of the memory's, so that all who access it do so at one width (see [`item`](crate::item)).
    #[doc(alias = "verify_structure")]
    pub fn with_layout(self, layout: &'a Layout, offset: usize) -> Result<View<'a>, LayoutError> {
        if layout.itemsize() != self.itemsize {
            return Err(LayoutError::ItemsizeDiffers {
                layout: layout.itemsize(),
                memory: self.itemsize,
            });
        }
        if layout.ndim() > PyBUF_MAX_NDIM {
            return Err(LayoutError::TooManyDimensions { ndim: layout.ndim() });
        }
        let span = layout.span();
        let start = isize::try_from(offset).unwrap_or(isize::MAX);
        let (first, end) = (start.saturating_add(span.start), start.saturating_add(span.end));
        if !self.readonly {
            self.check_whole_items(layout, start)?;
        }
        // With no item the span is empty; the first item's address must still lie in the memory or one past its end.
        if first < 0 || end > self.memory_len as isize {
            return Err(LayoutError::OutOfBounds { first, end, memory: self.memory_len });
        }
        Ok(View { layout: Some(layout), offset, ..self })
    }

    /// Strides of axes with at most one item are never used.
    fn check_whole_items(&self, layout: &Layout, offset: isize) -> Result<(), LayoutError> {
        let itemsize = self.itemsize;
        let splits = |step: isize| step.unsigned_abs() % itemsize != 0;
        if splits(offset) {
            return Err(LayoutError::SplitsItems { axis: None, step: offset, itemsize });
        }
        let axes = layout.shape().iter().zip(layout.strides());
        for (axis, (&extent, &step)) in axes.enumerate() {
            if extent > 1 && splits(step) {
                return Err(LayoutError::SplitsItems { axis: Some(axis), step, itemsize });
            }
        }
        Ok(())
    }

    /// Also answers requests for `FORMAT` without `ND`, which `memoryview` refuses and NumPy, `bytes` and `array` grant.
    ///
    /// For consumers that send such requests all the same. They get the format and no shape.
    pub fn grant_bare_format(self) -> View<'a> {
        View { bare_format: true, ..self }
    }

    /// Address of the first item.
    pub fn buf(&self) -> *const u8 {
        // In bounds by `with_layout`, so it does not wrap.
        self.memory.wrapping_add(self.offset)
    }

    /// Bytes of a packed copy of all items.
    #[allow(clippy::len_without_is_empty)] // a size in bytes, as in Py_buffer, not a collection's
    pub fn len(&self) -> usize {
        self.layout.map_or(self.memory_len, Layout::len)
    }

    /// Whether consumers are kept from writing.
    pub fn is_readonly(&self) -> bool {
        self.readonly
    }

    /// Bytes of one item.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The item's PEP 3118 format.
    pub fn format(&self) -> &'a CStr {
        self.format
    }

    /// Extents in items.
    pub fn shape(&self) -> &[isize] {
        self.layout.map_or(&self.line.0, Layout::shape)
    }

    /// Steps in bytes.
    pub fn strides(&self) -> &[isize] {
        self.layout.map_or(&self.line.1, Layout::strides)
    }

    /// Whether the items lie packed in C order.
    pub fn is_c_contiguous(&self) -> bool {
        self.layout.is_none_or(Layout::is_c_contiguous)
    }

    /// Whether the items lie packed in Fortran order.
    pub fn is_f_contiguous(&self) -> bool {
        self.layout.is_none_or(Layout::is_f_contiguous)
    }

    /// Whether [`grant_bare_format`](Self::grant_bare_format) was called.
    pub fn grants_bare_format(&self) -> bool {
        self.bare_format
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: [u16; 6] = [1, 2, 3, 4, 5, 6]; // 12 bytes

    #[track_caller]
    fn case(shape: &[usize], strides: &[isize], offset: usize, expected: Result<(), LayoutError>) {
        let layout = Layout::strided(shape, strides, 2).unwrap();
        let view = View::readonly(&MEMORY).with_layout(&layout, offset);
        assert_eq!(view.map(|_| ()), expected);
    }

    #[test]
    fn a_layout_has_to_fit_its_memory() {
        let outside = |first, end| Err(LayoutError::OutOfBounds { first, end, memory: 12 });
        case(&[6], &[2], 0, Ok(()));
        case(&[6], &[2], 1, outside(1, 13));
        case(&[7], &[2], 0, outside(0, 14));
        case(&[6], &[-2], 10, Ok(()));
        case(&[6], &[-2], 9, outside(-1, 11));
        case(&[2, 3], &[6, 2], 0, Ok(()));
        case(&[2, 3], &[-6, 2], 6, Ok(()));
        case(&[2, 3], &[-6, 2], 4, outside(-2, 10));
        case(&[100], &[0], 10, Ok(()));
        case(&[2], &[3], 1, Ok(())); // misaligned, and not a multiple of the itemsize
        case(&[], &[], 10, Ok(()));
        case(&[], &[], 11, outside(11, 13));
        case(&[0], &[2], 12, Ok(()));
        case(&[0], &[2], 13, outside(13, 13));
        case(&[0], &[2], usize::MAX, outside(isize::MAX, isize::MAX));
        case(&[1], &[2], usize::MAX, outside(isize::MAX, isize::MAX));
    }

    #[test]
    fn writable_items_are_whole() {
        #[track_caller]
        fn case(
            shape: &[usize],
            strides: &[isize],
            offset: usize,
            expected: Option<(Option<usize>, isize)>,
        ) {
            let memory = Shared::from_vec(vec![0u16; 6]);
            let layout = Layout::strided(shape, strides, 2).unwrap();
            let found = View::writable(&memory).with_layout(&layout, offset).map(|_| ());
            let splits = |(axis, step)| LayoutError::SplitsItems { axis, step, itemsize: 2 };
            assert_eq!(found, expected.map_or(Ok(()), |splitting| Err(splits(splitting))));
        }
        case(&[2], &[2], 2, None);
        case(&[2], &[2], 1, Some((None, 1)));
        case(&[2], &[3], 0, Some((Some(0), 3)));
        case(&[2, 2], &[-4, 1], 4, Some((Some(1), 1)));
        case(&[2, 3], &[0, 2], 0, None);
        case(&[1, 3], &[99, 2], 0, None);
        case(&[], &[], 10, None);
    }

    #[test]
    fn a_layout_has_to_fit_its_items() {
        let bytes = Layout::c_contiguous(&[12], 1).unwrap();
        let differs = LayoutError::ItemsizeDiffers { layout: 1, memory: 2 };
        assert_eq!(View::readonly(&MEMORY).with_layout(&bytes, 0).unwrap_err(), differs);
        let deep = Layout::c_contiguous(&[1; 65], 2).unwrap();
        let too_many = LayoutError::TooManyDimensions { ndim: 65 };
        assert_eq!(View::readonly(&MEMORY).with_layout(&deep, 0).unwrap_err(), too_many);
        let deepest = Layout::c_contiguous(&[1; 64], 2).unwrap();
        assert!(View::readonly(&MEMORY).with_layout(&deepest, 0).is_ok());
    }

    #[test]
    fn empty_memory_has_an_aligned_address() {
        let view = View::readonly::<u64>(&[]);
        assert!(!view.buf().is_null() && view.buf().addr() % align_of::<u64>() == 0);
        assert_eq!((view.len(), view.shape()), (0, &[0][..]));
        assert!(view.is_c_contiguous() && view.is_f_contiguous());
    }
}
