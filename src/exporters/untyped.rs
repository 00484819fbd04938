//! Items whose format is known at run time only: what a file, a network or a user says.

use std::cell::UnsafeCell;
use std::ffi::{CStr, CString};
use std::fmt;

use crate::abi::PyBUF_MAX_NDIM;
use crate::error::{BufferError, LayoutError};
use crate::exporter::Exporter;
use crate::format::Format;
use crate::layout::Layout;
use crate::view::{Access, Missing, View, check_whole_items};

/// A block of bytes, what an item of it is, and the layout in which the items are shown.
///
/// Consumers only read them, unless it is [`writable`](Self::writable).
///
/// ```
/// use bufferprocs::exporters::Untyped;
/// use bufferprocs::{Buffer, Layout, Object, Request};
///
/// let rows = Layout::c_contiguous(&[2, 2], 2)?;
/// let items = Untyped::new(&[1, 0, 2, 0, 3, 0, 4, 0], c"<H", rows, 0)?.writable()?;
/// let object = Object::new(items);
/// let buffer = Buffer::get(&object, Request::FULL)?;
/// buffer.set_bytes_of(&[1, 0], &[9, 0])?;
/// assert_eq!(buffer.bytes_of(&[1, 0])?, [9, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Untyped {
    /// Invariant: written by atomic operations of the item's width, and only if `access` is
    /// `Writable`.
    #[allow(dead_code)] // it is reached by `first`
    memory: Vec<Chunk>,
    /// Where there are pointers: the addresses of parts of `memory`. Invariant: no code writes it.
    #[allow(dead_code)] // as above
    table: Vec<*const u8>,
    format: CString,
    /// Invariant: from `first` on, within `memory`, or in `table` and by way of that.
    layout: Layout,
    first: *const u8,
    access: Access,
    /// Whether each item that is shown is one of the memory's.
    whole: Result<(), LayoutError>,
}

/// Aligned as any item of the C language is.
#[repr(align(16))]
struct Chunk(#[allow(dead_code)] UnsafeCell<[u8; 16]>); // by its address alone

// SAFETY: the pointers are into vectors of this value, whose memory stays where it is when this
// moves.
unsafe impl Send for Untyped {}
// SAFETY: through `&Untyped` the memory is reached by a view alone, whose writers use atomic
// operations.
unsafe impl Sync for Untyped {}

impl Untyped {
    /// Copies `bytes`, and shows them as items of `format`. The first item starts `offset` bytes
    /// into them.
    ///
    /// Fails if the format cannot be read, has another size than the layout's items, or holds
    /// addresses; if the layout leaves the bytes or follows pointers; and if there are more than
    /// 64 dimensions.
    pub fn new(
        bytes: &[u8],
        format: &CStr,
        layout: Layout,
        offset: usize,
    ) -> Result<Untyped, LayoutError> {
        if Format::parse(format)?.holds_addresses() {
            return Err(LayoutError::FormatHoldsAddresses);
        }
        if layout.ndim() > PyBUF_MAX_NDIM {
            return Err(LayoutError::TooManyDimensions { ndim: layout.ndim() });
        }
        // SAFETY: neither addresses nor too many dimensions.
        unsafe { Untyped::new_unchecked(bytes, format, layout, offset) }
    }

    /// As [`new`](Self::new), also where items hold addresses or there are more than 64
    /// dimensions.
    ///
    /// # Safety
    ///
    /// Consumers may follow the addresses in `bytes`, or do not follow any; and they cope with as
    /// many dimensions.
    pub unsafe fn new_unchecked(
        bytes: &[u8],
        format: &CStr,
        layout: Layout,
        offset: usize,
    ) -> Result<Untyped, LayoutError> {
        let size = Format::parse(format)?.itemsize();
        if size != layout.itemsize() {
            return Err(LayoutError::FormatSize { format: size, memory: layout.itemsize() });
        }
        layout.check_within(bytes.len(), offset)?;
        let chunk = |part: &[u8]| {
            let mut chunk = [0; 16];
            chunk[..part.len()].copy_from_slice(part);
            Chunk(UnsafeCell::new(chunk))
        };
        let memory: Vec<Chunk> = bytes.chunks(16).map(chunk).collect();
        // Within the memory: it does not wrap.
        let first = memory.as_ptr().cast::<u8>().wrapping_add(offset);
        let whole = check_whole_items(&layout, offset);
        let (table, format, access) = (Vec::new(), format.to_owned(), Access::Immutable);
        Ok(Untyped { memory, table, format, layout, first, access, whole })
    }

    /// Lets consumers write.
    ///
    /// Fails if an item that is shown is not one of the memory's: then strides or offset are no
    /// multiples of the itemsize.
    pub fn writable(self) -> Result<Untyped, LayoutError> {
        self.whole?;
        Ok(Untyped { access: Access::Writable, ..self })
    }

    /// Puts a pointer before each index of the first axis, as the Python Imaging Library laid
    /// images out.
    ///
    /// To the lowest address of the items behind it; the suboffset leads from there to the first of
    /// them. The pointers are in the order of their axis, from the last to the first where its
    /// stride is negative. Fails without a dimension, and if there are pointers already, or if
    /// there is no memory for so many.
    pub fn behind_pointers(self) -> Result<Untyped, LayoutError> {
        if let Some(axis) = self.layout.as_ref().follows_pointers() {
            return Err(LayoutError::FollowsPointers { axis });
        }
        let (shape, strides) = (self.layout.shape(), self.layout.strides());
        let (Some(&extent), Some(&stride)) = (shape.first(), strides.first()) else {
            return Err(LayoutError::NoSuchAxis { axis: 0, ndim: 0 });
        };
        let has_items = self.layout.len_bytes() > 0;
        // From the lowest item behind a pointer to the first one.
        let behind = shape.iter().zip(strides).skip(1).filter(|(_, stride)| **stride < 0);
        let suboffset: isize = match has_items {
            true => behind.map(|(extent, stride)| -stride * (extent - 1)).sum(),
            false => 0,
        };
        let start = self.first.wrapping_offset(-suboffset);
        let block = |index: isize| match has_items {
            true => start.wrapping_offset(index * stride),
            false => start,
        };
        let backwards = stride < 0;
        // With strides of 0, or without items, there may be more than memory holds. They are
        // needed without items too: CPython follows them.
        let mut table: Vec<*const u8> = Vec::new();
        table
            .try_reserve_exact(extent.unsigned_abs())
            .map_err(|_| LayoutError::TooLarge { axis: 0 })?;
        table.extend((0..extent).map(block));
        if backwards {
            table.reverse();
        }
        let step = size_of::<*const u8>() as isize;
        let (mut strides, mut suboffsets) = (strides.to_vec(), vec![-1; shape.len()]);
        strides[0] = if backwards { -step } else { step };
        suboffsets[0] = suboffset;
        let shape: Vec<usize> = shape.iter().map(|extent| extent.unsigned_abs()).collect();
        let layout = Layout::indirect(&shape, &strides, &suboffsets, self.layout.itemsize())?;
        let last = if backwards { table.len().saturating_sub(1) } else { 0 };
        let first = table.as_ptr().wrapping_add(last).cast();
        Ok(Untyped { table, layout, first, ..self })
    }

    /// The items' format.
    pub fn format(&self) -> &CStr {
        &self.format
    }

    /// How they are shown.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Exporter for Untyped {
    fn view(&self) -> Result<View<'_>, BufferError> {
        let (layout, format) = (self.layout.clone(), Some(&*self.format));
        // SAFETY: by the invariants the layout stays in the memory, or in the table and the memory
        // behind it, which are vectors of this value. The constructors saw to the format and the
        // dimensions, and `writable` to whole items.
        Ok(unsafe { View::from_raw(self.first, layout, format, self.access, Missing::default()) })
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Untyped")
            .field("format", &self.format)
            .field("layout", &self.layout)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::Buffer;
    use crate::exporter::Exported;
    use crate::layout::Order;
    use crate::request::Request;

    const BYTES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    #[track_caller]
    fn items(untyped: Untyped) -> Vec<u8> {
        let exported = Exported::new(untyped);
        Buffer::get(&exported, Request::FULL_RO).unwrap().to_contiguous(Order::C).unwrap()
    }

    #[test]
    fn items_lie_as_the_layout_says() {
        let layout = Layout::strided(&[2, 3], &[-6, -2], 1).unwrap();
        let untyped = Untyped::new(&BYTES, c"B", layout, 11).unwrap();
        assert_eq!(items(untyped), [11, 9, 7, 5, 3, 1]);
    }

    #[test]
    fn pointers_lead_to_the_same_items() {
        for (shape, strides, offset) in [
            (&[3, 2][..], &[4, 2][..], 0),
            (&[3, 2], &[-4, -2], 11),
            (&[2, 2, 2], &[-4, 2, -1], 5),
            (&[5], &[0], 3),
            (&[0, 3, 2], &[6, -2, -1], 5),
            (&[3, 0, 2], &[1, 1, -1], 0),
        ] {
            let layout = Layout::strided(shape, strides, 1).unwrap();
            let direct = || Untyped::new(&BYTES, c"B", layout.clone(), offset).unwrap();
            let indirect = direct().behind_pointers().unwrap();
            assert_eq!(
                indirect.layout().strides()[0].signum(),
                if strides[0] < 0 { -1 } else { 1 }
            );
            assert_eq!(items(indirect), items(direct()), "{shape:?} {strides:?}");
        }
    }

    #[test]
    fn indices_of_the_first_axis() {
        let layout = Layout::strided(&[3, 2], &[-4, -2], 1).unwrap();
        let direct = || Untyped::new(&BYTES, c"B", layout.clone(), 11).unwrap();
        for untyped in [direct(), direct().behind_pointers().unwrap()] {
            let part = untyped.view().unwrap().index(1).unwrap();
            assert_eq!((part.shape(), part.strides()), (&[2][..], &[-2][..]));
            // SAFETY: the first item of the part.
            assert_eq!(unsafe { part.buf().read() }, 7);
            let end =
                LayoutError::SliceOutOfRange { axis: 0, start: 3, count: 1, step: 1, extent: 3 };
            assert_eq!(untyped.view().unwrap().index(3).unwrap_err(), end);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        use LayoutError as E;
        let line = |items| Layout::strided(&[items], &[2], 2).unwrap();
        let new = |format, layout, offset| Untyped::new(&BYTES, format, layout, offset).map(|_| ());
        assert_eq!(new(c"H", line(6), 0), Ok(()));
        assert_eq!(new(c"H", line(6), 2), Err(E::OutOfBounds { first: 2, end: 14, memory: 12 }));
        assert_eq!(new(c"I", line(3), 0), Err(E::FormatSize { format: 4, memory: 2 }));
        assert!(matches!(new(c"j", line(3), 0), Err(E::Format(_))));
        let pointers = Layout::strided(&[1], &[8], size_of::<*const u8>()).unwrap();
        assert_eq!(new(c"P", pointers, 0), Err(E::FormatHoldsAddresses));
        let many = Layout::c_contiguous(&[1; 65], 2).unwrap();
        assert_eq!(new(c"H", many, 0), Err(E::TooManyDimensions { ndim: 65 }));
        let split = Untyped::new(&BYTES, c"H", line(3), 1).unwrap();
        let split = split.behind_pointers().unwrap(); // which does not change that
        assert!(matches!(split.writable(), Err(E::SplitsItems { axis: None, .. })));
        let scalar = Layout::c_contiguous(&[], 2).unwrap();
        let scalar = Untyped::new(&BYTES, c"H", scalar, 0).unwrap();
        assert!(matches!(scalar.behind_pointers(), Err(E::NoSuchAxis { .. })));
    }

    #[test]
    fn bytes_are_written_where_they_were_read() {
        let layout = Layout::strided(&[3, 2], &[-4, -2], 2).unwrap();
        let untyped = Untyped::new(&BYTES, c"H", layout, 10).unwrap();
        let exported = Exported::new(untyped.behind_pointers().unwrap().writable().unwrap());
        let buffer = Buffer::get(&exported, Request::FULL).unwrap();
        assert_eq!(buffer.bytes_of(&[0, 1]).unwrap(), [8, 9]);
        buffer.set_bytes_of(&[0, 1], &[98, 99]).unwrap();
        assert_eq!(buffer.bytes_of(&[0, 1]).unwrap(), [98, 99]);
        assert!(buffer.set_bytes_of(&[0, 1], &[1]).is_err());
        assert!(buffer.set_bytes_of(&[0, 2], &[1, 2]).is_err());
    }
}
