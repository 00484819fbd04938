//! One item of a buffer: which Rust types it may be, and how memory that somebody else may write
//! is read.
//!
//! [`Item`] is a type whose bytes may be shown to a consumer. [`AnyBits`] is one that may be read
//! back, whatever a consumer wrote. [`Shared<T>`] is the cell for memory that both sides hold at
//! once: through `&` there is no way to a reference, only items copied in and out.
//!
//! ```
//! use bufferprocs::Shared;
//!
//! let mut pixels: Vec<Shared<u16>> = Shared::from_vec(vec![1, 2, 3]);
//! pixels[1].store(20); // through `&`: a consumer may read or write the same item now
//! // Through `&mut` no other code reaches the items, so they are a plain slice.
//! Shared::as_mut_slice(&mut pixels).sort();
//! assert_eq!(Shared::to_vec(&pixels), [1, 3, 20]);
//! ```
//!
//! **What a load is.** Relaxed atomic loads of one width: the largest power of two, at most a
//! machine word, that divides the item's size and its address. An item of just that width is never
//! torn. Any other may be, records among them: half of it old, half of it new, never undefined
//! behaviour. The width depends on nothing else, so that an exporter and a consumer that agree on
//! where the items lie also agree on the width, as Rust's memory model wants of accesses that
//! race. A writable view shows whole items of its memory only, so they do agree.

mod access;
mod bool;
mod bulk;
mod complex;
mod half;
mod ordered;
#[doc(hidden)]
pub mod plain_enum;
#[doc(hidden)]
pub mod record;
mod sum;
mod ucs4;
mod value;
mod vectors;
mod wide;
mod word;

use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::fmt;
use std::mem::{ManuallyDrop, size_of};

pub(crate) use access::{
    load, load_bytes, load_natural, load_part, load_words, store, store_bytes, store_natural,
    store_part, store_words, widest, width,
};
pub use bool::Bool;
pub(crate) use bulk::{BLOCK, Room};
pub use complex::Complex;
pub use half::Half;
pub use ordered::{BigEndian, LittleEndian};
pub use record::Pad;
pub use sum::Summable;
pub use ucs4::Ucs4;
pub use value::ItemValue;
pub(crate) use vectors::{fills_vectors, fold_vectors, in_vectors, update_vectors};
pub(crate) use wide::{WIDE, load_wide};
pub(crate) use word::Word;

/// A plain value that can be one item of a buffer.
///
/// # Safety
///
/// - The type has at least one byte and no padding: consumers read every byte of it.
/// - It holds no pointer and no reference: a consumer cannot know how long they are valid.
///
/// ```
/// use bufferprocs::Item;
///
/// assert_eq!((f64::FORMAT, <[u16; 3]>::FORMAT), (c"d", c"(3)H"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no item of a buffer",
    note = "items are numbers, `bool`, `char`, arrays of them or a `record!`; `Shared<...>` of them where consumers may write",
    note = "rows of rows are shown by `Strided` or `Rows` of `bufferprocs::exporters`, or by a layout in a `view()` of your own",
    note = "for types of other crates, see the features of this crate, `bufferprocs::integrations::ForeignItem`, and the chapter \"Which Rust types can be exported\""
)]
pub unsafe trait Item: Copy + Send + Sync + 'static {
    /// The item's PEP 3118 format, in native byte order, of `size_of::<Self>()` bytes.
    const FORMAT: &'static CStr;
}

/// An [`Item`] of which every bit pattern is a value, so that it may be read from memory that
/// others write.
///
/// `bool` and `char` are not: a consumer may store the byte 2 where `?` was promised. For writable
/// memory there are [`Bool`] and [`Ucs4`].
///
/// # Safety
///
/// Every initialised sequence of `size_of::<Self>()` bytes is a valid value.
///
/// ```
/// use bufferprocs::{AnyBits, Buffer, Object, Order, Request};
///
/// /// All items of any type whose bits are all values.
/// fn items<T: AnyBits>(object: &Object) -> Result<Vec<T>, Box<dyn std::error::Error>> {
///     Ok(Buffer::get(object, Request::FULL_RO)?.to_vec(Order::C)?)
/// }
///
/// assert_eq!(items::<u8>(&Object::new(vec![1u8, 2]))?, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "consumers may write any bits, and not all of them are a `{Self}`",
    note = "it can be shown read-only: by `View::readonly`, and in a record by `readonly struct` instead of `struct`",
    note = "a struct of your own becomes an item by `record!`; `half::f16` and `num_complex::Complex` are items with the features `half` and `num-complex`",
    note = "to read it out of a buffer, implement `bufferprocs::item::ItemValue`, which says what the bytes mean; a plain type of another crate is read as `bufferprocs::integrations::Foreign`"
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
/// Same size and alignment as `T`. Through `&` it is only copied in and out, by relaxed atomic
/// operations, of which a large item takes several (see the [module](self)); through `&mut` nobody
/// else can reach it, and it is a plain `T`.
///
/// ```
/// use bufferprocs::Shared;
///
/// let samples = Shared::from_vec(vec![1u16, 2]);
/// samples[0].store(7); // also through `&`, while a consumer writes
/// assert_eq!((samples[0].load(), samples[1].load()), (7, 2));
/// ```
#[repr(transparent)]
pub struct Shared<T>(UnsafeCell<T>);

// SAFETY: `&Shared<T>` gives no reference to the value; all access through it is atomic. T itself
// is Send.
unsafe impl<T: AnyBits> Sync for Shared<T> {}

impl<T: AnyBits> Shared<T> {
    /// A cell that holds `value`.
    pub const fn new(value: T) -> Self {
        Shared(UnsafeCell::new(value))
    }

    /// A copy of the value.
    pub fn load(&self) -> T {
        // SAFETY: the pointer comes from a reference to a cell of T; all access to it through `&`
        // is atomic.
        unsafe { load(self.0.get()) }
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        // SAFETY: the pointer comes from a reference to a cell of T; all access to it through `&`
        // is atomic.
        unsafe { store(self.0.get(), value) }
    }

    /// The value itself: `&mut` proves that no other code reaches it.
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

    /// Shared items as plain ones.
    pub fn as_mut_slice(shared: &mut [Shared<T>]) -> &mut [T] {
        let plain = std::ptr::from_mut(shared) as *mut [T];
        // SAFETY: Shared<T> has the layout of T (transparent, as UnsafeCell is), and the borrow
        // stays exclusive.
        unsafe { &mut *plain }
    }

    /// Plain items as shared ones, for as long as the borrow lasts.
    pub fn from_mut_slice(plain: &mut [T]) -> &mut [Shared<T>] {
        let shared = std::ptr::from_mut(plain) as *mut [Shared<T>];
        // SAFETY: Shared<T> has the layout of T (transparent, as UnsafeCell is), and the borrow
        // stays exclusive.
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_slice_is_shared_for_a_while() {
        let mut values = [1u32, 2, 3];
        let shared = Shared::from_mut_slice(&mut values);
        shared[1].store(20);
        Shared::as_mut_slice(shared)[2] = 30;
        assert_eq!(values, [1, 20, 30]);
    }
}
