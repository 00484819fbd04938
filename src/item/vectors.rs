//! Sixteen bytes at a time of memory whose items are smaller, and may be accessed by others at the
//! same time.
//!
//! An x86-64 that has AVX reads and writes sixteen aligned bytes at once, as the manuals of Intel
//! and AMD say, and a single byte is never torn. So an aligned vector leaves every item of two,
//! four or eight bytes whole, as [`wide`](super::wide) does by eight bytes. Elsewhere no item is in
//! a vector.

use std::mem::size_of;
use std::ops::Range;

use super::AnyBits;

/// Bytes of a vector.
#[cfg(x86_64_instructions)]
pub(crate) const VECTOR: usize = 16;

/// Which of `size` bytes from `address` on lie in whole vectors that leave every `W` whole: none of
/// them, where no vector does.
#[cfg(x86_64_instructions)]
#[inline(always)]
pub(crate) fn whole_vectors<W>(address: *const u8, size: usize) -> Range<usize> {
    let before = address.addr().wrapping_neg() % VECTOR;
    // A single byte is never torn, on no processor.
    let keeps_whole = size_of::<W>() == 1 || std::arch::is_x86_feature_detected!("avx");
    match size.checked_sub(before).filter(|_| keeps_whole) {
        Some(rest) => before..before + rest / VECTOR * VECTOR,
        None => 0..0,
    }
}

/// Reads sixteen bytes.
///
/// # Safety
///
/// `from` is valid for reads of sixteen initialised bytes, and a place where vectors begin, as
/// [`whole_vectors`] says.
#[cfg(x86_64_instructions)]
#[inline(always)]
pub(crate) unsafe fn load_vector(from: *const u8) -> std::arch::x86_64::__m128i {
    let vector;
    // SAFETY: reads what the caller promises to be there; nothing else is touched.
    unsafe {
        std::arch::asm!(
            "movdqa {vector}, xmmword ptr [{from}]",
            vector = out(xmm_reg) vector,
            from = in(reg) from,
            options(nostack, preserves_flags, readonly),
        );
    }
    vector
}

/// Writes sixteen bytes.
///
/// # Safety
///
/// `to` is valid for reads and writes of sixteen bytes, and a place where vectors begin, as
/// [`whole_vectors`] says.
#[cfg(x86_64_instructions)]
#[inline(always)]
pub(crate) unsafe fn store_vector(to: *mut u8, vector: std::arch::x86_64::__m128i) {
    // SAFETY: writes what the caller promises to be there; nothing else is touched.
    unsafe {
        std::arch::asm!(
            "movdqa xmmword ptr [{to}], {vector}",
            to = in(reg) to,
            vector = in(xmm_reg) vector,
            options(nostack, preserves_flags),
        );
    }
}

/// Whether items of this type ever lie in vectors.
pub(crate) const fn fills_vectors<T>() -> bool {
    cfg!(x86_64_instructions) && matches!(size_of::<T>(), 1 | 2 | 4 | 8)
}

/// Which of `len` items without gaps whole vectors hold. None of them, if the first is not aligned
/// to its size: then others do not access an item at once.
#[inline(always)]
pub(crate) fn in_vectors<T>(first: *const T, len: usize) -> Range<usize> {
    #[cfg(x86_64_instructions)]
    if fills_vectors::<T>() && first.addr() % size_of::<T>() == 0 {
        let size = size_of::<T>();
        let Range { start, end } = whole_vectors::<T>(first.cast(), len * size);
        return start / size..end / size;
    }
    let _ = (first, len);
    0..0
}

/// Calls `f` with each of the items, from the first one on, or from the last one back.
///
/// # Safety
///
/// `first` is the first of `len` items that are valid for reads and lie in whole vectors, as
/// [`in_vectors`] says. Others write them by atomic operations of their size, if at all.
#[inline(always)]
pub(crate) unsafe fn fold_vectors<T: AnyBits, A>(
    first: *const T,
    len: usize,
    backwards: bool,
    folded: A,
    f: impl FnMut(A, T) -> A,
) -> A {
    #[cfg(x86_64_instructions)]
    match size_of::<T>() {
        // SAFETY: the caller's promise, of items of this size.
        1 => return unsafe { fold_each::<T, 16, A>(first, len, backwards, folded, f) },
        // SAFETY: as above.
        2 => return unsafe { fold_each::<T, 8, A>(first, len, backwards, folded, f) },
        // SAFETY: as above.
        4 => return unsafe { fold_each::<T, 4, A>(first, len, backwards, folded, f) },
        // SAFETY: as above.
        8 => return unsafe { fold_each::<T, 2, A>(first, len, backwards, folded, f) },
        _ => {}
    }
    let _ = (first, backwards, f);
    debug_assert_eq!(len, 0);
    folded
}

/// # Safety
///
/// As for [`fold_vectors`], and `N` items fill a vector.
#[cfg(x86_64_instructions)]
#[inline(always)]
unsafe fn fold_each<T: AnyBits, const N: usize, A>(
    first: *const T,
    len: usize,
    backwards: bool,
    mut folded: A,
    mut f: impl FnMut(A, T) -> A,
) -> A {
    if backwards {
        for at in (0..len).step_by(N).rev() {
            // SAFETY: `N` of the items, in one vector.
            let items: [T; N] = unsafe { load_items(first.wrapping_add(at)) };
            folded = items.into_iter().rev().fold(folded, &mut f);
        }
        return folded;
    }
    for at in (0..len).step_by(N) {
        // SAFETY: as above.
        let items: [T; N] = unsafe { load_items(first.wrapping_add(at)) };
        folded = items.into_iter().fold(folded, &mut f);
    }
    folded
}

/// Replaces each of the items by what `change` makes of it.
///
/// # Safety
///
/// `first` is the first of `len` items that are valid for reads and writes and lie in whole
/// vectors, as [`in_vectors`] says. Others access them by atomic operations of their size, if at
/// all.
#[inline(always)]
pub(crate) unsafe fn update_vectors<T: AnyBits>(
    first: *mut T,
    len: usize,
    change: impl FnMut(T) -> T,
) {
    #[cfg(x86_64_instructions)]
    match size_of::<T>() {
        // SAFETY: the caller's promise, of items of this size.
        1 => return unsafe { update_each::<T, 16>(first, len, change) },
        // SAFETY: as above.
        2 => return unsafe { update_each::<T, 8>(first, len, change) },
        // SAFETY: as above.
        4 => return unsafe { update_each::<T, 4>(first, len, change) },
        // SAFETY: as above.
        8 => return unsafe { update_each::<T, 2>(first, len, change) },
        _ => {}
    }
    let _ = (first, change);
    debug_assert_eq!(len, 0);
}

/// # Safety
///
/// As for [`update_vectors`], and `N` items fill a vector.
#[cfg(x86_64_instructions)]
#[inline(always)]
unsafe fn update_each<T: AnyBits, const N: usize>(
    first: *mut T,
    len: usize,
    mut change: impl FnMut(T) -> T,
) {
    for at in (0..len).step_by(N) {
        let place = first.wrapping_add(at);
        // SAFETY: `N` of the items, in one vector.
        let items: [T; N] = unsafe { load_items(place) };
        let changed = items.map(&mut change);
        // SAFETY: as many bytes, which are initialised, since an Item has no padding.
        let vector = unsafe { std::mem::transmute_copy(&changed) };
        // SAFETY: `N` of the items, in one vector.
        unsafe { store_vector(place.cast(), vector) };
    }
}

/// # Safety
///
/// `first` is the first of `N` items that fill a vector, and valid for reads of them. It is a place
/// where vectors begin.
#[cfg(x86_64_instructions)]
#[inline(always)]
unsafe fn load_items<T: AnyBits, const N: usize>(first: *const T) -> [T; N] {
    debug_assert_eq!(size_of::<[T; N]>(), VECTOR);
    // SAFETY: the caller's promise.
    let vector = unsafe { load_vector(first.cast()) };
    // SAFETY: as many bytes, and any bytes are a T.
    unsafe { std::mem::transmute_copy(&vector) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From any place, of any number: those before the vectors, those in them, and those behind.
    #[test]
    fn items_in_vectors_are_what_they_are_one_by_one() {
        #[track_caller]
        fn case<T: AnyBits + PartialEq + std::fmt::Debug>(items: Vec<T>, other: T) {
            for start in 0..items.len() {
                for end in start..items.len() {
                    let mut items = items[start..end].to_vec();
                    // In place of the copy, whose start is aligned: one item later.
                    items.insert(0, other);
                    let part = &mut items[1..];
                    let whole = in_vectors(part.as_ptr(), part.len());
                    assert!(whole.end <= part.len() && whole.len() * size_of::<T>() % 16 == 0);
                    assert!(fills_vectors::<T>() || whole.is_empty());
                    let expected = part[whole.clone()].to_vec();
                    let first = part.as_mut_ptr().wrapping_add(whole.start);
                    for backwards in [false, true] {
                        let (all, push) = (Vec::new(), |mut all: Vec<T>, item| {
                            all.push(item);
                            all
                        });
                        // SAFETY: borrowed items in whole vectors.
                        let mut found = unsafe {
                            fold_vectors(first.cast_const(), whole.len(), backwards, all, push)
                        };
                        if backwards {
                            found.reverse();
                        }
                        assert_eq!(found, expected);
                    }
                    let before = items.clone();
                    let first = items[1..].as_mut_ptr().wrapping_add(whole.start);
                    // SAFETY: items that are borrowed exclusively, in whole vectors.
                    unsafe { update_vectors(first, whole.len(), |_| other) };
                    let updated = 1 + whole.start..1 + whole.end;
                    for (at, (now, before)) in items.iter().zip(&before).enumerate() {
                        assert_eq!(now, if updated.contains(&at) { &other } else { before });
                    }
                }
            }
        }
        case((1..50u8).collect(), 0);
        case((1..30u16).collect(), 0);
        case((1..20).map(|item| item as f32).collect(), 0.0);
        case((1..12i64).collect(), 0);
        case((1..9u8).map(|item| [item, 1, 2]).collect(), [0; 3]);
    }
}
