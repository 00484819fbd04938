//! The memory as a slice: safe if no code can write it, and otherwise at the caller's risk.

use super::{Buffer, Source};
use crate::error::AccessError;
use crate::item::AnyBits;

impl<S: Source> Buffer<S> {
    /// The items as a slice, without a copy, if nobody can write them for as long as the view is
    /// held.
    ///
    /// That is known of `bytes`, also through memoryviews, and of exporters of this crate that show
    /// their memory as immutable. It is not known of other read-only views: their owner may write.
    /// Read such memory by [`items`](Self::items), or copy it by [`to_vec`](Self::to_vec).
    ///
    /// Fails also if the items are no `T`, do not lie packed in C order, or are not aligned.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared, exporters::bytes};
    ///
    /// let object = bytes::object(*b"abc");
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// assert_eq!(buffer.as_slice::<u8>()?, b"abc");
    ///
    /// let object = Object::new(Shared::from_vec(vec![1u8, 2]));
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let error = buffer.as_slice::<u8>().unwrap_err();
    /// assert!(error.to_string().contains("others may write"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_slice<T: AnyBits>(&self) -> Result<&[T], AccessError> {
        let (first, len) = self.packed::<T>()?;
        if !self.immutable {
            return Err(AccessError::MayBeWritten);
        }
        // SAFETY: packed and aligned items of the view, which stay until it is released, and which
        // no code writes. Any bytes are a T.
        Ok(unsafe { std::slice::from_raw_parts(first, len) })
    }

    /// The items as a slice, without a copy, also if others could write them.
    ///
    /// Fails if the items are no `T`, do not lie packed in C order, or are not aligned.
    ///
    /// # Safety
    ///
    /// While the slice is borrowed, nobody writes the items: no code of Python, no other thread, no
    /// other view. While the interpreter is detached, any of them may.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1u16, 2]));
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// // SAFETY: this is the only thread, and it writes nothing.
    /// let items = unsafe { buffer.as_slice_unchecked::<u16>()? };
    /// assert_eq!(items, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn as_slice_unchecked<T: AnyBits>(&self) -> Result<&[T], AccessError> {
        let (first, len) = self.packed::<T>()?;
        // SAFETY: packed and aligned items of the view, which stay until it is released; no code
        // writes them, by the caller's promise. Any bytes are a T.
        Ok(unsafe { std::slice::from_raw_parts(first, len) })
    }

    /// The items as a slice to be written, without a copy.
    ///
    /// Fails as [`as_slice_unchecked`](Self::as_slice_unchecked) does, and if the view is read-only
    /// or was requested without `WRITABLE`.
    ///
    /// # Safety
    ///
    /// While the slice is borrowed, nobody else reads or writes the items: no code of Python, no
    /// other thread, no other view. While the interpreter is detached, any of them may.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![3u16, 1, 2]));
    /// let mut buffer = Buffer::get(&object, Request::FULL)?;
    /// // SAFETY: this is the only thread, and there is no other view.
    /// unsafe { buffer.as_mut_slice_unchecked::<u16>()? }.sort();
    /// assert_eq!(buffer.item::<u16>(&[0])?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn as_mut_slice_unchecked<T: AnyBits>(&mut self) -> Result<&mut [T], AccessError> {
        self.check_write()?;
        let (first, len) = self.packed::<T>()?;
        // SAFETY: packed and aligned items of the view, which is writable and stays until it is
        // released; no other code accesses them, by the caller's promise. Any bytes are a T.
        Ok(unsafe { std::slice::from_raw_parts_mut(first.cast_mut(), len) })
    }

    /// The first item and the number of items, if they are `T`s that make a slice.
    fn packed<T: AnyBits>(&self) -> Result<(*const T, usize), AccessError> {
        let layout = self.items::<T>()?.layout();
        if !layout.is_c_contiguous() {
            return Err(AccessError::NotContiguous);
        }
        let first: *const T = self.view.buf.cast_const().cast();
        if layout.items() == 0 {
            return Ok((std::ptr::NonNull::<T>::dangling().as_ptr().cast_const(), 0));
        }
        if !first.is_aligned() {
            return Err(AccessError::Misaligned { alignment: align_of::<T>() });
        }
        Ok((first, layout.items()))
    }
}
