//! What can be examined: anything with the two procs, a reference count and exceptions.

use std::borrow::Cow;
use std::ffi::c_int;
use std::fmt;

use crate::abi::{Py_buffer, PyObject};
use crate::catch_panic::drop_caught;
use crate::error::{BufferError, MutError};
use crate::exporters::broken::Broken;
use crate::object::{self, Object};

/// An exporter as the interpreter sees it. Unlike a [`Source`](crate::Source) it may do anything
/// to the view.
///
/// # Safety
///
/// After [`get_buffer`](Self::get_buffer) returned 0, until the view is released: each pointer in
/// the view that is neither NULL nor what it was before the call can be read. Arrays have `ndim`
/// numbers, if that is from 0 to 128, the format ends with a NUL, and the items are there, as far
/// as shape, strides and suboffsets do not contradict each other. `obj` is a live object.
///
/// ```
/// use bufferprocs::abi::{Py_buffer, PyBUF_SIMPLE};
/// use bufferprocs::conformance::Target;
/// use bufferprocs::Object;
///
/// let object = Object::new(vec![1u8, 2]);
/// let mut view = Py_buffer::zeroed();
/// assert_eq!(Target::get_buffer(&object, &mut view, PyBUF_SIMPLE).status, 0);
/// assert_eq!(view.len, 2);
/// // SAFETY: granted above, and not released yet.
/// unsafe { Target::release(&object, &mut view) };
/// ```
pub unsafe trait Target {
    /// The object itself.
    fn as_ptr(&self) -> *mut PyObject;

    /// Asks for a view, as `PyObject_GetBuffer` does, and takes away the exception that is set
    /// then.
    fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> Answer;

    /// Gives a view back, as `PyBuffer_Release` does.
    ///
    /// # Safety
    ///
    /// The view was granted by [`get_buffer`](Self::get_buffer) of this target, or is a byte copy
    /// of one that was, and is not released yet. Its `obj` is NULL or a live object.
    unsafe fn release(&self, view: &mut Py_buffer);

    /// Number of references to an object, modulo 2^32. None if it has none that are counted.
    ///
    /// # Safety
    ///
    /// The object is alive.
    unsafe fn references(&self, object: *mut PyObject) -> Option<u32>;

    /// Takes references to the target, so that an exporter that drops too many does not free it.
    /// A target that cannot drop too many takes none.
    fn take_references(&self, references: u32);

    /// Gives up references to the target, at most those that are left of
    /// [`take_references`](Self::take_references).
    ///
    /// # Safety
    ///
    /// They are the caller's, from [`take_references`](Self::take_references), and the exporter has
    /// not dropped them.
    unsafe fn drop_references(&self, references: u32);

    /// Takes away what was reported since the last call and could not be raised.
    fn take_unraisable(&self) -> Option<String>;

    /// Sets an exception, as one that is on its way while a release runs. False if this target has
    /// no way to; then it is not tried.
    fn set_raised(&self) -> bool {
        false
    }

    /// Takes away the exception that is set, as after a release.
    fn take_raised(&self) -> Option<Exception> {
        None
    }

    /// Whether the object is of a Python class with a `__buffer__`, and CPython fills the view.
    fn is_python_class(&self) -> bool {
        false
    }

    /// Whether the object itself holds a view of the memory, as a `memoryview` does. A change of
    /// the memory is refused then, even if the object counts its own views rightly.
    fn holds_a_view(&self) -> bool {
        false
    }

    /// Whether the last request was refused after the `__buffer__` of a Python class had returned
    /// a view. CPython does not call `__release_buffer__` then.
    fn is_refused_after_buffer(&self) -> bool {
        false
    }
}

/// How a request was answered.
///
/// ```
/// use bufferprocs::abi::{Py_buffer, PyBUF_WRITABLE};
/// use bufferprocs::conformance::{Answer, Target};
/// use bufferprocs::exporters::bytes;
///
/// let mut view = Py_buffer::zeroed();
/// let answer: Answer = bytes::object(*b"abc").get_buffer(&mut view, PyBUF_WRITABLE);
/// assert_eq!(answer.status, -1);
/// assert!(answer.raised.unwrap().is_buffer_error);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What `bf_getbuffer` returned: 0, or -1.
    pub status: c_int,
    /// The exception that was set.
    pub raised: Option<Exception>,
}

/// An exception of Python.
///
/// ```
/// use bufferprocs::conformance::Exception;
///
/// let raised = Exception::other("ValueError", "the file is closed");
/// assert_eq!(raised.to_string(), "ValueError: the file is closed");
/// assert!(!raised.is_buffer_error);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Name of its type, as `BufferError`.
    pub name: Cow<'static, str>,
    /// What it says.
    pub message: String,
    /// Whether it is a `BufferError`, or of a type made from that.
    pub is_buffer_error: bool,
}

impl Exception {
    /// A `BufferError`.
    pub fn buffer_error(message: impl Into<String>) -> Exception {
        let name = Cow::Borrowed("BufferError");
        Exception { name, message: message.into(), is_buffer_error: true }
    }

    /// Whether it says that there are no procs to ask.
    pub(super) fn is_no_exporter(&self) -> bool {
        let texts = ["a bytes-like object is required", "the object does not export a buffer"];
        self.name == "TypeError" && texts.iter().any(|text| self.message.starts_with(text))
    }

    /// An exception of another type.
    pub fn other(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Exception {
        Exception { name: name.into(), message: message.into(), is_buffer_error: false }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.name),
            message => write!(f, "{}: {message}", self.name),
        }
    }
}

/// As CPython has it: `ValueError` of what is closed, `TypeError` of what is no exporter,
/// `BufferError` of all else.
impl From<BufferError> for Exception {
    fn from(error: BufferError) -> Exception {
        match &error {
            BufferError::Closed => Exception::other("ValueError", error.message()),
            BufferError::NotAnExporter => Exception::other("TypeError", error.message()),
            _ => {
                let message = error.message();
                drop_caught(error);
                Exception::buffer_error(message)
            }
        }
    }
}

/// A `BufferError`, as of a `bytearray` that is resized while a view is held.
impl From<MutError> for Exception {
    fn from(error: MutError) -> Exception {
        Exception::buffer_error(error.to_string())
    }
}

// SAFETY: what every object grants is what `Source` promises, by the promise of those who make
// objects.
unsafe impl Target for Object {
    fn as_ptr(&self) -> *mut PyObject {
        Object::as_ptr(self)
    }

    fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> Answer {
        // SAFETY: the object is alive, and the view may be written; the caller releases it.
        let status = unsafe { object::get_buffer(self.as_ptr(), view, flags) };
        Answer { status, raised: object::take_raised().map(Exception::from) }
    }

    unsafe fn release(&self, view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise.
        unsafe { object::release_buffer(view) };
    }

    unsafe fn references(&self, object: *mut PyObject) -> Option<u32> {
        // SAFETY: alive, by the caller's promise.
        Some(unsafe { object::references(object) } as u32) // modulo 2^32
    }

    // Its procs drop no reference too many, by the promise of those who make objects. The number
    // of references may change at any time, by clones, and says nothing of that.
    fn take_references(&self, _references: u32) {}

    unsafe fn drop_references(&self, _references: u32) {}

    fn take_unraisable(&self) -> Option<String> {
        object::take_unraisable().map(|error| error.to_string())
    }

    fn set_raised(&self) -> bool {
        object::raise(BufferError::Refused("set before the release".into()));
        true
    }

    fn take_raised(&self) -> Option<Exception> {
        object::take_raised().map(Exception::from)
    }
}

impl Broken {
    /// The good exporter whose answers this one changes, to be examined.
    pub fn original(&self) -> &dyn Target {
        self.object()
    }
}

// SAFETY: what a broken exporter lets the view point at can be read; its own faults do not
// concern that.
unsafe impl Target for Broken {
    fn as_ptr(&self) -> *mut PyObject {
        Broken::as_ptr(self)
    }

    fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> Answer {
        let status = self.get_buffer(view, flags);
        Answer { status, raised: object::take_raised().map(Exception::from) }
    }

    unsafe fn release(&self, view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise.
        unsafe { self.release_buffer(view) };
    }

    unsafe fn references(&self, object: *mut PyObject) -> Option<u32> {
        // SAFETY: alive, by the caller's promise.
        unsafe { self.original().references(object) }
    }

    fn take_references(&self, references: u32) {
        self.take_extra_references(references as usize);
    }

    // It counts itself what its fault has dropped.
    unsafe fn drop_references(&self, _references: u32) {
        self.drop_extra_references();
    }

    fn take_unraisable(&self) -> Option<String> {
        Broken::take_unraisable(self)
    }

    fn set_raised(&self) -> bool {
        self.original().set_raised()
    }

    fn take_raised(&self) -> Option<Exception> {
        self.original().take_raised()
    }

    fn is_refused_after_buffer(&self) -> bool {
        self.counts_refusals()
    }
}
