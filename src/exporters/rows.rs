//! Rows that lie anywhere in memory, found through a table of their addresses: what suboffsets are
//! for.

use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::item::{AnyBits, Shared};
use crate::layout::Layout;
use crate::view::{Access, Missing, View};

/// Rows of one length, each in a vector of its own, which consumers may write.
///
/// The rows are not copied: each stays where its vector put it.
///
/// ```
/// use bufferprocs::exporters::Rows;
/// use bufferprocs::{Buffer, BufferError, Object, Request};
///
/// let object = Object::new(Rows::new(vec![vec![1u16, 2, 3], vec![4, 5, 6]])?);
/// let buffer = Buffer::get(&object, Request::FULL)?;
/// assert_eq!(buffer.suboffsets(), Some(&[0, -1][..]));
/// assert_eq!(buffer.item::<u16>(&[1, 2])?, 6);
/// // Who does not follow pointers cannot read it.
/// assert_eq!(Buffer::get(&object, Request::STRIDES).unwrap_err(), BufferError::NeedsSuboffsets);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Rows<T: AnyBits> {
    /// Invariant: all of `layout.shape()[1]` items.
    rows: Vec<Vec<Shared<T>>>,
    /// Invariant: the start of each row, as `Vec::as_ptr` gives it.
    table: Vec<*const Shared<T>>,
    /// Invariant: as many rows as there are, and as many items a row.
    layout: Layout,
}

// SAFETY: the pointers are those of the vectors beside them, which may go to another thread.
unsafe impl<T: AnyBits> Send for Rows<T> {}
// SAFETY: through `&Rows` the pointers are only read, and what they point at is shared items.
unsafe impl<T: AnyBits> Sync for Rows<T> {}

impl<T: AnyBits> Rows<T> {
    /// Shows `rows`. Fails if one has another length than the first.
    pub fn new(rows: Vec<Vec<T>>) -> Result<Rows<T>, LayoutError> {
        let rows: Vec<_> = rows.into_iter().map(Shared::from_vec).collect();
        let len = rows.first().map_or(0, Vec::len);
        if let Some((row, found)) = rows.iter().map(Vec::len).enumerate().find(|row| row.1 != len) {
            return Err(LayoutError::RowLength { row, found, expected: len });
        }
        let mut new = Rows { rows, table: Vec::new(), layout: layout_of::<T>(0, len)? };
        new.rebuild()?;
        Ok(new)
    }

    /// The rows, to read or write item by item while consumers look.
    pub fn rows(&self) -> &[Vec<Shared<T>>] {
        &self.rows
    }

    /// One row, to change.
    pub fn row_mut(&mut self, row: usize) -> Option<&mut [T]> {
        // Its items stay where they are, and so does the table.
        self.rows.get_mut(row).map(|row| Shared::as_mut_slice(row))
    }

    /// Adds a row at the end. Fails, and changes nothing, if it has another length than the
    /// others.
    ///
    /// ```
    /// use bufferprocs::exporters::Rows;
    ///
    /// let mut rows = Rows::new(vec![vec![1u32, 2]])?;
    /// rows.push(vec![3, 4])?;
    /// assert!(rows.push(vec![5]).is_err());
    /// assert_eq!(rows.rows().len(), 2);
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn push(&mut self, row: Vec<T>) -> Result<(), LayoutError> {
        let expected = self.layout.shape()[1].unsigned_abs();
        if !self.rows.is_empty() && row.len() != expected {
            let (row, found) = (self.rows.len(), row.len());
            return Err(LayoutError::RowLength { row, found, expected });
        }
        let layout = layout_of::<T>(self.rows.len() + 1, row.len())?;
        self.rows.push(Shared::from_vec(row));
        self.table.push(self.rows[self.rows.len() - 1].as_ptr());
        self.layout = layout;
        Ok(())
    }

    /// Takes a row out.
    pub fn remove(&mut self, row: usize) -> Option<Vec<Shared<T>>> {
        if row >= self.rows.len() {
            return None;
        }
        let removed = self.rows.remove(row);
        // Fewer rows have no larger a layout.
        self.rebuild().ok()?;
        Some(removed)
    }

    /// Puts the rows in another order: row `a` becomes row `b`.
    pub fn swap(&mut self, a: usize, b: usize) {
        self.rows.swap(a, b);
        self.table.swap(a, b);
    }

    fn rebuild(&mut self) -> Result<(), LayoutError> {
        let len = self.layout.shape()[1].unsigned_abs();
        self.layout = layout_of::<T>(self.rows.len(), len)?;
        self.table = self.rows.iter().map(|row| row.as_ptr()).collect();
        Ok(())
    }
}

fn layout_of<T>(rows: usize, len: usize) -> Result<Layout, LayoutError> {
    let strides = [size_of::<*const T>() as isize, size_of::<T>() as isize];
    Layout::indirect(&[rows, len], &strides, &[0, -1], size_of::<T>())
}

impl<T: AnyBits> Exporter for Rows<T> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        let (buf, layout) = (self.table.as_ptr().cast(), self.layout.clone());
        // SAFETY: by the invariants the table has the addresses of as many rows as the layout says,
        // each of as many items as it says. They stay as long as `self` is borrowed; no code writes
        // the table, and the items are shared ones.
        Ok(unsafe {
            View::from_raw(buf, layout, Some(T::FORMAT), Access::Writable, Missing::default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Object, Order, Request};

    /// Consumers see the items that the vectors hold.
    #[track_caller]
    fn check(rows: Rows<u16>, expected: &[&[u16]]) -> Rows<u16> {
        let held: Vec<_> = rows.rows().iter().map(|row| Shared::to_vec(row)).collect();
        assert_eq!(held, expected);
        let object = Object::new(rows);
        let buffer = Buffer::get(&object, Request::FULL).unwrap();
        let len = expected.first().map_or(0, |row| row.len());
        assert_eq!(buffer.shape(), Some(&[expected.len() as isize, len as isize][..]));
        assert_eq!(buffer.to_vec::<u16>(Order::C), Ok(expected.concat()));
        drop(buffer);
        // Takes the rows out of the object again.
        let exported = object.exported::<Rows<u16>>().unwrap();
        let mut exported = exported.try_mut().unwrap();
        std::mem::replace(&mut *exported, Rows::new(Vec::new()).unwrap())
    }

    #[test]
    fn consumers_see_rows_that_change() {
        let rows = Rows::new(vec![vec![1, 2], vec![3, 4]]).unwrap();
        let mut rows = check(rows, &[&[1, 2], &[3, 4]]);
        // The table gets another place now and then.
        for row in 2..20u16 {
            rows.push(vec![2 * row + 1, 2 * row + 2]).unwrap();
        }
        let all: Vec<[u16; 2]> = (0..20).map(|row| [2 * row + 1, 2 * row + 2]).collect();
        let all: Vec<&[u16]> = all.iter().map(|row| row.as_slice()).collect();
        let mut rows = check(rows, &all);
        rows.swap(0, 2);
        rows.swap(1, 1);
        let mut all = all;
        all.swap(0, 2);
        let mut rows = check(rows, &all);
        while rows.rows().len() > 3 {
            rows.remove(3).unwrap();
        }
        let mut rows = check(rows, &[&[5, 6], &[3, 4], &[1, 2]]);
        let removed = rows.remove(0).unwrap();
        assert_eq!(Shared::to_vec(&removed), [5, 6]);
        assert!(rows.remove(2).is_none() && rows.row_mut(2).is_none());
        rows.row_mut(1).unwrap()[0] = 9;
        let mut rows = check(rows, &[&[3, 4], &[9, 2]]);
        let error = rows.push(vec![7]).unwrap_err();
        assert_eq!(error, LayoutError::RowLength { row: 2, found: 1, expected: 2 });
        let mut rows = check(rows, &[&[3, 4], &[9, 2]]);
        // Without a row the next one may have any length.
        rows.remove(1).unwrap();
        rows.remove(0).unwrap();
        rows.push(vec![7, 8, 9]).unwrap();
        check(rows, &[&[7, 8, 9]]);
        let error = Rows::new(vec![vec![1u16, 2], vec![3]]).unwrap_err();
        assert_eq!(error, LayoutError::RowLength { row: 1, found: 1, expected: 2 });
    }
}
