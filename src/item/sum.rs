//! The sum of all items.

use std::ops::Range;

#[cfg(x86_64_instructions)]
use std::arch::x86_64::{
    __m128i, _mm_add_epi64, _mm_add_pd, _mm_add_ps, _mm_castsi128_pd, _mm_castsi128_ps,
    _mm_sad_epu8, _mm_setzero_pd, _mm_setzero_ps, _mm_setzero_si128,
};

#[cfg(x86_64_instructions)]
use super::vectors::{VECTOR, load_vector, whole_vectors};
use super::{Bool, ItemValue};

mod sealed {
    pub trait Sealed {}
}

/// A type whose items [`Items::sum`](crate::Items::sum) adds up.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, item::Summable};
///
/// /// The sum of the items of any type that has one.
/// fn sum<T: Summable>(object: &Object) -> Result<T::Sum, Box<dyn std::error::Error>> {
///     Ok(Buffer::get(object, Request::FULL_RO)?.items::<T>()?.sum())
/// }
///
/// assert_eq!(sum::<u8>(&Object::new(vec![200u8, 100]))?, 300u64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "there is no sum of items of type `{Self}`",
    note = "`iter_unordered().fold(...)` adds up whatever can be added"
)]
pub trait Summable: ItemValue + sealed::Sealed {
    /// The type of the sum: `u64`, `i64`, or the type of a float.
    type Sum: Default;

    /// The sum of some items, added to another.
    fn add(sum: Self::Sum, items: &[Self::Item]) -> Self::Sum;

    /// The same of items without gaps that others may write, as far as that is faster than to add
    /// up copies: the sum, and which of the items are in it.
    ///
    /// # Safety
    ///
    /// `first` is the first of `len` items that are valid for reads, which others write by atomic
    /// operations of their width, if at all.
    #[doc(hidden)]
    unsafe fn add_shared(
        sum: Self::Sum,
        first: *const Self::Item,
        len: usize,
    ) -> (Self::Sum, Range<usize>) {
        let _ = (first, len);
        (sum, 0..0)
    }
}

/// Adds up whole vectors in several sums. Returns these, and which bytes are in them.
///
/// # Safety
///
/// `first` is the first of `size` bytes that are valid for reads, which others write by atomic
/// operations on a `W` each, if at all.
#[cfg(x86_64_instructions)]
#[inline(always)]
unsafe fn add_vectors<W, V: Copy>(
    first: *const u8,
    size: usize,
    zero: V,
    add: impl Fn(V, __m128i) -> V,
) -> ([V; SUMS], Range<usize>) {
    const TURN: usize = SUMS * VECTOR;
    let mut sums = [zero; SUMS];
    let Range { start, end } = whole_vectors::<W>(first, size);
    let end = start + (end - start) / TURN * TURN;
    for turn in (start..end).step_by(TURN) {
        for (at, sum) in sums.iter_mut().enumerate() {
            let from = first.wrapping_add(turn + at * VECTOR);
            // SAFETY: within the bytes, at a place where vectors begin.
            *sum = add(*sum, unsafe { load_vector(from) });
        }
    }
    (sums, start..end)
}

/// So many sums of vectors run beside each other.
#[cfg(x86_64_instructions)]
const SUMS: usize = 8;

macro_rules! integers {
    ($($type:ty => $sum:ty $(, $add_shared:item)?;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Summable for $type {
            type Sum = $sum;

            fn add(sum: $sum, items: &[$type]) -> $sum {
                let add = |sum: $sum, item: &$type| sum.wrapping_add(*item as $sum);
                sum.wrapping_add(items.iter().fold(0, add))
            }

            $($add_shared)?
        }
    )*};
}

integers! {
    u8 => u64,
        #[cfg(x86_64_instructions)]
        unsafe fn add_shared(sum: u64, first: *const u8, len: usize) -> (u64, Range<usize>) {
            #[allow(unused_unsafe)] // they are safe in newer compilers
            // SAFETY: every x86-64 has these instructions.
            let zero = unsafe { _mm_setzero_si128() };
            let add = |sum, vector| {
                #[allow(unused_unsafe)]
                // SAFETY: as above.
                let of_halves = unsafe { _mm_sad_epu8(vector, zero) };
                #[allow(unused_unsafe)]
                // SAFETY: as above.
                unsafe { _mm_add_epi64(sum, of_halves) }
            };
            // SAFETY: the caller's promise.
            let (sums, added) = unsafe { add_vectors::<u8, _>(first, len, zero, add) };
            // SAFETY: vectors of numbers.
            let sums: [u64; 2 * SUMS] = unsafe { std::mem::transmute(sums) };
            (<u64 as Summable>::add(sum, &sums), added)
        };
    u16 => u64;
    u32 => u64;
    u64 => u64;
    usize => u64;
    i8 => i64;
    i16 => i64;
    i32 => i64;
    i64 => i64;
    isize => i64;
}

/// So many sums of floats run beside each other: an addition takes longer than a load.
const LANES: usize = 32;

/// Of fewer items than there are lanes, so many sums are enough.
const FEW_LANES: usize = 4;

/// The sum of a slice in `$lanes` sums, which are added at the end, half of them to the other half.
macro_rules! add_lanes {
    ($type:ident, $lanes:ident, $items:ident) => {{
        let mut lanes = [0.0; $lanes];
        let mut chunks = $items.chunks_exact($lanes);
        for chunk in &mut chunks {
            for (lane, item) in lanes.iter_mut().zip(chunk) {
                *lane += *item;
            }
        }
        for (lane, item) in lanes.iter_mut().zip(chunks.remainder()) {
            *lane += *item;
        }
        let mut half = $lanes / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
            half /= 2;
        }
        lanes[0]
    }};
}

macro_rules! floats {
    ($($type:ident: $word:ty, $zero:ident, $cast:ident, $add:ident;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Summable for $type {
            type Sum = $type;

            fn add(sum: $type, items: &[$type]) -> $type {
                if items.len() < LANES {
                    return sum + add_lanes!($type, FEW_LANES, items);
                }
                sum + add_lanes!($type, LANES, items)
            }

            #[cfg(x86_64_instructions)]
            unsafe fn add_shared(
                sum: $type,
                first: *const $type,
                len: usize,
            ) -> ($type, Range<usize>) {
                const SIZE: usize = size_of::<$type>();
                #[allow(unused_unsafe)] // they are safe in newer compilers
                // SAFETY: every x86-64 has these instructions.
                let zero = unsafe { $zero() };
                let add = |sum, vector| {
                    #[allow(unused_unsafe)]
                    // SAFETY: as above.
                    let floats = unsafe { $cast(vector) };
                    #[allow(unused_unsafe)]
                    // SAFETY: as above.
                    unsafe { $add(sum, floats) }
                };
                let first = first.cast::<u8>();
                if first.addr() % SIZE != 0 {
                    return (sum, 0..0); // others access the bytes of an item one by one
                }
                let size = len * SIZE;
                // SAFETY: the caller's promise; a whole item is accessed at once.
                let (sums, added) = unsafe { add_vectors::<$word, _>(first, size, zero, add) };
                // SAFETY: vectors of numbers.
                let sums: [$type; SUMS * VECTOR / SIZE] = unsafe { std::mem::transmute(sums) };
                (<$type as Summable>::add(sum, &sums), added.start / SIZE..added.end / SIZE)
            }
        }
    )*};
}

floats! {
    f32: u32, _mm_setzero_ps, _mm_castsi128_ps, _mm_add_ps;
    f64: u64, _mm_setzero_pd, _mm_castsi128_pd, _mm_add_pd;
}

impl sealed::Sealed for bool {}

/// The number of those that are true.
impl Summable for bool {
    type Sum = u64;

    fn add(sum: u64, items: &[Bool]) -> u64 {
        sum + items.iter().map(|item| u64::from(item.get())).sum::<u64>()
    }
}
