//! Items at any strides: slices, transposes, reversed and overlapping axes over one block of
//! memory.

use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::item::{AnyBits, Shared};
use crate::layout::Layout;
use crate::view::View;

/// A block of items and the layout in which they are shown.
///
/// ```
/// use bufferprocs::exporters::Strided;
/// use bufferprocs::{Buffer, Layout, Object, Request};
///
/// // 1 2 3
/// // 4 5 6, seen as columns: three rows of two.
/// let transposed = Layout::strided(&[3, 2], &[2, 6], 2)?;
/// let object = Object::new(Strided::readonly(vec![1u16, 2, 3, 4, 5, 6], transposed, 0)?);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// assert_eq!((buffer.item::<u16>(&[0, 1])?, buffer.item::<u16>(&[2, 0])?), (4, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Strided<T: AnyBits> {
    memory: Memory<T>,
    layout: Layout,
    /// Start of the first item, in bytes.
    offset: usize,
}

#[derive(Debug)]
enum Memory<T: AnyBits> {
    Readonly(Vec<T>),
    Writable(Vec<Shared<T>>),
}

impl<T: AnyBits> Strided<T> {
    /// Items that consumers only read. The first item starts `offset` bytes into the memory.
    ///
    /// Fails if the layout does not fit the memory.
    pub fn readonly(items: Vec<T>, layout: Layout, offset: usize) -> Result<Self, LayoutError> {
        Strided { memory: Memory::Readonly(items), layout, offset }.checked()
    }

    /// Items that consumers may write. The first item starts `offset` bytes into the memory.
    ///
    /// Fails if the layout does not fit the memory.
    pub fn writable(items: Vec<T>, layout: Layout, offset: usize) -> Result<Self, LayoutError> {
        let items = Shared::from_vec(items);
        Strided { memory: Memory::Writable(items), layout, offset }.checked()
    }

    fn checked(self) -> Result<Self, LayoutError> {
        self.show()?;
        Ok(self)
    }

    /// The whole memory, to change.
    pub fn items_mut(&mut self) -> &mut [T] {
        match &mut self.memory {
            Memory::Readonly(items) => items,
            Memory::Writable(items) => Shared::as_mut_slice(items),
        }
    }

    /// A copy of the whole memory.
    pub fn to_vec(&self) -> Vec<T> {
        match &self.memory {
            Memory::Readonly(items) => items.clone(),
            Memory::Writable(items) => Shared::to_vec(items),
        }
    }

    /// Shows the memory in another layout. Fails, and changes nothing, if it does not fit.
    pub fn set_layout(&mut self, layout: Layout, offset: usize) -> Result<(), LayoutError> {
        self.memory.whole().with_layout(&layout, offset)?;
        (self.layout, self.offset) = (layout, offset);
        Ok(())
    }

    fn show(&self) -> Result<View<'_>, LayoutError> {
        self.memory.whole().with_layout(&self.layout, self.offset)
    }
}

impl<T: AnyBits> Memory<T> {
    fn whole(&self) -> View<'_> {
        match self {
            Memory::Readonly(items) => View::readonly(items),
            Memory::Writable(items) => View::writable(items),
        }
    }
}

impl<T: AnyBits> Exporter for Strided<T> {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(self.show()?)
    }
}
