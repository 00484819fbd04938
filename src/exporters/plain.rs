//! Rust's own containers: each is an exporter without further code.
//!
//! Their items decide what consumers may do: a `Vec<f64>` is read-only, a `Vec<Shared<f64>>` may be
//! written.
//!
//! ```
//! use std::sync::Arc;
//! use bufferprocs::{Buffer, Object, Request, Shared};
//!
//! let readonly = Object::new(vec![0.5, 1.5]);
//! assert!(Buffer::get(&readonly, Request::FULL).is_err());
//!
//! let samples: Arc<[Shared<f64>]> = Shared::from_vec(vec![0.5, 1.5]).into();
//! let object = Object::new(Arc::clone(&samples)); // both sides hold the memory
//! let buffer = Buffer::get(&object, Request::FULL)?;
//! samples[1].store(2.5);
//! assert_eq!(buffer.item::<f64>(&[1]), Ok(2.5));
//! # Ok::<(), bufferprocs::BufferError>(())
//! ```

use std::sync::Arc;

use crate::error::BufferError;
use crate::exporter::Exporter;
use crate::item::{AnyBits, Item, Shared};
use crate::view::View;

/// What an exporting container may hold: items that consumers only read, or [`Shared`] ones that
/// they may write.
///
/// ```
/// use bufferprocs::exporters::Content;
/// use bufferprocs::Shared;
///
/// assert!(Content::show(&[1u16, 2]).is_readonly());
/// assert!(!Content::show(&[Shared::new(1u16), Shared::new(2)]).is_readonly());
/// ```
pub trait Content: Send + Sync + Sized + 'static {
    /// `items` in a line.
    fn show(items: &[Self]) -> View<'_>;
}

impl<T: Item + Send + Sync> Content for T {
    fn show(items: &[T]) -> View<'_> {
        View::readonly(items)
    }
}

impl<T: AnyBits> Content for Shared<T> {
    fn show(items: &[Shared<T>]) -> View<'_> {
        View::writable(items)
    }
}

macro_rules! exporters {
    ($($container:ty $(, $len:ident)?;)+) => {$(
        impl<T: Content $(, const $len: usize)?> Exporter for $container {
            fn view(&self) -> Result<View<'_>, BufferError> {
                Ok(T::show(self))
            }
        }
    )+};
}

exporters! {
    Vec<T>;
    Box<[T]>;
    Arc<[T]>;
    [T; N], N;
    &'static [T];
}

/// What the value exports, which others may hold too: an `Arc<Mmap>`, for example.
///
/// ```
/// use std::sync::Arc;
/// use bufferprocs::{Buffer, Immutable, Request};
///
/// let samples = Arc::new(vec![1u16, 2]);
/// let exported = Immutable::new(Arc::clone(&samples));
/// let buffer = Buffer::get(&exported, Request::FULL_RO)?;
/// assert_eq!(buffer.as_slice::<u16>()?.as_ptr(), samples.as_ptr());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<E: Exporter> Exporter for Arc<E> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        (**self).view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Buffer;
    use crate::layout::Order;
    use crate::object::Object;
    use crate::request::Request;

    #[track_caller]
    fn case(exporter: impl Exporter, readonly: bool) {
        let object = Object::new(exporter);
        let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
        let shown = (buffer.format(), buffer.raw().readonly != 0);
        assert_eq!(shown, (Some(c"H"), readonly));
        assert_eq!(buffer.items::<u16>().unwrap().iter(Order::C).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn containers_of_plain_items_are_read_only() {
        case(vec![1_u16, 2, 3], true);
        case(Box::<[u16]>::from([1, 2, 3]), true);
        case(Arc::<[u16]>::from([1, 2, 3]), true);
        case([1_u16, 2, 3], true);
        case(&[1_u16, 2, 3][..], true);
    }

    #[test]
    fn containers_of_shared_items_are_writable() {
        case(Shared::from_vec(vec![1_u16, 2, 3]), false);
        case(Shared::from_vec(vec![1_u16, 2, 3]).into_boxed_slice(), false);
        case(Arc::<[Shared<u16>]>::from(Shared::from_vec(vec![1, 2, 3])), false);
        case([1, 2, 3].map(Shared::<u16>::new), false);
    }

    #[test]
    fn a_view_of_nothing() {
        let object = Object::new(Vec::<f64>::new());
        let buffer = Buffer::get(&object, Request::FULL_RO).unwrap();
        assert_eq!((buffer.shape(), buffer.len_bytes()), (Some(&[0][..]), 0));
        assert!(!buffer.raw().buf.is_null());
    }
}
