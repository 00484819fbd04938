//! Hints of a copy to the cache: memory that is needed soon, and memory that is not needed again.
//!
//! On other processors these hints do nothing, and the bytes are the same.

/// Bytes of a line of the cache.
pub(super) const LINE: usize = 64;

/// Bytes of the shortest row that is worth a word to the cache.
pub(super) const SHORTEST: usize = 256;

/// Bytes of the smallest copy that is written past the cache: more than a cache keeps for one of
/// the cores.
pub(super) const LARGE: usize = 16 << 20;

/// Asks for the line around `address`, which may be any number.
#[inline(always)]
pub(super) fn prefetch(address: *const u8) {
    #[cfg(x86_64_instructions)]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction ignores addresses that it cannot read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(x86_64_instructions))]
    let _ = address;
}

/// The right to write past the cache. The drop orders these stores with all other accesses.
///
/// Lines that are written whole need not be read first, and push nothing out that is still needed:
/// a gain where a copy is larger than the cache, a loss where not.
pub(super) struct Streaming(());

impl Streaming {
    /// # Safety
    ///
    /// Memory that is [stored](Self::store) is not accessed in any other way before the result is
    /// dropped.
    pub unsafe fn new() -> Streaming {
        Streaming(())
    }

    /// Writes eight bytes, the lowest of `word` first.
    ///
    /// # Safety
    ///
    /// `to` is aligned to eight bytes, valid for their write, and no other code accesses it.
    #[inline(always)]
    pub unsafe fn store(&self, to: *mut u8, word: u64) {
        #[cfg(x86_64_instructions)]
        // SAFETY: the caller's promise; the barrier is in `drop`.
        unsafe {
            std::arch::x86_64::_mm_stream_si64(to.cast(), word as i64);
        }
        #[cfg(not(x86_64_instructions))]
        // SAFETY: the caller's promise.
        unsafe {
            to.cast::<u64>().write(word.to_le());
        }
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        #[cfg(x86_64_instructions)]
        // SAFETY: each x86-64 has it.
        unsafe {
            std::arch::x86_64::_mm_sfence();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A line of the cache of its own, or else the processor may write two of them in order.
    #[repr(align(256))]
    struct Alone(AtomicU64);

    impl Alone {
        fn wait_for(&self, value: u64) {
            for turn in 1u64.. {
                if self.0.load(Ordering::Acquire) == value {
                    return;
                }
                if turn % 1000 == 0 { std::thread::yield_now() } else { std::hint::spin_loop() }
            }
        }
    }

    /// Another thread that learns of a copy sees all of its bytes.
    #[test]
    fn stores_are_in_order_after_the_drop() {
        let rounds = if cfg!(miri) { 20 } else { 20_000 };
        let mut old = 0;
        let [bytes, written, read] = [(); 3].map(|()| Alone(AtomicU64::new(0)));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..=rounds {
                    // SAFETY: the other thread waits until `written` says that all is written.
                    let streaming = unsafe { Streaming::new() };
                    // SAFETY: aligned memory, which the other thread has read by now.
                    unsafe { streaming.store(bytes.0.as_ptr().cast(), round) };
                    drop(streaming);
                    written.0.store(round, Ordering::Release);
                    read.wait_for(round);
                }
            });
            for round in 1..=rounds {
                written.wait_for(round);
                old += usize::from(u64::from_le(bytes.0.load(Ordering::Relaxed)) != round);
                read.0.store(round, Ordering::Release);
            }
        });
        assert_eq!(old, 0, "of {rounds} reads saw the bytes from before");
    }
}
