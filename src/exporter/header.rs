//! The part of a cell that knows nothing of the exporter's type: its holders, and which requests
//! it can answer.

use std::ffi::c_void;
use std::ptr::NonNull;

use super::count::Count;
use super::kept_error::Kept;
use super::sync::{AtomicUsize, Ordering};
use crate::error::BufferError;
use crate::grant::{Grant, ViewProperties, grant};
use crate::request::Request;

/// Anybody may look at it, without a hold on the exporter.
pub(super) struct Header {
    pub(super) count: Count,
    /// The properties of what is shown, or 0 where there is nothing: a request that they refuse is
    /// refused before it is counted.
    pub(super) word: AtomicUsize,
    /// Why there is nothing to show.
    error: Kept,
    /// Frees the cell that starts with this header.
    pub(super) free: unsafe fn(NonNull<c_void>),
}

impl Header {
    /// Of a cell that shows nothing yet.
    pub(super) fn new(free: unsafe fn(NonNull<c_void>)) -> Header {
        Header { count: Count::new(), word: AtomicUsize::new(0), error: Kept::new(), free }
    }

    /// Says by the properties in a word what is shown from now on, or why nothing is.
    ///
    /// # Safety
    ///
    /// No other thread calls this at the same time: a mutation is under way, or the cell is not
    /// shared yet. The error is plain data.
    pub(super) unsafe fn set(&self, shown: Result<usize, BufferError>) {
        let word = shown.unwrap_or_else(|error| {
            // SAFETY: by our caller's promise this is the only thread; and the error is plain.
            unsafe { self.error.replace(error) };
            0
        });
        self.word.store(word, Ordering::Release);
    }

    /// What the exporter shows now. Takes no lock.
    pub(super) fn properties(&self) -> Result<ViewProperties, BufferError> {
        if self.count.is_mutation_under_way() {
            return Err(BufferError::BeingModified);
        }
        match self.word.load(Ordering::Acquire) {
            0 => Err(self.error()),
            word => Ok(ViewProperties::from_word(word)),
        }
    }

    /// The fields that a request gets by the properties in `word`.
    fn decide(&self, word: usize, request: Request) -> Result<Grant, BufferError> {
        match word {
            0 => Err(self.error()),
            word => grant(&ViewProperties::from_word(word), request),
        }
    }

    /// Counts an export for a request, unless the properties from before refuse it, and says which
    /// fields it gets.
    pub(super) fn export(&self, properties: usize, request: Request) -> Result<Grant, BufferError> {
        let granted = self.decide(properties, request)?;
        self.count.export()?;
        // Now they hold until the export ends.
        let properties_now = self.word.load(Ordering::Relaxed);
        if properties_now == properties {
            return Ok(granted);
        }
        let decided = self.decide(properties_now, request);
        if decided.is_err() {
            self.end_own_export();
        }
        decided
    }

    /// Ends an export that was counted for a request of the owner's: not the last hold.
    #[cold]
    pub(super) fn end_own_export(&self) {
        let _ = self.count.release();
    }

    #[cold]
    fn error(&self) -> BufferError {
        self.error.read()
    }
}
