//! What is true of a correct exporter: read once, from the view of all fields that it grants.

use std::ffi::{CStr, CString};

use bufferprocs::abi::{Py_buffer, PyObject};
use bufferprocs::conformance::Target;
use bufferprocs::{Object, Request};

/// The fields of the original, which the faults start from.
#[derive(Debug, Clone)]
pub struct Facts {
    pub buf: usize,
    /// The object in `obj`, which lives as long as the original.
    pub obj: *mut PyObject,
    pub len: isize,
    pub itemsize: isize,
    pub is_readonly: bool,
    /// None if the original shows none.
    pub shape: Option<Vec<isize>>,
    pub strides: Option<Vec<isize>>,
    pub suboffsets: Option<Vec<isize>>,
    pub format: Option<CString>,
    /// Another object than the one that was asked is in `obj`.
    pub is_redirected: bool,
    /// Each view of the original has memory of its own.
    pub is_per_view: bool,
}

/// Numbers of an array of a view.
///
/// # Safety
///
/// `array` is NULL, or `ndim` numbers can be read there.
pub unsafe fn numbers(array: *const isize, ndim: i32) -> Option<Vec<isize>> {
    let ndim = usize::try_from(ndim).unwrap_or(0);
    // SAFETY: the caller's promise.
    (!array.is_null()).then(|| unsafe { std::slice::from_raw_parts(array, ndim) }.to_vec())
}

impl Facts {
    pub fn of(object: &Object, is_per_view: bool) -> Facts {
        let mut view = Py_buffer::zeroed();
        let requests = [
            Request::FULL_RO,
            Request::INDIRECT,
            Request::ND | Request::FORMAT,
            Request::ND,
            Request::SIMPLE,
        ];
        let mut ask =
            |request: &Request| Target::get_buffer(object, &mut view, request.bits()).status == 0;
        assert!(requests.iter().any(&mut ask), "a correct exporter grants one of these requests");
        // SAFETY: a view that was granted: its arrays have `ndim` numbers.
        let shape = unsafe { numbers(view.shape, view.ndim) };
        // SAFETY: as above.
        let strides = unsafe { numbers(view.strides, view.ndim) };
        // SAFETY: as above.
        let suboffsets = unsafe { numbers(view.suboffsets, view.ndim) };
        // SAFETY: the format of a granted view ends with a NUL.
        let format = || unsafe { CStr::from_ptr(view.format) }.to_owned();
        let format = (!view.format.is_null()).then(format);
        // Without dimensions there is a shape, of no numbers.
        let shape = shape.or_else(|| (view.ndim == 0).then(Vec::new));
        let strides = strides.or_else(|| (view.ndim == 0).then(Vec::new));
        let facts = Facts {
            buf: view.buf.addr(),
            obj: view.obj,
            len: view.len,
            itemsize: view.itemsize,
            is_readonly: view.readonly != 0,
            shape,
            strides,
            suboffsets,
            format,
            is_redirected: view.obj != object.as_ptr(),
            is_per_view,
        };
        // SAFETY: granted above, and not released.
        unsafe { Target::release(object, &mut view) };
        facts
    }

    pub fn ndim(&self) -> usize {
        self.shape.as_ref().map_or(1, Vec::len)
    }

    pub fn has_pointers(&self) -> bool {
        self.suboffsets.iter().flatten().any(|&suboffset| suboffset >= 0)
    }

    /// Shape and strides, if there are dimensions, items, and no pointers.
    pub fn items(&self) -> Option<(&[isize], &[isize])> {
        let (shape, strides) = (self.shape.as_deref()?, self.strides.as_deref()?);
        let is_usable = self.len > 0 && !shape.is_empty() && !self.has_pointers();
        is_usable.then_some((shape, strides))
    }

    /// Offsets from `buf` of the first byte of the items and of the end.
    pub fn span(&self) -> (isize, isize) {
        let Some((shape, strides)) = self.items() else { return (0, self.len) };
        let mut span = (0, self.itemsize);
        for (extent, stride) in shape.iter().zip(strides) {
            let last = (extent - 1) * stride;
            span = (span.0 + last.min(0), span.1 + last.max(0));
        }
        span
    }

    /// Strides of the same shape, packed in C order.
    pub fn c_strides(&self) -> Vec<isize> {
        packed(self.shape.as_deref().unwrap_or_default(), self.itemsize)
    }

    /// The first axis of more than one item, if there are items, and no pointers.
    pub fn long_axis(&self) -> Option<usize> {
        self.items()?.0.iter().position(|&extent| extent > 1)
    }

    /// Whether strides lead to other items than the original's. Those of axes with one item do not.
    pub fn differ(&self, strides: &[isize]) -> bool {
        let Some((shape, real)) = self.items() else { return false };
        let mut axes = shape.iter().zip(real).zip(strides);
        axes.any(|((&extent, real), other)| extent > 1 && real != other)
    }

    /// One dimension of packed items.
    pub fn is_line(&self) -> bool {
        self.items().is_some_and(|(_, strides)| strides == [self.itemsize])
    }

    pub fn is_packed_in_c(&self) -> bool {
        !self.has_pointers() && self.strides.as_ref().is_some_and(|_| is_in_order(self, false))
    }

    pub fn is_packed_in_fortran(&self) -> bool {
        !self.has_pointers() && self.strides.as_ref().is_some_and(|_| is_in_order(self, true))
    }
}

/// The strides of a shape whose items lie one after the other, the last axis first.
pub fn packed(shape: &[isize], itemsize: isize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize;
    for (stride, extent) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= extent.max(&1);
    }
    strides
}

/// Whether the items are packed; the strides of axes with one item do not matter.
fn is_in_order(facts: &Facts, is_fortran: bool) -> bool {
    let (Some(shape), Some(strides)) = (&facts.shape, &facts.strides) else { return false };
    let mut axes: Vec<_> = shape.iter().zip(strides).collect();
    if !is_fortran {
        axes.reverse();
    }
    let mut step = facts.itemsize;
    let mut in_order = |(&extent, &stride): (&isize, &isize)| {
        let fits = extent == 1 || stride == step;
        step *= extent;
        fits
    };
    facts.len == 0 || axes.into_iter().all(&mut in_order)
}
