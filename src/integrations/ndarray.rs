//! Arrays of the crate `ndarray`, with the feature `ndarray`.
//!
//! | you have | you want | see |
//! |---|---|---|
//! | an `Array` or `ArcArray` | an exporter of its memory, in any layout | [`Exporter`] is implemented |
//! | an `Array` | one whose items consumers may write, in the same memory | [`Shared::from_array`] |
//! | a buffer | an array of its own memory | [`to_array`](crate::consumer::TypedBuffer::to_array) |
//! | a buffer that no code writes | an `ArrayView` of the buffer's memory | [`as_array`](crate::consumer::TypedBuffer::as_array) |
//! | an array and a writable buffer | the items of the array in the buffer | [`copy_from_array`](crate::consumer::TypedBuffer::copy_from_array) |
//!
//! The items decide whether consumers may write, as those of a `Vec` do: an `Array2<f64>` is
//! read-only, an `Array2<Shared<f64>>` may be written.
//!
//! ```
//! use bufferprocs::{Buffer, Object, Order, Request};
//! use ndarray::{Array2, s};
//!
//! let mut array = Array2::from_shape_fn((2, 6), |(row, column)| (10 * row + column) as f64);
//! array.slice_collapse(s![.., ..;-2]);
//! let first = array.as_ptr();
//! let object = Object::new(array);
//! let buffer = Buffer::get(&object, Request::FULL_RO)?;
//! assert_eq!(buffer.raw().buf.cast_const().cast(), first); // the same memory
//! assert_eq!((buffer.shape(), buffer.strides()), (Some(&[2, 3][..]), Some(&[48, -16][..])));
//! assert_eq!(buffer.to_vec::<f64>(Order::C)?, [5.0, 3.0, 1.0, 15.0, 13.0, 11.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An `ArcArray` shares its memory with its clones. A clone that is changed gets memory of its
//! own first, because the exported array still holds the old memory: so that does not change.
//!
//! An exporter has a method `view`, and so have arrays. In `ndarray` 0.17 the arrays' own comes
//! second. So where [`Exporter`] is in scope, make a view of an array by `From`:
//!
//! ```
//! use bufferprocs::{Exporter, View};
//! use ndarray::ArrayView2;
//!
//! let array = ndarray::array![[1, 2], [3, 4]];
//! let exported: View<'_> = Exporter::view(&array)?;
//! let view = ArrayView2::from(&array);
//! assert_eq!(exported.buf(), view.as_ptr().cast());
//! # Ok::<(), bufferprocs::BufferError>(())
//! ```
//!
//! Views of `ndarray` are not exporters. Their borrow would have to last until the last release,
//! and no lifetime expresses that.

mod buffers;
mod parts;
mod shared;

use ::ndarray::{
    ArcArray, Array, ArrayBase, Data, Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn,
};

use crate::abi::PyBUF_MAX_NDIM;
use crate::consumer::{AnyDim, Dim, Dimensions};
use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::item::{AnyBits, Item, Shared};
use crate::layout::Layout;
use crate::view::{Access, Missing, View};

/// How the items of an array lie. Fails if there are more dimensions than a view may have.
fn layout_of<S: Data, D: Dimension>(array: &ArrayBase<S, D>) -> Result<Layout, LayoutError> {
    if array.ndim() > PyBUF_MAX_NDIM {
        return Err(LayoutError::TooManyDimensions { ndim: array.ndim() });
    }
    let itemsize = size_of::<S::Elem>();
    // Only a stride that leads to no second item is so large that its bytes overflow.
    let in_bytes = |&stride: &isize| stride.saturating_mul(itemsize as isize);
    let strides: Vec<isize> = array.strides().iter().map(in_bytes).collect();
    Layout::strided(array.shape(), &strides, itemsize)
}

macro_rules! exporters {
    ($($array:ident),*) => {$(
        /// Memory that consumers only read. Fails for more than 64 dimensions.
        impl<T: Item, D: Dimension + 'static> Exporter for $array<T, D> {
            fn view(&self) -> Result<View<'_>, BufferError> {
                let (first, layout) = (self.as_ptr().cast(), layout_of(self)?);
                let (format, missing) = (Some(T::FORMAT), Missing::default());
                // SAFETY: the array points to its first item and has an item wherever its shape
                // and strides lead, of type `T`: initialised, and of this format. The array holds
                // the memory, alone or with arrays that copy it before they write, and is borrowed:
                // so no code moves, frees or writes it. There are at most 64 dimensions.
                Ok(unsafe { View::from_raw(first, layout, format, Access::Immutable, missing) })
            }
        }

        /// Memory that consumers may write. Fails for more than 64 dimensions.
        impl<T: AnyBits, D: Dimension + 'static> Exporter for $array<Shared<T>, D> {
            fn view(&self) -> Result<View<'_>, BufferError> {
                let (first, layout) = (self.as_ptr().cast(), layout_of(self)?);
                let (format, missing) = (Some(T::FORMAT), Missing::default());
                // SAFETY: the array points to its first item and has an item wherever its shape
                // and strides lead: a `Shared<T>`, which is initialised, of this format, and
                // accessed by atomic operations of its width alone. The array holds the memory and
                // is borrowed: so no code moves or frees it. There are at most 64 dimensions.
                Ok(unsafe { View::from_raw(first, layout, format, Access::Writable, missing) })
            }
        }
    )*};
}

exporters!(Array, ArcArray);

/// The [`Dimensions`] that arrays have: [`AnyDim`], and [`Dim<0>`](Dim) to `Dim<6>`.
///
/// ```
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
/// use bufferprocs::integrations::ndarray::ArrayDimensions;
/// use bufferprocs::{CopyError, Source};
/// use ndarray::Array;
///
/// /// A copy of twice the items, in as many dimensions.
/// fn double<S: Source, D: ArrayDimensions>(
///     items: &TypedBuffer<S, f64, Read, D>,
/// ) -> Result<Array<f64, D::Dimension>, CopyError> {
///     Ok(2.0 * items.to_array()?)
/// }
///
/// let object = bufferprocs::Object::new(vec![0.5, 1.5]);
/// let items = TypedBuffer::<_, f64, Read, Dim<1>>::get(&object)?;
/// assert_eq!(double(&items)?, ndarray::array![1.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`ndarray` has no type for the number of dimensions of `{Self}`",
    note = "arrays have `AnyDim`, or `Dim<0>` to `Dim<6>`"
)]
pub trait ArrayDimensions: Dimensions {
    /// The type that `ndarray` has for it.
    type Dimension: Dimension;
}

macro_rules! dimensions {
    ($($ours:ty => $theirs:ty;)*) => {$(
        impl ArrayDimensions for $ours {
            type Dimension = $theirs;
        }
    )*};
}

dimensions! {
    AnyDim => IxDyn;
    Dim<0> => Ix0;
    Dim<1> => Ix1;
    Dim<2> => Ix2;
    Dim<3> => Ix3;
    Dim<4> => Ix4;
    Dim<5> => Ix5;
    Dim<6> => Ix6;
}
