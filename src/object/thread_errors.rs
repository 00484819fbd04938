//! The errors of a thread: the one that a request raised, and the one that a release could not
//! raise.

use std::cell::{Cell, RefCell};

use crate::catch_panic::{caught, drop_caught};
use crate::error::{BufferError, ReleaseError};

/// This thread's error. Where a thread ends, a panic of a foreign error's drop would end the
/// process.
struct Raised(RefCell<Option<BufferError>>);

impl Drop for Raised {
    fn drop(&mut self) {
        drop_caught(self.0.take());
    }
}

thread_local! {
    static RAISED: Raised = const { Raised(RefCell::new(None)) };
    static UNRAISABLE: Cell<Option<ReleaseError>> = const { Cell::new(None) };
}

/// Sets this thread's error, before a proc returns -1. The error before is dropped; a panic of
/// its drop is caught, since C is calling.
#[doc(alias = "PyErr_SetString")]
pub fn raise(error: BufferError) {
    // A thread that is ending may have lost the place for it; then the error is lost too, as the
    // thread is.
    caught(|| drop(RAISED.try_with(|raised| raised.0.replace(Some(error)))));
}

/// Takes this thread's error away.
pub fn take_raised() -> Option<BufferError> {
    RAISED.try_with(|raised| raised.0.take()).ok().flatten()
}

/// Keeps the error of a release, which has no way to raise it.
pub(super) fn report(error: ReleaseError) {
    let _ = UNRAISABLE.try_with(|unraisable| unraisable.set(Some(error)));
}

/// Takes the last error that a release had no way to raise.
pub fn take_unraisable() -> Option<ReleaseError> {
    UNRAISABLE.try_with(Cell::take).ok().flatten()
}
