//! Plain types of any crate as items.

use std::ffi::CStr;
use std::fmt;
use std::mem::{ManuallyDrop, align_of, size_of};

use bytemuck::{AnyBitPattern, NoUninit};

use crate::item::{AnyBits, Item};

/// A plain type of another crate, and the item that it is shown as.
///
/// Implement it for a marker of your own: neither [`Item`] nor the other crate's type is yours.
/// Without `unsafe`: bytemuck vouches that the type has no padding, the compiler checks that the
/// sizes are the same, and the format is that of the item.
///
/// ```
/// #![forbid(unsafe_code)]
/// use std::num::Wrapping; // of another crate: the standard library
///
/// use bufferprocs::integrations::{Foreign, ForeignItem};
/// use bufferprocs::{Buffer, Object, Request};
///
/// struct Ticks;
///
/// impl ForeignItem for Ticks {
///     type Plain = Wrapping<u32>;
///     type Like = u32;
/// }
///
/// let object = Object::new(Foreign::<Ticks>::from_vec(vec![Wrapping(1), Wrapping(2)]));
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.format(), Some(c"I"));
/// assert_eq!(buffer.item::<Foreign<Ticks>>(&[1])?.0, Wrapping(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An item of another size does not compile:
///
/// ```rust,compile_fail,E0080
/// use bufferprocs::integrations::{Foreign, ForeignItem};
///
/// struct Wrong;
/// impl ForeignItem for Wrong {
///     type Plain = u32;
///     type Like = [u8; 3]; // fix: type Like = [u8; 4];
/// }
///
/// Foreign::<Wrong>::from_vec(vec![1]);
/// ```
pub trait ForeignItem: 'static {
    /// The type itself. Consumers read it if it is [`NoUninit`], which enums are too; it may be
    /// read and written as an item if any bits are a value: [`AnyBitPattern`], as of `Pod` types.
    type Plain: NoUninit + Send + Sync;
    /// An item of the same size, whose format is shown: a number, an array, or a `record!`.
    type Like: AnyBits;
}

/// An item that holds a plain type of another crate: see [`ForeignItem`].
///
/// ```
/// use std::num::Wrapping;
///
/// use bufferprocs::View;
/// use bufferprocs::integrations::{Foreign, ForeignItem};
///
/// struct Ticks;
///
/// impl ForeignItem for Ticks {
///     type Plain = Wrapping<u32>;
///     type Like = u32;
/// }
///
/// let ticks = [Wrapping(1), Wrapping(2)];
/// let view = View::readonly(Foreign::<Ticks>::from_slice(&ticks));
/// assert_eq!((view.format(), view.shape()), (Some(c"I"), &[2][..]));
/// ```
#[repr(transparent)]
pub struct Foreign<M: ForeignItem>(pub M::Plain);

impl<M: ForeignItem> Foreign<M> {
    const FITS: () = {
        assert!(
            size_of::<M::Plain>() == size_of::<M::Like>(),
            "a foreign item has the size of the item that it is shown as"
        );
        assert!(align_of::<Foreign<M>>() == align_of::<M::Plain>());
    };

    /// Turns a vector of the plain type into one of items. Nothing is copied.
    pub fn from_vec(plain: Vec<M::Plain>) -> Vec<Foreign<M>> {
        let () = Self::FITS;
        let mut plain = ManuallyDrop::new(plain);
        let (start, len, capacity) = (plain.as_mut_ptr(), plain.len(), plain.capacity());
        // SAFETY: the parts of a vector that is not used again; a Foreign has the layout of the
        // type that it holds.
        unsafe { Vec::from_raw_parts(start.cast(), len, capacity) }
    }

    /// A slice of the plain type as items: for a [`view`](crate::Exporter::view) of your own.
    pub fn from_slice(plain: &[M::Plain]) -> &[Foreign<M>] {
        let () = Self::FITS;
        let items = std::ptr::from_ref(plain) as *const [Foreign<M>];
        // SAFETY: a Foreign has the layout of the type that it holds, and the borrow is the same.
        unsafe { &*items }
    }
}

impl<M: ForeignItem> Clone for Foreign<M> {
    fn clone(&self) -> Foreign<M> {
        *self
    }
}

impl<M: ForeignItem> Copy for Foreign<M> {}

impl<M: ForeignItem> fmt::Debug for Foreign<M>
where
    M::Plain: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Foreign").field(&self.0).finish()
    }
}

// SAFETY: `NoUninit`: no padding; and as large as an item, so that it has at least one byte. It
// may hold no pointer: bytemuck has `NoUninit` for none.
unsafe impl<M: ForeignItem> Item for Foreign<M> {
    const FORMAT: &'static CStr = {
        let () = Self::FITS;
        M::Like::FORMAT
    };
}

// SAFETY: `AnyBitPattern`: all initialised bytes are a value.
unsafe impl<M: ForeignItem> AnyBits for Foreign<M> where M::Plain: AnyBitPattern {}
