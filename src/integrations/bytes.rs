//! `bytes::Bytes` as exporter, and a buffer as `Bytes`.

use bytes::Bytes;

use crate::consumer::{Buffer, Source};
use crate::error::{AccessError, BufferError, CopyError};
use crate::exporter::Exporter;
use crate::layout::Order;
use crate::view::View;

/// Read-only bytes, without a copy.
///
/// ```
/// use bufferprocs::{Buffer, Immutable, Request};
/// use bytes::Bytes;
///
/// let blob = Immutable::new(Bytes::from_static(b"abc"));
/// let buffer = Buffer::get(&blob, Request::FULL_RO)?;
/// assert_eq!(buffer.as_slice::<u8>()?, b"abc");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Exporter for Bytes {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(self))
    }
}

/// With the feature `bytes`.
impl<S: Source + Send + Sync + 'static> Buffer<S> {
    /// The memory as `Bytes`, without a copy, if no code can write it for as long as the view is
    /// held: that of `bytes`, for example. The view is released with the last part of the `Bytes`.
    ///
    /// Fails as [`as_slice`](Self::as_slice) does, and releases the view then.
    /// [`into_bytes_or_copy`](Self::into_bytes_or_copy) takes other memory too.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(b"abc".to_vec());
    /// let bytes = Buffer::get(&object, Request::SIMPLE)?.into_bytes()?;
    /// assert_eq!((&bytes.slice(1..)[..], object.references()), (&b"bc"[..], 2));
    /// drop(bytes); // released
    /// assert_eq!(object.references(), 1);
    ///
    /// let shared = Object::new(Shared::from_vec(b"abc".to_vec()));
    /// assert!(Buffer::get(&shared, Request::SIMPLE)?.into_bytes().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_bytes(self) -> Result<Bytes, AccessError> {
        self.as_slice::<u8>()?;
        Ok(Bytes::from_owner(Owner(self)))
    }

    /// The items as `Bytes`: without a copy as [`into_bytes`](Self::into_bytes) has them, or else
    /// as a copy of all items in C order.
    ///
    /// Fails if there is no memory for the copy.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(b"abc".to_vec());
    /// let bytes = Buffer::get(&object, Request::SIMPLE)?.into_bytes_or_copy()?;
    /// assert_eq!((&bytes[..], object.references()), (&b"abc"[..], 2)); // the view is held
    ///
    /// let shared = Object::new(Shared::from_vec(b"abc".to_vec()));
    /// let bytes = Buffer::get(&shared, Request::SIMPLE)?.into_bytes_or_copy()?;
    /// assert_eq!((&bytes[..], shared.references()), (&b"abc"[..], 1)); // a copy
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_bytes_or_copy(self) -> Result<Bytes, CopyError> {
        match self.as_slice::<u8>() {
            Ok(_) => Ok(Bytes::from_owner(Owner(self))),
            Err(_) => Ok(self.to_contiguous(Order::C)?.into()),
        }
    }
}

/// A buffer whose memory is a slice of bytes.
struct Owner<S: Source>(Buffer<S>);

impl<S: Source> AsRef<[u8]> for Owner<S> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice().unwrap_or(&[]) // it was a slice before
    }
}
