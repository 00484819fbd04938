//! Lending memory and counting the loans: an export is a shared borrow that ends at release.
//!
//! [`Exporter`] says what a type shows. [`Exported`] owns a value of such a type, answers
//! requests with it, and lets it be changed only while no consumer holds a view.
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
//! [`view`](Exporter::view) is asked once per epoch: when the value comes in and whenever a
//! mutation ends. Its answer is stored beside the value at an address that does not move. A
//! request that is granted runs no code of the user's, takes no lock and allocates nothing, and
//! cannot see an answer that disagrees with an earlier one. A request is refused before it is
//! counted.

// By their paths, since `interleavings` compiles this file a second time, from elsewhere.
#[path = "exporter/count.rs"]
mod count;
#[path = "exporter/guard.rs"]
mod guard;
#[path = "exporter/header.rs"]
mod header;
#[path = "exporter/kept.rs"]
mod kept;
#[path = "exporter/lend.rs"]
mod lend;
#[path = "exporter/release.rs"]
pub(crate) mod release;

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::sync::{self, Ordering};
use crate::abi::{Py_buffer, PyObject};
use crate::caught::caught;
use crate::error::{BufferError, MutError};
use crate::fill::{Shown, grants_all, grants_records, grants_run, refuse};
use crate::nest::free_in_turn;
use crate::request::Request;
use crate::view::View;
pub use guard::{Mut, Ref};
use header::Header;
pub use lend::Lend;
pub use release::release;

/// A type that can show memory of its own.
///
/// `Send` and `Sync`, because consumers ask and release from any thread.
pub trait Exporter: Send + Sync + 'static {
    /// The memory, and how its items lie.
    ///
    /// Called once when the value comes into an [`Exported`] and once after each mutation, never
    /// during a request. The answer holds until the next mutation. An `Err` or a panic is stored
    /// too: requests are refused with it. Of an error that somebody else raised only the message
    /// is stored, as [`into_plain`](BufferError::into_plain) leaves it.
    fn view(&self) -> Result<View<'_>, BufferError>;
}

/// A value lent to consumers.
///
/// The value stays on the heap until this owner and the last view are gone: to replace or drop an
/// `Exported` frees no memory that a consumer sees. It is not `Clone`: of several owners none
/// could say when the value may be changed.
///
/// Of more than 50 values that drop one another, the inner ones are dropped after the outermost,
/// on the same thread. So a drop must not wait for the end of another value that it has dropped.
pub struct Exported<E: Exporter> {
    /// Invariant: points to a live cell, made by `Box`, of which this is the only owner.
    cell: NonNull<Cell<E>>,
    _owns: PhantomData<Cell<E>>,
}

/// The value, the view that it shows, and the holders.
///
/// # Invariants
///
/// - `value` and `shown` are changed only during a mutation (or before the cell is shared), and
///   read only by holders of an export or a borrow. The `count` keeps these apart.
/// - The pointers in `shown` come from a view of `value` that was taken after its last change.
///   They are valid until the next change, or until the cell is freed: the view's lifetime is
///   that of a shared borrow of `value`.
#[repr(C)] // the header comes first: a pointer to the cell is a pointer to its header
struct Cell<E> {
    header: Header,
    shown: UnsafeCell<Option<Shown>>,
    value: UnsafeCell<E>,
}

// SAFETY: the cell may be freed by any thread: E is Send, as Exporter demands, and the rest is
// plain data. What `shown` points at belongs to `value`.
unsafe impl<E: Exporter> Send for Exported<E> {}
// SAFETY: through `&Exported` come shared references to E, which is Sync, and exclusive ones, for
// which E is Send. The count keeps them apart.
unsafe impl<E: Exporter> Sync for Exported<E> {}

impl<E: Exporter> Exported<E> {
    /// Takes `value` in and asks it for its view. [`ready`](Self::ready) tells whether that
    /// worked.
    pub fn new(value: E) -> Exported<E> {
        let cell = Box::new(Cell {
            header: Header::new(free::<E>),
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

    /// The value, to change: its memory may move, grow and shrink. When the guard goes, the view
    /// is asked for anew.
    ///
    /// Fails while a consumer holds a view, with CPython's own message, and while a [`Ref`] or
    /// another [`Mut`] is alive.
    ///
    /// ```
    /// use bufferprocs::error::MutError;
    /// use bufferprocs::{Buffer, Object, Request};
    ///
    /// let object = Object::new(vec![1u8, 2]);
    /// let bytes = object.exported::<Vec<u8>>().unwrap();
    /// let view = Buffer::get(&object, Request::SIMPLE)?;
    /// assert_eq!(bytes.try_mut().unwrap_err(), MutError::Exported { exports: 1 });
    /// drop(view);
    /// bytes.try_mut()?.push(3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_mut(&self) -> Result<Mut<'_, E>, MutError> {
        self.cell().header.count.begin_mutation()?;
        Ok(Mut::new(self))
    }

    /// Visits the value for a garbage collector, unless it is being changed: then None.
    ///
    /// For the `__traverse__` of the one class that owns it: the collector clears what is in use
    /// if two objects visit a reference. It sees none in a value that was replaced while
    /// exported.
    pub fn traverse<R>(&self, visit: impl FnOnce(&E) -> R) -> Option<R> {
        self.try_borrow().ok().map(|value| visit(&value))
    }

    fn cell(&self) -> &Cell<E> {
        // SAFETY: the invariant: `cell` points to a live cell. Nobody takes `&mut` to the whole
        // of it before it is freed.
        unsafe { self.cell.as_ref() }
    }

    /// Asks the value for its view and stores the answer.
    ///
    /// # Safety
    ///
    /// Nobody else holds the value or the answer: a mutation is under way, or the cell is not
    /// shared yet.
    unsafe fn ask(&self) {
        // SAFETY: nobody holds `&mut` to the value: only a mutation may, and that is ours.
        let value = unsafe { &*self.cell().value.get() };
        let answer = caught(|| value.view().map(|view| Shown::new(&view)));
        let (facts, shown) = match answer.unwrap_or(Err(BufferError::ViewPanicked)) {
            Ok(shown) => (Ok(shown.facts()), Some(shown)),
            // Plain from here on: what is stored and dropped below runs no code of the user's.
            Err(error) => (Err(error.into_plain()), None),
        };
        // SAFETY: nobody else holds the answer. Dropping the old one runs no code of the user's.
        unsafe { *self.cell().shown.get() = shown };
        // SAFETY: the caller's promise; the error is plain.
        unsafe { self.cell().header.set(facts) };
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

    fn runs_foreign_code(&self) -> bool {
        (**self).runs_foreign_code()
    }
}

// SAFETY: `internal` is the cell, whose count keeps it, the value and what it shows in place
// until the export ends.
unsafe impl<E: Exporter> Lend for Exported<E> {
    // The usual requests come first and inline: a return by reference costs more than the whole
    // answer, as `cargo bench -- getbuffer` shows.
    #[inline(always)]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        // During a mutation these are the facts from before: who is refused by them would have
        // been refused then.
        let facts = self.cell().header.word.load(Ordering::Acquire);
        if grants_all(facts, request) {
            // SAFETY: the caller's promises, and the request gets all fields.
            if let Some(answer) = unsafe { self.lend(facts, view, Shown::all, obj) } {
                return answer;
            }
        }
        // SAFETY: the caller's promises.
        unsafe { self.lend_less(facts, view, obj, request) }
    }

    #[inline(always)]
    fn runs_foreign_code(&self) -> bool {
        false
    }
}

impl<E: Exporter> Exported<E> {
    /// Answers a request that the facts grant, with a view that `fill` makes of what is shown.
    /// None: the facts have changed.
    ///
    /// # Safety
    ///
    /// As [`Lend::getbuffer`]. The facts grant the request the fields that `fill` shows.
    #[inline(always)]
    unsafe fn lend(
        &self,
        facts: usize,
        view: *mut Py_buffer,
        fill: impl Fn(&Shown, *mut PyObject, *mut c_void) -> Py_buffer,
        obj: *mut PyObject,
    ) -> Option<Result<(), BufferError>> {
        let header = &self.cell().header;
        if let Err(reason) = header.count.export() {
            // SAFETY: `view` is valid for writes, by the caller's promise.
            unsafe { refuse(view) };
            return Some(Err(reason.into()));
        }
        // Now they stand until the export ends.
        if header.word.load(Ordering::Relaxed) != facts {
            header.end_own_export();
            return None;
        }
        // SAFETY: an export was just counted, and the facts are not 0.
        let shown = unsafe { self.shown() };
        let filled = fill(shown, obj, self.cell.as_ptr().cast());
        // SAFETY: `view` is valid for writes. What it tells of stays valid until the export ends:
        // until then the count excludes a change of `shown` and `value`, and the cell stays.
        unsafe { view.write(filled) };
        Some(Ok(()))
    }

    /// [`Lend::getbuffer`] for all requests but those for every field.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(never)]
    unsafe fn lend_less(
        &self,
        facts: usize,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        let quick = if grants_run(facts, request) {
            // SAFETY: the caller's promises, and the request gets a run.
            unsafe { self.lend(facts, view, Shown::run, obj) }
        } else if grants_records(facts, request) {
            // SAFETY: the caller's promises, and the request gets all fields that there are.
            unsafe { self.lend(facts, view, Shown::all, obj) }
        } else {
            None
        };
        // SAFETY: the caller's promises. Facts from before are no worse than others: `answer`
        // looks whether they stand.
        quick.unwrap_or_else(|| unsafe { self.answer(facts, view, obj, request) })
    }

    /// Answers any request, with the facts from before.
    ///
    /// # Safety
    ///
    /// As [`Lend::getbuffer`].
    #[inline(never)]
    unsafe fn answer(
        &self,
        facts: usize,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        match self.cell().header.export(facts, request) {
            Ok(granted) => {
                // SAFETY: an export was just counted, and facts by which a request is granted are
                // not 0.
                let shown = unsafe { self.shown() };
                let filled = shown.some(obj, self.cell.as_ptr().cast(), granted);
                // SAFETY: as in `lend`.
                unsafe { view.write(filled) };
                Ok(())
            }
            Err(refusal) => {
                // SAFETY: `view` is valid for writes, by the caller's promise.
                unsafe { refuse(view) };
                Err(refusal)
            }
        }
    }

    /// What is shown, during an export.
    ///
    /// # Safety
    ///
    /// An export is counted, and the facts are not 0.
    #[inline]
    unsafe fn shown(&self) -> &Shown {
        // SAFETY: the export excludes a mutation.
        let shown = unsafe { &*self.cell().shown.get() };
        // SAFETY: facts that are not 0 are those of what is shown.
        unsafe { shown.as_ref().unwrap_unchecked() }
    }
}

impl<E: Exporter> Drop for Exported<E> {
    fn drop(&mut self) {
        if self.cell().header.count.disown() {
            // SAFETY: the count said that nobody is left.
            unsafe { free_in_turn(self.cell.cast(), free::<E>) };
        }
    }
}

impl<E: Exporter> fmt::Debug for Exported<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").field("exports", &self.exports()).finish_non_exhaustive()
    }
}

/// Frees a cell and the value in it.
///
/// # Safety
///
/// `header` is the start of a `Cell<E>` that `Box` made and that nobody else holds.
unsafe fn free<E>(header: NonNull<c_void>) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(header.cast::<Cell<E>>().as_ptr()) });
}
