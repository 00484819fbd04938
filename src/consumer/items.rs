//! Items of a known type: read one, read all in order, write one.

use std::fmt;
use std::marker::PhantomData;

use super::{Buffer, Source};
use crate::addresses::address;
use crate::error::AccessError;
use crate::format::{self, is_format_of};
use crate::item::{self, Item, ItemValue};
use crate::layout::LayoutRef;

impl<S: Source> Buffer<S> {
    /// The items as values of `T`, for many of them.
    ///
    /// Fails if the items are no `T` in this machine's byte order. Where the request lacked `ND`
    /// the items are the `len` bytes, and have one index.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Layout, Object, Order, Request, exporters::Strided};
    ///
    /// let columns = Layout::f_contiguous(&[2, 3], 2)?;
    /// let object = Object::new(Strided::readonly(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let items = buffer.items::<u16>()?;
    /// assert_eq!(items.get(&[1, 0])?, 4);
    /// assert_eq!(items.iter(Order::C).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    /// assert_eq!(items.iter(Order::Fortran).sum::<u16>(), 21);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "as_array")]
    pub fn items<T: ItemValue>(&self) -> Result<Items<'_, S, T>, AccessError> {
        self.check_items::<T>()?;
        Ok(Items::unchecked(self, self.check_write().is_ok()))
    }

    /// Whether the items are `T`s in this machine's byte order: for code that takes several types.
    ///
    /// ```
    /// use bufferprocs::{AccessError, Buffer, Object, Request, Source};
    ///
    /// fn sum<S: Source>(buffer: &Buffer<S>) -> Result<f64, AccessError> {
    ///     match () {
    ///         () if buffer.has_items::<f32>() => Ok(buffer.items::<f32>()?.sum().into()),
    ///         () if buffer.has_items::<u8>() => Ok(buffer.items::<u8>()?.sum() as f64),
    ///         () => Ok(buffer.items::<f64>()?.sum()), // or the error that names the items
    ///     }
    /// }
    ///
    /// let buffer = Buffer::get(&Object::new(vec![0.5f32, 1.5]), Request::FULL_RO)?;
    /// assert_eq!(sum(&buffer)?, 2.0);
    /// let buffer = Buffer::get(&Object::new(vec![1i16]), Request::FULL_RO)?;
    /// assert!(sum(&buffer).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn has_items<T: ItemValue>(&self) -> bool {
        let format = if self.is_run() { None } else { self.format() };
        let (_, itemsize) = self.extents();
        is_format_of::<T::Item>(format) && itemsize.unsigned_abs() == size_of::<T::Item>()
    }

    /// Whether the items are `T`s, or what they are.
    #[inline]
    pub(super) fn check_items<T: ItemValue>(&self) -> Result<(), AccessError> {
        let format = if self.is_run() { None } else { self.format() };
        // Without a format only the size is known; `"B"` is what NULL stands for, where the items
        // are bytes.
        if !is_format_of::<T::Item>(format) {
            return Err(AccessError::Format {
                found: format.map(|format| format.to_string_lossy().into_owned()),
                // Formats of Rust types are UTF-8.
                expected: T::Item::FORMAT.to_str().unwrap_or("?"),
                instead: format.and_then(format::type_for),
            });
        }
        let (_, itemsize) = self.extents();
        if itemsize.unsigned_abs() != size_of::<T::Item>() {
            let (found, expected) = (itemsize.unsigned_abs(), size_of::<T::Item>());
            return Err(AccessError::Itemsize { found, expected });
        }
        Ok(())
    }

    /// How others access the items.
    #[inline]
    fn access(&self) -> Access {
        match () {
            () if self.immutable => Access::Immutable,
            () if self.is_run() && self.run_itemsize() > 1 => {
                Access::Parts { itemsize: self.run_itemsize() }
            }
            () => Access::Shared,
        }
    }

    /// A copy of the item at `indices`.
    ///
    /// Fails as [`items`](Self::items) does, and if an index is missing or out of range.
    #[doc(alias = "PyBuffer_GetPointer")]
    pub fn item<T: ItemValue>(&self, indices: &[usize]) -> Result<T, AccessError> {
        self.items::<T>()?.get(indices)
    }
}

/// Items of a format that is known at run time only, as bytes.
impl<S: Source> Buffer<S> {
    /// A copy of the bytes of the item at `indices`. Where the request lacked `ND` it is one byte
    /// of the run.
    ///
    /// Fails if an index is missing or out of range, or if there is no memory for the bytes.
    #[doc(alias = "PyBuffer_GetPointer")]
    pub fn bytes_of(&self, indices: &[usize]) -> Result<Vec<u8>, AccessError> {
        let layout = self.layout();
        let item = self.address_of(layout, indices)?;
        let size = layout.itemsize();
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).map_err(|_| AccessError::TooLarge { len: size })?;
        bytes.resize(size, 0);
        let target = bytes.as_mut_ptr();
        if self.immutable {
            // SAFETY: an item of the view, which no code writes, and as many bytes of a vector of
            // its own.
            unsafe { std::ptr::copy_nonoverlapping(item, target, size) };
        } else if self.is_run() {
            // SAFETY: a byte of a whole item of the run, or one that stands alone.
            bytes[0] = unsafe { item::load_part(item, indices[0], self.run_itemsize()) };
        } else {
            // SAFETY: an item of the view, which others access at its width if at all; the vector
            // has as many bytes.
            unsafe { item::load_bytes(item, target, size, item::width(item, size)) };
        }
        Ok(bytes)
    }

    /// Replaces the bytes of the item at `indices`.
    ///
    /// Fails if the view is read-only or was requested without `WRITABLE`, if the items may hold
    /// addresses, if there are not as many bytes as the item has, or if an index is missing or out
    /// of range.
    pub fn set_bytes_of(&self, indices: &[usize], bytes: &[u8]) -> Result<(), AccessError> {
        self.check_write()?;
        let layout = self.layout();
        if bytes.len() != layout.itemsize() {
            let (found, expected) = (layout.itemsize(), bytes.len());
            return Err(AccessError::Itemsize { found, expected });
        }
        let item = self.address_of(layout, indices)?.cast_mut();
        if self.is_run() {
            // SAFETY: a byte of a whole item of the run, or one that stands alone; the view is
            // writable.
            unsafe { item::store_part(item, indices[0], self.run_itemsize(), bytes[0]) };
            return Ok(());
        }
        let width = item::width(item, bytes.len());
        // SAFETY: an item of the view, which is writable, so that others access it at its width;
        // as many bytes, borrowed.
        unsafe { item::store_bytes(item, bytes.as_ptr(), bytes.len(), width) };
        Ok(())
    }

    fn address_of(
        &self,
        layout: LayoutRef<'_>,
        indices: &[usize],
    ) -> Result<*const u8, AccessError> {
        check_indices(indices, layout.shape())?;
        // SAFETY: the view's memory, and indices within its shape.
        Ok(unsafe { address(self.view.buf.cast_const().cast(), layout, indices) })
    }

    /// The size of the items that a run of bytes consists of: 1 if they do not fill the run.
    pub(super) fn run_itemsize(&self) -> usize {
        if self.len_bytes() % self.itemsize() == 0 { self.itemsize() } else { 1 }
    }
}

/// The items of a [`Buffer`] as values of `T`.
///
/// They are copied out and in one at a time: others may write them. May go to another thread
/// wherever a reference to the buffer may.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, Shared};
///
/// let object = Object::new(Shared::from_vec(vec![1u16, 2, 3]));
/// let buffer = Buffer::get(&object, Request::FULL)?;
/// let items = buffer.items::<u16>()?;
/// items.set(&[1], 20)?;
/// assert_eq!((items.get(&[1])?, items.get(&[2])?), (20, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Items<'b, S: Source, T> {
    /// Invariant: its items are `T::Item`s.
    buffer: &'b Buffer<S>,
    layout: LayoutRef<'b>,
    access: Access,
    /// Whether the buffer permits writing; it says why not.
    writable: bool,
    _items: PhantomData<T>,
}

impl<S: Source, T> Clone for Items<'_, S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Source, T> Copy for Items<'_, S, T> {}

impl<S: Source, T> fmt::Debug for Items<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("layout", &self.layout)
            .field("access", &self.access)
            .field("writable", &self.writable)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// No code writes the memory.
    Immutable,
    /// Others access each item at its width.
    Shared,
    /// The items are bytes of larger ones, which others access at the width of those.
    Parts { itemsize: usize },
}

impl<'b, S: Source, T: ItemValue> Items<'b, S, T> {
    /// The items of a buffer that are known to be `T`s, and to be writable or not to be written.
    #[inline]
    pub(super) fn unchecked(buffer: &'b Buffer<S>, writable: bool) -> Items<'b, S, T> {
        let access = buffer.access();
        Items { buffer, layout: buffer.layout(), access, writable, _items: PhantomData }
    }

    /// How they lie.
    pub fn layout(&self) -> LayoutRef<'b> {
        self.layout
    }

    /// A copy of the item at `indices`. Fails if an index is missing or out of range.
    pub fn get(&self, indices: &[usize]) -> Result<T, AccessError> {
        check_indices(indices, self.layout.shape())?;
        // SAFETY: the view's memory, and indices within its shape.
        let address = unsafe { address(self.buf(), self.layout, indices) };
        // SAFETY: an item of the view.
        Ok(T::from_item(unsafe { self.load(address) }))
    }

    /// Replaces the item at `indices`.
    ///
    /// Fails if the view is read-only or was requested without `WRITABLE`, and if an index is
    /// missing or out of range. If the items are the bytes of a run, it also fails if they may
    /// hold addresses.
    pub fn set(&self, indices: &[usize], value: T) -> Result<(), AccessError> {
        self.check_write()?;
        check_indices(indices, self.layout.shape())?;
        // SAFETY: the view's memory, and indices within its shape.
        let address = unsafe { address(self.buf(), self.layout, indices) };
        // SAFETY: an item of the view, which is writable.
        unsafe { self.store(address, value) };
        Ok(())
    }

    /// Whether the items may be written, or why not.
    pub(super) fn check_write(&self) -> Result<(), AccessError> {
        if self.writable { Ok(()) } else { self.buffer.check_write() }
    }

    pub(super) fn access(&self) -> Access {
        self.access
    }

    pub(super) fn buf(&self) -> *const u8 {
        self.buffer.view.buf.cast_const().cast()
    }

    /// # Safety
    ///
    /// `address` is that of an item.
    pub(super) unsafe fn load(&self, address: *const u8) -> T::Item {
        match self.access {
            // SAFETY: an item of the view, which no code writes.
            Access::Immutable => unsafe { address.cast::<T::Item>().read_unaligned() },
            // SAFETY: an item of the view, which others write by atomic operations if at all.
            Access::Shared => unsafe { item::load(address.cast::<T::Item>()) },
            Access::Parts { itemsize } => {
                let offset = address.addr() - self.buf().addr();
                // SAFETY: a byte of the run, which consists of whole items.
                unsafe { item::load_part(address, offset, itemsize) }
            }
        }
    }

    /// # Safety
    ///
    /// `address` is that of an item, which may be written.
    pub(super) unsafe fn store(&self, address: *const u8, value: T) {
        let value = value.into_item();
        match self.access {
            Access::Parts { itemsize } => {
                // SAFETY: an item has one byte here, as `items` saw, and it is initialised: an
                // Item has no padding.
                let byte = unsafe { (&raw const value).cast::<u8>().read() };
                let offset = address.addr() - self.buf().addr();
                // SAFETY: within an item of the view, which is writable.
                unsafe { item::store_part(address.cast_mut(), offset, itemsize, byte) };
            }
            // SAFETY: an item of the view, which is writable, so that others access it by atomic
            // operations.
            _ => unsafe { item::store(address.cast_mut().cast::<T::Item>(), value) },
        }
    }
}

fn check_indices(indices: &[usize], shape: &[isize]) -> Result<(), AccessError> {
    if indices.len() != shape.len() {
        return Err(AccessError::IndexCount { found: indices.len(), ndim: shape.len() });
    }
    for (axis, (&index, &extent)) in indices.iter().zip(shape).enumerate() {
        let extent = extent.unsigned_abs();
        if index >= extent {
            return Err(AccessError::OutOfRange { axis, index, extent });
        }
    }
    Ok(())
}
