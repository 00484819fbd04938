//! CPython's buffer structs and constants, bit for bit.
//!
//! This is the one module that uses C names. It holds what `Include/pybuffer.h` and
//! `Include/cpython/object.h` declare and nothing else; the rest of the crate uses CPython's words
//! in Rust's case. The sizes and offsets below are frozen: the struct is part of the stable ABI
//! since Python 3.11.
//!
//! ```
//! use bufferprocs::abi::{Py_buffer, PyBUF_FULL_RO, PyBUF_STRIDES};
//!
//! // Nine pointer-sized fields and two C ints: 80 bytes on 64-bit machines, 44 on 32-bit ones.
//! assert_eq!(std::mem::size_of::<Py_buffer>(), 9 * std::mem::size_of::<usize>() + 8);
//! assert_eq!(PyBUF_FULL_RO & PyBUF_STRIDES, PyBUF_STRIDES); // the flags nest
//! ```
#![allow(non_camel_case_types, non_upper_case_globals)]

use std::ffi::{c_char, c_int, c_void};
use std::marker::{PhantomData, PhantomPinned};

/// C's `Py_ssize_t`: sizes, strides and offsets, in bytes or items.
///
/// ```
/// use bufferprocs::abi::Py_ssize_t;
///
/// assert_eq!(size_of::<Py_ssize_t>(), size_of::<*const u8>());
/// ```
pub type Py_ssize_t = isize;

/// A Python object, opaque here: only pointers to it occur.
///
/// ```
/// use bufferprocs::abi::Py_buffer;
/// use bufferprocs::{Buffer, Object, Request};
///
/// let object = Object::new(vec![1u8]);
/// let view: Py_buffer = *Buffer::get(&object, Request::SIMPLE)?.raw();
/// assert_eq!(view.obj, object.as_ptr()); // a `*mut PyObject`
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[repr(C)]
#[derive(Debug)]
pub struct PyObject {
    _opaque: [u8; 0],
    // Neither Send, Sync nor Unpin: the crate knows nothing of the object.
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// The view that an exporter fills and a consumer reads.
///
/// The consumer owns the struct; everything it points at belongs to the exporter until
/// [`bf_releasebuffer`](PyBufferProcs::bf_releasebuffer).
///
/// ```
/// use bufferprocs::{Buffer, Object, Request};
///
/// let object = Object::new(vec![1u16, 2, 3]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let view = buffer.raw();
/// assert_eq!((view.len, view.itemsize, view.ndim, view.readonly), (6, 2, 1, 1));
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Py_buffer {
    /// The first item: all indices 0. Not always the lowest address.
    pub buf: *mut c_void,
    /// The exporter, as a reference that the consumer owns. NULL after a refusal and after
    /// release.
    pub obj: *mut PyObject,
    /// `product(shape) * itemsize`, in bytes: what a packed copy needs, not what the memory spans.
    pub len: Py_ssize_t,
    /// Bytes of one item, whether or not the request has `FORMAT`.
    pub itemsize: Py_ssize_t,
    /// 1 if the consumer may not write, else 0.
    pub readonly: c_int,
    /// Number of dimensions, at most [`PyBUF_MAX_NDIM`].
    pub ndim: c_int,
    /// NUL-terminated item format in `struct` syntax, or NULL for `"B"`.
    pub format: *mut c_char,
    /// `ndim` extents in items, or NULL.
    pub shape: *mut Py_ssize_t,
    /// `ndim` steps in bytes, of either sign, or NULL for packed C order.
    pub strides: *mut Py_ssize_t,
    /// `ndim` offsets in bytes after following a pointer (none is followed where negative), or
    /// NULL.
    pub suboffsets: *mut Py_ssize_t,
    /// The exporter's own; a consumer hands it back unchanged.
    pub internal: *mut c_void,
}

impl Py_buffer {
    /// A view with every field zero or NULL, as a consumer would prepare it.
    pub const fn zeroed() -> Py_buffer {
        Py_buffer {
            buf: std::ptr::null_mut(),
            obj: std::ptr::null_mut(),
            len: 0,
            itemsize: 0,
            readonly: 0,
            ndim: 0,
            format: std::ptr::null_mut(),
            shape: std::ptr::null_mut(),
            strides: std::ptr::null_mut(),
            suboffsets: std::ptr::null_mut(),
            internal: std::ptr::null_mut(),
        }
    }
}

/// `bf_getbuffer`: answers one request by filling `view` as `flags` ask.
///
/// Returns 0, or -1 with an exception set and `view->obj` NULL.
///
/// ```
/// use std::ffi::c_int;
/// use bufferprocs::abi::{Py_buffer, PyObject, getbufferproc};
///
/// /// Grants nothing. A function for CPython also sets an exception.
/// unsafe extern "C" fn refuse(_: *mut PyObject, view: *mut Py_buffer, _: c_int) -> c_int {
///     // SAFETY: the caller passes a view that may be written.
///     unsafe { (*view).obj = std::ptr::null_mut() };
///     -1
/// }
///
/// let proc: getbufferproc = refuse;
/// ```
pub type getbufferproc =
    unsafe extern "C" fn(exporter: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int;

/// `bf_releasebuffer`: gives back what one export holds. Never drops `view->obj`.
///
/// ```
/// use bufferprocs::abi::{Py_buffer, PyObject, releasebufferproc};
///
/// unsafe extern "C" fn release(_: *mut PyObject, view: *mut Py_buffer) {
///     // SAFETY: `internal` was made by `Box::into_raw` when the view was granted.
///     drop(unsafe { Box::from_raw((*view).internal.cast::<u32>()) });
/// }
///
/// let proc: releasebufferproc = release;
/// ```
pub type releasebufferproc = unsafe extern "C" fn(exporter: *mut PyObject, view: *mut Py_buffer);

/// The two functions that make a type an exporter: `tp_as_buffer` points here.
///
/// ```
/// use std::ffi::c_int;
/// use bufferprocs::abi::{Py_buffer, PyBufferProcs, PyObject};
/// use bufferprocs::grant::fill_info;
/// use bufferprocs::object::incref;
/// use bufferprocs::{Buffer, Object, Request};
///
/// static BYTES: [u8; 3] = *b"abc";
///
/// unsafe extern "C" fn get(obj: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
///     let (buf, request) = (BYTES.as_ptr().cast_mut().cast(), Request::from_bits_retain(flags));
///     // SAFETY: the view may be written, and the bytes are never freed.
///     match unsafe { fill_info(view, obj, buf, 3, true, request) } {
///         Ok(()) => {
///             // SAFETY: the object is alive; the view owns the new reference.
///             unsafe { incref(obj) };
///             0
///         }
///         Err(_) => -1,
///     }
/// }
///
/// static PROCS: PyBufferProcs =
///     PyBufferProcs { bf_getbuffer: Some(get), bf_releasebuffer: None };
///
/// // SAFETY: the procs grant read-only bytes that no code writes.
/// let object = unsafe { Object::with_procs((), &PROCS) };
/// assert_eq!(Buffer::get(&object, Request::SIMPLE)?.item::<u8>(&[2])?, b'c');
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PyBufferProcs {
    /// Required of an exporter.
    pub bf_getbuffer: Option<getbufferproc>,
    /// NULL where nothing has to be given back.
    pub bf_releasebuffer: Option<releasebufferproc>,
}

/// The most dimensions an exporter may show.
pub const PyBUF_MAX_NDIM: usize = 64;

/// One run of bytes, nothing else asked.
pub const PyBUF_SIMPLE: c_int = 0;
/// The consumer wants to write.
pub const PyBUF_WRITABLE: c_int = 0x1;
/// `format` is wanted.
pub const PyBUF_FORMAT: c_int = 0x4;
/// `shape` is wanted.
pub const PyBUF_ND: c_int = 0x8;
/// `strides` are wanted, and `shape` with them.
pub const PyBUF_STRIDES: c_int = 0x10 | PyBUF_ND;
/// `strides`, and the memory must be packed in C order.
pub const PyBUF_C_CONTIGUOUS: c_int = 0x20 | PyBUF_STRIDES;
/// `strides`, and the memory must be packed in Fortran order.
pub const PyBUF_F_CONTIGUOUS: c_int = 0x40 | PyBUF_STRIDES;
/// `strides`, and the memory must be packed in either order.
pub const PyBUF_ANY_CONTIGUOUS: c_int = 0x80 | PyBUF_STRIDES;
/// `suboffsets` are understood, and `strides` with them.
pub const PyBUF_INDIRECT: c_int = 0x100 | PyBUF_STRIDES;

/// `ND | WRITABLE`.
pub const PyBUF_CONTIG: c_int = PyBUF_ND | PyBUF_WRITABLE;
/// `ND`.
pub const PyBUF_CONTIG_RO: c_int = PyBUF_ND;
/// `STRIDES | WRITABLE`.
pub const PyBUF_STRIDED: c_int = PyBUF_STRIDES | PyBUF_WRITABLE;
/// `STRIDES`.
pub const PyBUF_STRIDED_RO: c_int = PyBUF_STRIDES;
/// `STRIDES | WRITABLE | FORMAT`.
pub const PyBUF_RECORDS: c_int = PyBUF_STRIDES | PyBUF_WRITABLE | PyBUF_FORMAT;
/// `STRIDES | FORMAT`.
pub const PyBUF_RECORDS_RO: c_int = PyBUF_STRIDES | PyBUF_FORMAT;
/// `INDIRECT | WRITABLE | FORMAT`.
pub const PyBUF_FULL: c_int = PyBUF_INDIRECT | PyBUF_WRITABLE | PyBUF_FORMAT;
/// `INDIRECT | FORMAT`: what `memoryview` asks for.
pub const PyBUF_FULL_RO: c_int = PyBUF_INDIRECT | PyBUF_FORMAT;

/// An argument of `PyMemoryView_FromMemory` and `PyMemoryView_GetContiguous`. Not a request.
pub const PyBUF_READ: c_int = 0x100;
/// An argument of `PyMemoryView_FromMemory` and `PyMemoryView_GetContiguous`. Not a request.
pub const PyBUF_WRITE: c_int = 0x200;

/// The struct as the C compiler lays it out, on both pointer widths.
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    const P: usize = size_of::<*mut c_void>();
    const INTS: usize = 2 * size_of::<c_int>();
    assert!(size_of::<Py_ssize_t>() == P && (P == 4 || P == 8));
    assert!(offset_of!(Py_buffer, buf) == 0);
    assert!(offset_of!(Py_buffer, obj) == P);
    assert!(offset_of!(Py_buffer, len) == 2 * P);
    assert!(offset_of!(Py_buffer, itemsize) == 3 * P);
    assert!(offset_of!(Py_buffer, readonly) == 4 * P);
    assert!(offset_of!(Py_buffer, ndim) == 4 * P + size_of::<c_int>());
    assert!(offset_of!(Py_buffer, format) == 4 * P + INTS);
    assert!(offset_of!(Py_buffer, shape) == 5 * P + INTS);
    assert!(offset_of!(Py_buffer, strides) == 6 * P + INTS);
    assert!(offset_of!(Py_buffer, suboffsets) == 7 * P + INTS);
    assert!(offset_of!(Py_buffer, internal) == 8 * P + INTS);
    assert!(size_of::<Py_buffer>() == 9 * P + INTS && align_of::<Py_buffer>() == P);
    assert!(size_of::<PyBufferProcs>() == 2 * P);
};
