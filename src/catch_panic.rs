//! Code of others, run where a panic must not get through: in a function that C calls, and before
//! something that has to be done in any case.
//!
//! A panic that leaves an `extern "C"` function ends the process, and so does a panic of a drop
//! while another panic unwinds. Hence each piece of foreign code runs alone: the message of an
//! error, its drop, the drop of what a panic carries.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `code`. None if it panicked: what the panic carried is dropped.
#[inline]
pub(crate) fn caught<R>(code: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(result) => Some(result),
        Err(payload) => {
            discard(payload);
            None
        }
    }
}

/// Drops `value`. False if that panicked.
pub(crate) fn drop_caught<T>(value: T) -> bool {
    caught(|| drop(value)).is_some()
}

/// Drops what a panic carried. That may panic again, with a payload of its own; the ninth payload
/// is leaked, so that this comes to an end.
#[cold]
fn discard(mut payload: Box<dyn Any + Send>) {
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(again) => payload = again,
        }
    }
    std::mem::forget(payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::panic_any;

    /// Its drop panics, with one more of them.
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            panic_any(Endless);
        }
    }

    #[test]
    fn payloads_that_panic_come_to_an_end() {
        assert_eq!(caught(|| 1), Some(1));
        assert_eq!(caught(|| panic_any(Endless)), None::<()>);
        assert!(!drop_caught(Endless));
        assert!(drop_caught(String::new()));
    }
}
