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
//! Items are copied out, one at a time, as [`Shared::load`](crate::Shared::load) does: no API can give a sound `&[u8]` over
//! memory that somebody else may write.

use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::null_mut;

use crate::abi::{Py_buffer, Py_ssize_t, PyBUF_MAX_NDIM};
use crate::error::{AccessError, BufferError};
use crate::format;
use crate::item::{self, AnyBits};
use crate::request::Request;

/// Something that can be asked for a buffer: an object, through whichever interpreter it belongs to.
///
/// # Safety
///
/// After a successful [`get`](Self::get), until [`release`](Self::release): what the view describes is valid memory, of
/// initialised bytes, that the exporter neither moves nor frees, and others write it by atomic operations if at all. The
/// view's arrays do not change.
pub unsafe trait Source {
    /// Whether memory that a view shows as read-only is written by nobody at all.
    ///
    /// Not so in CPython, where `memoryview(x).toreadonly()` looks at memory that others write.
    const READONLY_IS_FROZEN: bool;

    /// Asks for a view: what `PyObject_GetBuffer` does. On success the view owns a reference to its `obj`.
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError>;

    /// Gives a view back, and drops its reference to `obj`: what `PyBuffer_Release` does.
    ///
    /// # Safety
    ///
    /// `view` was granted by [`get`](Self::get) and is not released yet. It may be a byte copy of the struct that was filled.
    unsafe fn release(view: &mut Py_buffer);
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
    _source: PhantomData<S>,
}

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
    pub fn get(source: &S, request: Request) -> Result<Buffer<S>, BufferError> {
        let mut view = Py_buffer::zeroed();
        source.get(&mut view, request)?;
        // From here on the view is released, whatever happens.
        let mut buffer = Buffer { view, request, line: None, _source: PhantomData };
        buffer.line = Line::copied_from(&view);
        if buffer.line.is_some() {
            // They point to where the struct was filled, which it leaves now.
            (buffer.view.shape, buffer.view.strides) = (null_mut(), null_mut());
        }
        buffer.check()?;
        Ok(buffer)
    }

    /// Refuses a view whose numbers no item can be found by. Foreign exporters may write anything.
    fn check(&self) -> Result<(), BufferError> {
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
        if !self.request.contains(Request::ND) {
            return Ok(());
        }
        if self.shape().is_none() && view.ndim > 0 {
            return contradiction("the view granted has dimensions, and shape is NULL".into());
        }
        let shape = self.shape().unwrap_or(&[]);
        let empty = shape.contains(&0);
        let mut len = view.itemsize;
        for (axis, &extent) in shape.iter().enumerate() {
            if extent < 0 {
                return contradiction(format!("the view granted has shape[{axis}] {extent}"));
            }
            len = match len.checked_mul(extent) {
                _ if empty => 0,
                Some(len) => len,
                None => {
                    return contradiction(format!("the view granted overflows at shape[{axis}]"));
                }
            };
        }
        if len != view.len {
            return contradiction(format!("the view granted has len {} for {len} bytes", view.len));
        }
        Ok(())
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

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.view.ndim.unsigned_abs() as usize
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
            _ if !self.request.contains(Request::ND) => None,
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

    /// The struct itself, for reading.
    ///
    /// Arrays that lay in the struct when it was filled are NULL here; [`shape`](Self::shape) and [`strides`](Self::strides)
    /// have copies of them.
    pub fn raw(&self) -> &Py_buffer {
        &self.view
    }

    /// A copy of the item at `indices`.
    ///
    /// Fails if the items are no `T` in this machine's byte order, or an index is missing or out of range. Where the
    /// request lacked `ND` the items are the `len` bytes, and there is one index.
    #[doc(alias = "PyBuffer_GetPointer")]
    pub fn item<T: AnyBits>(&self, indices: &[usize]) -> Result<T, AccessError> {
        let run = !self.request.contains(Request::ND);
        let shown = if run { None } else { self.format() };
        // Without a format only the size is known; `"B"` is what NULL stands for, where the items are bytes.
        let itemsize = if run { 1 } else { self.itemsize() };
        if !format::is_format_of::<T>(shown) {
            return Err(AccessError::Format {
                found: shown.map(|format| format.to_string_lossy().into_owned()),
                expected: T::FORMAT.to_str().unwrap_or("?"), // formats are ASCII
            });
        }
        if itemsize != size_of::<T>() {
            return Err(AccessError::Itemsize { found: itemsize, expected: size_of::<T>() });
        }
        let run_shape = [self.view.len];
        let shape = if run { &run_shape[..] } else { self.shape().unwrap_or(&[]) };
        check_indices(indices, shape)?;
        let frozen = S::READONLY_IS_FROZEN && self.is_readonly();
        let address = self.address_of(indices, shape, itemsize);
        if frozen {
            // SAFETY: the indices lie within the shape, so the exporter promised an item there, which nobody writes.
            return Ok(unsafe { address.cast::<T>().read_unaligned() });
        }
        if run && self.len() % self.itemsize() == 0 {
            let offset = indices[0] % self.itemsize();
            // SAFETY: the byte lies within the run, which consists of whole items.
            return Ok(unsafe { item::load_part(address, offset, self.itemsize()) });
        }
        // SAFETY: the indices lie within the shape, so the exporter promised an item there; a source promises that others
        // write it by atomic operations if at all.
        Ok(unsafe { item::load(address.cast::<T>()) })
    }

    /// Address of an item whose indices lie within `shape`.
    fn address_of(&self, indices: &[usize], shape: &[Py_ssize_t], itemsize: usize) -> *const u8 {
        let mut address: *const u8 = self.view.buf.cast_const().cast();
        let Some(strides) = self.strides() else {
            let packed = indices.iter().zip(shape);
            let position = packed
                .fold(0, |position, (&index, &extent)| position * extent.unsigned_abs() + index);
            return address.wrapping_add(position * itemsize);
        };
        for (axis, (&index, &stride)) in indices.iter().zip(strides).enumerate() {
            address = address.wrapping_offset((index as isize).wrapping_mul(stride));
            let suboffset = self.suboffsets().map_or(-1, |suboffsets| suboffsets[axis]);
            if suboffset >= 0 {
                // SAFETY: a suboffset that is not negative says that a pointer stands here.
                let block = unsafe { address.cast::<*const u8>().read_unaligned() };
                address = block.wrapping_offset(suboffset);
            }
        }
        address
    }
}

impl Line {
    /// Copies of the arrays of a view with one dimension, if one of them lies in the struct itself.
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

fn check_indices(indices: &[usize], shape: &[Py_ssize_t]) -> Result<(), AccessError> {
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
