//! Complex numbers: two floats.

use std::ffi::CStr;

use super::{AnyBits, Item};

/// An item of format `"Zf"` or `"Zd"`: a complex number of two `f32` or two `f64`.
///
/// With the feature `num-complex`, `num_complex::Complex` is such an item too.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, item::Complex};
///
/// let object = Object::new(vec![Complex { re: 3.0, im: 4.0 }]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.format(), Some(c"Zd"));
/// let Complex { re, im } = buffer.item::<Complex<f64>>(&[0])?;
/// assert_eq!(f64::hypot(re, im), 5.0);
/// assert_eq!(buffer.item::<[f64; 2]>(&[0])?, [3.0, 4.0]); // two floats will do
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

macro_rules! complex {
    ($($type:ty, $format:expr;)*) => {$(
        // SAFETY: two floats one after the other, no padding, no pointer.
        unsafe impl Item for $type { const FORMAT: &'static CStr = $format; }
        // SAFETY: every bit pattern is a float.
        unsafe impl AnyBits for $type {}
    )*};
}

complex! {
    Complex<f32>, c"Zf";
    Complex<f64>, c"Zd";
}

#[cfg(feature = "num-complex")]
complex! {
    num_complex::Complex<f32>, c"Zf";
    num_complex::Complex<f64>, c"Zd";
}
