//! Borrows of an exported value by Rust code: [`Ref`] and [`Mut`].

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::{Exported, Exporter};
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
