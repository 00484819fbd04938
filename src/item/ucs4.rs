//! Text in characters of four bytes.

use std::ffi::CStr;
use std::fmt;

use super::record::{Part, join, text};
use super::{AnyBits, Item};

/// An item of format `"Nw"`: a text of at most `N` characters of four bytes, with zeros behind it.
///
/// It is what NumPy has for strings. [`to_text`](Self::to_text) leaves the zeros out.
///
/// ```
/// use bufferprocs::{Buffer, Object, Request, item::Ucs4};
///
/// let object = Object::new(vec![Ucs4::<8>::new("Grüße").unwrap()]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.format(), Some(c"8w"));
/// assert_eq!(buffer.item::<Ucs4<8>>(&[0])?.to_text().as_deref(), Some("Grüße"));
/// assert!(Ucs4::<4>::new("Grüße").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Ucs4<const N: usize>([u32; N]);

impl<const N: usize> Ucs4<N> {
    const TEXT: [u8; 24] = {
        assert!(N > 0, "an item has at least one byte");
        join(&[Part::Number(N), Part::Text(b"w")])
    };

    /// The text with zeros behind it. None if it is longer than `N` characters.
    pub fn new(text: &str) -> Option<Ucs4<N>> {
        let mut characters = [0; N];
        let mut places = characters.iter_mut();
        for character in text.chars() {
            *places.next()? = u32::from(character);
        }
        Some(Ucs4(characters))
    }

    /// The text, without the zeros at its end. None if some number is no character.
    pub fn to_text(&self) -> Option<String> {
        let end = self.0.iter().rposition(|&character| character != 0).map_or(0, |last| last + 1);
        self.0[..end].iter().map(|&character| char::from_u32(character)).collect()
    }
}

// SAFETY: N numbers, at least one (the format asserts it), no padding, no pointer.
unsafe impl<const N: usize> Item for Ucs4<N> {
    const FORMAT: &'static CStr = text(&Self::TEXT);
}

// SAFETY: any bits are numbers.
unsafe impl<const N: usize> AnyBits for Ucs4<N> {}

impl<const N: usize> fmt::Debug for Ucs4<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Some(text) => text.fmt(f),
            None => self.0.fmt(f),
        }
    }
}
