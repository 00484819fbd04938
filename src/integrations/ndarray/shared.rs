//! The items of an array as shared ones, in place.

use ::ndarray::{Array, Dimension, ShapeBuilder};

use crate::item::{AnyBits, Shared};

/// With the feature `ndarray`.
impl<T: AnyBits> Shared<T> {
    /// The items of an array as shared ones, in place and in the same layout, so that consumers may
    /// write them: what [`from_vec`](Self::from_vec) is for a vector.
    ///
    /// If the array was cut at its front, as by `slice_collapse`, its items move to the start of
    /// its memory; that allocates nothing either. Make an `Array` of an `ArcArray` by `into_owned`
    /// first, which copies if others share the memory.
    ///
    /// ```
    /// use bufferprocs::{Buffer, Object, Order, Request, Shared};
    /// use ndarray::array;
    ///
    /// let array = array![[1.0, 2.0], [3.0, 4.0]];
    /// let address = array.as_ptr();
    /// let shared = Shared::from_array(array.reversed_axes());
    /// assert_eq!((shared.as_ptr().cast(), shared.strides()), (address, &[1, 2][..]));
    ///
    /// let object = Object::new(shared);
    /// let buffer = Buffer::get(&object, Request::FULL)?;
    /// buffer.items::<f64>()?.set(&[0, 1], 5.0)?;
    /// assert_eq!(buffer.to_vec::<f64>(Order::C)?, [1.0, 5.0, 2.0, 4.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the strides are such that `Array::from_shape_vec` refuses them. Arrays that were made
    /// without `unsafe` have none.
    pub fn from_array<D: Dimension>(array: Array<T, D>) -> Array<Shared<T>, D> {
        let (shape, mut strides) = (array.raw_dim(), D::zeros(array.ndim()));
        let mut lowest = array.as_ptr();
        for (axis, &stride) in array.strides().iter().enumerate() {
            strides[axis] = stride as usize;
            let last = shape[axis].saturating_sub(1) as isize;
            lowest = lowest.wrapping_offset(last * stride.min(0));
        }
        let is_empty = array.is_empty();
        #[allow(deprecated)] // ndarray 0.15 has no other
        let mut items = array.into_raw_vec();
        if !is_empty {
            items.drain(..(lowest.addr() - items.as_ptr().addr()) / size_of::<T>().max(1));
        }
        let shared = Array::from_shape_vec(shape.strides(strides), Shared::from_vec(items));
        shared.expect("the strides of an array lead to no item twice")
    }
}
