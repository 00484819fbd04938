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

// By their paths, since `loom_tests` compiles this file a second time, from elsewhere.
#[path = "exporter/answer.rs"]
mod answer;
#[path = "exporter/count.rs"]
mod count;
#[path = "exporter/guard.rs"]
mod guard;
#[path = "exporter/header.rs"]
mod header;
#[path = "exporter/kept_error.rs"]
mod kept_error;
#[path = "exporter/raw.rs"]
mod raw;
#[path = "exporter/release.rs"]
pub(crate) mod release;

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::sync;
use crate::catch_panic::caught;
use crate::error::{BufferError, MutError};
use crate::free_in_turn::free_in_turn;
use crate::grant::CachedView;
use crate::view::View;
pub use guard::{Hold, Mut, Ref};
use header::Header;
pub use raw::RawExporter;
pub use release::release;

/// A type that can show memory of its own.
///
/// `Send` and `Sync`, because consumers ask and release from any thread.
///
/// ```
/// use bufferprocs::{BufferError, Exporter, Layout, View};
///
/// struct Image {
///     pixels: Vec<u8>,
///     layout: Layout,
/// }
///
/// impl Exporter for Image {
///     fn view(&self) -> Result<View<'_>, BufferError> {
///         Ok(View::readonly(&self.pixels).with_layout(&self.layout, 0)?)
///     }
/// }
///
/// let image = Image { pixels: vec![0; 6], layout: Layout::c_contiguous(&[2, 3], 1)? };
/// assert_eq!(image.view()?.shape(), [2, 3]);
/// # Ok::<(), BufferError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an exporter",
    note = "types of `bytes`, `memmap2` and `ndarray` are exporters with the feature of that name; a `MmapMut` goes into a `WritableMmap`",
    note = "the chapter \"Which Rust types can be exported\" of the book has the list; for another type, implement `Exporter`"
)]
pub trait Exporter: Send + Sync + 'static {
    /// The memory, and how its items lie.
    ///
    /// Called once when the value comes into an [`Exported`] and once after each mutation, never
    /// during a request. The answer holds until the next mutation. An `Err` or a panic is stored
    /// too: requests are refused with it. Of an error that somebody else raised only the message
    /// is stored, as [`into_plain`](BufferError::into_plain) leaves it.
    ///
    /// In a [`Lazy`](crate::Lazy) it is called during the first request instead, and an error is
    /// not stored.
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
///
/// ```
/// use bufferprocs::{Exported, Shared};
///
/// let samples = Exported::new(Shared::from_vec(vec![0.5, 1.5]));
/// samples.try_mut()?.push(Shared::new(2.5)); // refused while a consumer holds a view
/// assert_eq!(samples.try_borrow()?.len(), 3);
/// # Ok::<(), bufferprocs::MutError>(())
/// ```
pub struct Exported<E: Exporter> {
    /// Invariant: points to a live cell, made by `Box`, of which this is the only owner.
    cell: NonNull<Cell<E>>,
    _owns: PhantomData<Cell<E>>,
}

/// The value, the view that it shows, and the holders.
///
/// # Invariants
///
/// - `value` and `cached` are changed only during a mutation (or before the cell is shared), and
///   read only by holders of an export or a borrow. The `count` keeps these apart.
/// - The pointers in `cached` come from a view of `value` that was taken after its last change.
///   They are valid until the next change, or until the cell is freed: the view's lifetime is
///   that of a shared borrow of `value`.
#[repr(C)] // the header comes first: a pointer to the cell is a pointer to its header
struct Cell<E> {
    header: Header,
    cached: UnsafeCell<Option<CachedView>>,
    value: UnsafeCell<E>,
}

// SAFETY: the cell may be freed by any thread: E is Send, as Exporter demands, and the rest is
// plain data. What `cached` points at belongs to `value`.
unsafe impl<E: Exporter> Send for Exported<E> {}
// SAFETY: through `&Exported` come shared references to E, which is Sync, and exclusive ones, for
// which E is Send. The count keeps them apart.
unsafe impl<E: Exporter> Sync for Exported<E> {}

impl<E: Exporter> Exported<E> {
    /// Exports `value`, whose [`view`](Exporter::view) cannot fail at this moment: a vector, or
    /// what a checked constructor made.
    ///
    /// # Panics
    ///
    /// If the view fails. [`try_new`](Self::try_new) returns the error instead.
    #[track_caller]
    pub fn new(value: E) -> Exported<E> {
        match Exported::try_new(value) {
            Ok(exported) => exported,
            Err(error) => panic!("nothing to export: {}", error.into_plain()),
        }
    }

    /// Exports `value`, or drops it and returns the error of its [`view`](Exporter::view).
    ///
    /// ```
    /// use bufferprocs::{BufferError, Exported, Exporter, LayoutError, Layout, View};
    ///
    /// /// A table of bytes, with rows of three.
    /// struct Table(Vec<u8>);
    ///
    /// impl Exporter for Table {
    ///     fn view(&self) -> Result<View<'_>, BufferError> {
    ///         let rows = Layout::c_contiguous(&[2, 3], 1)?;
    ///         Ok(View::readonly(&self.0).with_layout(&rows, 0)?)
    ///     }
    /// }
    ///
    /// assert!(Exported::try_new(Table(vec![0; 6])).is_ok());
    /// let missing = LayoutError::OutOfBounds { first: 0, end: 6, memory: 5 };
    /// let refused = Exported::try_new(Table(vec![0; 5])).unwrap_err();
    /// assert_eq!(refused, BufferError::Layout(missing));
    /// ```
    pub fn try_new(value: E) -> Result<Exported<E>, BufferError> {
        let cell = Box::new(Cell {
            header: Header::new(free::<E>),
            cached: UnsafeCell::new(None),
            value: UnsafeCell::new(value),
        });
        let exported = Exported { cell: NonNull::from(Box::leak(cell)), _owns: PhantomData };
        // SAFETY: no other code has seen the cell yet.
        let cached = unsafe { exported.ask() }?;
        // SAFETY: as above, and the value has not changed since.
        unsafe { exported.store(Ok(cached)) };
        Ok(exported)
    }

    /// Whether requests can be answered at all, as after a mutation: the error of
    /// [`Exporter::view`] if there was one. Of an error that somebody else raised only the message
    /// is left.
    pub fn ready(&self) -> Result<(), BufferError> {
        self.cell().header.properties().map(|_| ())
    }

    /// Number of views that consumers hold, and of [`Hold`]s.
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

    /// The value, to change: its memory may move, grow and shrink. When the guard is dropped,
    /// [`Exporter::view`] runs again.
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

    /// The value, to read for as long as the caller likes: a borrow without a lifetime, which
    /// another object may keep. It counts as an export does.
    ///
    /// Fails while a [`Mut`] is alive.
    ///
    /// ```
    /// use bufferprocs::{Exported, MutError};
    ///
    /// let bytes = Exported::new(vec![1u8, 2]);
    /// let hold = bytes.try_hold()?;
    /// assert_eq!(bytes.try_mut().unwrap_err(), MutError::Exported { exports: 1 });
    /// drop(bytes);
    /// assert_eq!(hold.first(), Some(&1)); // it keeps the value
    /// # Ok::<(), bufferprocs::BufferError>(())
    /// ```
    pub fn try_hold(&self) -> Result<Hold<E>, BufferError> {
        self.cell().header.count.export()?;
        Ok(Hold::new(self))
    }

    /// Visits the value for a garbage collector, unless it is being changed: then None.
    ///
    /// For the `__traverse__` of the one class that owns it: the collector clears what is in use
    /// if two objects visit a reference. It sees none in a value that was replaced while
    /// exported.
    pub fn traverse<R>(&self, visit: impl FnOnce(&E) -> R) -> Option<R> {
        self.try_borrow().ok().map(|value| visit(&value))
    }

    /// The value, without a guard.
    ///
    /// # Safety
    ///
    /// No mutation is under way, and none begins while the reference lives.
    #[cfg_attr(test, allow(dead_code))] // in `loom_tests`
    pub(crate) unsafe fn unguarded(&self) -> &E {
        // SAFETY: the cell is alive as long as `self` is; only a mutation takes `&mut` to the
        // value.
        unsafe { &*self.cell().value.get() }
    }

    fn cell(&self) -> &Cell<E> {
        // SAFETY: the invariant: `cell` points to a live cell. No code takes `&mut` to the whole of
        // it before it is freed.
        unsafe { self.cell.as_ref() }
    }

    /// Asks the value for its view. A panic of [`Exporter::view`] is an error too.
    ///
    /// # Safety
    ///
    /// No other code holds `&mut` to the value.
    unsafe fn ask(&self) -> Result<CachedView, BufferError> {
        // SAFETY: the caller's promise.
        let value = unsafe { &*self.cell().value.get() };
        let answer = caught(|| value.view().map(|view| CachedView::new(&view)));
        answer.unwrap_or(Err(BufferError::ViewPanicked))
    }

    /// Shows `answer` from now on. Runs no code of the user's.
    ///
    /// # Safety
    ///
    /// `answer` is what the value answered since it last changed, and an error is plain data. No
    /// other code holds the answer from before: a mutation is under way, or the cell is not shared
    /// yet.
    unsafe fn store(&self, answer: Result<CachedView, BufferError>) {
        let (properties, cached) = match answer {
            Ok(cached) => (Ok(cached.properties()), Some(cached)),
            Err(error) => (Err(error), None),
        };
        // SAFETY: the caller's promise.
        unsafe { *self.cell().cached.get() = cached };
        // SAFETY: the caller's promise.
        unsafe { self.cell().header.set(properties) };
    }
}

impl<E: Exporter> Drop for Exported<E> {
    fn drop(&mut self) {
        if self.cell().header.count.disown() {
            // SAFETY: the count shows that no holder is left.
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
/// `header` is the start of a `Cell<E>` that `Box` made and that no other code holds.
unsafe fn free<E>(header: NonNull<c_void>) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(header.cast::<Cell<E>>().as_ptr()) });
}
