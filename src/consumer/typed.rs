//! A buffer whose item type, request and number of dimensions are part of its type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::source::SourceFor;
use super::{Buffer, Source};
use crate::abi::{Py_buffer, Py_ssize_t};
use crate::error::{BufferError, TypedError};
use crate::item::ItemValue;
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
    const NDIM: Option<usize> = Some(N);

    fn shape(extents: &[usize]) -> [usize; N] {
        let mut shape = [0; N];
        shape.copy_from_slice(extents);
        shape
    }
}

/// The indices of an item of a [`TypedBuffer`]: one for each dimension.
///
/// `[row, column]` for [`Dim<2>`](Dim), a number for `Dim<1>`; arrays, slices and numbers for
/// [`AnyDim`].
///
/// ```
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
/// use bufferprocs::Object;
///
/// let object = Object::new(vec![1u16, 2]);
/// let items = TypedBuffer::<_, u16>::get(&object)?;
/// assert_eq!((items.get_item([1])?, items.get_item(1)?), (2, 2));
/// let items = TypedBuffer::<_, u16, Read, Dim<1>>::get(&object)?;
/// assert_eq!((items.get_item([1])?, items.get_item(1)?), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which item of a buffer with `{D}`",
    note = "type an array of `usize`, with one index for each dimension: `[row, column]`"
)]
pub trait Indices<D>: Sealed {
    /// An index for each dimension.
    fn as_indices(&self) -> &[usize];
}

impl Sealed for usize {}
impl Sealed for &[usize] {}
impl<const N: usize> Sealed for [usize; N] {}
impl<const N: usize> Sealed for &[usize; N] {}

macro_rules! indices {
    ($($indices:ty $(, $n:ident)?: $dim:ty, $self:ident => $all:expr;)*) => {$(
        impl$(<const $n: usize>)? Indices<$dim> for $indices {
            fn as_indices(&$self) -> &[usize] {
                $all
            }
        }
    )*};
}

indices! {
    usize: AnyDim, self => std::slice::from_ref(self);
    usize: Dim<1>, self => std::slice::from_ref(self);
    &[usize]: AnyDim, self => self;
    [usize; N], N: AnyDim, self => self;
    [usize; N], N: Dim<N>, self => self;
    &[usize; N], N: AnyDim, self => *self;
    &[usize; N], N: Dim<N>, self => *self;
}

/// A [`Buffer`] whose item type, request and number of dimensions are part of its type.
///
/// All of them are checked once, when the view is requested. Shape and strides are there, and not
/// optional.
///
/// ```
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
/// use bufferprocs::{Layout, Object, exporters::Strided};
///
/// let columns = Layout::f_contiguous(&[2, 3], 2)?;
/// let object = Object::new(Strided::readonly(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
/// let matrix = TypedBuffer::<_, u16, Read, Dim<2>>::get(&object)?;
/// let [rows, columns] = matrix.shape();
/// assert_eq!((rows, columns, matrix.strides()), (2, 3, &[2, 4][..]));
/// assert_eq!(matrix.get_item([1, 0])?, 4);
/// assert_eq!(matrix.iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
///
/// let error = TypedBuffer::<_, f32>::get(&object).unwrap_err();
/// assert!(error.to_string().contains("read the items as `u16`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TypedBuffer<S: Source, T, M = Read, D = AnyDim> {
    /// Invariant: its items are `T`s, it has the dimensions of `D`, and if `M` writes, it may be
    /// written.
    pub(super) buffer: Buffer<S>,
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
    pub fn get(source: impl SourceFor<S>) -> Result<Self, TypedError> {
        // SAFETY: the source fills it as an S does.
        unsafe { TypedBuffer::filled(|view| source.fill(view, M::REQUEST)) }
    }

    /// # Safety
    ///
    /// `fill` fills a view for the request of `M` as [`Source::get`] of an `S` does.
    #[inline]
    pub(crate) unsafe fn filled(
        fill: impl FnOnce(&mut Py_buffer) -> Result<(), BufferError>,
    ) -> Result<Self, TypedError> {
        let mut buffer = Buffer::<S>::unfilled(M::REQUEST, false);
        // SAFETY: the caller's promise; nothing was granted.
        unsafe { buffer.fill(false, fill) }?;
        buffer.check_items::<T>()?;
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
        // SAFETY: the same type of source.
        let buffer = unsafe { buffer.take() };
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

    /// The buffer itself.
    pub fn into_inner(self) -> Buffer<S> {
        self.buffer
    }
}

/// Extents, none of which is negative, as `Buffer` checks.
fn unsigned(extents: &[Py_ssize_t]) -> &[usize] {
    let (first, len) = (extents.as_ptr().cast::<usize>(), extents.len());
    // SAFETY: the same numbers, in a type of the same size and alignment, for as long as they are
    // borrowed.
    unsafe { std::slice::from_raw_parts(first, len) }
}
