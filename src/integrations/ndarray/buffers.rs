//! The items of a buffer as an array, and those of an array in a buffer.

use ::ndarray::{Array, ArrayBase, ArrayD, ArrayView, ArrayViewD, Data, Dimension};

use super::ArrayDimensions;
use super::parts::{Parts, shape_of};
use crate::consumer::{Buffer, Dimensions, Mode, Source, TypedBuffer, Writing};
use crate::error::{AccessError, CopyError};
use crate::item::{AnyBits, ItemValue};
use crate::layout::Order;

/// With the feature `ndarray`.
impl<S: Source> Buffer<S> {
    /// A copy of all items, in C order. Where the request lacked `ND` the array has one dimension.
    ///
    /// Fails as [`to_vec`](Self::to_vec) does, and if `ndarray` has no array of this shape.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request};
    ///
    /// let object = Object::new(ndarray::array![[1u16, 2], [3, 4]].reversed_axes());
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let array = buffer.to_array::<u16>()?;
    /// assert_eq!(array, ndarray::array![[1, 3], [2, 4]].into_dyn());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_array<T: ItemValue>(&self) -> Result<ArrayD<T>, CopyError> {
        let items = self.to_vec::<T>(Order::C)?;
        let array = ArrayD::from_shape_vec(shape_of(self.layout()), items);
        array.map_err(|_| CopyError::Items(AccessError::NoSuchArray))
    }

    /// The items as a view of an array, without a copy, if no code can write them for as long as
    /// the buffer is held: see [`as_slice`](Self::as_slice).
    ///
    /// Fails also if the items are no `T`, are behind pointers or not aligned, if a stride is not a
    /// multiple of the itemsize, or if `ndarray` has no array of this shape.
    ///
    /// ```
    /// use bufferprocs::{AccessError, Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(ndarray::array![[1u16, 2], [3, 4]].reversed_axes());
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// let array = buffer.as_array::<u16>()?;
    /// assert_eq!(array, ndarray::array![[1, 3], [2, 4]].into_dyn());
    ///
    /// let object = Object::new(Shared::from_vec(vec![1u16, 2]));
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// assert_eq!(buffer.as_array::<u16>().unwrap_err(), AccessError::MayBeWritten);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_array<T: AnyBits>(&self) -> Result<ArrayViewD<'_, T>, AccessError> {
        let parts = Parts::<T>::of(self)?;
        if !self.immutable {
            return Err(AccessError::MayBeWritten);
        }
        // SAFETY: the items of this view, which stay until it is released, and which no code
        // writes.
        unsafe { parts.array() }
    }

    /// The items as a view of an array, without a copy, also if others could write them.
    ///
    /// Fails as [`as_array`](Self::as_array) does for other reasons.
    ///
    /// # Safety
    ///
    /// While the view is borrowed, no other code writes the items: no code of Python, no other
    /// thread, no other view. While the interpreter is detached, any of them may.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Request, Shared};
    ///
    /// let object = Object::new(ndarray::array![1.5, 2.5].mapv(Shared::new));
    /// let buffer = Buffer::get(&object, Request::FULL_RO)?;
    /// // SAFETY: this is the only thread, and it writes nothing.
    /// let array = unsafe { buffer.as_array_unchecked::<f64>()? };
    /// assert_eq!(array.sum(), 4.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn as_array_unchecked<T: AnyBits>(&self) -> Result<ArrayViewD<'_, T>, AccessError> {
        let parts = Parts::<T>::of(self)?;
        // SAFETY: the items of this view, which stay until it is released; no code writes them, by
        // the caller's promise.
        unsafe { parts.array() }
    }

    /// Replaces all items by those of an array of the same shape, in any layout.
    ///
    /// Fails as [`copy_from_slice`](Self::copy_from_slice) does, and if the shapes differ.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![0.0; 2]));
    /// let buffer = Buffer::get(&object, Request::FULL)?;
    /// buffer.copy_from_array(&ndarray::array![1.5, 2.5])?;
    /// assert_eq!(buffer.to_vec::<f64>(Order::C)?, [1.5, 2.5]);
    ///
    /// let error = buffer.copy_from_array(&ndarray::array![1.5, 2.5, 3.5]).unwrap_err();
    /// assert_eq!(error.to_string(), "shape[0] is 3 in the source, 2 in the target");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_from_array<T, A, D>(&self, source: &ArrayBase<A, D>) -> Result<(), CopyError>
    where
        T: ItemValue + Copy,
        A: Data<Elem = T>,
        D: Dimension,
    {
        self.items::<T>()?;
        check_shape(source.shape(), self.layout().shape())?;
        // The items as they lie, if that is in either order.
        let whole = match (source.as_slice(), source.t().to_slice()) {
            (Some(items), _) => Some((items, Order::C)),
            (None, Some(items)) => Some((items, Order::Fortran)),
            (None, None) => None,
        };
        if let Some((items, order)) = whole {
            if let Some(items) = T::as_items(items) {
                return self.copy_from_slice(items, order);
            }
        }
        let mut items: Vec<T::Item> = Vec::new();
        let len = self.len_bytes();
        items.try_reserve_exact(source.len()).map_err(|_| CopyError::TooLarge { len })?;
        items.extend(source.iter().map(|&value| value.into_item()));
        self.copy_from_slice(&items, Order::C)
    }
}

/// With the feature `ndarray`.
impl<S: Source, T: ItemValue, M: Mode, D: ArrayDimensions> TypedBuffer<S, T, M, D> {
    /// A copy of all items, in C order.
    ///
    /// Fails if there is no memory for them, or `ndarray` has no array of this shape.
    ///
    /// ```
    /// use bufferprocs::Object;
    /// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
    /// use ndarray::{Array2, array};
    ///
    /// let object = Object::new(array![[true, false]]);
    /// let mask = TypedBuffer::<_, bool, Read, Dim<2>>::get(&object)?;
    /// let mask: Array2<bool> = mask.to_array()?;
    /// assert_eq!(mask, array![[true, false]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_array(&self) -> Result<Array<T, D::Dimension>, CopyError> {
        Ok(self.buffer().to_array::<T>()?.into_dimensionality().expect(SAME_NDIM))
    }

    /// The items as a view of an array, without a copy, if no code can write them: see
    /// [`Buffer::as_array`].
    ///
    /// ```
    /// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
    /// use bufferprocs::{Layout, Object, exporters::Strided};
    /// use ndarray::ArrayView2;
    ///
    /// let columns = Layout::f_contiguous(&[2, 3], 2)?;
    /// let object = Object::new(Strided::readonly(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
    /// let matrix = TypedBuffer::<_, u16, Read, Dim<2>>::get(&object)?;
    /// let matrix: ArrayView2<'_, u16> = matrix.as_array()?;
    /// assert_eq!(matrix.row(0), ndarray::array![1, 2, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_array(&self) -> Result<ArrayView<'_, T, D::Dimension>, AccessError>
    where
        T: AnyBits,
    {
        Ok(self.buffer().as_array::<T>()?.into_dimensionality().expect(SAME_NDIM))
    }

    /// The items as a view of an array, without a copy, also if others could write them: see
    /// [`Buffer::as_array_unchecked`].
    ///
    /// # Safety
    ///
    /// While the view is borrowed, no other code writes the items: no code of Python, no other
    /// thread, no other view. While the interpreter is detached, any of them may.
    ///
    /// ```
    /// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
    /// use bufferprocs::{Object, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1.5, 2.5]));
    /// let items = TypedBuffer::<_, f64, Read, Dim<1>>::get(&object)?;
    /// // SAFETY: this is the only thread, and it writes nothing.
    /// let array = unsafe { items.as_array_unchecked()? };
    /// assert_eq!(array.dot(&array), 8.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn as_array_unchecked(&self) -> Result<ArrayView<'_, T, D::Dimension>, AccessError>
    where
        T: AnyBits,
    {
        // SAFETY: the caller's promise.
        let array = unsafe { self.buffer().as_array_unchecked::<T>() }?;
        Ok(array.into_dimensionality().expect(SAME_NDIM))
    }
}

/// Of the invariant of a `TypedBuffer`.
const SAME_NDIM: &str = "the buffer has the dimensions of its type";

/// With the feature `ndarray`.
impl<S: Source, T: ItemValue, M: Writing, D: Dimensions> TypedBuffer<S, T, M, D> {
    /// Replaces all items by those of an array of the same shape, in any layout.
    ///
    /// Fails if the shapes differ.
    ///
    /// ```
    /// use bufferprocs::consumer::{TypedBuffer, Write};
    /// use bufferprocs::{Object, Shared};
    /// use ndarray::array;
    ///
    /// let object = Object::new(array![[1.0, 2.0], [3.0, 4.0]].mapv(Shared::new));
    /// let items = TypedBuffer::<_, f64, Write>::get(&object)?;
    /// items.copy_from_array(&items.to_array()?.t())?;
    /// assert_eq!(items.to_vec()?, [1.0, 3.0, 2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_from_array<A, E>(&self, source: &ArrayBase<A, E>) -> Result<(), CopyError>
    where
        T: Copy,
        A: Data<Elem = T>,
        E: Dimension,
    {
        self.buffer().copy_from_array(source)
    }
}

impl<S: Source, T, M, D> TypedBuffer<S, T, M, D> {
    fn buffer(&self) -> &Buffer<S> {
        self
    }
}

fn check_shape(source: &[usize], target: &[isize]) -> Result<(), CopyError> {
    if source.len() != target.len() {
        return Err(CopyError::Ndim { source: source.len(), target: target.len() });
    }
    for (axis, (&source, target)) in source.iter().zip(target).enumerate() {
        let target = target.unsigned_abs();
        if source != target {
            return Err(CopyError::Shape { axis, source, target });
        }
    }
    Ok(())
}
