//! Which fields a request gets, and which requests are refused: the heart of the protocol.
//!
//! [`grant`] is the whole decision, a pure function of what the memory is like and what was asked.
//! It decides first, in the order of CPython's `memoryview`; only then is the `Py_buffer` written,
//! once, all fields of it. A refusal writes `obj` alone, as NULL.
//!
//! ```
//! use bufferprocs::grant::{ViewProperties, grant};
//! use bufferprocs::{BufferError, Request};
//!
//! // Two dimensions in Fortran order, read-only.
//! let properties =
//!     ViewProperties { readonly: true, f_contiguous: true, ndim: 2, ..Default::default() };
//! let granted = grant(&properties, Request::STRIDES).unwrap();
//! assert!(granted.shape && granted.strides && !granted.format);
//! assert_eq!(grant(&properties, Request::ND), Err(BufferError::NeedsStrides));
//! assert_eq!(grant(&properties, Request::FULL), Err(BufferError::NotWritable));
//! ```

mod properties;

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use crate::abi::{Py_buffer, Py_ssize_t, PyObject};
use crate::error::BufferError;
use crate::request::Request;
use crate::view::View;
pub use properties::ViewProperties;
pub(crate) use properties::{grants_all, grants_records, grants_simple};

/// The fields that a consumer gets beyond `buf`, `obj`, `len`, `itemsize`, `readonly` and
/// `internal`, which are always set. What is false becomes NULL.
///
/// ```
/// use bufferprocs::Request;
/// use bufferprocs::grant::{ViewProperties, grant};
///
/// let line = ViewProperties { c_contiguous: true, ndim: 1, ..Default::default() };
/// let granted = grant(&line, Request::ND)?;
/// assert!(granted.shape && !granted.strides && !granted.format);
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The `ndim` field. 1 without `ND`: the memory is then one run of bytes.
    pub ndim: usize,
    /// The `format` field.
    pub format: bool,
    /// The `shape` field.
    pub shape: bool,
    /// The `strides` field.
    pub strides: bool,
    /// The `suboffsets` field.
    pub suboffsets: bool,
}

/// Decides on a request.
///
/// The refusals come in `memoryview`'s order: writable, C, Fortran, any order, suboffsets,
/// strides, format without shape. Last comes what the exporter itself does not know: shape,
/// strides, format.
pub fn grant(properties: &ViewProperties, request: Request) -> Result<Grant, BufferError> {
    let asks = |flag| request.contains(flag);
    if asks(Request::WRITABLE) && properties.readonly {
        return Err(BufferError::NotWritable);
    }
    if asks(Request::C_CONTIGUOUS) && !properties.c_contiguous {
        return Err(BufferError::NotCContiguous);
    }
    if asks(Request::F_CONTIGUOUS) && !properties.f_contiguous {
        return Err(BufferError::NotFContiguous);
    }
    if asks(Request::ANY_CONTIGUOUS) && !properties.c_contiguous && !properties.f_contiguous {
        return Err(BufferError::NotContiguous);
    }
    if properties.suboffsets && !asks(Request::INDIRECT) {
        return Err(BufferError::NeedsSuboffsets);
    }
    // A consumer without strides takes the memory for a C array.
    if !asks(Request::STRIDES) && !properties.c_contiguous {
        return Err(BufferError::NeedsStrides);
    }
    if asks(Request::FORMAT) && !asks(Request::ND) && !properties.bare_format {
        return Err(BufferError::FormatWithoutShape);
    }
    if asks(Request::ND) && properties.missing_shape {
        return Err(BufferError::NoShape);
    }
    if asks(Request::STRIDES) && properties.missing_strides {
        return Err(BufferError::NoStrides);
    }
    if asks(Request::FORMAT) && properties.missing_format {
        return Err(BufferError::NoFormat);
    }
    let dimensions = properties.ndim > 0;
    Ok(Grant {
        // 1 and not `properties.ndim`: a memoryview made of ndim 2 and a shape of NULL crashes the
        // interpreter with SIGSEGV.
        ndim: if asks(Request::ND) { properties.ndim } else { 1 },
        format: asks(Request::FORMAT),
        shape: asks(Request::ND) && dimensions,
        strides: asks(Request::STRIDES) && dimensions,
        suboffsets: properties.suboffsets,
    })
}

/// A view made ready for any number of requests: its arrays are at addresses that last as long as
/// this value.
///
/// # Invariants
///
/// `shape`, `strides` and `suboffsets` of `all` are NULL or point to `properties.ndim` numbers
/// each, in `_arrays`. `buf` and `format` are those of the [`View`] it was made from and valid as
/// long as that view's lifetime.
#[derive(Debug)]
pub(crate) struct CachedView {
    /// The properties in one word. A struct of `bool`s takes longer to move.
    properties: usize,
    /// All fields but `obj` and `internal`.
    all: Py_buffer,
    /// What the three pointers in `all` point into.
    _arrays: Box<[Py_ssize_t]>,
}

impl CachedView {
    /// The properties of the view, as [`ViewProperties::to_word`] has them.
    pub(crate) fn properties(&self) -> usize {
        self.properties
    }

    pub(crate) fn new(view: &View<'_>) -> CachedView {
        let (layout, missing) = (view.layout(), view.missing());
        let properties = ViewProperties {
            readonly: view.is_readonly(),
            c_contiguous: layout.is_c_contiguous(),
            f_contiguous: layout.is_f_contiguous(),
            suboffsets: layout.suboffsets().is_some(),
            ndim: layout.ndim(),
            bare_format: view.grants_bare_format(),
            immutable: view.is_immutable(),
            missing_shape: missing.shape,
            missing_strides: missing.strides,
            missing_format: view.format().is_none(),
        };
        let suboffsets = layout.suboffsets().unwrap_or_default();
        let mut arrays = Vec::with_capacity(2 * properties.ndim + suboffsets.len());
        arrays.extend_from_slice(layout.shape());
        arrays.extend_from_slice(layout.strides());
        arrays.extend_from_slice(suboffsets);
        let arrays: Box<[Py_ssize_t]> = arrays.into();
        // One pointer to all of them, which consumers only read through.
        let start = arrays.as_ptr().cast_mut();
        let array = |is_there: bool, place: usize| match is_there && properties.ndim > 0 {
            true => start.wrapping_add(place * properties.ndim),
            false => null_mut(),
        };
        let all = Py_buffer {
            buf: view.buf().cast_mut().cast(),
            obj: null_mut(),
            len: view.len_bytes() as Py_ssize_t, // sizes of memory that exists
            itemsize: view.itemsize() as Py_ssize_t,
            readonly: properties.readonly.into(),
            ndim: properties.ndim as c_int, // at most 64, or few more
            format: view.format().map_or(null_mut(), |format| format.as_ptr().cast_mut()),
            shape: array(true, 0),
            strides: array(true, 1),
            suboffsets: array(properties.suboffsets, 2),
            internal: null_mut(),
        };
        CachedView { properties: properties.to_word(), all, _arrays: arrays }
    }

    /// A view of all fields.
    #[inline]
    pub(crate) fn all(&self, obj: *mut PyObject, internal: *mut c_void) -> Py_buffer {
        Py_buffer { obj, internal, ..self.all }
    }

    /// A view of a run of bytes.
    #[inline]
    pub(crate) fn simple(&self, obj: *mut PyObject, internal: *mut c_void) -> Py_buffer {
        let (format, shape, strides) = (null_mut(), null_mut(), null_mut());
        Py_buffer { obj, internal, ndim: 1, format, shape, strides, ..self.all }
    }

    /// A view of the fields that were granted.
    pub(crate) fn partial(
        &self,
        obj: *mut PyObject,
        internal: *mut c_void,
        granted: Grant,
    ) -> Py_buffer {
        let all = self.all(obj, internal);
        Py_buffer {
            ndim: granted.ndim as c_int, // at most 64, or few more
            format: if granted.format { all.format } else { null_mut() },
            shape: if granted.shape { all.shape } else { null_mut() },
            strides: if granted.strides { all.strides } else { null_mut() },
            ..all
        }
    }
}

/// Leaves a view as a refusal has to: `obj` NULL, the rest as it was.
///
/// # Safety
///
/// `view` is valid for writes.
#[cold]
pub(crate) unsafe fn refuse(view: *mut Py_buffer) {
    // SAFETY: `view` is valid for writes, so a field's address may be computed.
    let obj = unsafe { &raw mut (*view).obj };
    // SAFETY: as above.
    unsafe { obj.write(null_mut()) };
}

/// Fills a view of plain bytes, for any request: what `PyBuffer_FillInfo` does.
///
/// The view has one dimension of items of one byte. Its `shape` and `strides` point into the view
/// itself, at `len` and `itemsize`: a consumer that moves the struct has to copy them first.
/// `FORMAT` without `ND` is granted, as CPython does. Differs in two points: on refusal `obj`
/// becomes NULL, as the documentation says and CPython's code does not do; and the words
/// `PyBUF_READ` and `PyBUF_WRITE` are not refused, as they are since 3.13.
///
/// `obj` is the exporter, to which the caller took a reference; it passes to the view on success
/// and stays with the caller on refusal. Fails only if `WRITABLE` is requested of read-only bytes.
///
/// # Safety
///
/// - `view` is valid for writes.
/// - `buf` is valid for `len` bytes until the export ends, for writes too unless `readonly`.
#[doc(alias = "PyBuffer_FillInfo")]
pub unsafe fn fill_info(
    view: *mut Py_buffer,
    obj: *mut PyObject,
    buf: *mut c_void,
    len: Py_ssize_t,
    readonly: bool,
    request: Request,
) -> Result<(), BufferError> {
    let properties = ViewProperties {
        readonly,
        c_contiguous: true,
        f_contiguous: true,
        ndim: 1,
        bare_format: true,
        ..ViewProperties::default()
    };
    let granted = match grant(&properties, request) {
        Ok(granted) => granted,
        Err(refusal) => {
            // SAFETY: `view` is valid for writes, by the caller's promise.
            unsafe { refuse(view) };
            return Err(refusal);
        }
    };
    // SAFETY: `view` is valid for writes, so a field's address may be computed.
    let own_len = unsafe { &raw mut (*view).len };
    // SAFETY: as above.
    let own_itemsize = unsafe { &raw mut (*view).itemsize };
    let filled = Py_buffer {
        buf,
        obj,
        len,
        itemsize: 1,
        readonly: readonly.into(),
        ndim: 1,
        format: if granted.format { c"B".as_ptr().cast_mut() } else { null_mut() },
        shape: if granted.shape { own_len } else { null_mut() },
        strides: if granted.strides { own_itemsize } else { null_mut() },
        suboffsets: null_mut(),
        internal: null_mut(),
    };
    // SAFETY: `view` is valid for writes, by the caller's promise.
    unsafe { view.write(filled) };
    Ok(())
}
