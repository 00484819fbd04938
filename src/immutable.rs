//! An exported value that never changes.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};

use crate::abi::{Py_buffer, PyObject};
use crate::consumer::Source;
use crate::error::BufferError;
use crate::exporter::{Exported, Exporter, Hold, RawExporter};
use crate::request::Request;

/// A value whose memory consumers may view, and which never changes: a reference to it can be had
/// at any time, and no guard is needed.
///
/// What [`Exported`] is for values that change. Requests are answered as fast. It compares, hashes,
/// prints and clones as the value does. A value of [`Shared`](crate::Shared) items stays in place,
/// while its items may be written.
///
/// ```
/// use bufferprocs::{Buffer, Immutable, Request};
///
/// #[derive(Debug, Clone, PartialEq, Eq, Hash)]
/// struct Digest {
///     bytes: Immutable<Vec<u8>>,
/// }
///
/// let digest = Digest { bytes: Immutable::new(b"abc".to_vec()) };
/// let buffer = Buffer::get(&digest.bytes, Request::SIMPLE)?;
/// assert_eq!(buffer.as_slice::<u8>()?, b"abc");
/// assert_eq!(digest.bytes.first(), Some(&b'a')); // a method of `Vec`
/// assert_eq!(digest, digest.clone());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Immutable<E: Exporter>(
    /// Invariant: no mutation of it ever begins.
    Exported<E>,
);

impl<E: Exporter> Immutable<E> {
    /// Exports `value`, whose [`view`](Exporter::view) cannot fail at this moment: a vector, or
    /// the result of a checked constructor.
    ///
    /// # Panics
    ///
    /// If the view fails. [`try_new`](Self::try_new) returns the error instead.
    #[track_caller]
    pub fn new(value: E) -> Immutable<E> {
        Immutable(Exported::new(value))
    }

    /// Exports `value`, or drops it and returns the error of its [`view`](Exporter::view).
    pub fn try_new(value: E) -> Result<Immutable<E>, BufferError> {
        Exported::try_new(value).map(Immutable)
    }

    /// Number of views that consumers hold, and of [`Hold`]s.
    pub fn exports(&self) -> usize {
        self.0.exports()
    }

    /// The value, to keep in another object: a borrow without a lifetime.
    ///
    /// ```
    /// use bufferprocs::Immutable;
    ///
    /// let text = Immutable::new(b"abc".to_vec());
    /// let hold = text.try_hold()?;
    /// drop(text);
    /// assert_eq!(&hold[..], b"abc");
    /// # Ok::<(), bufferprocs::BufferError>(())
    /// ```
    pub fn try_hold(&self) -> Result<Hold<E>, BufferError> {
        self.0.try_hold()
    }
}

impl<E: Exporter> Deref for Immutable<E> {
    type Target = E;

    #[inline]
    fn deref(&self) -> &E {
        // SAFETY: the invariant: no mutation of it ever begins.
        unsafe { self.0.unguarded() }
    }
}

// SAFETY: it is the exported value that answers.
unsafe impl<E: Exporter> RawExporter for Immutable<E> {
    #[inline(always)]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        // SAFETY: the caller's promises, passed on.
        unsafe { self.0.getbuffer(view, obj, request) }
    }

    #[inline(always)]
    fn runs_foreign_code(&self) -> bool {
        self.0.runs_foreign_code()
    }
}

// SAFETY: it is the exported value that is asked.
unsafe impl<E: Exporter> Source for Immutable<E> {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        self.0.get(view, request)
    }

    unsafe fn release(view: &mut Py_buffer) {
        // SAFETY: the caller's promise.
        unsafe { Exported::<E>::release(view) };
    }

    unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool {
        // SAFETY: the caller's promise.
        unsafe { Exported::<E>::is_immutable(view, memory) }
    }

    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        // SAFETY: the caller's promise.
        unsafe { Exported::<E>::owns_padding(view) }
    }
}

impl<E: Exporter> From<E> for Immutable<E> {
    /// As [`new`](Immutable::new).
    #[track_caller]
    fn from(value: E) -> Immutable<E> {
        Immutable::new(value)
    }
}

impl<E: Exporter + Clone> Clone for Immutable<E> {
    /// A clone of the value, with memory and views of its own. Panics as [`new`](Immutable::new)
    /// does.
    #[track_caller]
    fn clone(&self) -> Immutable<E> {
        Immutable::new((**self).clone())
    }
}

impl<E: Exporter + Default> Default for Immutable<E> {
    fn default() -> Immutable<E> {
        Immutable::new(E::default())
    }
}

/// The traits of the value, for a type that derefs to it at any time.
macro_rules! traits_of_the_value {
    ($owner:ident) => {
        impl<E: Exporter + fmt::Debug> fmt::Debug for $owner<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<E: Exporter + fmt::Display> fmt::Display for $owner<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<E: Exporter + PartialEq> PartialEq for $owner<E> {
            fn eq(&self, other: &$owner<E>) -> bool {
                **self == **other
            }
        }

        impl<E: Exporter + Eq> Eq for $owner<E> {}

        impl<E: Exporter + PartialOrd> PartialOrd for $owner<E> {
            fn partial_cmp(&self, other: &$owner<E>) -> Option<Ordering> {
                (**self).partial_cmp(&**other)
            }
        }

        impl<E: Exporter + Ord> Ord for $owner<E> {
            fn cmp(&self, other: &$owner<E>) -> Ordering {
                (**self).cmp(&**other)
            }
        }

        impl<E: Exporter + Hash> Hash for $owner<E> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<E: Exporter + AsRef<T>, T: ?Sized> AsRef<T> for $owner<E> {
            fn as_ref(&self) -> &T {
                (**self).as_ref()
            }
        }

        impl<E: Exporter> Borrow<E> for $owner<E> {
            fn borrow(&self) -> &E {
                self
            }
        }
    };
}

traits_of_the_value!(Immutable);
pub(crate) use traits_of_the_value;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::consumer::Buffer;
    use crate::error::BufferError;
    use crate::item::Shared;
    use crate::object::Object;
    use crate::view::View;

    #[test]
    fn it_is_compared_hashed_and_printed_as_the_value() {
        let [one, two] = [b"one", b"two"].map(|text| Immutable::new(text.to_vec()));
        assert!(one < two && one == one.clone() && one != two);
        assert_eq!(format!("{one:?}"), format!("{:?}", b"one"));
        assert_eq!(AsRef::<[u8]>::as_ref(&one), b"one");
        let set = HashSet::from([one, two]);
        let [two, six] = [b"two", b"six"].map(|text| text.to_vec());
        assert!(set.contains(&two) && !set.contains(&six));
        assert!(Immutable::<Vec<u8>>::default().is_empty());
    }

    #[test]
    fn a_clone_has_memory_of_its_own() {
        let one = Immutable::from(vec![1u16, 2]);
        let clone = one.clone();
        let view = Buffer::get(&one, Request::FULL_RO).unwrap();
        assert_eq!((one.exports(), clone.exports()), (1, 0));
        assert_ne!(one.as_ptr(), clone.as_ptr());
        drop(one); // the view keeps the memory
        assert_eq!(view.as_slice::<u16>(), Ok(&[1, 2][..]));
    }

    #[test]
    fn items_may_be_written_if_they_are_shared() {
        let samples = Immutable::new(Shared::from_vec(vec![1u16, 2]));
        let view = Buffer::get(&samples, Request::FULL).unwrap();
        view.items::<u16>().unwrap().set(&[1], 7).unwrap();
        assert_eq!(samples[1].load(), 7);
        assert!(view.as_slice::<u16>().is_err());
        let object = Object::from_raw_exporter(Immutable::new(vec![1u16]));
        let view = Buffer::get(&object, Request::FULL_RO).unwrap();
        assert_eq!(view.as_slice::<u16>(), Ok(&[1][..]));
        assert!(Buffer::get(&object, Request::FULL).is_err());
    }

    /// Padding of this crate's own records may be written.
    #[test]
    fn records_with_padding_are_written() {
        crate::record! {
            struct Padded { a: u8, _pad: crate::item::Pad<3>, b: u32 }
        }
        let one = Padded { a: 1, _pad: crate::item::Pad::new(), b: 2 };
        let records = Immutable::new(Shared::from_vec(vec![one; 2]));
        let view = Buffer::get(&records, Request::FULL).unwrap();
        view.from_contiguous(&[7; 16], crate::layout::Order::C).unwrap();
        assert_eq!((records[1].load().a, records[1].load().b), (7, 0x0707_0707));
    }

    #[test]
    fn a_value_without_a_view_does_not_come_into_being() {
        #[derive(Debug)]
        struct Nothing;
        impl Exporter for Nothing {
            fn view(&self) -> Result<View<'_>, BufferError> {
                Err(BufferError::Closed)
            }
        }
        assert_eq!(Immutable::try_new(Nothing).unwrap_err(), BufferError::Closed);
    }
}
