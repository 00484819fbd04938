//! The error that is kept while there is nothing to show: read by any thread, without a lock.
//!
//! A thread that forks the process takes along each lock that another thread holds at the moment,
//! and the child would wait for it for ever. Here a reader announces itself, reads, and leaves.
//! The writer replaces the error, and frees the one before as soon as nobody reads.

use std::ptr::null_mut;

use super::sync::{AtomicPtr, AtomicUsize, Ordering};
use crate::error::BufferError;

pub(super) struct Kept {
    /// The newest error, or NULL as long as there was none: then it counts as `BeingModified`.
    /// Invariant: made by `Box`, and the first of the list of those not freed yet.
    newest: AtomicPtr<Error>,
    /// Readers that may hold a pointer to an error of the list.
    readers: AtomicUsize,
}

struct Error {
    /// Plain data, as `into_plain` leaves it, so that a clone and a drop of it run no foreign
    /// code.
    error: BufferError,
    /// The one before, or NULL. Only the writer uses it.
    before: *mut Error,
}

// SAFETY: the errors are plain data, which any thread may read and free.
unsafe impl Send for Kept {}
// SAFETY: as above; readers and the writer are kept apart as `read` and `replace` say.
unsafe impl Sync for Kept {}

impl Kept {
    pub(super) fn new() -> Kept {
        Kept { newest: AtomicPtr::new(null_mut()), readers: AtomicUsize::new(0) }
    }

    /// A copy of the newest error.
    pub(super) fn read(&self) -> BufferError {
        self.readers.fetch_add(1, Ordering::AcqRel);
        let newest = self.newest.load(Ordering::Acquire);
        // SAFETY: NULL, or not freed: it was in the list after this reader was counted, and the
        // writer frees nothing of it before it sees that there is no reader.
        let newest = unsafe { newest.as_ref() };
        let error = newest.map_or(BufferError::BeingModified, |newest| newest.error.clone());
        self.readers.fetch_sub(1, Ordering::Release);
        error
    }

    /// Puts another error in place.
    ///
    /// # Safety
    ///
    /// No other thread calls this at the same time. `error` is plain data.
    pub(super) unsafe fn replace(&self, error: BufferError) {
        let before = self.newest.load(Ordering::Relaxed);
        let newest = Box::into_raw(Box::new(Error { error, before }));
        self.newest.store(newest, Ordering::Release);
        // This reads what the last reader wrote, and is itself written, so that it is ordered with
        // each reader: one that is counted later finds the newest error, and one that was counted
        // before is seen here unless it has left. Then the errors before wait for the next call,
        // or for the drop.
        if self.readers.fetch_add(0, Ordering::AcqRel) == 0 {
            // SAFETY: the error that was just made; only the writer uses this field.
            let rest = unsafe { &mut (*newest).before };
            // SAFETY: no reader has a pointer to them.
            unsafe { free(std::mem::replace(rest, null_mut())) };
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the list has no other user any more.
        unsafe { free(self.newest.load(Ordering::Relaxed)) };
    }
}

/// Frees an error and all before it.
///
/// # Safety
///
/// The pointer is NULL or from `Box`, and the errors have no other user.
unsafe fn free(mut error: *mut Error) {
    while !error.is_null() {
        // SAFETY: the caller's promise.
        let freed = unsafe { Box::from_raw(error) };
        error = freed.before;
    }
}

#[cfg(test)]
mod tests {
    use super::super::sync::model;
    use super::*;

    fn refused(reason: &'static str) -> BufferError {
        BufferError::Refused(reason.into())
    }

    #[test]
    fn the_newest_error_is_read() {
        model(|| {
            let kept = Kept::new();
            assert_eq!(kept.read(), BufferError::BeingModified);
            for reason in ["first", "second"] {
                // SAFETY: there is one thread.
                unsafe { kept.replace(refused(reason)) };
                assert_eq!(kept.read(), refused(reason));
            }
            // A reader that never leaves, as after a fork: nothing is freed early.
            kept.readers.fetch_add(1, Ordering::AcqRel);
            // SAFETY: there is one thread.
            unsafe { kept.replace(refused("third")) };
            assert_eq!(kept.read(), refused("third"));
        });
    }
}
