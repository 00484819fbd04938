//! A stand-in for Python objects: the C ABI of the buffer protocol without Python.
//!
//! An [`Object`] has what the protocol needs of a `PyObject`: a reference count, and a type's
//! [`PyBufferProcs`]. [`get_buffer`] and [`release_buffer`] do what `PyObject_GetBuffer` and
//! `PyBuffer_Release` do with them, the error indicator included. Exporters and consumers meet
//! here exactly as they do in CPython, so that the protocol can be tested anywhere, Miri
//! included.
//!
//! ```
//! use bufferprocs::abi::{Py_buffer, PyBUF_SIMPLE};
//! use bufferprocs::exporters::bytes;
//! use bufferprocs::object::{get_buffer, release_buffer};
//!
//! let object = bytes::object(*b"abc");
//! let mut view = Py_buffer::zeroed();
//! // SAFETY: the object is alive, and the view is released once.
//! unsafe {
//!     assert_eq!(get_buffer(object.as_ptr(), &mut view, PyBUF_SIMPLE), 0);
//!     assert_eq!((view.obj, object.references()), (object.as_ptr(), 2));
//!     release_buffer(&mut view);
//! }
//! assert!(view.obj.is_null() && object.references() == 1);
//! ```

#[path = "object/thread_errors.rs"]
mod thread_errors;

use std::any::TypeId;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::ops::Range;
use std::ptr::{NonNull, null_mut};

// Not by `crate`: `loom_tests` compiles this file a second time, beside another `exporter`.
use super::exporter::{self, Exported, Exporter, RawExporter};
use super::sync::{AtomicUsize, Ordering};
use crate::abi::{Py_buffer, PyBufferProcs, PyObject};
use crate::catch_panic::caught;
use crate::consumer::Source;
use crate::error::{BufferError, ReleaseError};
use crate::free_in_turn::free_in_turn;
use crate::request::Request;
use thread_errors::report;
#[cfg_attr(test, allow(unused_imports))] // in `loom_tests`
pub use thread_errors::{raise, take_raised, take_unraisable};

/// A counted reference to an object. Cloning it takes one reference more.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request};
///
/// let object = Object::new(vec![1u16, 2, 3]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(object.references(), 2); // ours, and that of the view
/// drop(buffer);
/// assert_eq!(object.references(), 1);
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
pub struct Object {
    /// Invariant: the start of a live body, and one of its references is ours.
    head: NonNull<Head>,
}

/// What every object begins with.
struct Head {
    references: AtomicUsize,
    /// The type's `tp_as_buffer`.
    procs: Option<&'static PyBufferProcs>,
    /// Type of the value.
    type_id: TypeId,
    /// The views that it grants are those of a [`RawExporter`].
    has_raw_exporter: bool,
    /// Frees the object that begins with this head.
    free: unsafe fn(NonNull<c_void>),
}

#[repr(C)] // the head comes first: a pointer to the body is a pointer to its head
struct Body<T> {
    head: Head,
    value: T,
}

// SAFETY: the count is atomic, and every constructor demands a value that is Send and Sync.
unsafe impl Send for Object {}
// SAFETY: as above.
unsafe impl Sync for Object {}

impl Object {
    /// An object that exports `value`, as [`Exported::new`] does.
    ///
    /// # Panics
    ///
    /// If the [`view`](Exporter::view) of the value fails. [`try_new`](Self::try_new) returns the
    /// error instead.
    #[track_caller]
    pub fn new<E: Exporter>(value: E) -> Object {
        Object::from_raw_exporter(Exported::new(value))
    }

    /// An object that exports `value`, or the error of its [`view`](Exporter::view).
    pub fn try_new<E: Exporter>(value: E) -> Result<Object, BufferError> {
        Exported::try_new(value).map(Object::from_raw_exporter)
    }

    /// An object that answers requests by `raw_exporter`.
    pub fn from_raw_exporter<L: RawExporter>(raw_exporter: L) -> Object {
        Object::from_body(raw_exporter, Some(Procs::<L>::PROCS), true)
    }

    /// An object without the buffer protocol: its type's `tp_as_buffer` is NULL.
    pub fn without_procs<T: Send + Sync + 'static>(value: T) -> Object {
        Object::from_body(value, None, false)
    }

    /// An object of a type with `procs`, for those who write the two functions themselves.
    ///
    /// # Safety
    ///
    /// For an object of this value, `procs` does what the protocol demands, as [`Source`] puts it,
    /// from any thread. No code writes memory that is shown as read-only.
    pub unsafe fn with_procs<T: Send + Sync + 'static>(
        value: T,
        procs: &'static PyBufferProcs,
    ) -> Object {
        Object::from_body(value, Some(procs), false)
    }

    fn from_body<T: Send + Sync + 'static>(
        value: T,
        procs: Option<&'static PyBufferProcs>,
        has_raw_exporter: bool,
    ) -> Object {
        let references = AtomicUsize::new(1);
        let head = Head {
            references,
            procs,
            type_id: TypeId::of::<T>(),
            has_raw_exporter,
            free: free::<T>,
        };
        Object { head: NonNull::from(Box::leak(Box::new(Body { head, value }))).cast() }
    }

    /// The object as C sees it. Borrowed: no reference is taken.
    pub fn as_ptr(&self) -> *mut PyObject {
        self.head.as_ptr().cast()
    }

    /// Number of references.
    pub fn references(&self) -> usize {
        self.head().references.load(Ordering::Relaxed)
    }

    /// The value, if it is a `T`.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        // SAFETY: the type was compared.
        (self.head().type_id == TypeId::of::<T>()).then(|| unsafe { value_of(self.as_ptr()) })
    }

    /// The exported value, if the object holds an `Exported<E>`, as [`new`](Self::new) makes it.
    pub fn exported<E: Exporter>(&self) -> Option<&Exported<E>> {
        self.value()
    }

    fn head(&self) -> &Head {
        // SAFETY: the invariant: the object is alive.
        unsafe { self.head.as_ref() }
    }
}

impl Clone for Object {
    fn clone(&self) -> Object {
        // SAFETY: the object is alive.
        unsafe { incref(self.as_ptr()) };
        Object { head: self.head }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: one reference is ours, and this was its last use.
        unsafe { decref(self.as_ptr()) };
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("references", &self.references())
            .field("exporter", &self.head().procs.is_some())
            .finish()
    }
}

/// The value in an object, for use in its procs.
///
/// # Safety
///
/// `object` is alive for `'a`, and its value is a `T`.
pub unsafe fn value_of<'a, T: 'static>(object: *mut PyObject) -> &'a T {
    // SAFETY: alive, by the caller's promise; a body of T starts with its head.
    let body: &Body<T> = unsafe { &*object.cast() };
    &body.value
}

/// Number of references to an object.
///
/// # Safety
///
/// `object` is alive.
#[doc(alias = "Py_REFCNT")]
pub unsafe fn references(object: *mut PyObject) -> usize {
    // SAFETY: alive, by the caller's promise.
    let head: &Head = unsafe { &*object.cast() };
    head.references.load(Ordering::Relaxed)
}

/// Takes one reference more.
///
/// # Safety
///
/// `object` is alive.
#[doc(alias = "Py_INCREF")]
pub unsafe fn incref(object: *mut PyObject) {
    // SAFETY: alive, by the caller's promise.
    let head: &Head = unsafe { &*object.cast() };
    let references = head.references.fetch_add(1, Ordering::Relaxed);
    if references > isize::MAX as usize {
        std::process::abort(); // forgotten references without end; as std's Arc
    }
}

/// Gives one reference up, and frees the object with the last one. NULL is left alone.
///
/// A panic of the value's drop is caught and reported as unraisable: C is calling.
///
/// # Safety
///
/// `object` is NULL, or the caller owns a reference to it and does not use that again.
#[doc(alias = "Py_XDECREF")]
pub unsafe fn decref(object: *mut PyObject) {
    let Some(head) = NonNull::new(object.cast::<Head>()) else {
        return;
    };
    // SAFETY: alive, since a reference is the caller's.
    let references = unsafe { &head.as_ref().references };
    if references.fetch_sub(1, Ordering::Release) == 1 {
        // All actions of other holders happened before the object is freed. A load and no fence:
        // ThreadSanitizer does not know fences.
        references.load(Ordering::Acquire);
        // SAFETY: the object is still there, nobody else reaches it now.
        let free = unsafe { head.as_ref() }.free;
        // SAFETY: that was the last reference.
        let freed = caught(|| unsafe { free_in_turn(head.cast(), free) });
        if freed.is_none() {
            report(ReleaseError::DropPanicked);
        }
    }
}

/// # Safety
///
/// `head` starts a `Body<T>` that `Box` made and that no reference leads to.
unsafe fn free<T>(head: NonNull<c_void>) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(head.cast::<Body<T>>().as_ptr()) });
}

/// Asks an object for a buffer. Returns 0, or -1 with the error set.
///
/// Does what `PyObject_GetBuffer` does: looks for the slot and calls it. It neither checks nor
/// repairs what comes back. Only the two words that are no requests, `PyBUF_READ` and
/// `PyBUF_WRITE`, are not refused here as CPython does since 3.13.
///
/// # Safety
///
/// `object` is alive, `view` is valid for writes. A granted view is given to [`release_buffer`]
/// once.
#[doc(alias = "PyObject_GetBuffer")]
pub unsafe fn get_buffer(object: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: alive, by the caller's promise.
    let head: &Head = unsafe { &*object.cast() };
    let Some(getbuffer) = head.procs.and_then(|procs| procs.bf_getbuffer) else {
        raise(BufferError::NotAnExporter);
        return -1;
    };
    // SAFETY: the object's own slot, called with the object, a view and flags.
    unsafe { getbuffer(object, view, flags) }
}

/// Gives a buffer back, and drops the view's reference to `obj`. A view whose `obj` is NULL is
/// left alone.
///
/// Does what `PyBuffer_Release` does: calls the slot of the object in `obj` (not of the one that
/// was asked), then sets `obj` to NULL, then drops the reference.
///
/// # Safety
///
/// `view` is valid for reads and writes, and its `obj` is NULL or the view was granted and not
/// released.
#[doc(alias = "PyBuffer_Release")]
pub unsafe fn release_buffer(view: *mut Py_buffer) {
    // SAFETY: valid for reads and writes, by the caller's promise.
    let obj_field = unsafe { &raw mut (*view).obj };
    // SAFETY: as above.
    let obj = unsafe { obj_field.read() };
    let Some(head) = NonNull::new(obj.cast::<Head>()) else {
        return;
    };
    // SAFETY: alive, since the view owns a reference.
    let procs = unsafe { head.as_ref() }.procs;
    if let Some(releasebuffer) = procs.and_then(|procs| procs.bf_releasebuffer) {
        // SAFETY: the object's own slot, called with the object and a view that it granted.
        unsafe { releasebuffer(obj, view) };
    }
    // SAFETY: valid for writes.
    unsafe { obj_field.write(null_mut()) };
    // SAFETY: the reference was the view's, which no longer has it.
    unsafe { decref(obj) };
}

/// The procs of a type whose objects hold a raw exporter.
struct Procs<L>(std::marker::PhantomData<L>);

impl<L: RawExporter> Procs<L> {
    const PROCS: &'static PyBufferProcs = &PyBufferProcs {
        bf_getbuffer: Some(Self::getbuffer),
        bf_releasebuffer: Some(releasebuffer),
    };

    unsafe extern "C" fn getbuffer(
        exporter: *mut PyObject,
        view: *mut Py_buffer,
        flags: c_int,
    ) -> c_int {
        // SAFETY: only objects that hold an L have these procs.
        let raw_exporter: &L = unsafe { value_of(exporter) };
        // The reference that passes to the view. SAFETY: alive during the call.
        unsafe { incref(exporter) };
        // SAFETY: `view` is valid for writes, and released at most once, as the caller of a slot
        // promises.
        let answer =
            unsafe { raw_exporter.getbuffer(view, exporter, Request::from_bits_retain(flags)) };
        match answer {
            Ok(()) => 0,
            Err(refusal) => {
                // SAFETY: the reference taken above, which no view got.
                unsafe { decref(exporter) };
                raise(refusal);
                -1
            }
        }
    }
}

unsafe extern "C" fn releasebuffer(_exporter: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: a view that `RawExporter::getbuffer` granted, released once, as the caller of a slot
    // promises.
    if let Err(error) = unsafe { exporter::release(view) } {
        report(error);
    }
}

// SAFETY: the procs of every object do what the protocol demands: ours go by `RawExporter`, others
// by the promise of `with_procs`.
unsafe impl Source for Object {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        // SAFETY: the object is alive; the caller that gets the view releases it by
        // `Source::release`.
        match unsafe { get_buffer(self.as_ptr(), view, request.bits()) } {
            0 => Ok(()),
            _ => Err(take_raised().unwrap_or(BufferError::Refused("without a reason".into()))),
        }
    }

    unsafe fn release(view: &mut Py_buffer) {
        // SAFETY: granted and not released, by the caller's promise.
        unsafe { release_buffer(view) };
    }

    unsafe fn is_immutable(view: &Py_buffer, _: Range<usize>) -> bool {
        let head = NonNull::new(view.obj.cast::<Head>());
        // SAFETY: alive, since the view owns a reference.
        match head.is_some_and(|head| unsafe { head.as_ref() }.has_raw_exporter) {
            // SAFETY: granted by the raw exporter in that object, and not released.
            true => unsafe { exporter::release::is_immutable(view) },
            // By the promise of `with_procs`.
            false => view.readonly != 0,
        }
    }

    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        let head = NonNull::new(view.obj.cast::<Head>());
        // SAFETY: alive, since the view owns a reference.
        head.is_some_and(|head| unsafe { head.as_ref() }.has_raw_exporter)
    }
}

// By its path, since `loom_tests` compiles this file a second time, from elsewhere.
#[cfg(test)]
#[path = "object/tests.rs"]
mod tests;
