//! The holders of an exporter: one atomic word for exports, borrows, a mutation and the owner.
//!
//! | bits | meaning |
//! |---|---|
//! | 0 | a mutation is under way; then there are no exports and no borrows |
//! | 1 | the owner is alive |
//! | the next quarter of the word | borrows by Rust code |
//! | the rest | exports to consumers |
//!
//! A request counts itself by one addition, and a release by one subtraction: two locked
//! instructions for a pair, also where many threads send requests to one exporter. A request that
//! finds a mutation under way, or too many exports, has to take itself out again. It does so only
//! as long as that is still the case; once it is not, the request is granted. So a mutation is
//! refused only because of requests that are granted in the end.
//!
//! Counters never wrap: exports are refused from half of what the bits hold on, which leaves room
//! for requests of as many threads as there can be. A release too many is taken back; requests of
//! that moment may be refused.

use super::sync::{AtomicUsize, Ordering};
use crate::error::{BufferError, MutError, ReleaseError};

const MUTATION: usize = 1;
const OWNER: usize = 1 << 1;
const BORROW: usize = 1 << 2;
const EXPORT: usize = BORROW << (usize::BITS / 4);
/// All bits of the counter of borrows.
const BORROWS: usize = EXPORT - BORROW;
/// All bits of the counter of exports.
const EXPORTS: usize = !(EXPORT - 1);

/// The first state with too many exports.
const TOO_MANY: usize = 1 << (usize::BITS - 1);

/// All bits of those who keep the exporter from being freed.
const HOLDERS: usize = EXPORTS + OWNER;

/// Why an export was not counted: a word small enough for a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotCounted {
    BeingModified,
    TooManyExports,
}

impl From<NotCounted> for BufferError {
    fn from(reason: NotCounted) -> BufferError {
        match reason {
            NotCounted::BeingModified => BufferError::BeingModified,
            NotCounted::TooManyExports => BufferError::TooManyExports,
        }
    }
}

/// The word. The thread that makes it neither owned nor exported has to free the exporter.
#[derive(Debug)]
pub(super) struct Count(AtomicUsize);

impl Count {
    /// Owned, and without other holders.
    pub(super) fn new() -> Count {
        Count(AtomicUsize::new(OWNER))
    }

    /// Number of exports that have not ended. Requests that are about to be refused count too.
    pub(super) fn exports(&self) -> usize {
        self.0.load(Ordering::Relaxed) / EXPORT
    }

    /// Whether a mutation is under way at this moment.
    pub(super) fn is_mutation_under_way(&self) -> bool {
        self.0.load(Ordering::Relaxed) & MUTATION != 0
    }

    /// One export more.
    #[inline]
    pub(super) fn export(&self) -> Result<(), NotCounted> {
        let before = self.0.fetch_add(EXPORT, Ordering::Acquire);
        match Count::refusal(before) {
            None => Ok(()),
            Some(reason) => self.take_back(before.wrapping_add(EXPORT), reason),
        }
    }

    /// Why no export may be added to this state.
    #[inline]
    fn refusal(word: usize) -> Option<NotCounted> {
        if word & MUTATION != 0 {
            Some(NotCounted::BeingModified)
        } else if word >= TOO_MANY {
            Some(NotCounted::TooManyExports)
        } else {
            None
        }
    }

    /// Takes back an export that was counted for the moment. If there is no reason to do so any
    /// longer, the export stays counted and is granted.
    #[cold]
    fn take_back(&self, mut counted: usize, mut reason: NotCounted) -> Result<(), NotCounted> {
        loop {
            let without = counted.wrapping_sub(EXPORT);
            match self.0.compare_exchange(counted, without, Ordering::Release, Ordering::Acquire) {
                Ok(_) => return Err(reason),
                Err(now) => counted = now,
            }
            // The state without this export. It has none less than 0: a release too many that is
            // not yet taken back.
            match Count::refusal(counted.wrapping_sub(EXPORT)) {
                None => return Ok(()),
                Some(other) => reason = other,
            }
        }
    }

    /// One export less. True if nobody is left, so that the caller has to free the exporter.
    #[inline]
    pub(super) fn release(&self) -> Result<bool, ReleaseError> {
        let before = self.0.fetch_sub(EXPORT, Ordering::Release);
        if before < EXPORT {
            self.0.fetch_add(EXPORT, Ordering::Relaxed);
            return Err(ReleaseError::NotExported);
        }
        let last = (before - EXPORT) & HOLDERS == 0;
        if last {
            // All that other holders did happened before the memory goes. A load and no fence:
            // ThreadSanitizer does not know fences.
            self.0.load(Ordering::Acquire);
        }
        Ok(last)
    }

    /// One borrow more.
    pub(super) fn borrow(&self) -> Result<(), MutError> {
        self.update(Ordering::Acquire, |word| {
            if word & MUTATION != 0 {
                Err(MutError::BeingModified)
            } else if word & BORROWS == BORROWS {
                Err(MutError::TooManyBorrows)
            } else {
                Ok(word + BORROW)
            }
        })?;
        Ok(())
    }

    /// One borrow less. Only after [`borrow`](Self::borrow).
    pub(super) fn end_borrow(&self) {
        self.0.fetch_sub(BORROW, Ordering::Release);
    }

    /// Starts a mutation, if nobody but the owner holds the exporter.
    pub(super) fn begin_mutation(&self) -> Result<(), MutError> {
        self.update(Ordering::Acquire, |word| {
            if word & MUTATION != 0 {
                Err(MutError::BeingModified)
            } else if word & EXPORTS != 0 {
                Err(MutError::Exported { exports: word / EXPORT })
            } else if word & BORROWS != 0 {
                Err(MutError::Borrowed)
            } else {
                Ok(word + MUTATION)
            }
        })?;
        Ok(())
    }

    /// Ends the mutation. Only after [`begin_mutation`](Self::begin_mutation).
    pub(super) fn end_mutation(&self) {
        self.0.fetch_and(!MUTATION, Ordering::Release);
    }

    /// The owner is dropped. True if nobody is left, so that the caller has to free the exporter.
    ///
    /// Borrows and a mutation do not count here: they cannot outlive the owner, only be
    /// forgotten.
    pub(super) fn disown(&self) -> bool {
        self.0.fetch_and(!OWNER, Ordering::AcqRel) & EXPORTS == 0
    }

    /// Replaces the word by `next` of it; returns the old one.
    #[inline]
    fn update<R>(
        &self,
        success: Ordering,
        next: impl Fn(usize) -> Result<usize, R>,
    ) -> Result<usize, R> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            match self.0.compare_exchange_weak(word, next(word)?, success, Ordering::Relaxed) {
                Ok(word) => return Ok(word),
                Err(now) => word = now,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sync::model;
    use super::*;

    #[test]
    fn exports_and_borrows_exclude_a_mutation() {
        model(|| {
            let count = Count::new();
            count.begin_mutation().unwrap();
            assert_eq!(count.export(), Err(NotCounted::BeingModified));
            assert_eq!(count.borrow(), Err(MutError::BeingModified));
            assert_eq!(count.begin_mutation(), Err(MutError::BeingModified));
            count.end_mutation();

            count.borrow().unwrap();
            assert_eq!(count.begin_mutation(), Err(MutError::Borrowed));
            count.export().unwrap();
            count.export().unwrap();
            assert_eq!(count.begin_mutation(), Err(MutError::Exported { exports: 2 }));
            count.end_borrow();
            assert_eq!((count.release(), count.exports()), (Ok(false), 1));
            assert_eq!((count.release(), count.exports()), (Ok(false), 0));
            count.begin_mutation().unwrap();
        });
    }

    #[test]
    fn a_release_too_many_changes_nothing() {
        model(|| {
            let count = Count::new();
            count.borrow().unwrap();
            assert_eq!(count.release(), Err(ReleaseError::NotExported));
            assert_eq!(count.begin_mutation(), Err(MutError::Borrowed));
        });
    }

    #[test]
    fn the_last_one_frees() {
        model(|| {
            let count = Count::new();
            assert!(count.disown());

            let count = Count::new();
            count.export().unwrap();
            count.export().unwrap();
            assert!(!count.disown());
            assert_eq!(count.release(), Ok(false));
            assert_eq!(count.release(), Ok(true));
            assert_eq!(count.release(), Err(ReleaseError::NotExported));
        });
    }

    #[test]
    fn counters_stop_at_their_maximum() {
        model(|| {
            let count = Count(AtomicUsize::new(OWNER | TOO_MANY));
            assert_eq!(count.export(), Err(NotCounted::TooManyExports));
            assert_eq!(count.exports(), TOO_MANY / EXPORT);
            assert_eq!(count.release(), Ok(false));
            count.export().unwrap();

            let count = Count(AtomicUsize::new(OWNER | BORROWS));
            assert_eq!(count.borrow(), Err(MutError::TooManyBorrows));
            assert_eq!(count.exports(), 0);
            count.export().unwrap();
            count.end_borrow();
            count.borrow().unwrap();
        });
    }
}
