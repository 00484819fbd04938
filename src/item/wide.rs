//! Eight bytes at a time of memory whose items are smaller, and may be accessed by others at the
//! same time.
//!
//! No atomic operation of the language does that: operations of different widths must not race. An
//! instruction does: an x86-64 reads and writes eight aligned bytes at once, and a single byte is
//! never torn. So the assembly here does what the loop of atomic operations beside it does, which
//! all other processors run, and Miri. `BUFFERPROCS_PORTABLE=1` at build time chooses the loop
//! everywhere, for tools that look for data races and see no assembly.

use std::mem::size_of;

use super::word::Word;

/// Bytes that are read or written at a time.
pub(crate) const WIDE: usize = size_of::<u64>();

/// Whether one instruction leaves every `W` of the eight bytes whole.
#[cfg(x86_64_instructions)]
fn keeps_whole<W>(address: *const u8) -> bool {
    size_of::<W>() == 1 || size_of::<W>() == WIDE || address.addr() % WIDE == 0
}

/// Reads eight bytes; the first of them is the lowest of the result.
///
/// # Safety
///
/// `from` is aligned to a `W` and valid for reads of eight initialised bytes, which others write
/// by atomic operations on a `W` each, if at all.
#[inline(always)]
pub(crate) unsafe fn load_wide<W: Word>(from: *const u8) -> u64 {
    #[cfg(x86_64_instructions)]
    if keeps_whole::<W>(from) {
        let word;
        // SAFETY: reads what `load_each` reads, by the caller's promise, each `W` whole; nothing
        // else is touched.
        unsafe {
            std::arch::asm!(
                "mov {word}, qword ptr [{from}]",
                word = out(reg) word,
                from = in(reg) from,
                options(nostack, preserves_flags, readonly),
            );
        }
        return word;
    }
    // SAFETY: the caller's promise.
    unsafe { load_each::<W>(from) }
}

/// Writes eight bytes, the lowest of `word` first.
///
/// # Safety
///
/// `to` is aligned to a `W` and valid for reads and writes of eight bytes, which others access by
/// atomic operations on a `W` each, if at all.
#[inline(always)]
pub(crate) unsafe fn store_wide<W: Word>(to: *mut u8, word: u64) {
    #[cfg(x86_64_instructions)]
    if keeps_whole::<W>(to) {
        // SAFETY: writes what `store_each` writes, by the caller's promise, each `W` whole;
        // nothing else is touched.
        unsafe {
            std::arch::asm!(
                "mov qword ptr [{to}], {word}",
                to = in(reg) to,
                word = in(reg) word,
                options(nostack, preserves_flags),
            );
        }
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { store_each::<W>(to, word) }
}

/// # Safety
///
/// As for [`load_wide`].
#[cfg_attr(x86_64_instructions, cold)]
unsafe fn load_each<W: Word>(from: *const u8) -> u64 {
    let mut bytes = [0u8; WIDE];
    for at in (0..WIDE).step_by(size_of::<W>()) {
        // SAFETY: the caller's promise.
        let part = unsafe { W::load(from.wrapping_add(at).cast()) };
        let to = bytes.as_mut_ptr().wrapping_add(at).cast::<W>();
        // SAFETY: within the array.
        unsafe { to.write_unaligned(part) };
    }
    u64::from_le_bytes(bytes)
}

/// # Safety
///
/// As for [`store_wide`].
#[cfg_attr(x86_64_instructions, cold)]
unsafe fn store_each<W: Word>(to: *mut u8, word: u64) {
    let bytes = word.to_le_bytes();
    for at in (0..WIDE).step_by(size_of::<W>()) {
        let from = bytes.as_ptr().wrapping_add(at).cast::<W>();
        // SAFETY: within the array.
        let part = unsafe { from.read_unaligned() };
        // SAFETY: the caller's promise.
        unsafe { part.store(to.wrapping_add(at).cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every place where a `W` may lie: the same bytes, and none beside them.
    fn check<W: Word>() {
        let mut memory: [u64; 4] =
            [0x0102_0304_0506_0708, 0x1112_1314_1516_1718, 0x2122_2324_2526_2728, 0x31];
        // As atomic operations want it: such as may be written.
        let start = memory.as_mut_ptr().cast::<u8>().cast_const();
        for at in (0..16).step_by(size_of::<W>()) {
            let from = start.wrapping_add(at);
            // SAFETY: within the array, aligned to a W, and no code writes it.
            let wide = unsafe { load_wide::<W>(from) };
            // SAFETY: as above.
            let each = unsafe { load_each::<W>(from) };
            // SAFETY: as above.
            let plain = unsafe { from.cast::<u64>().read_unaligned() };
            assert_eq!((wide, each), (u64::from_le(plain), wide), "{at}");

            let (mut by_wide, mut by_each) = ([0u64; 4], [0u64; 4]);
            let to = |array: &mut [u64; 4]| array.as_mut_ptr().cast::<u8>().wrapping_add(at);
            // SAFETY: within the array, aligned to a W, and ours.
            unsafe { store_wide::<W>(to(&mut by_wide), wide) };
            // SAFETY: as above.
            unsafe { store_each::<W>(to(&mut by_each), wide) };
            let mut expected = [0u64; 4];
            // SAFETY: within the array, and ours.
            unsafe { to(&mut expected).cast::<u64>().write_unaligned(plain) };
            assert_eq!((by_wide, by_each), (expected, expected), "{at}");
        }
    }

    #[cfg(x86_64_instructions)]
    #[test]
    fn whole_are_items_of_a_byte_or_of_all_or_those_in_an_aligned_word() {
        let at = |address| std::ptr::without_provenance(address);
        for address in 0x1000..0x1010 {
            let is_aligned = address % 8 == 0;
            assert!(keeps_whole::<u8>(at(address)) && keeps_whole::<u64>(at(address)));
            assert_eq!(keeps_whole::<u16>(at(address)), is_aligned);
            assert_eq!(keeps_whole::<u32>(at(address)), is_aligned);
        }
    }

    #[test]
    fn eight_bytes_at_once_are_what_one_after_the_other_would_be() {
        check::<u8>();
        check::<u16>();
        check::<u32>();
        check::<usize>();
    }
}
