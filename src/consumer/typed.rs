//! A buffer whose item type, request and number of dimensions are part of its type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::items::Items;
use super::iter::ItemsIter;
use super::source::AsSource;
use super::{Buffer, Source};
use crate::abi::Py_ssize_t;
use crate::error::{AccessError, CopyError, TypedError};
use crate::item::{AnyBits, ItemValue, Summable};
use crate::layout::Order;
use crate::request::Request;

mod sealed {
    pub trait Sealed {}
}

use sealed::Sealed;

/// The request of a [`TypedBuffer`].
///
/// ```
/// use bufferprocs::Request;
/// use bufferprocs::consumer::{Mode, Read, Write};
///
/// assert_eq!((Read::REQUEST, Read::WRITES), (Request::FULL_RO, false));
/// assert_eq!((Write::REQUEST, Write::WRITES), (Request::FULL, true));
/// ```
pub trait Mode: Sealed {
    /// The request: with shape, strides and format.
    const REQUEST: Request;
    /// Whether the items are written.
    const WRITES: bool;
}

/// A [`Mode`] in which items are written too.
///
/// ```
/// use bufferprocs::Source;
/// use bufferprocs::consumer::{TypedBuffer, Writing};
///
/// fn clear<S: Source, M: Writing>(items: &TypedBuffer<S, f64, M>) {
///     items.update(|_| 0.0);
/// }
/// ```
pub trait Writing: Mode {}

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident: $request:expr, $writes:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Sealed for $name {}

        impl Mode for $name {
            const REQUEST: Request = $request;
            const WRITES: bool = $writes;
        }
    )*};
}

modes! {
    /// Items are read, in any layout.
    Read: Request::FULL_RO, false;
    /// Items are read and written, in any layout.
    Write: Request::FULL, true;
    /// Items are read, and lie packed in C order.
    ReadContiguous: Request::C_CONTIGUOUS.union(Request::FORMAT), false;
    /// Items are read and written, and lie packed in C order.
    WriteContiguous:
        Request::C_CONTIGUOUS.union(Request::FORMAT).union(Request::WRITABLE), true;
}

impl Writing for Write {}
impl Writing for WriteContiguous {}

/// How many dimensions a [`TypedBuffer`] has: [`AnyDim`] or [`Dim<N>`](Dim).
///
/// ```
/// use bufferprocs::consumer::{AnyDim, Dim, Dimensions};
///
/// assert_eq!((AnyDim::NDIM, Dim::<2>::NDIM), (None, Some(2)));
/// ```
pub trait Dimensions: Sealed {
    /// An extent for each dimension, in items.
    type Shape<'a>: AsRef<[usize]>;
    /// An index for each dimension.
    type Indices<'a>: AsRef<[usize]>;
    /// The number of dimensions, if only one will do.
    const NDIM: Option<usize>;

    /// The extents, of which there are as many as [`NDIM`](Self::NDIM) says.
    #[doc(hidden)]
    fn shape(extents: &[usize]) -> Self::Shape<'_>;
}

/// Any number of dimensions: the shape is a slice.
///
/// ```
/// use bufferprocs::Object;
/// use bufferprocs::consumer::{AnyDim, Read, TypedBuffer};
///
/// let object = Object::new(vec![1u16, 2]);
/// let items = TypedBuffer::<_, u16, Read, AnyDim>::get(&object)?;
/// assert_eq!(items.shape(), [2]);
/// # Ok::<(), bufferprocs::TypedError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum AnyDim {}

impl Sealed for AnyDim {}

impl Dimensions for AnyDim {
    type Shape<'a> = &'a [usize];
    type Indices<'a> = &'a [usize];
    const NDIM: Option<usize> = None;

    fn shape(extents: &[usize]) -> &[usize] {
        extents
    }
}

/// `N` dimensions: the shape is an array.
///
/// ```
/// use bufferprocs::Object;
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
///
/// let object = Object::new(vec![1u16, 2]);
/// let [len] = TypedBuffer::<_, u16, Read, Dim<1>>::get(&object)?.shape();
/// assert_eq!(len, 2);
/// # Ok::<(), bufferprocs::TypedError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Dim<const N: usize> {}

impl<const N: usize> Sealed for Dim<N> {}

impl<const N: usize> Dimensions for Dim<N> {
    type Shape<'a> = [usize; N];
    type Indices<'a> = [usize; N];
    const NDIM: Option<usize> = Some(N);

    fn shape(extents: &[usize]) -> [usize; N] {
        let mut shape = [0; N];
        shape.copy_from_slice(extents);
        shape
    }
}

/// A [`Buffer`] whose item type, request and number of dimensions are part of its type.
///
/// All of them are checked once, when the view is requested. Shape and strides are there, and not
/// optional.
///
/// ```
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
/// use bufferprocs::{Layout, Object, Order, exporters::Strided};
///
/// let columns = Layout::f_contiguous(&[2, 3], 2)?;
/// let object = Object::new(Strided::readonly(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
/// let matrix = TypedBuffer::<_, u16, Read, Dim<2>>::get(&object)?;
/// let [rows, columns] = matrix.shape();
/// assert_eq!((rows, columns, matrix.strides()), (2, 3, &[2, 4][..]));
/// assert_eq!(matrix.get_item([1, 0])?, 4);
/// assert_eq!(matrix.iter(Order::C).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
///
/// let error = TypedBuffer::<_, f32>::get(&object).unwrap_err();
/// assert!(error.to_string().contains("read the items as `u16`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TypedBuffer<S: Source, T, M = Read, D = AnyDim> {
    /// Invariant: its items are `T`s, it has the dimensions of `D`, and if `M` writes, it may be
    /// written.
    buffer: Buffer<S>,
    /// The strides, if the exporter left them out; otherwise empty.
    own_strides: Vec<isize>,
    _types: PhantomData<Types<T, M, D>>,
}

type Types<T, M, D> = fn() -> (T, M, D);

impl<S: Source, T, M, D> fmt::Debug for TypedBuffer<S, T, M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedBuffer").field(&self.buffer).finish()
    }
}

/// What does not depend on the types.
impl<S: Source, T, M, D> Deref for TypedBuffer<S, T, M, D> {
    type Target = Buffer<S>;

    fn deref(&self) -> &Buffer<S> {
        &self.buffer
    }
}

impl<S: Source, T: ItemValue, M: Mode, D: Dimensions> TypedBuffer<S, T, M, D> {
    /// Asks `source` for a view, and checks it.
    pub fn get(source: impl AsSource<Source = S>) -> Result<Self, TypedError> {
        TypedBuffer::new(Buffer::get(source, M::REQUEST)?)
    }

    /// Checks a view that was requested with the request of `M`, or with a larger one.
    pub(crate) fn new(buffer: Buffer<S>) -> Result<Self, TypedError> {
        buffer.items::<T>()?;
        if let Some(expected) = D::NDIM.filter(|&expected| expected != buffer.ndim()) {
            return Err(TypedError::Ndim { found: buffer.ndim(), expected });
        }
        if M::WRITES {
            buffer.check_write()?;
        }
        // An exporter may leave out the strides of items that are packed in C order.
        let own_strides = match buffer.strides() {
            Some(_) => Vec::new(),
            None => buffer.layout().to_layout().strides().to_vec(),
        };
        Ok(TypedBuffer { buffer, own_strides, _types: PhantomData })
    }

    /// The extent of each dimension, in items.
    pub fn shape(&self) -> D::Shape<'_> {
        D::shape(unsigned(self.buffer.shape().unwrap_or(&[])))
    }

    /// For each dimension, the bytes from one item to the next.
    pub fn strides(&self) -> &[isize] {
        self.buffer.strides().unwrap_or(&self.own_strides)
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.buffer.layout().items()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items.
    pub fn items(&self) -> Items<'_, S, T> {
        Items::unchecked(&self.buffer, M::WRITES)
    }

    /// A copy of the item at `indices`. Fails if an index is out of range.
    pub fn get_item(&self, indices: D::Indices<'_>) -> Result<T, AccessError> {
        self.items().get(indices.as_ref())
    }

    /// Copies of all items, in the order asked for: see [`ItemsIter`].
    pub fn iter(&self, order: Order) -> ItemsIter<'_, S, T> {
        self.items().iter(order)
    }

    /// Copies of all items, in the order that reads the memory fastest.
    pub fn iter_unordered(&self) -> ItemsIter<'_, S, T> {
        self.items().iter_unordered()
    }

    /// All items, in the order asked for. Fails if there is no memory for them.
    pub fn to_vec(&self, order: Order) -> Result<Vec<T>, CopyError> {
        self.buffer.to_vec(order)
    }

    /// The sum of all items: see [`Items::sum`].
    pub fn sum(&self) -> T::Sum
    where
        T: Summable,
    {
        self.items().sum()
    }

    /// The buffer itself.
    pub fn into_inner(self) -> Buffer<S> {
        self.buffer
    }
}

/// ```
/// use bufferprocs::consumer::{TypedBuffer, Write};
/// use bufferprocs::{Object, Order, Shared};
///
/// let object = Object::new(Shared::from_vec(vec![1.0, 2.5]));
/// let items = TypedBuffer::<_, f64, Write>::get(&object)?;
/// items.update(|item| 2.0 * item);
/// items.set_item(&[0], -1.0)?;
/// assert_eq!(items.to_vec(Order::C)?, [-1.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<S: Source, T: ItemValue, M: Writing, D: Dimensions> TypedBuffer<S, T, M, D> {
    /// Replaces the item at `indices`. Fails if an index is out of range.
    pub fn set_item(&self, indices: D::Indices<'_>, value: T) -> Result<(), AccessError> {
        self.items().set(indices.as_ref(), value)
    }

    /// Replaces each item by what `change` makes of it: see [`Items::update`].
    pub fn update(&self, change: impl FnMut(T) -> T) {
        let updated = self.items().update(change);
        debug_assert!(updated.is_ok(), "the buffer may be written: {updated:?}");
    }

    /// Replaces all items by those of a slice. Fails if that has another length.
    pub fn copy_from_slice(&self, source: &[T], order: Order) -> Result<(), CopyError>
    where
        T: AnyBits,
    {
        self.buffer.copy_from_slice(source, order)
    }
}

/// Extents, none of which is negative, as `Buffer` checks.
fn unsigned(extents: &[Py_ssize_t]) -> &[usize] {
    let (first, len) = (extents.as_ptr().cast::<usize>(), extents.len());
    // SAFETY: the same numbers, in a type of the same size and alignment, for as long as they are
    // borrowed.
    unsafe { std::slice::from_raw_parts(first, len) }
}
