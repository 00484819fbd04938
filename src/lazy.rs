//! An exported value that never changes, and whose view is made when a consumer asks for it.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::ptr::null_mut;
use std::sync::Arc;

use crate::abi::{Py_buffer, PyObject};
use crate::consumer::Source;
use crate::error::BufferError;
use crate::exporter::{Exported, Exporter, RawExporter};
use crate::exporters::nested;
use crate::grant::refuse;
use crate::immutable::traits_of_the_value;
use crate::request::Request;
use crate::set_once::SetOnce;

/// An [`Immutable`](crate::Immutable) value whose [`view`](Exporter::view) is made during the first
/// request: for results of which many are made and few are viewed.
///
/// To make one moves the value into one allocation, and runs no other code. So it cannot fail: an
/// error of the view is the refusal of the request, and the next request calls `view` again. Once
/// the view is made, requests are answered as those to an `Immutable` are.
///
/// No thread waits for another. Threads whose first requests come at the same time may each call
/// `view`; the first answer is used for all. `view` must not wait for a lock either: the thread
/// that holds it may be waiting for the interpreter.
///
/// ```
/// use bufferprocs::{Buffer, BufferError, Exporter, Layout, Lazy, Request, View};
///
/// struct Scores {
///     items: Vec<f32>,
///     shape: [usize; 2],
/// }
///
/// impl Exporter for Scores {
///     fn view(&self) -> Result<View<'_>, BufferError> {
///         let layout = Layout::c_contiguous(&self.shape, 4)?;
///         Ok(View::readonly(&self.items).with_layout(&layout, 0)?)
///     }
/// }
///
/// let scores = Lazy::new(Scores { items: vec![0.5; 6], shape: [2, 3] });
/// assert_eq!(scores.items.len(), 6); // no guard, and no view yet
/// let buffer = Buffer::get(&scores, Request::FULL_RO)?;
/// assert_eq!(buffer.shape(), Some(&[2, 3][..]));
///
/// let wrong = Lazy::new(Scores { items: vec![0.5; 6], shape: [3, 3] });
/// let refusal = Buffer::get(&wrong, Request::FULL_RO).unwrap_err();
/// assert!(matches!(refusal, BufferError::Layout(_)));
/// # Ok::<(), BufferError>(())
/// ```
pub struct Lazy<E: Exporter> {
    /// Dropped first, so that the value goes with the cell of `exported`, in its turn.
    value: Arc<E>,
    exported: SetOnce<Exported<Arc<E>>>,
}

impl<E: Exporter> Lazy<E> {
    /// Exports `value`, and does not look at it yet.
    pub fn new(value: E) -> Lazy<E> {
        Lazy { value: Arc::new(value), exported: SetOnce::new() }
    }

    /// Number of views that consumers hold.
    pub fn exports(&self) -> usize {
        self.exported.get().map_or(0, Exported::exports)
    }

    #[inline]
    fn exported(&self) -> Result<&Exported<Arc<E>>, BufferError> {
        match self.exported.get() {
            Some(exported) => Ok(exported),
            None => self.describe(),
        }
    }

    #[cold]
    fn describe(&self) -> Result<&Exported<Arc<E>>, BufferError> {
        let exported = nested(|| Exported::try_new(Arc::clone(&self.value)))?;
        Ok(self.exported.get_or_set(exported))
    }
}

impl<E: Exporter> Deref for Lazy<E> {
    type Target = E;

    #[inline]
    fn deref(&self) -> &E {
        &self.value
    }
}

// SAFETY: an exported value answers, whose cell outlives it until the release.
unsafe impl<E: Exporter> RawExporter for Lazy<E> {
    #[inline(always)]
    unsafe fn getbuffer(
        &self,
        view: *mut Py_buffer,
        obj: *mut PyObject,
        request: Request,
    ) -> Result<(), BufferError> {
        match self.exported() {
            // SAFETY: the caller's promises, passed on.
            Ok(exported) => unsafe { exported.getbuffer(view, obj, request) },
            Err(refusal) => {
                // SAFETY: `view` is valid for writes, by the caller's promise.
                unsafe { refuse(view) };
                Err(refusal)
            }
        }
    }

    /// During the first request: that of [`Exporter::view`].
    #[inline]
    fn runs_foreign_code(&self) -> bool {
        self.exported.get().is_none()
    }
}

// SAFETY: an exported value answers, whose cell outlives it until the release.
unsafe impl<E: Exporter> Source for Lazy<E> {
    fn get(&self, view: &mut Py_buffer, request: Request) -> Result<(), BufferError> {
        // SAFETY: valid for writes; the buffer that gets the view releases it once. There is no
        // object to count.
        unsafe { self.getbuffer(view, null_mut(), request) }
    }

    unsafe fn release(view: &mut Py_buffer) {
        // SAFETY: the caller's promise.
        unsafe { Exported::<Arc<E>>::release(view) };
    }

    unsafe fn is_immutable(view: &Py_buffer, memory: Range<usize>) -> bool {
        // SAFETY: the caller's promise.
        unsafe { Exported::<Arc<E>>::is_immutable(view, memory) }
    }

    unsafe fn owns_padding(view: &Py_buffer) -> bool {
        // SAFETY: the caller's promise.
        unsafe { Exported::<Arc<E>>::owns_padding(view) }
    }
}

impl<E: Exporter> From<E> for Lazy<E> {
    fn from(value: E) -> Lazy<E> {
        Lazy::new(value)
    }
}

impl<E: Exporter + Clone> Clone for Lazy<E> {
    /// A clone of the value, with memory of its own, and no view yet.
    fn clone(&self) -> Lazy<E> {
        Lazy::new((**self).clone())
    }
}

impl<E: Exporter + Default> Default for Lazy<E> {
    fn default() -> Lazy<E> {
        Lazy::new(E::default())
    }
}

traits_of_the_value!(Lazy);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::consumer::Buffer;
    use crate::item::Shared;
    use crate::layout::Order;
    use crate::object::Object;
    use crate::view::View;

    /// Counts the calls of its `view`, the first of which fail.
    struct Counting {
        items: Vec<u16>,
        calls: Arc<AtomicUsize>,
        failures: usize,
    }

    impl Exporter for Counting {
        fn view(&self) -> Result<View<'_>, BufferError> {
            let before = self.calls.fetch_add(1, Ordering::Relaxed);
            if before < self.failures {
                return Err(BufferError::Refused(format!("failure {before}").into()));
            }
            Ok(View::readonly(&self.items))
        }
    }

    fn counting(failures: usize) -> (Lazy<Counting>, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        (Lazy::new(Counting { items: vec![1, 2], calls, failures }), count)
    }

    #[test]
    fn the_view_is_made_once_during_the_first_request() {
        let (lazy, calls) = counting(0);
        assert_eq!((lazy.items[1], lazy.exports(), calls.load(Ordering::Relaxed)), (2, 0, 0));
        assert!(lazy.runs_foreign_code());
        let first = Buffer::get(&lazy, Request::FULL_RO).unwrap();
        let second = Buffer::get(&lazy, Request::FULL_RO).unwrap();
        assert!(!lazy.runs_foreign_code());
        assert_eq!((lazy.exports(), calls.load(Ordering::Relaxed)), (2, 1));
        assert_eq!(first.raw().internal, second.raw().internal);
        let start = lazy.items.as_ptr();
        drop(lazy); // the views keep the memory
        assert_eq!(first.as_slice::<u16>().unwrap().as_ptr(), start);
        assert_eq!(second.as_slice::<u16>(), Ok(&[1, 2][..]));
        assert!(Arc::strong_count(&calls) == 2);
        drop((first, second));
        assert!(Arc::strong_count(&calls) == 1, "the value is freed");
    }

    #[test]
    fn an_error_is_the_refusal_of_the_request() {
        let (lazy, calls) = counting(2);
        let object = Object::from_raw_exporter(lazy);
        for number in 0..2 {
            let refusal = Buffer::get(&object, Request::FULL_RO).unwrap_err();
            assert_eq!(refusal, BufferError::Refused(format!("failure {number}").into()));
            assert_eq!(object.references(), 1);
        }
        let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
        assert_eq!((buffer.len_bytes(), calls.load(Ordering::Relaxed)), (4, 3));
        assert_eq!(Buffer::get(&object, Request::FULL).unwrap_err(), BufferError::NotWritable);
    }

    #[test]
    fn it_has_the_traits_of_the_value() {
        let [one, two] = [b"one", b"two"].map(|text| Lazy::from(text.to_vec()));
        let view = Buffer::get(&one, Request::SIMPLE).unwrap();
        let clone = one.clone();
        assert_ne!((one.as_ptr(), one.exports()), (clone.as_ptr(), clone.exports()));
        assert!(clone.runs_foreign_code(), "a clone has no view yet");
        assert!(one < two && one == clone && one != two);
        assert_eq!(format!("{one:?}"), format!("{:?}", b"one"));
        assert_eq!(AsRef::<[u8]>::as_ref(&one), b"one");
        assert!(Lazy::<Vec<u8>>::default().is_empty());
        assert_eq!(view.as_slice::<u8>(), Ok(&b"one"[..]));
    }

    #[test]
    fn shared_items_are_written() {
        crate::record! {
            struct Padded { a: u8, _pad: crate::item::Pad<3>, b: u32 }
        }
        let one = Padded { a: 1, _pad: crate::item::Pad::new(), b: 2 };
        let records = Lazy::new(Shared::from_vec(vec![one; 2]));
        let view = Buffer::get(&records, Request::FULL).unwrap();
        view.from_contiguous(&[7; 16], Order::C).unwrap(); // padding of this crate's own
        assert_eq!((records[1].load().a, records[1].load().b), (7, 0x0707_0707));
        assert!(view.as_slice::<Padded>().is_err());
    }
}
