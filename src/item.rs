//! One item of a buffer: which Rust types it may be, and how memory that somebody else may write is read.
//!
//! [`Item`] is a type whose bytes may be shown to a consumer. [`AnyBits`] is one that may be read back, whatever a consumer
//! wrote. [`Shared<T>`] is the cell for memory that both sides hold at once: through `&` there is no way to a
//! reference, only items copied in and out.
//!
//! ```
//! use bufferprocs::Shared;
//!
//! let mut pixels: Vec<Shared<u16>> = Shared::from_vec(vec![1, 2, 3]);
//! pixels[1].store(20); // through `&`: a consumer may read or write the same item now
//! Shared::as_mut_slice(&mut pixels).sort(); // through `&mut`: nobody else can, so it is a plain slice
//! assert_eq!(Shared::to_vec(&pixels), [1, 3, 20]);
//! ```
//!
//! **What a load is.** Relaxed atomic loads of one width: the largest power of two, at most a machine word, that divides
//! the item's size and its address. An item of just that width is never torn. Any other may be, records among them:
//! half of it old, half of it new, never undefined behaviour. The width depends on nothing else, so that an exporter and a consumer that agree on
//! where the items lie also agree on the width, as Rust's memory model wants of accesses that race. A writable view shows
//! whole items of its memory only, so they do agree.

#[doc(hidden)]
pub mod record;

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering::Relaxed};

pub use record::Pad;

/// A plain value that can be one item of a buffer.
///
/// # Safety
///
/// - The type has at least one byte and no padding: consumers read every byte of it.
/// - It holds no pointer and no reference: a consumer cannot know how long they are valid.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of a buffer",
    note = "items are numbers, `bool`, `char`, arrays of them or a `record!`; `Shared<...>` of them where consumers may write",
    note = "rows of rows are shown by `Strided` or `Rows` of `bufferprocs::exporters`, or by a layout in a `view()` of your own"
)]
pub unsafe trait Item: Copy + Send + Sync + 'static {
    /// The item's PEP 3118 format, in native byte order, of `size_of::<Self>()` bytes.
    const FORMAT: &'static CStr;
}

/// An [`Item`] of which every bit pattern is a value, so that it may be read from memory that others write.
///
/// `bool` and `char` are not: a consumer may store the byte 2 where `?` was promised.
///
/// # Safety
///
/// Every initialised sequence of `size_of::<Self>()` bytes is a valid value.
#[diagnostic::on_unimplemented(
    message = "consumers may write any bits, and not all of them are a `{Self}`",
    note = "it can be shown read-only: by `View::readonly`, and in a record by `readonly struct` instead of `struct`"
)]
pub unsafe trait AnyBits: Item {}

macro_rules! items {
    ($($type:ty => $format:expr;)*) => {$(
        // SAFETY: a primitive number has at least one byte, no padding and no pointer.
        unsafe impl Item for $type { const FORMAT: &'static CStr = $format; }
        // SAFETY: every bit pattern is a number.
        unsafe impl AnyBits for $type {}
    )*};
}

items! {
    i8 => c"b";
    u8 => c"B";
    i16 => c"h";
    u16 => c"H";
    i32 => c"i";
    u32 => c"I";
    i64 => c"q";
    u64 => c"Q";
    // "n" and "N" mean the same; NumPy reads neither.
    isize => if size_of::<isize>() == 8 { c"q" } else { c"i" };
    usize => if size_of::<usize>() == 8 { c"Q" } else { c"I" };
    f32 => c"f";
    f64 => c"d";
}

// SAFETY: one byte, no padding, no pointer.
unsafe impl Item for bool {
    const FORMAT: &'static CStr = c"?";
}

// SAFETY: four bytes, no padding, no pointer.
unsafe impl Item for char {
    const FORMAT: &'static CStr = c"w";
}

/// An item that consumers may read and write while Rust holds it.
///
/// Same size and alignment as `T`. Through `&` it is only copied in and out, by relaxed atomic operations, of which a large
/// item takes several (see the [module](self)); through `&mut` nobody else can reach it, and it is a plain `T`.
#[repr(transparent)]
pub struct Shared<T>(UnsafeCell<T>);

// SAFETY: `&Shared<T>` gives no reference to the value; all access through it is atomic. T itself is Send.
unsafe impl<T: AnyBits> Sync for Shared<T> {}

impl<T: AnyBits> Shared<T> {
    /// A cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Shared(UnsafeCell::new(value))
    }

    /// A copy of the value.
    pub fn load(&self) -> T {
        // SAFETY: the pointer comes from a reference to a cell of T; all access to it through `&` is atomic.
        unsafe { load(self.0.get()) }
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        // SAFETY: the pointer comes from a reference to a cell of T; all access to it through `&` is atomic.
        unsafe { store(self.0.get(), value) }
    }

    /// The value itself: `&mut` proves that nobody else reaches it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// Turns a vector into one whose items may be shared. Nothing is copied.
    ///
    /// ```
    /// use bufferprocs::Shared;
    ///
    /// let plain = vec![1u32, 2, 3];
    /// let address = plain.as_ptr();
    /// let shared = Shared::from_vec(plain);
    /// assert_eq!(shared.as_ptr().cast(), address);
    /// shared[1].store(7);
    /// assert_eq!(Shared::to_vec(&shared), [1, 7, 3]);
    /// ```
    pub fn from_vec(values: Vec<T>) -> Vec<Shared<T>> {
        let mut values = ManuallyDrop::new(values);
        let (start, len, capacity) = (values.as_mut_ptr(), values.len(), values.capacity());
        // SAFETY: the parts of a vector that is not used again; Shared<T> has the layout of T.
        unsafe { Vec::from_raw_parts(start.cast(), len, capacity) }
    }

    /// A copy of all items, each loaded for itself.
    pub fn to_vec(shared: &[Shared<T>]) -> Vec<T> {
        shared.iter().map(Shared::load).collect()
    }

    /// Shared items as plain ones.
    pub fn as_mut_slice(shared: &mut [Shared<T>]) -> &mut [T] {
        let plain = std::ptr::from_mut(shared) as *mut [T];
        // SAFETY: Shared<T> has the layout of T (transparent, as UnsafeCell is), and the borrow stays exclusive.
        unsafe { &mut *plain }
    }

    /// Plain items as shared ones, for as long as the borrow lasts.
    pub fn from_mut_slice(plain: &mut [T]) -> &mut [Shared<T>] {
        let shared = std::ptr::from_mut(plain) as *mut [Shared<T>];
        // SAFETY: Shared<T> has the layout of T (transparent, as UnsafeCell is), and the borrow stays exclusive.
        unsafe { &mut *shared }
    }
}

impl<T: AnyBits + Default> Default for Shared<T> {
    fn default() -> Self {
        Shared::new(T::default())
    }
}

impl<T: AnyBits> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared::new(value)
    }
}

impl<T: AnyBits + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.load()).finish()
    }
}

/// Reads an item that others may write at the same time. `source` may be misaligned.
///
/// # Safety
///
/// `source` is valid for reads of `size_of::<T>()` initialised bytes, which others write by atomic operations if at all.
pub(crate) unsafe fn load<T: AnyBits>(source: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let width = width(source.cast(), size_of::<T>());
    // SAFETY: the source is the caller's promise; the destination is as large as a T and ours alone.
    unsafe { load_bytes(source.cast(), value.as_mut_ptr().cast(), size_of::<T>(), width) };
    // SAFETY: all bytes were just written, and any bytes are a T.
    unsafe { value.assume_init() }
}

/// Writes an item that others may read or write at the same time. `target` may be misaligned.
///
/// # Safety
///
/// `target` is valid for reads and writes of `size_of::<T>()` bytes, which others access by atomic operations if at all.
pub(crate) unsafe fn store<T: AnyBits>(target: *mut T, value: T) {
    let width = width(target.cast(), size_of::<T>());
    // SAFETY: the target is the caller's promise; the value is ours, and initialised since an Item has no padding.
    unsafe { store_bytes(target.cast(), (&raw const value).cast(), size_of::<T>(), width) };
}

/// Copies items in a row, `size` bytes in all, out of memory that others may write at the same time.
///
/// `width` is that of the first item, and so that of all: see [`width`].
///
/// # Safety
///
/// - `source` is valid for reads of `size` initialised bytes, which others write by atomic operations if at all.
/// - `target` is valid for writes of as many, and nobody else's.
/// - `width` is 1, 2, 4 or 8, at most a word, and divides `size` and the address of `source`.
pub(crate) unsafe fn load_bytes(source: *const u8, target: *mut u8, size: usize, width: usize) {
    macro_rules! load_words {
        ($atomic:ty, $word:ty) => {{
            let load = |at: usize| {
                // SAFETY: `at` lies within the items, whose size the width divides.
                let from = unsafe { source.add(at) };
                // SAFETY: aligned, since the width divides address and size. Valid by the caller's promise; it may be
                // read-only, which relaxed loads of at most a word allow.
                let word = unsafe { <$atomic>::from_ptr(from.cast_mut().cast()) }.load(Relaxed);
                // SAFETY: `at` lies within the target.
                let to = unsafe { target.add(at) };
                // SAFETY: valid by the caller's promise.
                unsafe { to.cast::<$word>().write_unaligned(word) };
            };
            each_word(size, size_of::<$word>(), load);
        }};
    }
    match width {
        1 => load_words!(AtomicU8, u8),
        2 => load_words!(AtomicU16, u16),
        #[cfg(target_pointer_width = "64")]
        4 => load_words!(AtomicU32, u32),
        _ => load_words!(AtomicUsize, usize),
    }
}

/// Copies items in a row, `size` bytes in all, into memory that others may read or write at the same time.
///
/// # Safety
///
/// - `target` is valid for reads and writes of `size` bytes, which others access by atomic operations if at all.
/// - `source` is valid for reads of as many initialised bytes, and nobody else writes them.
/// - `width` is 1, 2, 4 or 8, at most a word, and divides `size` and the address of `target`.
pub(crate) unsafe fn store_bytes(target: *mut u8, source: *const u8, size: usize, width: usize) {
    macro_rules! store_words {
        ($atomic:ty, $word:ty) => {{
            let store = |at: usize| {
                // SAFETY: `at` lies within the items, whose size the width divides.
                let from = unsafe { source.add(at) };
                // SAFETY: valid by the caller's promise.
                let word = unsafe { from.cast::<$word>().read_unaligned() };
                // SAFETY: `at` lies within the items.
                let to = unsafe { target.add(at) };
                // SAFETY: aligned, since the width divides address and size; valid and atomic by the caller's promise.
                unsafe { <$atomic>::from_ptr(to.cast()) }.store(word, Relaxed);
            };
            each_word(size, size_of::<$word>(), store);
        }};
    }
    match width {
        1 => store_words!(AtomicU8, u8),
        2 => store_words!(AtomicU16, u16),
        #[cfg(target_pointer_width = "64")]
        4 => store_words!(AtomicU32, u32),
        _ => store_words!(AtomicUsize, usize),
    }
}

/// Calls `act` with the offset of each word among `size` bytes, which are whole words.
///
/// Compilers join no atomic operations and unroll no loops of them. Eight words a turn leave the processor more of the memory
/// to ask for at once.
#[inline(always)]
fn each_word(size: usize, word: usize, act: impl Fn(usize)) {
    const TURN: usize = 8;
    let mut at = 0;
    while size - at >= TURN * word {
        for number in 0..TURN {
            act(at + number * word);
        }
        at += TURN * word;
    }
    while at < size {
        act(at);
        at += word;
    }
}

/// Reads the byte at `address`, `offset` bytes into an item of `itemsize` bytes, at the width at which others access it.
///
/// # Safety
///
/// The item is valid for reads of its initialised bytes, which others write by atomic operations if at all. `T` has a size
/// of 1.
pub(crate) unsafe fn load_part<T: AnyBits>(
    address: *const u8,
    offset: usize,
    itemsize: usize,
) -> T {
    let item = address.wrapping_sub(offset);
    let width = width(item, itemsize);
    let within = offset % width;
    let mut word = [0u8; size_of::<usize>()];
    // SAFETY: the word around the byte lies within the item, whose address and size the width divides.
    unsafe { load_bytes(address.wrapping_sub(within), word.as_mut_ptr(), width, width) };
    // SAFETY: one initialised byte, and any byte is a T.
    unsafe { word.as_ptr().wrapping_add(within).cast::<T>().read() }
}

/// Writes the byte at `address`, `offset` bytes into an item of `itemsize` bytes, at the width at which others access it.
/// What others write to the rest of the item meanwhile is kept.
///
/// # Safety
///
/// The item is valid for reads and writes of its bytes, which others access by atomic operations if at all.
pub(crate) unsafe fn store_part(address: *mut u8, offset: usize, itemsize: usize, byte: u8) {
    let width = width(address.wrapping_sub(offset), itemsize);
    let within = offset % width;
    let word = address.wrapping_sub(within);
    macro_rules! replace_byte {
        ($atomic:ty, $word:ty) => {{
            // SAFETY: aligned, since the width divides the item's address and `word` is a multiple of it on; within the
            // item, valid and atomic by the caller's promise.
            let word = unsafe { <$atomic>::from_ptr(word.cast()) };
            let replaced = word.fetch_update(Relaxed, Relaxed, |old| {
                let mut bytes = old.to_ne_bytes();
                bytes[within] = byte;
                Some(<$word>::from_ne_bytes(bytes))
            });
            debug_assert!(replaced.is_ok()); // the closure never gives up
        }};
    }
    match width {
        1 => replace_byte!(AtomicU8, u8),
        2 => replace_byte!(AtomicU16, u16),
        #[cfg(target_pointer_width = "64")]
        4 => replace_byte!(AtomicU32, u32),
        _ => replace_byte!(AtomicUsize, usize),
    }
}

/// Width in bytes of the atomic accesses to an item: the largest power of two, at most a word, that divides both.
///
/// Items that follow each other without a gap have one width: it divides the size, and so all of their addresses, and a
/// larger one divides not even the first address and the size both.
pub(crate) fn width(address: *const u8, size: usize) -> usize {
    let bits = address.addr() | size | size_of::<usize>();
    1 << bits.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_divides_address_and_size() {
        #[track_caller]
        fn case(address: usize, size: usize, expected: usize) {
            let expected = expected.min(size_of::<usize>());
            assert_eq!(width(std::ptr::without_provenance(address), size), expected);
        }
        case(0x1000, 1, 1);
        case(0x1000, 2, 2);
        case(0x1001, 2, 1);
        case(0x1000, 4, 4);
        case(0x1002, 4, 2);
        case(0x1000, 8, 8);
        case(0x1004, 8, 4);
        case(0x1000, 12, 4);
        case(0x1000, 16, 8);
        case(0x1008, 24, 8);
        case(0x1000, 7, 1);
    }

    #[test]
    fn a_vector_is_shared_in_place() {
        let mut values = Vec::with_capacity(10);
        values.extend([1u32, 2, 3]);
        let start = values.as_ptr().addr();
        let shared = Shared::from_vec(values);
        assert_eq!((shared.as_ptr().addr(), shared.capacity()), (start, 10));
        assert_eq!(Shared::to_vec(&shared), [1, 2, 3]);
    }

    #[test]
    fn load_and_store_at_every_alignment() {
        #[track_caller]
        fn case<T: AnyBits + PartialEq + fmt::Debug>(value: T) {
            let mut memory = [0u8; 64];
            for at in 0..16 {
                let target = memory[at..at + size_of::<T>()].as_mut_ptr();
                // SAFETY: within the array.
                unsafe { store(target.cast::<T>(), value) };
                // SAFETY: within the array.
                assert_eq!(unsafe { load(target.cast::<T>()) }, value, "offset {at}");
                // SAFETY: within the array, and plain bytes.
                assert_eq!(unsafe { target.cast::<T>().read_unaligned() }, value, "offset {at}");
            }
        }
        case(0x12u8);
        case(-0x1234i16);
        case(0x1234_5678u32);
        case(0x1234_5678_9abc_def0u64);
        case(1.5f32);
        case(-2.5e300f64);
        case(usize::MAX - 1);
    }
}
