//! Where the items of a buffer are, as `ndarray` describes it.

use ::ndarray::{ArrayViewD, Axis, ShapeBuilder};

use crate::consumer::{Buffer, Source};
use crate::error::AccessError;
use crate::item::AnyBits;
use crate::layout::LayoutRef;

/// The parts of a view of an array.
///
/// Invariant: the view of one buffer, with which they are made: its items are `T`s, each of them
/// aligned, and are where these parts lead.
pub(super) struct Parts<T> {
    shape: Vec<usize>,
    /// None if there is no item.
    place: Option<Place<T>>,
}

struct Place<T> {
    /// The item with the lowest address.
    first: *const T,
    /// Steps in items, as if each axis led to higher addresses.
    strides: Vec<usize>,
    /// The axes that lead to lower ones.
    backwards: Vec<Axis>,
}

impl<T: AnyBits> Parts<T> {
    pub(super) fn of<S: Source>(buffer: &Buffer<S>) -> Result<Self, AccessError> {
        let layout = buffer.items::<T>()?.layout().to_layout();
        let shape = shape_of(layout.as_ref());
        if layout.len_bytes() == 0 {
            return Ok(Parts { shape, place: None });
        }
        if let Some(axis) = layout.as_ref().follows_pointers() {
            return Err(AccessError::FollowsPointers { axis });
        }
        let mut first: *const T = buffer.raw().buf.cast_const().cast();
        if !first.is_aligned() {
            return Err(AccessError::Misaligned { alignment: align_of::<T>() });
        }
        let (itemsize, mut strides, mut backwards) =
            (size_of::<T>() as isize, vec![0; shape.len()], Vec::new());
        for (axis, &stride) in layout.strides().iter().enumerate() {
            // The stride to an only item leads nowhere.
            if shape[axis] == 1 {
                continue;
            }
            if stride % itemsize != 0 {
                return Err(AccessError::SplitsItems { axis, stride, itemsize: size_of::<T>() });
            }
            let step = stride / itemsize;
            if step < 0 {
                // To the last item of the axis, within the layout: so it does not wrap.
                first = first.wrapping_offset(step * (shape[axis] - 1) as isize);
                backwards.push(Axis(axis));
            }
            strides[axis] = step.unsigned_abs();
        }
        Ok(Parts { shape, place: Some(Place { first, strides, backwards }) })
    }

    /// # Safety
    ///
    /// For `'a` the buffer is not released, and no code writes its items.
    pub(super) unsafe fn array<'a>(self) -> Result<ArrayViewD<'a, T>, AccessError> {
        let Some(Place { first, strides, backwards }) = self.place else {
            return ArrayViewD::from_shape(self.shape, &[]).map_err(|_| AccessError::NoSuchArray);
        };
        let shape = self.shape.strides(strides);
        // SAFETY: the items live for `'a`, and no code writes them. By the invariant, `first` and
        // all that the strides lead to are aligned items of one view without pointers. So they are
        // not NULL, any bytes are a `T`, and all of them lie in one block of memory, as the
        // documentation's `verify_structure` demands: it has at most `isize::MAX` bytes. The layout
        // checked that there are at most as many items. No stride is negative.
        let mut array = unsafe { ArrayViewD::from_shape_ptr(shape, first) };
        for axis in backwards {
            array.invert_axis(axis);
        }
        Ok(array)
    }
}

/// Extents, none of which is negative.
pub(super) fn shape_of(layout: LayoutRef<'_>) -> Vec<usize> {
    layout.shape().iter().map(|extent| extent.unsigned_abs()).collect()
}
