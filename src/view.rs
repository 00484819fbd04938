//! What an exporter shows of itself: memory it owns, and how its items lie.
//!
//! ```
//! use bufferprocs::{Layout, View};
//!
//! let samples: [u16; 6] = [1, 2, 3, 4, 5, 6];
//! let view = View::readonly(&samples); // one dimension, format "H"
//! assert_eq!((view.layout().shape(), view.len_bytes()), (&[6][..], 12));
//!
//! // Every second item, from the last to the first. The first one starts at byte 10.
//! let layout = Layout::strided(&[3], &[-4], 2)?;
//! let view = View::readonly(&samples).with_layout(&layout, 10)?;
//! assert_eq!((view.layout().shape(), view.layout().strides()), (&[3][..], &[-4][..]));
//! # Ok::<(), bufferprocs::LayoutError>(())
//! ```
//!
//! The lifetime ties the view to the memory, so that safe code cannot describe memory that it does
//! not have. There is no way to make a writable view of `&[T]` or `&mut [T]`: while a consumer may
//! write, Rust must not rely on the items staying what they are. [`Shared`] is the cell for that.

mod rows;
#[cfg(test)]
mod tests;

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::size_of;

use crate::abi::PyBUF_MAX_NDIM;
use crate::addresses::step;
use crate::error::LayoutError;
use crate::format::Format;
use crate::item::{AnyBits, Item, Shared};
use crate::layout::{Layout, Slice};

/// A description of memory that lives for `'a`.
///
/// It grants every field that a request can ask for, unless it was made from a
/// [`Buffer`](crate::Buffer) that holds less. Which of them a consumer gets is decided in
/// [`grant`](crate::grant).
///
/// ```
/// use bufferprocs::{Layout, View};
///
/// let items = [1u16, 2, 3, 4, 5, 6];
/// let every_second = Layout::strided(&[3], &[4], 2)?;
/// let view = View::readonly(&items).with_layout(&every_second, 2)?; // 2, 4, 6
/// assert_eq!((view.shape(), view.strides(), view.format()), (&[3][..], &[4][..], Some(c"H")));
/// # Ok::<(), bufferprocs::LayoutError>(())
/// ```
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// The first item, or the pointer that leads to it; never NULL.
    ///
    /// Invariant: for `'a`, each item of `layout`, starting here, is initialised memory that stays
    /// in place; where `readonly` is false everybody accesses it by atomic operations of the
    /// item's width, where `immutable` is true nobody writes it.
    buf: *const u8,
    /// At most 64 dimensions, unless an exporter's `unsafe` promises that consumers cope with
    /// more.
    layout: Layout,
    /// Start and size in bytes of the one block that consists of the items. None if there are
    /// bytes between them, which this view does not show, or pointers.
    ///
    /// Invariant: what holds of the items holds of the whole block.
    block: Option<(*const u8, usize)>,
    format: Option<&'a CStr>,
    access: Access,
    bare_format: bool,
    missing: Missing,
    _memory: PhantomData<&'a [u8]>,
}

/// Who may write the memory of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Writable,
    /// Not the consumers, but perhaps somebody else.
    Readonly,
    /// No code.
    Immutable,
}

/// The fields that a view does not know, because they were not requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) shape: bool,
    pub(crate) strides: bool,
}

impl<'a> View<'a> {
    /// Memory that no code writes as long as the view lasts: one dimension of `items.len()` items.
    pub fn readonly<T: Item>(items: &'a [T]) -> View<'a> {
        const { assert!(size_of::<T>() > 0, "an item has at least one byte") };
        View::line(items.as_ptr().cast(), items.len(), size_of::<T>(), T::FORMAT, Access::Immutable)
    }

    /// Memory that every consumer may write: one dimension of `items.len()` items.
    pub fn writable<T: AnyBits>(items: &'a [Shared<T>]) -> View<'a> {
        const { assert!(size_of::<T>() > 0, "an item has at least one byte") };
        View::line(items.as_ptr().cast(), items.len(), size_of::<T>(), T::FORMAT, Access::Writable)
    }

    fn line(
        start: *const u8,
        items: usize,
        itemsize: usize,
        format: &'a CStr,
        access: Access,
    ) -> View<'a> {
        View {
            buf: start,
            layout: Layout::line(items, itemsize),
            block: Some((start, items * itemsize)),
            format: Some(format),
            access,
            bare_format: false,
            missing: Missing::default(),
            _memory: PhantomData,
        }
    }

    /// Memory of any layout, suboffsets included.
    ///
    /// # Safety
    ///
    /// What the invariant of `buf` demands. Consumers cope with the dimensions of `layout`: there
    /// are at most 64, or more where the caller knows them. `format` is right.
    pub(crate) unsafe fn from_raw(
        buf: *const u8,
        layout: Layout,
        format: Option<&'a CStr>,
        access: Access,
        missing: Missing,
    ) -> View<'a> {
        let block = block_of(buf, &layout);
        let bare_format = false;
        View { buf, layout, block, format, access, bare_format, missing, _memory: PhantomData }
    }

    /// The same memory with its items laid out as `layout` says, the first of them `offset` bytes
    /// into the memory.
    ///
    /// Only the memory that the view shows can be laid out again. A view that leaves out bytes
    /// between its items has no block of memory: then this fails with [`LayoutError::Scattered`].
    ///
    /// Fails too if the itemsize differs, an item would lie outside of the memory, there are more
    /// than 64 dimensions, or the layout follows pointers. In memory that no code writes, `offset`
    /// and the strides need not be multiples of the itemsize. Elsewhere they must be: each item
    /// shown is one of the memory's, so that all who access it do so at one width (see
    /// [`item`](crate::item)).
    #[doc(alias = "verify_structure")]
    pub fn with_layout(self, layout: &Layout, offset: usize) -> Result<View<'a>, LayoutError> {
        let (start, memory) = self.block.ok_or(LayoutError::Scattered)?;
        if layout.itemsize() != self.itemsize() {
            return Err(LayoutError::ItemsizeDiffers {
                layout: layout.itemsize(),
                memory: self.itemsize(),
            });
        }
        if layout.ndim() > PyBUF_MAX_NDIM {
            return Err(LayoutError::TooManyDimensions { ndim: layout.ndim() });
        }
        if !self.is_immutable() {
            check_whole_items(layout, offset)?;
        }
        layout.check_within(memory, offset)?;
        // In bounds, so it does not wrap.
        let buf = start.wrapping_add(offset);
        Ok(View { missing: Missing::default(), ..self.narrowed(buf, layout.clone()) })
    }

    /// The same view, with these items alone.
    fn narrowed(self, buf: *const u8, layout: Layout) -> View<'a> {
        View { buf, block: block_of(buf, &layout), layout, ..self }
    }

    /// The same memory with items of another format, which the type of the memory could not tell:
    /// strings, formats that are known at run time only.
    ///
    /// Memory that is one read-only line of bytes may be shown as items of any size that divides
    /// it. Elsewhere the size of an item stays. Fails if the sizes do not fit, or if items of this
    /// format hold addresses: consumers would follow them.
    ///
    /// ```
    /// use bufferprocs::View;
    ///
    /// let names = *b"ada lin  ";
    /// let view = View::readonly(&names).with_format(c"3s")?;
    /// assert_eq!((view.layout().shape(), view.itemsize()), (&[3][..], 3));
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn with_format(self, format: &'a CStr) -> Result<View<'a>, LayoutError> {
        let parsed = Format::parse(format)?;
        let itemsize = parsed.itemsize();
        if parsed.holds_addresses() {
            return Err(LayoutError::FormatHoldsAddresses);
        }
        let format = Some(format);
        if itemsize == self.itemsize() {
            return Ok(View { format, ..self });
        }
        let is_bytes =
            self.itemsize() == 1 && self.layout.ndim() == 1 && self.layout.is_c_contiguous();
        if !is_bytes || self.access != Access::Immutable {
            return Err(LayoutError::FormatSize { format: itemsize, memory: self.itemsize() });
        }
        if itemsize == 0 || self.len_bytes() % itemsize != 0 {
            return Err(LayoutError::FormatSize { format: itemsize, memory: self.len_bytes() });
        }
        let (buf, layout) = (self.buf, Layout::line(self.len_bytes() / itemsize, itemsize));
        Ok(View { format, ..self.narrowed(buf, layout) })
    }

    /// Items of another format, at any place in the memory, which must be memory that no code
    /// writes: a field of each record, for example. The first of them starts `offset` bytes into
    /// the memory.
    ///
    /// Fails as [`with_layout`](Self::with_layout) and [`with_format`](Self::with_format) do.
    pub fn with_items(
        self,
        format: &'a CStr,
        layout: &Layout,
        offset: usize,
    ) -> Result<View<'a>, LayoutError> {
        let (start, memory) = self.block.ok_or(LayoutError::Scattered)?;
        let parsed = Format::parse(format)?;
        if parsed.holds_addresses() {
            return Err(LayoutError::FormatHoldsAddresses);
        }
        if !self.is_immutable() {
            return Err(LayoutError::NotFrozen);
        }
        if parsed.itemsize() != layout.itemsize() {
            let memory = layout.itemsize();
            return Err(LayoutError::FormatSize { format: parsed.itemsize(), memory });
        }
        if layout.ndim() > PyBUF_MAX_NDIM {
            return Err(LayoutError::TooManyDimensions { ndim: layout.ndim() });
        }
        layout.check_within(memory, offset)?;
        // In bounds, so it does not wrap.
        let buf = start.wrapping_add(offset);
        let narrowed = self.narrowed(buf, layout.clone());
        Ok(View { format: Some(format), missing: Missing::default(), ..narrowed })
    }

    /// A part of the view: the items whose index along `axis` is in `slice`.
    ///
    /// Fails as [`Layout::slice`] does, and if shape or strides are not known.
    ///
    /// ```
    /// use bufferprocs::View;
    /// use bufferprocs::layout::Slice;
    ///
    /// let numbers = [0u16, 1, 2, 3, 4];
    /// let backwards = Slice::python(None, None, -2, numbers.len())?;
    /// let view = View::readonly(&numbers).slice(0, backwards)?;
    /// assert_eq!((view.shape(), view.strides()), (&[3][..], &[-4][..]));
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn slice(self, axis: usize, slice: Slice) -> Result<View<'a>, LayoutError> {
        self.check_known()?;
        let (layout, moved) = self.layout.slice(axis, slice)?;
        // To another item, or nowhere: in bounds, so it does not wrap.
        let buf = self.buf.wrapping_offset(moved);
        Ok(self.narrowed(buf, layout))
    }

    /// The items at `index` of the first axis: a view of one dimension less.
    ///
    /// Fails if there is no axis or no such index, and if shape or strides are not known.
    pub fn index(self, index: usize) -> Result<View<'a>, LayoutError> {
        self.check_known()?;
        let layout = self.layout.index(index)?;
        if layout.len_bytes() == 0 {
            let buf = self.buf;
            return Ok(self.narrowed(buf, layout));
        }
        let suboffset = self.layout.suboffsets().map_or(-1, |suboffsets| suboffsets[0]);
        // SAFETY: the invariant: there is an item at this index, and so a pointer where the layout
        // says so; no code writes it.
        let buf = unsafe { step(self.buf, index, self.layout.strides()[0], suboffset) };
        Ok(self.narrowed(buf, layout))
    }

    /// The same items with the order of the axes reversed.
    ///
    /// Fails if a pointer is followed, and if shape or strides are not known.
    ///
    /// ```
    /// use bufferprocs::{Layout, View};
    ///
    /// let numbers = [0u8; 6];
    /// let rows = Layout::c_contiguous(&[2, 3], 1)?;
    /// let view = View::readonly(&numbers).with_layout(&rows, 0)?.transposed()?;
    /// assert_eq!((view.shape(), view.strides()), (&[3, 2][..], &[1, 3][..]));
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn transposed(self) -> Result<View<'a>, LayoutError> {
        self.check_known()?;
        let (buf, layout) = (self.buf, self.layout.transposed()?);
        Ok(self.narrowed(buf, layout))
    }

    fn check_known(&self) -> Result<(), LayoutError> {
        match self.missing {
            Missing { shape: true, .. } => Err(LayoutError::Unknown { field: "shape" }),
            Missing { strides: true, .. } => Err(LayoutError::Unknown { field: "strides" }),
            _ => Ok(()),
        }
    }

    /// Also answers requests for `FORMAT` without `ND`, which `memoryview` refuses and NumPy,
    /// `bytes` and `array` grant.
    ///
    /// For consumers that send such requests all the same. They get the format and no shape.
    pub fn grant_bare_format(self) -> View<'a> {
        View { bare_format: true, ..self }
    }

    /// Address of the first item, or of the pointer that leads to it.
    pub fn buf(&self) -> *const u8 {
        self.buf
    }

    /// Bytes of a packed copy of all items.
    pub fn len_bytes(&self) -> usize {
        self.layout.len_bytes()
    }

    /// Whether consumers are kept from writing.
    pub fn is_readonly(&self) -> bool {
        self.access != Access::Writable
    }

    /// Whether nobody at all writes the memory.
    pub fn is_immutable(&self) -> bool {
        self.access == Access::Immutable
    }

    /// Bytes of one item.
    pub fn itemsize(&self) -> usize {
        self.layout.itemsize()
    }

    /// The item's PEP 3118 format. None if the view was made from a buffer without one.
    pub fn format(&self) -> Option<&'a CStr> {
        self.format
    }

    /// How the items lie, starting at [`buf`](Self::buf).
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Extents in items.
    pub fn shape(&self) -> &[isize] {
        self.layout.shape()
    }

    /// Steps in bytes.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Whether [`grant_bare_format`](Self::grant_bare_format) was called.
    pub fn grants_bare_format(&self) -> bool {
        self.bare_format
    }

    pub(crate) fn missing(&self) -> Missing {
        self.missing
    }
}

/// The block that consists of the items of `layout`, the first of them at `buf`: they follow each
/// other without a gap.
fn block_of(buf: *const u8, layout: &Layout) -> Option<(*const u8, usize)> {
    let is_block = layout.is_c_contiguous() || layout.is_f_contiguous();
    is_block.then_some((buf, layout.len_bytes()))
}

/// Strides of axes with at most one item are never used.
pub(crate) fn check_whole_items(layout: &Layout, offset: usize) -> Result<(), LayoutError> {
    let itemsize = layout.itemsize();
    if offset % itemsize != 0 {
        let step = isize::try_from(offset).unwrap_or(isize::MAX);
        return Err(LayoutError::SplitsItems { axis: None, step, itemsize });
    }
    let axes = layout.shape().iter().zip(layout.strides());
    for (axis, (&extent, &step)) in axes.enumerate() {
        if extent > 1 && step.unsigned_abs() % itemsize != 0 {
            return Err(LayoutError::SplitsItems { axis: Some(axis), step, itemsize });
        }
    }
    Ok(())
}
