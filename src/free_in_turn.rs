//! Values whose drop frees the next one, in chains of any length: a re-exporter holds a buffer of
//! another re-exporter, which holds one of a third.
//!
//! Freed one within the other, 30,000 of them overflow the stack. Here a free that comes while
//! [`MOST`] others are under way on this thread waits in a list until the outermost one is done.
//! CPython does the same for its containers.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use crate::catch_panic::caught;

/// So many frees run one within the other.
const MOST: usize = 50;

/// A free that waits.
struct Waiting {
    value: NonNull<c_void>,
    free: unsafe fn(NonNull<c_void>),
}

thread_local! {
    /// Frees that are under way on this thread.
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
    /// Never dropped, so that it is there until the thread has ended. The outermost free empties
    /// it.
    static WAITING: RefCell<ManuallyDrop<Vec<Waiting>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Calls `free` with `value`: at once, or before the outermost call of this function on this
/// thread returns. A panic goes to the caller where `free` is called at once; otherwise it is
/// discarded.
///
/// # Safety
///
/// `free` may be called with `value` on this thread, once, at any time until the outermost call
/// returns.
pub(crate) unsafe fn free_in_turn(value: NonNull<c_void>, free: unsafe fn(NonNull<c_void>)) {
    if UNDER_WAY.get() >= MOST {
        WAITING.with_borrow_mut(|waiting| waiting.push(Waiting { value, free }));
        return;
    }
    let _outermost_frees_the_rest = UnderWay::begin();
    // SAFETY: the caller's promise.
    unsafe { free(value) };
}

/// One free that is under way.
struct UnderWay;

impl UnderWay {
    fn begin() -> UnderWay {
        UNDER_WAY.set(UNDER_WAY.get() + 1);
        UnderWay
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if UNDER_WAY.get() == 1 {
            while let Some(Waiting { value, free }) = WAITING.with_borrow_mut(|all| all.pop()) {
                // A panic has nobody to go to. SAFETY: the promise of `free_in_turn`, whose
                // outermost call is this one.
                let _ = caught(|| unsafe { free(value) });
            }
            drop(ManuallyDrop::into_inner(WAITING.take()));
        }
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Frees the next one within its own free, and notes how deep that was.
    struct Link {
        next: Option<NonNull<c_void>>,
        panics: bool,
    }

    thread_local! {
        static FREED: Cell<usize> = const { Cell::new(0) };
        static DEEPEST: Cell<usize> = const { Cell::new(0) };
    }

    unsafe fn free(link: NonNull<c_void>) {
        // SAFETY: made by `chain`, freed once.
        let link = unsafe { Box::from_raw(link.cast::<Link>().as_ptr()) };
        FREED.set(FREED.get() + 1);
        DEEPEST.set(DEEPEST.get().max(UNDER_WAY.get()));
        if let Some(next) = link.next {
            // SAFETY: the next one is only ours.
            unsafe { free_in_turn(next, free) };
        }
        assert!(!link.panics, "in a free");
    }

    fn chain(links: usize, panics: impl Fn(usize) -> bool) -> NonNull<c_void> {
        let mut next = None;
        for number in 0..links {
            let link = Box::new(Link { next, panics: panics(number) });
            next = Some(NonNull::from(Box::leak(link)).cast());
        }
        next.unwrap()
    }

    #[test]
    fn a_long_chain_is_freed_without_a_deep_stack() {
        let links = if cfg!(miri) { 300 } else { 300_000 };
        let first = chain(links, |_| false);
        // SAFETY: made above.
        unsafe { free_in_turn(first, free) };
        assert_eq!((FREED.get(), DEEPEST.get(), UNDER_WAY.get()), (links, MOST, 0));
    }

    #[test]
    fn panics_lose_nothing() {
        let first = chain(2000, |number| number == 1999 || number % 100 == 30);
        // SAFETY: made above.
        let freed = catch_unwind(AssertUnwindSafe(|| unsafe { free_in_turn(first, free) }));
        assert!(freed.is_err(), "the panic of the first goes to the caller");
        assert_eq!((FREED.get(), UNDER_WAY.get()), (2000, 0));
    }
}
