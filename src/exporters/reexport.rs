//! A member of a chain that answers itself, with memory that it got from another exporter.
//!
//! It holds one buffer of the other for as long as it lives, and shows that, or a part of it.
//! `view.obj` of its consumers is the member. It grants no more than it was granted: what its
//! buffer was not asked for it does not know, and it does not make anything up.

use std::fmt;

use crate::consumer::{Buffer, Source};
use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::layout::Slice;
use crate::view::View;

/// Shows a buffer of another exporter, or a part of it.
///
/// ```
/// use bufferprocs::exporters::{Reexport, Strided};
/// use bufferprocs::layout::Slice;
/// use bufferprocs::{Buffer, BufferError, Layout, Object, Request};
///
/// let rows = Layout::c_contiguous(&[2, 3], 2)?;
/// let root = Object::new(Strided::readonly(vec![1u16, 2, 3, 4, 5, 6], rows, 0)?);
///
/// // The columns of the root from the last to the first.
/// let whole = Reexport::new(Buffer::get(&root, Request::FULL_RO)?);
/// let object = Object::new(whole.slice(1, Slice { start: 2, count: 3, step: -1 })?);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!(buffer.raw().obj, object.as_ptr());
/// assert_eq!(buffer.item::<u16>(&[0, 0])?, 3);
/// assert_eq!(Buffer::get(&object, Request::FULL).unwrap_err(), BufferError::NotWritable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reexport<S: Source> {
    buffer: Buffer<S>,
    /// Applied one after the other.
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Slice(usize, Slice),
    Index(usize),
    Transposed,
}

impl<S: Source> Reexport<S> {
    /// Shows all of `buffer`.
    pub fn new(buffer: Buffer<S>) -> Self {
        Reexport { buffer, parts: Vec::new() }
    }

    /// Shows only the items whose index along `axis` is in `slice`. Fails as [`View::slice`] does.
    pub fn slice(self, axis: usize, slice: Slice) -> Result<Self, LayoutError> {
        self.part(Part::Slice(axis, slice))
    }

    /// Shows only the items at `index` of the first axis, in one dimension less. Fails as
    /// [`View::index`] does.
    pub fn index(self, index: usize) -> Result<Self, LayoutError> {
        self.part(Part::Index(index))
    }

    /// Shows the items with the order of the axes reversed. Fails as [`View::transposed`] does.
    pub fn transposed(self) -> Result<Self, LayoutError> {
        self.part(Part::Transposed)
    }

    /// The buffer that is shown.
    pub fn buffer(&self) -> &Buffer<S> {
        &self.buffer
    }

    fn part(mut self, part: Part) -> Result<Self, LayoutError> {
        self.parts.push(part);
        self.show()?;
        Ok(self)
    }

    fn show(&self) -> Result<View<'_>, LayoutError> {
        self.parts.iter().try_fold(self.buffer.view(), |view, part| match *part {
            Part::Slice(axis, slice) => view.slice(axis, slice),
            Part::Index(index) => view.index(index),
            Part::Transposed => view.transposed(),
        })
    }
}

impl<S: Source + Send + Sync + 'static> Exporter for Reexport<S> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(self.show()?)
    }
}

impl<S: Source> fmt::Debug for Reexport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reexport")
            .field("buffer", &self.buffer)
            .field("parts", &self.parts)
            .finish()
    }
}
