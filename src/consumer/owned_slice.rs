//! A slice without a lifetime, which holds the view whose memory it is, or a copy.

use std::fmt;
use std::ops::Deref;

use super::{Buffer, Source};
use crate::error::{AccessError, CopyError};
use crate::item::AnyBits;
use crate::layout::Order;

/// The items of a buffer as a slice without a lifetime: what [`Buffer::into_slice`] and
/// [`Buffer::into_slice_or_copy`] return.
///
/// It holds the view, which is released when it is dropped, or a copy of the items. What the
/// source allows, it allows: that of a Python object may be sent to another thread.
///
/// ```
/// use bufferprocs::consumer::OwnedSlice;
/// use bufferprocs::{Buffer, Object, Request};
///
/// /// Keeps what it searches.
/// struct Table {
///     sorted: OwnedSlice<Object, u32>,
/// }
///
/// impl Table {
///     fn contains(&self, key: u32) -> bool {
///         self.sorted.binary_search(&key).is_ok()
///     }
/// }
///
/// let object = Object::new(vec![1u32, 4, 9]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let table = Table { sorted: buffer.into_slice()? };
/// assert!(table.contains(4) && !table.contains(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OwnedSlice<S: Source, T>(Memory<S, T>);

enum Memory<S: Source, T> {
    /// Invariant: the buffer is a slice of so many items, by [`Buffer::as_slice`].
    View(Buffer<S>, usize),
    Copy(Vec<T>),
}

impl<S: Source> Buffer<S> {
    /// The items as a slice that holds the view, without a copy, if no code can write them for as
    /// long as the view is held: those of `bytes`, for example.
    ///
    /// Fails as [`as_slice`](Self::as_slice) does, and releases the view then.
    /// [`into_slice_or_copy`](Self::into_slice_or_copy) takes other memory too.
    ///
    /// ```
    /// use bufferprocs::{AccessError, Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(vec![0.5, 1.5]);
    /// let items = Buffer::get(&object, Request::FULL_RO)?.into_slice::<f64>()?;
    /// assert_eq!((&items[..], object.references()), (&[0.5, 1.5][..], 2));
    /// drop(items); // released
    /// assert_eq!(object.references(), 1);
    ///
    /// let shared = Object::new(Shared::from_vec(vec![0.5, 1.5]));
    /// let error = Buffer::get(&shared, Request::FULL_RO)?.into_slice::<f64>().unwrap_err();
    /// assert_eq!(error, AccessError::MayBeWritten);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_slice<T: AnyBits>(self) -> Result<OwnedSlice<S, T>, AccessError> {
        let len = self.as_slice::<T>()?.len();
        Ok(OwnedSlice(Memory::View(self, len)))
    }

    /// The items as a slice: without a copy as [`into_slice`](Self::into_slice) has them, or else
    /// as a copy of all items in C order.
    ///
    /// Fails if the items are no `T`, or there is no memory for the copy.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(vec![0.5, 1.5]);
    /// let items = Buffer::get(&object, Request::FULL_RO)?.into_slice_or_copy::<f64>()?;
    /// assert_eq!((&items[..], object.references()), (&[0.5, 1.5][..], 2)); // the view is held
    ///
    /// let shared = Object::new(Shared::from_vec(vec![0.5, 1.5]));
    /// let items = Buffer::get(&shared, Request::FULL_RO)?.into_slice_or_copy::<f64>()?;
    /// assert_eq!((&items[..], shared.references()), (&[0.5, 1.5][..], 1)); // a copy
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_slice_or_copy<T: AnyBits>(self) -> Result<OwnedSlice<S, T>, CopyError> {
        let len = self.as_slice::<T>().map(<[T]>::len);
        Ok(OwnedSlice(match len {
            Ok(len) => Memory::View(self, len),
            Err(_) => Memory::Copy(self.to_vec(Order::C)?),
        }))
    }
}

impl<S: Source, T: AnyBits> Deref for OwnedSlice<S, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.0 {
            Memory::View(_, 0) => &[],
            // SAFETY: the invariant: so many items, which stay until the view is released, and
            // which no code writes. Any bytes are a T.
            Memory::View(buffer, len) => unsafe {
                std::slice::from_raw_parts(buffer.view.buf.cast_const().cast(), *len)
            },
            Memory::Copy(items) => items,
        }
    }
}

impl<S: Source, T: AnyBits> AsRef<[T]> for OwnedSlice<S, T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<S: Source, T: AnyBits + fmt::Debug> fmt::Debug for OwnedSlice<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
