//! The words by which memory is accessed that others may write at the same time.
//!
//! On x86-64 an access is a `mov`, written as assembly. The processor defines what it does whatever
//! others do to the same bytes, and at whatever width: each of the two sees old or new bytes, and
//! an aligned word is whole to those who access it as one. No operation of the language can say
//! so. Its atomic operations must not race with others of another width, and a consumer cannot
//! see the width at which the memory's owner works: `memoryview.cast("B")` and a view of NumPy's
//! hide it.
//!
//! Elsewhere, under Miri, and with `BUFFERPROCS_PORTABLE` it is a relaxed atomic operation. There
//! an exporter and its consumers have to agree on the width: see the chapter "Writable memory" of
//! the book.

#[cfg(not(x86_64_instructions))]
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// A number that memory is accessed by at once.
pub(crate) trait Word: Copy {
    /// # Safety
    ///
    /// `from` is aligned and valid for reads of an initialised word, which others write by atomic
    /// operations if at all.
    unsafe fn load(from: *const Self) -> Self;

    /// # Safety
    ///
    /// `to` is aligned and valid for reads and writes of a word, which others access by atomic
    /// operations if at all.
    unsafe fn store(self, to: *mut Self);

    /// Replaces the byte `within` the word. Bytes that others write to the rest of it at the same
    /// time are kept.
    ///
    /// # Safety
    ///
    /// As for [`store`](Self::store).
    unsafe fn replace_byte(word: *mut Self, within: usize, byte: u8);
}

macro_rules! words {
    ($($word:ty: $atomic:ty, $register:ty, $load:literal, $class:ident, $store:literal;)*) => {$(
        #[cfg(x86_64_instructions)]
        impl Word for $word {
            #[inline(always)]
            unsafe fn load(from: *const Self) -> Self {
                let word: $register;
                // SAFETY: reads the word, which the caller promises to be there, and touches
                // nothing else.
                unsafe {
                    std::arch::asm!(
                        $load,
                        word = out(reg) word,
                        from = in(reg) from,
                        options(nostack, preserves_flags, readonly),
                    );
                }
                // SAFETY: the instruction clears the rest of the register.
                unsafe { std::hint::assert_unchecked(word <= <$word>::MAX as $register) };
                word as $word
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut Self) {
                // SAFETY: writes the word, which the caller promises to be there, and touches
                // nothing else.
                unsafe {
                    std::arch::asm!(
                        $store,
                        to = in(reg) to,
                        word = in($class) self,
                        options(nostack, preserves_flags),
                    );
                }
            }

            #[inline(always)]
            unsafe fn replace_byte(word: *mut Self, within: usize, byte: u8) {
                let to = word.cast::<u8>().wrapping_add(within);
                // SAFETY: a byte of the word, which the caller promises to be there.
                unsafe { byte.store(to) };
            }
        }

        #[cfg(not(x86_64_instructions))]
        impl Word for $word {
            #[inline(always)]
            unsafe fn load(from: *const Self) -> Self {
                // SAFETY: the caller's promise. `from_ptr` wants memory that may be written; a
                // relaxed load of at most a word, which is all that is done, is sound on
                // read-only memory too, as `std::sync::atomic` says.
                unsafe { <$atomic>::from_ptr(from.cast_mut()) }.load(Relaxed)
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut Self) {
                // SAFETY: the caller's promise.
                unsafe { <$atomic>::from_ptr(to) }.store(self, Relaxed);
            }

            unsafe fn replace_byte(word: *mut Self, within: usize, byte: u8) {
                // SAFETY: the caller's promise.
                let word = unsafe { <$atomic>::from_ptr(word) };
                let replaced = word.fetch_update(Relaxed, Relaxed, |old| {
                    let mut bytes = old.to_ne_bytes();
                    bytes[within] = byte;
                    Some(<$word>::from_ne_bytes(bytes))
                });
                debug_assert!(replaced.is_ok()); // the closure never gives up
            }
        }
    )*};
}

// A load fills a whole register: one of a part would have to wait for the rest of it.
words! {
    u8: AtomicU8, u32, "movzx {word:e}, byte ptr [{from}]", reg_byte, "mov byte ptr [{to}], {word}";
    u16: AtomicU16, u32, "movzx {word:e}, word ptr [{from}]", reg, "mov word ptr [{to}], {word:x}";
    u32: AtomicU32, u32, "mov {word:e}, dword ptr [{from}]", reg, "mov dword ptr [{to}], {word:e}";
    usize: AtomicUsize, usize, "mov {word}, qword ptr [{from}]", reg, "mov qword ptr [{to}], {word}";
}
