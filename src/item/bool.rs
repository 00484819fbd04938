//! A byte that counts as true unless it is 0.

use std::ffi::CStr;
use std::fmt;

use super::{AnyBits, Item};

/// An item of format `"?"`: a byte that counts as true unless it is 0, as Python reads it.
///
/// A `bool` of Rust is 0 or 1 and nothing else, so that memory which others write cannot hold one.
/// Two `Bool`s are equal if both are true or both are false.
///
/// ```
/// use bufferprocs::{Exported, Item, Shared, item::Bool};
///
/// assert_eq!(Bool::FORMAT, c"?");
/// // A mask that consumers may write:
/// let mask = Exported::new(Shared::from_vec(vec![Bool::new(true); 3]));
/// assert!(mask.try_borrow()?[0].load().get());
/// # Ok::<(), bufferprocs::MutError>(())
/// ```
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// The byte 0 or 1.
    pub const fn new(value: bool) -> Bool {
        Bool(value as u8)
    }

    /// Whether the byte is not 0.
    pub const fn get(self) -> bool {
        self.0 != 0
    }
}

// SAFETY: one byte, no padding, no pointer.
unsafe impl Item for Bool {
    const FORMAT: &'static CStr = c"?";
}

// SAFETY: any byte is one.
unsafe impl AnyBits for Bool {}

impl From<bool> for Bool {
    fn from(value: bool) -> Bool {
        Bool::new(value)
    }
}

impl From<Bool> for bool {
    fn from(value: Bool) -> bool {
        value.get()
    }
}

impl PartialEq for Bool {
    fn eq(&self, other: &Bool) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Bool {}

impl fmt::Debug for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
