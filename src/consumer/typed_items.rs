//! The items of a [`TypedBuffer`]: read, copied, written.

use super::items::Items;
use super::iter::ItemsIter;
use super::rows::Rows;
use super::typed::{Dimensions, Indices, Mode, TypedBuffer, Writing};
use super::{Blocks, Source};
use crate::error::{AccessError, CopyError};
use crate::item::{AnyBits, ItemValue, Summable};
use crate::layout::Order;

impl<S: Source, T: ItemValue, M: Mode, D: Dimensions> TypedBuffer<S, T, M, D> {
    /// The items.
    #[inline]
    pub fn items(&self) -> Items<'_, S, T> {
        Items::unchecked(&self.buffer, M::WRITES)
    }

    /// A copy of the item at some [`Indices`]. Fails if an index is out of range.
    pub fn get_item(&self, indices: impl Indices<D>) -> Result<T, AccessError> {
        self.items().get(indices.as_indices())
    }

    /// Copies of all items, in C order: see [`ItemsIter`].
    ///
    /// ```
    /// use bufferprocs::{Object, consumer::TypedBuffer};
    ///
    /// let object = Object::new(vec![1.5, 2.5]);
    /// let items = TypedBuffer::<_, f64>::get(&object)?;
    /// for (number, item) in items.iter().enumerate() {
    ///     assert_eq!(item, 1.5 + number as f64);
    /// }
    /// assert_eq!(items.iter().map(|item| item * item).sum::<f64>(), 8.5);
    /// # Ok::<(), bufferprocs::TypedError>(())
    /// ```
    pub fn iter(&self) -> ItemsIter<'_, S, T> {
        self.items().iter(Order::C)
    }

    /// Copies of all items, in the order asked for.
    pub fn iter_in(&self, order: Order) -> ItemsIter<'_, S, T> {
        self.items().iter(order)
    }

    /// Copies of all items, in the order that reads the memory fastest.
    pub fn iter_unordered(&self) -> ItemsIter<'_, S, T> {
        self.items().iter_unordered()
    }

    /// The items row by row: those along the last axis.
    ///
    /// ```
    /// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
    /// use bufferprocs::{Layout, Object, exporters::Strided};
    ///
    /// let columns = Layout::f_contiguous(&[2, 3], 2)?;
    /// let object = Object::new(Strided::readonly(vec![1u16, 4, 2, 5, 3, 6], columns, 0)?);
    /// let matrix = TypedBuffer::<_, u16, Read, Dim<2>>::get(&object)?;
    /// let sums: Vec<u16> = matrix.rows().map(|row| row.iter().sum()).collect();
    /// assert_eq!(sums, [6, 15]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rows(&self) -> Rows<'_, S, T> {
        Rows::new(self.items())
    }

    /// Copies of all items in C order, in blocks, as slices: the fastest for loops of one's own.
    pub fn blocks(&self) -> Blocks<'_, S, T> {
        self.iter().blocks()
    }

    /// All items, in C order. Fails if there is no memory for them.
    pub fn to_vec(&self) -> Result<Vec<T>, CopyError> {
        self.to_vec_in(Order::C)
    }

    /// All items, in the order asked for. Fails if there is no memory for them.
    pub fn to_vec_in(&self, order: Order) -> Result<Vec<T>, CopyError> {
        self.buffer.to_vec(order)
    }

    /// All items, written to `target` in C order. Fails if that has another length.
    pub fn copy_to_slice(&self, target: &mut [T]) -> Result<(), CopyError>
    where
        T: AnyBits,
    {
        self.buffer.copy_to_slice(target, Order::C)
    }

    /// The items as a slice, if no code can write them: see
    /// [`Buffer::as_slice`](super::Buffer::as_slice).
    pub fn try_as_slice(&self) -> Result<&[T], AccessError>
    where
        T: AnyBits,
    {
        self.buffer.as_slice()
    }

    /// The sum of all items: see [`Items::sum`].
    #[inline]
    pub fn sum(&self) -> T::Sum
    where
        T: Summable,
    {
        self.items().sum()
    }
}

/// ```
/// use bufferprocs::consumer::{TypedBuffer, Write};
/// use bufferprocs::{Object, Shared};
///
/// let object = Object::new(Shared::from_vec(vec![1.0, 2.5]));
/// let items = TypedBuffer::<_, f64, Write>::get(&object)?;
/// items.update(|item| 2.0 * item);
/// items.set_item(0, -1.0)?;
/// assert_eq!(items.to_vec()?, [-1.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<S: Source, T: ItemValue, M: Writing, D: Dimensions> TypedBuffer<S, T, M, D> {
    /// Replaces the item at some [`Indices`]. Fails if an index is out of range.
    pub fn set_item(&self, indices: impl Indices<D>, value: T) -> Result<(), AccessError> {
        self.items().set(indices.as_indices(), value)
    }

    /// Replaces each item by what `change` makes of it: see [`Items::update`].
    pub fn update(&self, change: impl FnMut(T) -> T) {
        let updated = self.items().update(change);
        debug_assert!(updated.is_ok(), "the buffer may be written: {updated:?}");
    }

    /// Replaces each item by `value`.
    ///
    /// ```
    /// use bufferprocs::consumer::{TypedBuffer, Write};
    /// use bufferprocs::{Object, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1.0, 2.5]));
    /// let items = TypedBuffer::<_, f64, Write>::get(&object)?;
    /// items.fill(0.5);
    /// assert_eq!(items.to_vec()?, [0.5, 0.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill(&self, value: T)
    where
        T: Copy,
    {
        self.update(|_| value);
    }

    /// Replaces the first items in C order by those of an iterator, as far as there are some in
    /// both. Returns how many were replaced.
    ///
    /// ```
    /// use bufferprocs::consumer::{TypedBuffer, Write};
    /// use bufferprocs::{Object, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1, 2, 3]));
    /// let items = TypedBuffer::<_, i32, Write>::get(&object)?;
    /// let squares = items.to_vec()?.into_iter().map(|item| item * item);
    /// assert_eq!(items.write_from(squares), 3);
    /// assert_eq!(items.write_from([7]), 1);
    /// assert_eq!(items.to_vec()?, [7, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_from(&self, values: impl IntoIterator<Item = T>) -> usize {
        self.iter().write_from(values)
    }

    /// Replaces all items by those of a slice, which are in C order. Fails if that has another
    /// length.
    pub fn copy_from_slice(&self, source: &[T]) -> Result<(), CopyError>
    where
        T: AnyBits,
    {
        self.buffer.copy_from_slice(source, Order::C)
    }
}

impl<'b, S: Source, T: ItemValue, M: Mode, D: Dimensions> IntoIterator
    for &'b TypedBuffer<S, T, M, D>
{
    type Item = T;
    type IntoIter = ItemsIter<'b, S, T>;

    fn into_iter(self) -> ItemsIter<'b, S, T> {
        self.iter()
    }
}
