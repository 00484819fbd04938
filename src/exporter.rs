//! Lending memory and counting the loans: an export is a shared borrow that ends at release.
//!
//! [`Exporter`] says what a type shows. [`Exported`] owns a value of such a type, answers requests with it, and lets it be
//! changed only while no consumer holds a view.
//!
//! ```
//! use bufferprocs::{BufferError, Exported, Exporter, Shared, View};
//!
//! struct Samples(Vec<Shared<f64>>);
//!
//! impl Exporter for Samples {
//!     fn view(&self) -> Result<View<'_>, BufferError> {
//!         Ok(View::writable(&self.0))
//!     }
//! }
//!
//! let samples = Exported::new(Samples(vec![Shared::new(0.5)]));
//! samples.try_mut()?.0.push(Shared::new(1.5)); // refused while a consumer holds a view
//! assert_eq!(samples.try_borrow()?.0[1].load(), 1.5);
//! # Ok::<(), bufferprocs::MutError>(())
//! ```
//!
//! [`view`](Exporter::view) is asked once per epoch: when the value comes in and whenever a mutation ends. Its answer is
//! stored beside the value at an address that does not move. A request that is granted runs no code of the user's, takes
//! no lock and allocates nothing, and cannot see an answer that disagrees with an earlier one. A request is refused before
//! it is counted.

// By their paths, since `interleavings` compiles this file a second time, from elsewhere.
#[path = "exporter/count.rs"]
mod count;
#[path = "exporter/guard.rs"]
mod guard;

use std::any::Any;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use super::sync::{self, AtomicUsize, Ordering};
use crate::abi::{Py_buffer, PyObject};
use crate::error::{BufferError, MutError, ReleaseError};
use crate::fill::{Facts, Shown, grant, refuse};
use crate::request::Request;
use crate::view::View;
use count::Count;
pub use guard::{Mut, Ref};

/// A type that can show memory of its own.
///
/// `Send` and `Sync`, because consumers ask and release from any thread.
pub trait Exporter: Send + Sync + 'static {
    /// The memory, and how its items lie.
    ///
    /// Called once when the value comes into an [`Exported`] and once after each mutation, never during a request. The
    /// answer stands until the next mutation. An `Err` or a panic is stored too: requests are refused with it.
    fn view(&self) -> Result<View<'_>, BufferError>;
}

/// Something that answers requests with memory that it lends: an [`Exported`] value, or one that lends a copy of itself.
///
/// # Safety
///
/// A view that [`getbuffer`](Self::getbuffer) grants has in `internal` what an `Exported` wrote there. So the free function
/// [`release`] ends it, and all that it describes stays valid until then.
pub unsafe trait Lend: Send + Sync + 'static {
    /// Answers one request: what `bf_getbuffer` has to do, except for the reference to `obj`.
    ///
    /// The caller takes a reference to `obj` before the call. It passes to the view; on a refusal it stays with the caller,
    /// who drops it. Then `view.obj` is NULL, nothing else of the view was written, and nothing is counted. Does not panic.
    ///
    /// # Safety
    ///
    /// - `view` is valid for writes.
    /// - The view, if granted, is given to [`release`] at most once.
    #[doc(alias = "bf_getbuffer")]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError>;
}

/// A value lent to consumers.
///
/// It lives on the heap in a cell of its own, and leaves it when both this owner and the last view are gone: whoever
/// replaces or drops an `Exported` frees no memory that a consumer still sees. It is not `Clone`, since then nobody could
/// say when it may be changed.
pub struct Exported<E: Exporter> {
    /// Invariant: points to a live cell, made by `Box`, of which this is the only owner.
    cell: NonNull<Cell<E>>,
    _owns: PhantomData<Cell<E>>,
}

/// The part of a cell that knows nothing of E. Anybody may look at it, without a hold on the exporter.
struct Header {
    count: Count,
    /// The facts of `shown`, or 0 where there is none: a request that they refuse is refused before it is counted.
    facts: AtomicUsize,
    /// Why there is nothing to show.
    error: Mutex<BufferError>,
    /// Frees the cell that starts with this header.
    free: unsafe fn(NonNull<Header>),
}

/// The value, what it shows, and who holds it.
///
/// # Invariants
///
/// - `value` and `shown` are changed only during a mutation (or before the cell is shared), and read only by holders of an
///   export or a borrow. The `count` keeps these apart.
/// - The pointers in `shown` come from a view of `value` that was taken after its last change. They are valid until the
///   next change, or until the cell is freed: the view's lifetime is that of a shared borrow of `value`.
#[repr(C)] // the header comes first: a pointer to the cell is a pointer to its header
struct Cell<E> {
    header: Header,
    shown: UnsafeCell<Option<Shown>>,
    value: UnsafeCell<E>,
}

// SAFETY: the cell may be freed by any thread: E is Send, as Exporter demands, and the rest is plain data. What `shown`
// points at belongs to `value`.
unsafe impl<E: Exporter> Send for Exported<E> {}
// SAFETY: through `&Exported` come shared references to E, which is Sync, and exclusive ones, for which E is Send. The
// count keeps them apart.
unsafe impl<E: Exporter> Sync for Exported<E> {}

impl<E: Exporter> Exported<E> {
    /// Takes `value` in and asks it for its view. [`ready`](Self::ready) tells whether that worked.
    pub fn new(value: E) -> Exported<E> {
        let cell = Box::new(Cell {
            header: Header {
                count: Count::new(),
                facts: AtomicUsize::new(0),
                error: Mutex::new(BufferError::BeingModified),
                free: free::<E>,
            },
            shown: UnsafeCell::new(None),
            value: UnsafeCell::new(value),
        });
        let exported = Exported { cell: NonNull::from(Box::leak(cell)), _owns: PhantomData };
        // SAFETY: nobody else has seen the cell yet.
        unsafe { exported.ask() };
        exported
    }

    /// Whether requests can be answered at all: the error of [`Exporter::view`] if there was one.
    pub fn ready(&self) -> Result<(), BufferError> {
        self.cell().header.facts().map(|_| ())
    }

    /// Number of views that consumers hold.
    pub fn exports(&self) -> usize {
        self.cell().header.count.exports()
    }

    /// The value, to read. Consumers may hold views at the same time.
    ///
    /// Fails while a [`Mut`] is alive.
    pub fn try_borrow(&self) -> Result<Ref<'_, E>, MutError> {
        self.cell().header.count.borrow()?;
        Ok(Ref::new(self))
    }

    /// The value, to change: its memory may move, grow and shrink. When the guard goes, the view is asked for anew.
    ///
    /// Fails while a consumer holds a view, with CPython's own message, and while a [`Ref`] or another [`Mut`] is alive.
    pub fn try_mut(&self) -> Result<Mut<'_, E>, MutError> {
        self.cell().header.count.begin_mutation()?;
        Ok(Mut::new(self))
    }

    /// Visits the value for a garbage collector, unless it is being changed: then None.
    pub fn traverse<R>(&self, visit: impl FnOnce(&E) -> R) -> Option<R> {
        self.try_borrow().ok().map(|value| visit(&value))
    }

    fn cell(&self) -> &Cell<E> {
        // SAFETY: the invariant: `cell` points to a live cell. Nobody takes `&mut` to the whole of it before it is freed.
        unsafe { self.cell.as_ref() }
    }

    /// Asks the value for its view and stores the answer.
    ///
    /// # Safety
    ///
    /// Nobody else holds the value or the answer: a mutation is under way, or the cell is not shared yet.
    unsafe fn ask(&self) {
        // SAFETY: nobody holds `&mut` to the value: only a mutation may, and that is ours.
        let value = unsafe { &*self.cell().value.get() };
        let ask = AssertUnwindSafe(|| value.view().map(|view| Shown::new(&view)));
        let answer = catch_unwind(ask).unwrap_or_else(|payload| {
            discard(payload);
            Err(BufferError::ViewPanicked)
        });
        let (facts, shown) = match answer {
            Ok(shown) => (shown.facts().to_word(), Some(shown)),
            Err(error) => {
                *self.cell().header.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
                (0, None)
            }
        };
        // SAFETY: nobody else holds the answer. Dropping the old one runs no code of the user's.
        unsafe { *self.cell().shown.get() = shown };
        self.cell().header.facts.store(facts, Ordering::Release);
    }
}

// SAFETY: it is the lender in the box that answers.
unsafe impl<L: Lend + ?Sized> Lend for Box<L> {
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        // SAFETY: the caller's promises, passed on.
        unsafe { (**self).getbuffer(view, obj, request) }
    }
}

// SAFETY: `internal` is the cell, whose count keeps it, the value and what it shows in place until the export ends.
unsafe impl<E: Exporter> Lend for Exported<E> {
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        let header = &self.cell().header;
        // During a mutation these are the facts from before: who is refused by them would have been refused then.
        let counted = header
            .last_facts()
            .and_then(|facts| grant(&facts, request))
            .and_then(|_| header.count.export());
        if let Err(refusal) = counted {
            // SAFETY: `view` is valid for writes, by the caller's promise.
            unsafe { refuse(view) };
            return Err(refusal);
        }
        // SAFETY: the export that was just counted excludes a mutation.
        let shown = unsafe { &*self.cell().shown.get() };
        let answer = match shown {
            // SAFETY: `view` is valid for writes. Until the export ends the count excludes a change of `shown` and `value`,
            // and the cell stays, so that all pointers remain valid.
            Some(shown) => unsafe { shown.fill(view, obj, self.cell.as_ptr().cast(), request) },
            None => {
                // SAFETY: `view` is valid for writes, by the caller's promise.
                unsafe { refuse(view) };
                Err(header.facts().err().unwrap_or(BufferError::BeingModified))
            }
        };
        if answer.is_err() {
            // The value was changed between the decision and the count. This is not the last hold, since `self` is alive.
            let _ = header.count.release();
        }
        answer
    }
}

impl Header {
    /// What the exporter shows now. Takes a lock only to read an error, never where there is something to show.
    fn facts(&self) -> Result<Facts, BufferError> {
        if self.count.is_mutation_under_way() {
            return Err(BufferError::BeingModified);
        }
        self.last_facts()
    }

    /// What it showed when it was last asked.
    fn last_facts(&self) -> Result<Facts, BufferError> {
        match self.facts.load(Ordering::Acquire) {
            0 => Err(self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            word => Ok(Facts::from_word(word)),
        }
    }
}

impl<E: Exporter> Drop for Exported<E> {
    fn drop(&mut self) {
        if self.cell().header.count.disown() {
            // SAFETY: the count said that nobody is left.
            unsafe { free::<E>(self.cell.cast()) };
        }
    }
}

impl<E: Exporter> fmt::Debug for Exported<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("exports", &self.exports()).finish_non_exhaustive()
    }
}

/// Ends one export: what `bf_releasebuffer` has to do.
///
/// Goes by `internal` alone: the struct may be a byte copy of the one that was filled, and the [`Exported`] that filled it
/// may be gone. A NULL in `internal` is nothing of ours (`PyBuffer_FillInfo` writes it) and is left alone. `obj` is not
/// touched. Frees the exporter if this was the last that held it; a panic of its drop is caught and reported.
///
/// # Safety
///
/// `view` is valid for reads, and its `internal` is NULL or what [`Lend::getbuffer`] wrote, for an export that has not ended.
/// One release too many is reported while the owner or another export keeps the exporter alive.
#[doc(alias = "bf_releasebuffer")]
pub unsafe fn release(view: *const Py_buffer) -> Result<(), ReleaseError> {
    // SAFETY: the caller's promise.
    match unsafe { end(view) }? {
        Some(orphan) => orphan.free(),
        None => Ok(()),
    }
}

/// Ends one export, and leaves an exporter that nobody holds any more to the caller: an interpreter has to be prepared
/// for what its drop does.
///
/// # Safety
///
/// As [`release`].
pub(crate) unsafe fn end(view: *const Py_buffer) -> Result<Option<Orphan>, ReleaseError> {
    // SAFETY: `view` is valid for reads, by the caller's promise.
    let internal: *mut c_void = unsafe { (*view).internal };
    let Some(header) = NonNull::new(internal.cast::<Header>()) else {
        return Ok(None);
    };
    // SAFETY: the export keeps the cell alive, and a cell starts with its header.
    let last = unsafe { header.as_ref() }.count.release()?;
    Ok(last.then_some(Orphan(header)))
}

/// An exporter that nobody holds. It leaks unless it is freed.
#[must_use]
pub(crate) struct Orphan(
    /// Invariant: the start of a live cell that nobody else reaches.
    NonNull<Header>,
);

impl Orphan {
    /// Drops the exporter. A panic of its drop is caught and reported.
    pub(crate) fn free(self) -> Result<(), ReleaseError> {
        // SAFETY: the invariant: the cell is still there.
        let free = unsafe { self.0.as_ref() }.free;
        // SAFETY: the invariant: nobody else reaches the cell, and this value is consumed.
        let freed = catch_unwind(|| unsafe { free(self.0) });
        freed.map_err(|payload| {
            discard(payload);
            ReleaseError::DropPanicked
        })
    }
}

/// Whether nobody writes the memory of a view, which [`Lend::getbuffer`] granted, before it is released.
///
/// # Safety
///
/// `internal` of the view is what [`Lend::getbuffer`] wrote, for an export that has not ended.
pub(crate) unsafe fn is_frozen(view: &Py_buffer) -> bool {
    let header = NonNull::new(view.internal.cast::<Header>());
    // SAFETY: the export keeps the cell alive, and a cell starts with its header.
    header.is_some_and(|header| unsafe { header.as_ref() }.facts().is_ok_and(|facts| facts.frozen))
}

/// Frees a cell and the value in it.
///
/// # Safety
///
/// `header` is the start of a `Cell<E>` that `Box` made and that nobody else holds.
unsafe fn free<E>(header: NonNull<Header>) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(header.cast::<Cell<E>>().as_ptr()) });
}

/// Drops what a panic carried. That may panic again, with a payload of its own; at some point one is leaked, to come to
/// an end.
pub(crate) fn discard(mut payload: Box<dyn Any + Send>) {
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(again) => payload = again,
        }
    }
    std::mem::forget(payload);
}
