//! A value that the first of several threads sets, without a lock.
//!
//! `OnceLock` makes the others wait while the first one writes. After a fork at that moment, the
//! child would wait for ever: see `exporter::kept_error`.

use std::marker::PhantomData;
use std::ptr::null_mut;

// Not by `crate`: `loom_tests` compiles this file a second time.
use super::sync::{AtomicPtr, Ordering};

pub(crate) struct SetOnce<T: Send + Sync> {
    /// Invariant: NULL, or made by `Box`; then it is not changed again before the drop.
    value: AtomicPtr<T>,
    _owns: PhantomData<Box<T>>,
}

impl<T: Send + Sync> SetOnce<T> {
    pub(crate) fn new() -> SetOnce<T> {
        SetOnce { value: AtomicPtr::new(null_mut()), _owns: PhantomData }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        let value = self.value.load(Ordering::Acquire);
        // SAFETY: the invariant: NULL, or a value that stays as long as `self` is borrowed.
        unsafe { value.as_ref() }
    }

    /// The value that was set first: this one, or another, and then this one is dropped.
    pub(crate) fn get_or_set(&self, value: T) -> &T {
        let ours = Box::into_raw(Box::new(value));
        let (success, failure) = (Ordering::Release, Ordering::Acquire);
        let first = match self.value.compare_exchange(null_mut(), ours, success, failure) {
            Ok(_) => ours,
            Err(first) => {
                // SAFETY: the box of a moment ago, which no other code has seen.
                drop(unsafe { Box::from_raw(ours) });
                first
            }
        };
        // SAFETY: the invariant: it is set, and stays as long as `self` is borrowed.
        unsafe { &*first }
    }
}

impl<T: Send + Sync> Drop for SetOnce<T> {
    fn drop(&mut self) {
        let value = self.value.load(Ordering::Relaxed);
        if !value.is_null() {
            // SAFETY: the invariant: made by `Box`; no borrow is left.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}
