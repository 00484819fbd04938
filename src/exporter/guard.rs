//! Borrows of an exported value by Rust code: [`Ref`], [`Mut`] and [`Hold`].

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::release::end_export;
use super::{Cell, Exported, Exporter};
use crate::error::BufferError;

/// A shared borrow of an exported value.
///
/// ```
/// use bufferprocs::Exported;
///
/// let bytes = Exported::new(vec![1u8, 2]);
/// assert_eq!(bytes.try_borrow()?[1], 2);
/// # Ok::<(), bufferprocs::MutError>(())
/// ```
pub struct Ref<'a, E: Exporter> {
    /// A borrow of it is counted.
    exported: &'a Exported<E>,
}

impl<'a, E: Exporter> Ref<'a, E> {
    /// Takes over a borrow that was counted.
    pub(super) fn new(exported: &'a Exported<E>) -> Self {
        Ref { exported }
    }
}

impl<E: Exporter> Deref for Ref<'_, E> {
    type Target = E;

    fn deref(&self) -> &E {
        // SAFETY: the counted borrow excludes a mutation.
        unsafe { &*self.exported.cell().value.get() }
    }
}

impl<E: Exporter> Drop for Ref<'_, E> {
    fn drop(&mut self) {
        self.exported.cell().header.count.end_borrow();
    }
}

/// An exclusive borrow of an exported value.
///
/// While it lives, requests are refused. When it is dropped, [`Exporter::view`] runs again.
///
/// ```
/// use bufferprocs::Exported;
///
/// let bytes = Exported::new(vec![1u8, 2]);
/// let mut guard = bytes.try_mut()?;
/// guard.push(3);
/// drop(guard); // the view is made anew
/// assert_eq!(bytes.try_borrow()?.len(), 3);
/// # Ok::<(), bufferprocs::MutError>(())
/// ```
pub struct Mut<'a, E: Exporter> {
    /// A mutation of it is under way, and ours.
    exported: &'a Exported<E>,
}

impl<'a, E: Exporter> Mut<'a, E> {
    /// Takes over a mutation that was begun.
    pub(super) fn new(exported: &'a Exported<E>) -> Self {
        Mut { exported }
    }
}

impl<E: Exporter> Deref for Mut<'_, E> {
    type Target = E;

    fn deref(&self) -> &E {
        // SAFETY: the mutation is ours, and `&self` keeps `deref_mut` out.
        unsafe { &*self.exported.cell().value.get() }
    }
}

impl<E: Exporter> DerefMut for Mut<'_, E> {
    fn deref_mut(&mut self) -> &mut E {
        // SAFETY: the mutation excludes exports and borrows, and it is ours alone.
        unsafe { &mut *self.exported.cell().value.get() }
    }
}

impl<E: Exporter> Drop for Mut<'_, E> {
    fn drop(&mut self) {
        // SAFETY: the mutation is ours, and all references from this guard have ended.
        let answer = unsafe { self.exported.ask() };
        // Plain from here on: it will be dropped where no code of the user's may run.
        let answer = answer.map_err(BufferError::into_plain);
        // SAFETY: the mutation is still under way, and the error is plain.
        unsafe { self.exported.store(answer) };
        self.exported.cell().header.count.end_mutation();
    }
}

/// A shared borrow of an exported value that has no lifetime: it counts as an export does.
///
/// For a value that reads what another value exports, for as long as it likes: an iterator over
/// the items of another object of Python, for example. Until it is dropped, the value is neither
/// changed nor freed, even if its [`Exported`] is gone. It may be dropped on any thread.
///
/// The garbage collector of Python does not see the value through it. In the `__traverse__` of the
/// class that keeps it, visit no reference in the value: the exporting object does that already.
///
/// ```
/// use bufferprocs::exporter::Hold;
/// use bufferprocs::{BufferError, Exported};
///
/// /// Finds a byte, from where it found the last one.
/// struct Finder {
///     text: Hold<Vec<u8>>,
///     wanted: u8,
///     start: usize,
/// }
///
/// impl Iterator for Finder {
///     type Item = usize;
///
///     fn next(&mut self) -> Option<usize> {
///         let rest = self.text.get(self.start..)?;
///         let found = self.start + rest.iter().position(|byte| *byte == self.wanted)?;
///         self.start = found + 1;
///         Some(found)
///     }
/// }
///
/// let text = Exported::new(b"banana".to_vec());
/// let mut finder = Finder { text: text.try_hold()?, wanted: b'a', start: 0 };
/// assert_eq!(finder.next(), Some(1));
/// assert!(text.try_mut().is_err()); // no change while the iterator exists
/// let rest = std::thread::spawn(move || finder.collect::<Vec<_>>());
/// assert_eq!(rest.join().unwrap(), [3, 5]);
/// text.try_mut()?.push(b'!');
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the value may change as soon as it is dropped"]
pub struct Hold<E: Exporter> {
    /// Invariant: a live cell, of which one counted export is ours.
    cell: NonNull<Cell<E>>,
    _holds: PhantomData<Cell<E>>,
}

// SAFETY: it gives out shared references to E, which is Sync, and may free E, which is Send.
unsafe impl<E: Exporter> Send for Hold<E> {}
// SAFETY: as above.
unsafe impl<E: Exporter> Sync for Hold<E> {}

impl<E: Exporter> Hold<E> {
    /// Takes over an export that was counted.
    pub(super) fn new(exported: &Exported<E>) -> Self {
        Hold { cell: exported.cell, _holds: PhantomData }
    }
}

impl<E: Exporter> Deref for Hold<E> {
    type Target = E;

    fn deref(&self) -> &E {
        // SAFETY: the invariant: the export keeps the cell alive.
        let value = unsafe { self.cell.as_ref() }.value.get();
        // SAFETY: the counted export excludes a mutation.
        unsafe { &*value }
    }
}

impl<E: Exporter + AsRef<T>, T: ?Sized> AsRef<T> for Hold<E> {
    fn as_ref(&self) -> &T {
        (**self).as_ref()
    }
}

impl<E: Exporter> Drop for Hold<E> {
    fn drop(&mut self) {
        // SAFETY: the invariant: the export is ours, and has not ended.
        let ended = unsafe { end_export(self.cell.cast()) };
        if let Ok(Some(orphan)) = ended {
            // A panic of the value's drop ends there, as in a release.
            let _ = orphan.free();
        }
    }
}

impl<E: Exporter> fmt::Debug for Hold<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").finish_non_exhaustive()
    }
}

impl<E: Exporter> fmt::Debug for Ref<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ref").finish_non_exhaustive()
    }
}

impl<E: Exporter> fmt::Debug for Mut<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mut").finish_non_exhaustive()
    }
}
