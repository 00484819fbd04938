//! Records: structs as items, and one field of each as items of its own.

use std::ffi::CString;
use std::sync::Arc;

use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::format::Format;
use crate::item::{AnyBits, Item, Shared};
use crate::layout::Layout;
use crate::view::View;

/// A line of records that consumers may write.
///
/// ```
/// use bufferprocs::exporters::Records;
/// use bufferprocs::{Buffer, Object, Request};
///
/// bufferprocs::record! {
///     struct Point { x: f32, y: f32, id: u64 }
/// }
///
/// let points = vec![Point { x: 0.5, y: 1.0, id: 7 }, Point { x: 2.5, y: 3.0, id: 8 }];
/// let object = Object::new(Records::new(points));
/// let buffer = Buffer::get(&object, Request::FULL)?;
/// assert_eq!(buffer.format(), Some(c"T{f:x:f:y:Q:id:}"));
/// assert_eq!(buffer.item::<Point>(&[1])?.id, 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Records<R: AnyBits>(Vec<Shared<R>>);

impl<R: AnyBits> Records<R> {
    /// Shows all of `records`.
    pub fn new(records: Vec<R>) -> Self {
        Records(Shared::from_vec(records))
    }

    /// The records, to read or replace while consumers look.
    pub fn shared(&self) -> &[Shared<R>] {
        &self.0
    }

    /// The records, to change, to add to, to take away.
    pub fn shared_mut(&mut self) -> &mut Vec<Shared<R>> {
        &mut self.0
    }
}

impl<R: AnyBits> Exporter for Records<R> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.0))
    }
}

/// One field of each of many records, read-only.
///
/// Read-only, because a consumer that writes a field and one that writes the record around it
/// would access the same memory at two widths.
///
/// ```
/// use bufferprocs::exporters::Column;
/// use bufferprocs::{Buffer, Object, Request};
///
/// bufferprocs::record! {
///     struct Point { x: f32, y: f32, id: u64 }
/// }
///
/// // The field y: every 16 bytes, 4 bytes into each record.
/// let points = [Point { x: 0.5, y: 1.0, id: 7 }, Point { x: 2.5, y: 3.0, id: 8 }];
/// let object = Object::new(Column::new(points.into(), "y").unwrap());
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!((buffer.format(), buffer.strides()), (Some(c"f"), Some(&[16][..])));
/// assert_eq!(buffer.item::<f32>(&[1])?, 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Column<R: Item> {
    records: Arc<[R]>,
    layout: Layout,
    offset: usize,
    format: CString,
}

impl<R: Item> Column<R> {
    /// The field `name` of `records`. A field that is a sub-array adds its dimensions after that
    /// of the records.
    ///
    /// None if the records have no such field, or the format of one is no format.
    pub fn new(records: Arc<[R]>, name: &str) -> Option<Column<R>> {
        let record = Format::of::<R>().ok()?;
        let field = record.field(name)?;
        let element = field.element_format();
        let inner = Layout::c_contiguous(field.shape(), element.itemsize()).ok()?;
        let shape = [&[records.len()], field.shape()].concat();
        let strides = [&[size_of::<R>() as isize], inner.strides()].concat();
        let layout = Layout::strided(&shape, &strides, element.itemsize()).ok()?;
        // Without a record there is no field to start at.
        let offset = if records.is_empty() { 0 } else { field.offset() };
        let format = element.to_cstring();
        let column = Column { records, layout, offset, format };
        column.show().ok()?;
        Some(column)
    }

    fn show(&self) -> Result<View<'_>, LayoutError> {
        View::readonly(&self.records).with_items(&self.format, &self.layout, self.offset)
    }
}

impl<R: Item> Exporter for Column<R> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(self.show()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Buffer;
    use crate::object::Object;
    use crate::request::Request;

    crate::record! {
        struct Sample { id: u16, grid: [[u8; 3]; 2], value: f64 }
    }

    #[test]
    fn a_column_of_nothing_and_no_column() {
        let none: Arc<[Sample]> = Arc::from([]);
        let column = Column::new(Arc::clone(&none), "value").unwrap();
        let buffer = Buffer::get(&Object::new(column), Request::FULL_RO).unwrap();
        assert_eq!((buffer.shape(), buffer.strides()), (Some(&[0][..]), Some(&[16][..])));
        assert!(Column::new(none, "values").is_none());
        let numbers: Arc<[u16]> = Arc::from([1, 2]);
        assert!(Column::new(numbers, "value").is_none());
    }

    #[test]
    fn a_column_of_sub_arrays() {
        let sample = Sample { id: 1, grid: [[1, 2, 3], [4, 5, 6]], value: 0.5 };
        let column = Column::new(Arc::from([sample; 3]), "grid").unwrap();
        let buffer = Buffer::get(&Object::new(column), Request::FULL_RO).unwrap();
        assert_eq!(buffer.format(), Some(c"B"));
        assert_eq!(buffer.shape(), Some(&[3, 2, 3][..]));
        assert_eq!(buffer.item::<u8>(&[2, 1, 0]), Ok(4));
    }
}
