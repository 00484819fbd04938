//! Borrowing memory: get, use, release exactly once.
//!
//! [`Buffer`] holds one granted view and gives it back when dropped. It can be moved, also where the exporter pointed the
//! view's arrays into the view itself, as `bytes` does.
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
//! Items are copied out and in, as [`Shared::load`](crate::Shared::load) does: no API can give a sound `&[u8]` over memory
//! that somebody else may write. [`Items`] checks type and shape once, for many items.

mod copies;
mod items;

use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::null_mut;

use crate::abi::{Py_buffer, Py_ssize_t, PyBUF_MAX_NDIM};
use crate::error::BufferError;
use crate::format::Format;
use crate::layout::{Bounds, Layout, LayoutRef};
use crate::request::Request;
use crate::view::{Access, Lacks, View};
pub use items::{Items, ItemsIter};

/// Something that can be asked for a buffer: an object, through whichever interpreter it belongs to.
///
/// # Safety
///
/// After a successful [`get`](Self::get), until [`release`](Self::release):
///
/// - What the view describes is valid memory, of initialised bytes, that the exporter neither moves nor frees. Others
///   write it by atomic operations of the item's width (see [`item`](crate::item)), if at all. Pointers behind suboffsets
///   are written by nobody.
/// - If the view is writable, any bytes may be written there, except over what its format calls an address. Where no format
///   was requested, there are no addresses.
/// - The view's arrays do not change.
///
/// If the type is `Send` and `Sync`, a view may be used and released by any thread.
pub unsafe trait Source {
    /// Asks for a view: what `PyObject_GetBuffer` does. On success the view owns a reference to its `obj`.
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError>;

    /// Gives a view back, and drops its reference to `obj`: what `PyBuffer_Release` does.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet. It may be a byte copy of the struct that was filled.
    unsafe fn release(view: &mut Py_buffer);

    /// Whether the memory of a view is written by nobody at all, as long as the view is held.
    ///
    /// More than that it is read-only: in CPython `memoryview(x).toreadonly()` looks at memory that others write.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet.
    unsafe fn is_frozen(view: &Py_buffer) -> bool;
}

/// One granted view; released on drop.
///
/// It owns a share of the exporter, so it has no lifetime. It shows what was requested and nothing else, also where an
/// exporter fills fields that nobody asked for, as `ctypes` does.
pub struct Buffer<S: Source> {
    /// Invariant: granted by a source of type `S` for `request` and not released. Once `get` returns, `check` passed: its
    /// numbers agree with each other and with the request.
    view: Py_buffer,
    request: Request,
    /// Shape and stride, if they lay within the struct that was filled; else the pointers in `view` are good.
    line: Option<Line>,
    /// `len`, as the shape of a view without one: a run of bytes.
    run: [Py_ssize_t; 1],
    /// Of `layout`.
    bounds: Bounds,
    frozen: bool,
    _source: PhantomData<S>,
}

// SAFETY: the view may be used and released by any thread, as `Source` says of such types. All access to its memory is
// atomic, or to memory that nobody writes.
unsafe impl<S: Source + Send + Sync> Send for Buffer<S> {}
// SAFETY: as above.
unsafe impl<S: Source + Send + Sync> Sync for Buffer<S> {}

/// Copies of the one extent and the one stride of a view that points into itself.
#[derive(Clone, Copy)]
struct Line {
    shape: Option<[Py_ssize_t; 1]>,
    strides: Option<[Py_ssize_t; 1]>,
}

impl<S: Source> Buffer<S> {
    /// Asks `source` for a view.
    ///
    /// Fails if the exporter refuses, and if what it granted contradicts itself: such a view is released at once.
    #[doc(alias = "PyObject_GetBuffer")]
    #[inline]
    pub fn get(source: &S, request: Request) -> Result<Buffer<S>, BufferError> {
        let mut view = Py_buffer::zeroed();
        source.get(&mut view, request)?;
        // From here on the view is released, whatever happens.
        let mut buffer = Buffer {
            view,
            request,
            line: None,
            run: [view.len],
            bounds: Bounds::NONE,
            frozen: false,
            _source: PhantomData,
        };
        buffer.line = Line::copied_from(&view);
        if buffer.line.is_some() {
            // They point to where the struct was filled, which it leaves now.
            (buffer.view.shape, buffer.view.strides) = (null_mut(), null_mut());
        }
        buffer.bounds = buffer.check()?;
        // SAFETY: granted above and not released.
        buffer.frozen = buffer.is_readonly() && unsafe { S::is_frozen(&view) };
        Ok(buffer)
    }

    /// Refuses a view whose numbers no item can be found by. Foreign exporters may write anything.
    #[inline]
    fn check(&self) -> Result<Bounds, BufferError> {
        let view = &self.view;
        let contradiction = |what: String| Err(BufferError::Refused(what.into()));
        if usize::try_from(view.ndim).map_or(true, |ndim| ndim > PyBUF_MAX_NDIM) {
            return contradiction(format!("the view granted has ndim {}", view.ndim));
        }
        if view.len < 0 {
            return contradiction(format!("the view granted has len {}", view.len));
        }
        if view.itemsize <= 0 {
            return contradiction(format!("the view granted has itemsize {}", view.itemsize));
        }
        if view.buf.is_null() && view.len > 0 {
            return contradiction("the view granted has items, and buf is NULL".into());
        }
        if !view.suboffsets.is_null() && !self.request.contains(Request::INDIRECT) {
            return contradiction("the view granted has suboffsets, not requested".into());
        }
        let (shape, itemsize) = if self.is_run() {
            (&self.run[..], 1)
        } else {
            let shape = self.shape();
            if shape.is_none() && view.ndim > 0 {
                return contradiction("the view granted has dimensions, and shape is NULL".into());
            }
            (shape.unwrap_or(&[]), view.itemsize)
        };
        let layout = LayoutRef::new(shape, self.strides(), self.suboffsets(), itemsize);
        match layout {
            Err(error) => contradiction(format!("the view granted contradicts itself: {error}")),
            Ok(layout) if layout.len() != self.len() => contradiction(format!(
                "the view granted has len {} for {} bytes",
                view.len,
                layout.len()
            )),
            Ok(layout) => Ok(layout.bounds()),
        }
    }

    /// Whether no shape was requested, so that the memory is a run of `len` bytes.
    fn is_run(&self) -> bool {
        !self.request.contains(Request::ND)
    }

    /// Whether bytes from elsewhere must not be written over the items.
    fn holds_addresses(&self) -> bool {
        Format::may_hold_addresses(self.format())
    }

    /// Bytes of a packed copy of all items.
    #[allow(clippy::len_without_is_empty)] // a size in bytes, as in Py_buffer, not a collection's
    pub fn len(&self) -> usize {
        self.view.len.unsigned_abs()
    }

    /// Bytes of one item, also where no format was requested.
    pub fn itemsize(&self) -> usize {
        self.view.itemsize.unsigned_abs()
    }

    /// Whether the items must not be written.
    pub fn is_readonly(&self) -> bool {
        self.view.readonly != 0
    }

    /// Number of dimensions. 1 if no shape was requested: a run of bytes.
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
        match &self.line {
            _ if self.is_run() => None,
            Some(line) => line.shape.as_ref().map(|shape| &shape[..]),
            None => self.array(self.view.shape),
        }
    }

    /// Steps in bytes. None if not requested, and for a view without dimensions.
    pub fn strides(&self) -> Option<&[Py_ssize_t]> {
        match &self.line {
            _ if !self.request.contains(Request::STRIDES) => None,
            Some(line) => line.strides.as_ref().map(|strides| &strides[..]),
            None => self.array(self.view.strides),
        }
    }

    /// Offsets after following a pointer. None where no pointer is to be followed.
    pub fn suboffsets(&self) -> Option<&[Py_ssize_t]> {
        self.array(self.view.suboffsets)
    }

    fn array(&self, start: *const Py_ssize_t) -> Option<&[Py_ssize_t]> {
        if start.is_null() || self.ndim() == 0 {
            return None;
        }
        // SAFETY: not NULL, so `ndim` numbers of the exporter's that stay until release and do not change.
        Some(unsafe { std::slice::from_raw_parts(start, self.ndim()) })
    }

    /// How the items lie, starting at `buf`. Where the request lacked `ND` they are `len` bytes in a line.
    pub fn layout(&self) -> LayoutRef<'_> {
        let (shape, itemsize) = match self.is_run() {
            true => (&self.run[..], 1),
            false => (self.shape().unwrap_or(&[]), self.view.itemsize),
        };
        LayoutRef::with_bounds(shape, self.strides(), self.suboffsets(), itemsize, self.bounds)
    }

    /// The struct itself, for reading.
    ///
    /// Arrays that lay in the struct when it was filled are NULL here; [`shape`](Self::shape) and [`strides`](Self::strides)
    /// have copies of them.
    pub fn raw(&self) -> &Py_buffer {
        &self.view
    }

    /// The memory as an exporter shows it, to be shown on: by an [`Exporter`](crate::Exporter) that owns this buffer.
    ///
    /// What was not requested is not known, and requests for it will be refused. Items that hold addresses are shown
    /// read-only.
    pub fn view(&self) -> View<'_> {
        let layout = match self.is_run() {
            true if self.len() % self.itemsize() == 0 => {
                Layout::line(self.len() / self.itemsize(), self.itemsize())
            }
            _ => self.layout().to_layout(),
        };
        // NULL means bytes, where a format was requested and items have one byte.
        let is_bytes = self.request.contains(Request::FORMAT) && self.itemsize() == 1;
        let format = self.format().or(is_bytes.then_some(c"B"));
        // Whoever gets the view on may ask for no format, and then takes the items for bytes.
        let access = match (self.is_readonly() || self.holds_addresses(), self.frozen) {
            (false, _) => Access::Writable,
            (true, false) => Access::Readonly,
            (true, true) => Access::Frozen,
        };
        let lacks =
            Lacks { shape: self.is_run(), strides: !self.request.contains(Request::STRIDES) };
        // SAFETY: the buffer is not released before the end of this borrow; until then the source promises the memory, and
        // `frozen` comes from it. `check` saw at most 64 dimensions.
        unsafe { View::from_raw(self.view.buf.cast_const().cast(), layout, format, access, lacks) }
    }
}

impl Line {
    /// Copies of the arrays of a view with one dimension, if one of them lies in the struct itself.
    #[inline]
    fn copied_from(view: &Py_buffer) -> Option<Line> {
        let start = std::ptr::from_ref(view).addr();
        let lies_inside = |array: *mut Py_ssize_t| {
            (start..start + size_of::<Py_buffer>()).contains(&array.addr())
        };
        if view.ndim != 1 || !(lies_inside(view.shape) || lies_inside(view.strides)) {
            return None;
        }
        let copy = |array: *mut Py_ssize_t| {
            // SAFETY: not NULL, so one number, in the struct that was filled or of the exporter's.
            (!array.is_null()).then(|| [unsafe { array.read() }])
        };
        Some(Line { shape: copy(view.shape), strides: copy(view.strides) })
    }
}

impl<S: Source> Drop for Buffer<S> {
    fn drop(&mut self) {
        // SAFETY: the invariant: granted by S and not released.
        unsafe { S::release(&mut self.view) };
    }
}

impl<S: Source> fmt::Debug for Buffer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("len", &self.len())
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
