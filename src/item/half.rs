//! Floats of two bytes.

use std::ffi::CStr;

use super::{AnyBits, Item};

/// The bits of an item of format `"e"`: a float of two bytes, which Rust has no type for.
///
/// With the feature `half`, `half::f16` is such an item too.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, item::Half};
///
/// let object = Object::new(vec![Half::from_bits(0x3c00)]); // 1.0
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.format(), Some(c"e"));
/// assert_eq!(buffer.item::<Half>(&[0])?.to_bits(), 0x3c00);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[repr(transparent)]
pub struct Half(u16);

impl Half {
    /// The float of these bits: a sign, five of an exponent, ten of a fraction.
    pub const fn from_bits(bits: u16) -> Half {
        Half(bits)
    }

    /// Its bits.
    pub const fn to_bits(self) -> u16 {
        self.0
    }
}

// SAFETY: two bytes, no padding, no pointer.
unsafe impl Item for Half {
    const FORMAT: &'static CStr = c"e";
}

// SAFETY: any bits are a float.
unsafe impl AnyBits for Half {}

// SAFETY: the two bytes of its bits.
#[cfg(feature = "half")]
unsafe impl Item for half::f16 {
    const FORMAT: &'static CStr = c"e";
}

// SAFETY: any bits are a float.
#[cfg(feature = "half")]
unsafe impl AnyBits for half::f16 {}
