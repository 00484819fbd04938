//! Borrowing memory: get, use, release exactly once.
//!
//! [`Buffer`] holds one granted view and gives it back when dropped. It can be moved, also where
//! the exporter pointed the view's arrays into the view itself, as `bytes` does.
//!
//! ```
//! use bufferprocs::{Buffer, Request, exporters::bytes};
//!
//! let object = bytes::object(*b"abc");
//! let buffer = Buffer::get(&object, Request::FULL_RO)?;
//! assert_eq!((buffer.shape(), buffer.strides()), (Some(&[3][..]), Some(&[1][..])));
//! assert_eq!(buffer.item::<u8>(&[1])?, b'b');
//! drop(buffer); // released
//! assert_eq!(object.references(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Items are copied out and in, as [`Shared::load`](crate::Shared::load) does: no API can give a
//! sound `&[u8]` over memory that somebody else may write. [`Items`] checks type and shape once,
//! for many items.

mod blocks;
mod chunks;
mod copies;
mod filling;
mod items;
mod iter;
mod own;
mod owned_slice;
mod rows;
mod runs;
mod slices;
mod source;
mod sum;
mod typed;
mod typed_items;
mod unborrowed;
mod writing;

use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::abi::{Py_buffer, Py_ssize_t};
use crate::error::BufferError;
use crate::layout::{Layout, LayoutRef};
use crate::request::Request;
use crate::view::{Access, Missing, View};
pub use blocks::Blocks;
pub use chunks::Reader;
pub use items::Items;
pub use iter::ItemsIter;
pub use owned_slice::OwnedSlice;
pub use rows::{Row, Rows};
pub use source::{AsSource, Source, SourceFor};
pub use typed::{
    AnyDim, Dim, Dimensions, Indices, Mode, Read, ReadContiguous, TypedBuffer, Write,
    WriteContiguous, Writing,
};

/// One granted view; released on drop.
///
/// It owns a share of the exporter, so it has no lifetime. It shows the requested fields only, also
/// if an exporter fills other fields, as `ctypes` does.
///
/// ```
/// use bufferprocs::{Buffer, Object, Order, Request};
///
/// let object = Object::new(vec![0.5f64, 1.5, 2.5]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!((buffer.shape(), buffer.format()), (Some(&[3][..]), Some(c"d")));
/// assert_eq!(buffer.to_vec::<f64>(Order::C)?, [0.5, 1.5, 2.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Buffer<S: Source> {
    /// Invariant: if it is `granted`, by a source of type `S` for `request`, and not released. Once
    /// `fill` returns, it is, and `check` passed: its numbers agree with each other and with the
    /// request.
    view: Py_buffer,
    request: Request,
    granted: bool,
    shape: Place,
    strides: Place,
    suboffsets: Place,
    pub(crate) immutable: bool,
    /// `WRITABLE` was requested, or the exporter's word is enough.
    may_write: bool,
    /// Bytes may be written over what the format calls an address.
    permits_addresses: bool,
    _source: PhantomData<S>,
}

// SAFETY: the view may be used and released by any thread, as `Source` says of such types. All
// access to its memory is atomic, or the memory is immutable.
unsafe impl<S: Source + Send + Sync> Send for Buffer<S> {}
// SAFETY: as above.
unsafe impl<S: Source + Send + Sync> Sync for Buffer<S> {}

// A panic leaves neither the view nor its items in a state that others would not see anyway.
impl<S: Source> UnwindSafe for Buffer<S> {}
impl<S: Source> RefUnwindSafe for Buffer<S> {}

/// The place of an array of a view: in the struct itself, as for `bytes`, or elsewhere.
///
/// Invariant: what is within has as many numbers as the view has dimensions.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place(
    /// Bytes from the start of the struct, or `ELSEWHERE`: then the pointer in the struct is
    /// good.
    u8,
);

const ELSEWHERE: Place = Place(u8::MAX);

impl<S: Source> Buffer<S> {
    /// Asks `source` for a view.
    ///
    /// Fails if the exporter refuses, and if what it granted contradicts itself: such a view is
    /// released at once.
    #[doc(alias = "PyObject_GetBuffer")]
    #[inline]
    pub fn get(
        source: impl AsSource<Source = S>,
        request: Request,
    ) -> Result<Buffer<S>, BufferError> {
        Buffer::ask(source.as_source(), request, false)
    }

    /// As [`get`](Self::get), also of CPython's own test exporter, `_testbuffer.ndarray`, which
    /// goes further than the documentation allows: up to 128 dimensions, suboffsets that were not
    /// requested, if none of them is followed, and writing to memory that was not requested with
    /// `WRITABLE`.
    ///
    /// # Safety
    ///
    /// - Consumers of what re-exports the buffer cope with more than 64 dimensions.
    /// - If the exporter grants writable memory although `WRITABLE` was not requested, its items
    ///   hold no addresses but those in its format.
    pub unsafe fn get_lenient(source: &S, request: Request) -> Result<Buffer<S>, BufferError> {
        Buffer::ask(source, request, true)
    }

    /// Shape and itemsize, where no shape was requested those of a run of bytes.
    #[inline]
    fn extents(&self) -> (&[Py_ssize_t], Py_ssize_t) {
        match self.is_run() {
            true => (std::slice::from_ref(&self.view.len), 1),
            false => (self.shape().unwrap_or(&[]), self.view.itemsize),
        }
    }

    /// Whether no shape was requested, so that the memory is a run of `len` bytes.
    fn is_run(&self) -> bool {
        !self.request.contains(Request::ND)
    }

    /// Lets bytes from anywhere be written over items that hold addresses, which is refused
    /// otherwise.
    ///
    /// # Safety
    ///
    /// What is written there by this buffer, and by consumers of what re-exports it, is an
    /// address that its readers may follow, or nobody follows it.
    pub unsafe fn permit_addresses(&mut self) {
        self.permits_addresses = true;
    }

    /// Bytes of a packed copy of all items.
    pub fn len_bytes(&self) -> usize {
        self.view.len.unsigned_abs()
    }

    /// Bytes of one item, also where no format was requested.
    #[doc(alias = "item_size")]
    pub fn itemsize(&self) -> usize {
        self.view.itemsize.unsigned_abs()
    }

    /// Whether the items must not be written through this buffer: the memory is read-only, or the
    /// request lacked `WRITABLE`. [`raw`](Self::raw) has the exporter's own word.
    #[doc(alias = "readonly")]
    pub fn is_readonly(&self) -> bool {
        self.view.readonly != 0 || !self.may_write
    }

    /// Number of dimensions. 1 if no shape was requested: a run of bytes.
    #[doc(alias = "dimensions")]
    pub fn ndim(&self) -> usize {
        if self.is_run() { 1 } else { self.view.ndim.unsigned_abs() as usize }
    }

    /// The item's format. None if not requested.
    pub fn format(&self) -> Option<&CStr> {
        if self.view.format.is_null() || !self.request.contains(Request::FORMAT) {
            return None;
        }
        // SAFETY: not NULL, so a string of the exporter's that stays until release.
        Some(unsafe { CStr::from_ptr(self.view.format) })
    }

    /// Extents in items. None if not requested, and for a view without dimensions.
    pub fn shape(&self) -> Option<&[Py_ssize_t]> {
        if self.is_run() { None } else { self.array(self.shape, self.view.shape) }
    }

    /// Steps in bytes. None if not requested, and for a view without dimensions.
    pub fn strides(&self) -> Option<&[Py_ssize_t]> {
        let requested = self.request.contains(Request::STRIDES);
        if requested { self.array(self.strides, self.view.strides) } else { None }
    }

    /// Offsets after following a pointer. None where no pointer is to be followed.
    pub fn suboffsets(&self) -> Option<&[Py_ssize_t]> {
        if self.is_run() { None } else { self.array(self.suboffsets, self.view.suboffsets) }
    }

    /// One of the view's arrays. None if it is NULL or has no number.
    #[inline]
    fn array(&self, place: Place, elsewhere: *const Py_ssize_t) -> Option<&[Py_ssize_t]> {
        let start = match place {
            ELSEWHERE => elsewhere,
            Place(offset) => (&raw const self.view).wrapping_byte_add(offset.into()).cast(),
        };
        let ndim = self.view.ndim.unsigned_abs() as usize;
        if start.is_null() || ndim == 0 {
            return None;
        }
        // SAFETY: not NULL, so `ndim` numbers that do not change: of the exporter's, which stay
        // until release, or within the struct that `&self` borrows. Aligned: `check` refuses
        // others before it reads one.
        Some(unsafe { std::slice::from_raw_parts(start, ndim) })
    }

    /// How the items lie, starting at `buf`. Where the request lacked `ND` they are `len` bytes
    /// in a line.
    pub fn layout(&self) -> LayoutRef<'_> {
        let (shape, itemsize) = self.extents();
        LayoutRef::checked(shape, self.strides(), self.suboffsets(), itemsize)
    }

    /// The struct itself, for reading.
    ///
    /// Arrays that lay in the struct when it was filled are NULL here; [`shape`](Self::shape) and
    /// [`strides`](Self::strides) have copies of them.
    pub fn raw(&self) -> &Py_buffer {
        &self.view
    }

    /// The memory as an exporter shows it, to be shown on: by an [`Exporter`](crate::Exporter)
    /// that owns this buffer.
    ///
    /// A field that was not requested is unknown, and requests for it are refused. Items that may
    /// hold addresses, and a buffer that was requested without `WRITABLE`, are shown read-only.
    pub fn view(&self) -> View<'_> {
        let layout = match self.is_run() {
            true if self.len_bytes() % self.itemsize() == 0 => {
                Layout::line(self.len_bytes() / self.itemsize(), self.itemsize())
            }
            _ => self.layout().to_layout(),
        };
        // NULL means bytes, where a format was requested and items have one byte.
        let is_bytes = self.request.contains(Request::FORMAT) && self.itemsize() == 1;
        let format = self.format().or(is_bytes.then_some(c"B"));
        // Consumers of the view may ask for no format, and then take the items for bytes.
        let access = match (self.check_write().is_ok(), self.immutable) {
            (true, _) => Access::Writable,
            (false, false) => Access::Readonly,
            (false, true) => Access::Immutable,
        };
        // Without a dimension there are no strides to know.
        let strides = !self.request.contains(Request::STRIDES) && self.ndim() > 0;
        let missing = Missing { shape: self.is_run(), strides };
        // SAFETY: the buffer is not released before the end of this borrow; until then the source
        // promises the memory, and `immutable` comes from it. There are at most 64 dimensions, or
        // as many as `get_lenient` was promised that consumers cope with.
        unsafe {
            View::from_raw(self.view.buf.cast_const().cast(), layout, format, access, missing)
        }
    }
}

impl<S: Source> Drop for Buffer<S> {
    #[inline]
    fn drop(&mut self) {
        if self.granted {
            // SAFETY: the invariant: granted by S and not released.
            unsafe { S::release(&mut self.view) };
        }
    }
}

impl<S: Source> fmt::Debug for Buffer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("len", &self.len_bytes())
            .field("itemsize", &self.itemsize())
            .field("readonly", &self.is_readonly())
            .field("ndim", &self.ndim())
            .field("format", &self.format())
            .field("shape", &self.shape())
            .field("strides", &self.strides())
            .field("suboffsets", &self.suboffsets())
            .finish()
    }
}
