//! Rows that lie at equal distances: a matrix whose rows are padded.

use std::mem::size_of;

use super::{Access, Missing, View};
use crate::error::LayoutError;
use crate::item::{AnyBits, Item, Shared};
use crate::layout::Layout;

impl<'a> View<'a> {
    /// Two dimensions of items that no code writes: rows of equal length at equal distances in the
    /// memory, as those of a matrix with padding behind each row. Consumers see no padding.
    ///
    /// Fails with [`LayoutError::RowLength`] or [`LayoutError::RowDistance`] if the rows are not
    /// such. Without a row both extents are 0.
    ///
    /// ```
    /// use bufferprocs::View;
    ///
    /// let memory = [1u16, 2, 0, 0, 3, 4, 0, 0]; // two rows of two, padded to four
    /// let view = View::readonly_rows((0..2).map(|row| &memory[4 * row..][..2]))?;
    /// assert_eq!((view.shape(), view.strides()), (&[2, 2][..], &[8, 2][..]));
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn readonly_rows<T: Item>(
        rows: impl IntoIterator<Item = &'a [T]>,
    ) -> Result<View<'a>, LayoutError> {
        // SAFETY: borrowed items, which no code writes as long as they are.
        unsafe { View::rows(rows, Access::Immutable) }
    }

    /// The same of items that every consumer may write.
    ///
    /// ```
    /// use bufferprocs::{Shared, View};
    ///
    /// let memory = Shared::from_vec(vec![1u16, 2, 0, 3, 4, 0]);
    /// let view = View::writable_rows(memory.chunks(3).map(|row| &row[..2]))?;
    /// assert_eq!((view.shape(), view.strides()), (&[2, 2][..], &[6, 2][..]));
    /// # Ok::<(), bufferprocs::LayoutError>(())
    /// ```
    pub fn writable_rows<T: AnyBits>(
        rows: impl IntoIterator<Item = &'a [Shared<T>]>,
    ) -> Result<View<'a>, LayoutError> {
        let rows = rows.into_iter().map(|row| {
            let (first, len) = (row.as_ptr().cast::<T>(), row.len());
            std::ptr::slice_from_raw_parts(first, len)
        });
        // SAFETY: borrowed cells, which are accessed by atomic operations as long as they are.
        unsafe { View::raw_rows(rows, Access::Writable) }
    }

    /// # Safety
    ///
    /// What `access` says holds of the items for `'a`.
    unsafe fn rows<T: Item>(
        rows: impl IntoIterator<Item = &'a [T]>,
        access: Access,
    ) -> Result<View<'a>, LayoutError> {
        // SAFETY: the caller's promise; borrowed for `'a`.
        unsafe { View::raw_rows(rows.into_iter().map(std::ptr::from_ref), access) }
    }

    /// # Safety
    ///
    /// The rows are initialised memory that stays in place for `'a`, of which `access` holds.
    unsafe fn raw_rows<T: Item>(
        rows: impl Iterator<Item = *const [T]>,
        access: Access,
    ) -> Result<View<'a>, LayoutError> {
        const { assert!(size_of::<T>() > 0, "an item has at least one byte") };
        let mut found: Option<(usize, usize)> = None;
        let (mut count, mut distance) = (0, 0);
        for row in rows {
            // A pointer to the first row may not be used for the others, unless each is exposed.
            let address = row.cast::<T>().expose_provenance();
            let (first, len) = *found.get_or_insert((address, row.len()));
            if row.len() != len {
                return Err(LayoutError::RowLength { row: count, found: row.len(), expected: len });
            }
            let so_far = address.wrapping_sub(first) as isize;
            if count == 1 {
                distance = so_far;
            }
            if distance.checked_mul(count as isize) != Some(so_far) {
                return Err(LayoutError::RowDistance { row: count });
            }
            count += 1;
        }
        let (first, len) = found.unwrap_or((std::mem::align_of::<T>(), 0));
        let itemsize = size_of::<T>() as isize;
        let stride = if count > 1 { distance } else { itemsize.saturating_mul(len as isize) };
        let layout = Layout::strided(&[count, len], &[stride, itemsize], size_of::<T>())?;
        let buf = std::ptr::with_exposed_provenance(first);
        // SAFETY: the items of the rows, by the caller's promise, at these strides from the first
        // one on; two dimensions, and the format of the items.
        Ok(unsafe { View::from_raw(buf, layout, Some(T::FORMAT), access, Missing::default()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Buffer;
    use crate::error::BufferError;
    use crate::exporter::Exporter;
    use crate::layout::Order;
    use crate::object::Object;
    use crate::request::Request;

    /// Rows of `columns` items, each `stride` items after the one before, the last one first if
    /// `backwards`.
    struct Padded {
        items: Vec<Shared<u16>>,
        columns: usize,
        stride: usize,
        backwards: bool,
    }

    impl Exporter for Padded {
        fn view(&self) -> Result<View<'_>, BufferError> {
            let rows = self.items.chunks_exact(self.stride).map(|row| &row[..self.columns]);
            let rows: Vec<_> = if self.backwards { rows.rev().collect() } else { rows.collect() };
            Ok(View::writable_rows(rows)?)
        }
    }

    #[test]
    fn rows_with_padding_are_read_and_written_without_it() {
        for backwards in [false, true] {
            for columns in 0..=3 {
                let items = Shared::from_vec((0..12).collect());
                let padded = Padded { items, columns, stride: 4, backwards };
                let object = Object::new(padded);
                let buffer = Buffer::get(&object, Request::FULL).unwrap();
                let rows = [0, 4, 8].map(|first| first..first + columns as u16);
                let mut expected: Vec<u16> = Vec::new();
                match backwards {
                    true => expected.extend(rows.into_iter().rev().flatten()),
                    false => expected.extend(rows.into_iter().flatten()),
                }
                assert_eq!(buffer.to_vec::<u16>(Order::C).unwrap(), expected);
                buffer.items::<u16>().unwrap().update(|item| item + 100).unwrap();
                let padded = object.exported::<Padded>().unwrap().try_borrow().unwrap();
                let all = Shared::to_vec(&padded.items);
                let written = |at: usize| if at % 4 < columns { 100 } else { 0 };
                assert!(
                    all.iter().enumerate().all(|(at, item)| *item == (at + written(at)) as u16)
                );
            }
        }
    }

    #[test]
    fn few_rows_and_rows_that_are_no_matrix() {
        #[track_caller]
        fn case(rows: &[&[u16]], expected: Result<(&[isize], &[isize]), LayoutError>) {
            let view = View::readonly_rows(rows.iter().copied());
            let found = view.as_ref().map(|view| (view.shape(), view.strides()));
            assert_eq!(found, expected.as_ref().copied());
        }
        let memory: Vec<u16> = (0..20).collect();
        case(&[], Ok((&[0, 0], &[0, 2])));
        case(&[&memory[3..6]], Ok((&[1, 3], &[6, 2])));
        case(&[&memory[..3], &memory[..3]], Ok((&[2, 3], &[0, 2])));
        case(&[&memory[..3], &memory[2..5]], Ok((&[2, 3], &[4, 2])));
        case(&[&memory[8..10], &memory[4..6], &memory[..2]], Ok((&[3, 2], &[-8, 2])));
        let wrong = LayoutError::RowLength { row: 1, found: 2, expected: 3 };
        case(&[&memory[..3], &memory[4..6]], Err(wrong));
        let wrong = LayoutError::RowDistance { row: 2 };
        case(&[&memory[..2], &memory[4..6], &memory[9..11]], Err(wrong));
    }
}
