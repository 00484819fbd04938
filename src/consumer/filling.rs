//! The request of a view: filled in its place, checked, and moved out.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::null_mut;

use super::{Buffer, ELSEWHERE, Place, Source};
use crate::abi::{Py_buffer, Py_ssize_t, PyBUF_MAX_NDIM};
use crate::error::BufferError;
use crate::layout;
use crate::request::Request;

impl<S: Source> Buffer<S> {
    #[inline]
    pub(super) fn ask(
        source: &S,
        request: Request,
        lenient: bool,
    ) -> Result<Buffer<S>, BufferError> {
        let mut buffer = Buffer::<S>::unfilled(request, lenient);
        // SAFETY: the source fills it.
        unsafe { buffer.fill(lenient, |view| source.get(view, request)) }?;
        // SAFETY: the same type of source.
        Ok(unsafe { buffer.take() })
    }

    /// A place for a view. It is filled where it lies: a buffer is large, and moving it costs as
    /// much as many a request.
    #[inline]
    pub(crate) fn unfilled(request: Request, lenient: bool) -> Buffer<S> {
        Buffer {
            view: Py_buffer::zeroed(),
            request,
            granted: false,
            shape: ELSEWHERE,
            strides: ELSEWHERE,
            suboffsets: ELSEWHERE,
            immutable: false,
            may_write: lenient || request.contains(Request::WRITABLE),
            permits_addresses: false,
            _source: PhantomData,
        }
    }

    /// Moves the buffer out of the place where it was filled.
    ///
    /// # Safety
    ///
    /// A `T` grants and releases the same views as an `S`.
    #[inline(always)]
    pub(crate) unsafe fn take<T: Source>(&mut self) -> Buffer<T> {
        Buffer {
            view: copied(&self.view),
            request: self.request,
            granted: std::mem::replace(&mut self.granted, false),
            shape: self.shape,
            strides: self.strides,
            suboffsets: self.suboffsets,
            immutable: self.immutable,
            may_write: self.may_write,
            permits_addresses: self.permits_addresses,
            _source: PhantomData,
        }
    }

    /// Requests the view, and checks it. If that fails, there is no other use for the place.
    ///
    /// # Safety
    ///
    /// `fill` fills a view for the request as [`Source::get`] of an `S` does. Nothing was granted
    /// yet.
    #[inline]
    pub(crate) unsafe fn fill(
        &mut self,
        lenient: bool,
        fill: impl FnOnce(&mut Py_buffer) -> Result<(), BufferError>,
    ) -> Result<(), BufferError> {
        fill(&mut self.view)?;
        // From here on the view is released, whatever happens.
        self.granted = true;
        let is_whole = self.find_arrays();
        self.check(is_whole, lenient)?;
        self.immutable = self.is_immutable();
        Ok(())
    }

    /// Whether no code writes the items. Not known of those behind pointers.
    #[inline]
    fn is_immutable(&self) -> bool {
        self.view.readonly != 0 && self.is_memory_immutable()
    }

    #[inline(never)]
    fn is_memory_immutable(&self) -> bool {
        let layout = self.layout();
        if layout.follows_pointers().is_some() {
            return false;
        }
        let (buf, span) = (self.view.buf.addr(), layout.span());
        let memory = buf.wrapping_add_signed(span.start)..buf.wrapping_add_signed(span.end);
        // SAFETY: granted and not released.
        unsafe { S::is_immutable(&self.view, memory) }
    }

    /// Finds the arrays that lie within the struct, which will move. False if one does so in
    /// part, or is not aligned.
    #[inline]
    fn find_arrays(&mut self) -> bool {
        let view = &mut self.view;
        let start = std::ptr::from_ref(view).addr();
        let len = usize::try_from(view.ndim).unwrap_or(0).saturating_mul(size_of::<Py_ssize_t>());
        let mut is_whole = true;
        let mut find = |array: &mut *mut Py_ssize_t| {
            let first = array.addr();
            is_whole &= first % align_of::<Py_ssize_t>() == 0;
            if first >= start + size_of::<Py_buffer>() || first.saturating_add(len) <= start {
                return ELSEWHERE;
            }
            *array = null_mut();
            let place = first.wrapping_sub(start);
            is_whole &= place.saturating_add(len) <= size_of::<Py_buffer>();
            Place(place as u8) // within the struct, or the view is refused
        };
        self.shape = find(&mut view.shape);
        self.strides = find(&mut view.strides);
        self.suboffsets = find(&mut view.suboffsets);
        is_whole
    }

    /// Refuses a view whose numbers no item can be found by. Foreign exporters may write
    /// anything.
    #[inline]
    fn check(&self, is_whole: bool, lenient: bool) -> Result<(), BufferError> {
        let view = &self.view;
        let max_ndim = if lenient { 2 * PyBUF_MAX_NDIM } else { PyBUF_MAX_NDIM };
        if usize::try_from(view.ndim).map_or(true, |ndim| ndim > max_ndim) {
            return contradiction(format_args!("has ndim {}", view.ndim));
        }
        if view.len < 0 {
            return contradiction(format_args!("has len {}", view.len));
        }
        if view.itemsize <= 0 {
            return contradiction(format_args!("has itemsize {}", view.itemsize));
        }
        if view.buf.is_null() && view.len > 0 {
            return contradiction(format_args!("has items, and buf is NULL"));
        }
        if !is_whole {
            return contradiction(format_args!(
                "has an array that is not aligned, or begins or ends within the struct"
            ));
        }
        if !self.request.contains(Request::INDIRECT) {
            let granted = self.array(self.suboffsets, view.suboffsets);
            let followed = |all: &[Py_ssize_t]| !lenient || all.iter().any(|&each| each >= 0);
            if granted.is_some_and(followed) {
                return contradiction(format_args!("has suboffsets, not requested"));
            }
        }
        let suboffsets = self.suboffsets();
        let (shape, itemsize) = self.extents();
        if shape.len() < self.ndim() {
            return contradiction(format_args!("has dimensions, and shape is NULL"));
        }
        match layout::check(shape, self.strides(), suboffsets, itemsize) {
            Err(error) => contradiction(format_args!("contradicts itself: {error}")),
            Ok(len) if len != view.len => {
                contradiction(format_args!("has len {} for {len} bytes", view.len))
            }
            Ok(_) => Ok(()),
        }
    }
}

/// A copy, read field by field, each at the width at which an exporter has just written it. A
/// processor forwards what was just written to a read of the same width, and makes those wait
/// that compilers copy a struct by.
#[inline(always)]
fn copied(view: &Py_buffer) -> Py_buffer {
    #[inline(always)]
    fn read<T: Copy>(field: &T) -> T {
        // SAFETY: a borrowed field.
        unsafe { std::ptr::from_ref(field).read_volatile() }
    }
    Py_buffer {
        buf: read(&view.buf),
        obj: read(&view.obj),
        len: read(&view.len),
        itemsize: read(&view.itemsize),
        readonly: read(&view.readonly),
        ndim: read(&view.ndim),
        format: read(&view.format),
        shape: read(&view.shape),
        strides: read(&view.strides),
        suboffsets: read(&view.suboffsets),
        internal: read(&view.internal),
    }
}

#[cold]
fn contradiction<T>(what: fmt::Arguments<'_>) -> Result<T, BufferError> {
    Err(BufferError::Refused(format!("the view granted {what}").into()))
}
