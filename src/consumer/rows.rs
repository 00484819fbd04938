//! The items of a view row by row.

use std::fmt;

use super::Source;
use super::items::Items;
use super::iter::ItemsIter;
use crate::addresses::{address, advance};
use crate::item::{ItemValue, Summable};
use crate::walk::Run;

/// The rows of a view in C order: each [`Row`] has the items along the last axis.
///
/// A view without dimensions has one row of one item.
///
/// ```
/// use bufferprocs::{Object, consumer::TypedBuffer};
///
/// let object = Object::new(vec![[1u16, 2], [3, 4]]);
/// let items = TypedBuffer::<_, [u16; 2]>::get(&object)?;
/// let rows: Vec<Vec<[u16; 2]>> = items.rows().map(|row| row.iter().collect()).collect();
/// assert_eq!(rows, [[[1, 2], [3, 4]]]);
/// # Ok::<(), bufferprocs::TypedError>(())
/// ```
pub struct Rows<'b, S: Source, T> {
    items: Items<'b, S, T>,
    /// Of the next row: one for each axis but the last.
    indices: Vec<usize>,
    /// How many rows are left.
    left: usize,
}

impl<S: Source, T> fmt::Debug for Rows<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("len", &self.left)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

impl<'b, S: Source, T: ItemValue> Rows<'b, S, T> {
    pub(super) fn new(items: Items<'b, S, T>) -> Rows<'b, S, T> {
        let shape = items.layout().shape();
        let outer = &shape[..shape.len().saturating_sub(1)];
        // Rows without an item may be more than there are numbers.
        let left =
            outer.iter().fold(1, |rows: usize, &extent| rows.saturating_mul(extent.unsigned_abs()));
        Rows { items, indices: vec![0; outer.len()], left }
    }
}

impl<'b, S: Source, T: ItemValue> Iterator for Rows<'b, S, T> {
    type Item = Row<'b, S, T>;

    fn next(&mut self) -> Option<Row<'b, S, T>> {
        self.left = self.left.checked_sub(1)?;
        let layout = self.items.layout();
        let (extent, stride, suboffset) = layout.last_axis();
        let mut run = Run { len: extent, stride, suboffset, ..Run::EMPTY };
        if extent > 0 {
            // SAFETY: the view's memory, and indices within its shape.
            run.first = unsafe { address(self.items.buf(), layout, &self.indices) };
        }
        advance(&mut self.indices, |axis| layout.shape()[axis].unsigned_abs());
        Some(Row { items: self.items, run })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<S: Source, T: ItemValue> ExactSizeIterator for Rows<'_, S, T> {}

impl<S: Source, T: ItemValue> std::iter::FusedIterator for Rows<'_, S, T> {}

/// The items of a view along its last axis.
///
/// ```
/// use bufferprocs::{Object, consumer::TypedBuffer};
///
/// let object = Object::new(vec![1.5, 2.5]);
/// let items = TypedBuffer::<_, f64>::get(&object)?;
/// let row = items.rows().next().expect("a row");
/// assert_eq!((row.len(), row.get(1), row.get(2)), (2, Some(2.5), None));
/// assert_eq!(row.into_iter().sum::<f64>(), 4.0);
/// # Ok::<(), bufferprocs::TypedError>(())
/// ```
pub struct Row<'b, S: Source, T> {
    items: Items<'b, S, T>,
    run: Run,
}

impl<S: Source, T> fmt::Debug for Row<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("len", &self.run.len)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

impl<S: Source, T> Clone for Row<'_, S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Source, T> Copy for Row<'_, S, T> {}

impl<'b, S: Source, T: ItemValue> Row<'b, S, T> {
    /// Copies of the items.
    pub fn iter(&self) -> ItemsIter<'b, S, T> {
        ItemsIter::of(self.items, self.run, None)
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.run.len
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.run.len == 0
    }

    /// A copy of an item. None if there are not as many.
    pub fn get(&self, index: usize) -> Option<T> {
        self.iter().nth(index)
    }

    /// All items.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().collect()
    }

    /// The sum of all items, as [`Items::sum`] adds them up.
    ///
    /// ```
    /// use bufferprocs::{Object, consumer::TypedBuffer};
    ///
    /// let object = Object::new(vec![0.5, 1.5]);
    /// let items = TypedBuffer::<_, f64>::get(&object)?;
    /// assert_eq!(items.rows().map(|row| row.sum()).collect::<Vec<_>>(), [2.0]);
    /// # Ok::<(), bufferprocs::TypedError>(())
    /// ```
    pub fn sum(&self) -> T::Sum
    where
        T: Summable,
    {
        // SAFETY: items of the view.
        unsafe { self.items.sum_of_run(self.run) }
    }
}

impl<'b, S: Source, T: ItemValue> IntoIterator for Row<'b, S, T> {
    type Item = T;
    type IntoIter = ItemsIter<'b, S, T>;

    fn into_iter(self) -> ItemsIter<'b, S, T> {
        self.iter()
    }
}
