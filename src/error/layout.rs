//! Numbers that are no layout, and layouts that do not fit.

use std::fmt;

use super::FormatError;
use crate::abi::PyBUF_MAX_NDIM;

/// Numbers that are no layout, or a layout that does not fit its memory.
///
/// ```
/// use bufferprocs::{Layout, LayoutError, View};
///
/// let rows = Layout::c_contiguous(&[2, 3], 1)?;
/// let refused = View::readonly(&[0u8; 5]).with_layout(&rows, 0).unwrap_err();
/// assert_eq!(refused, LayoutError::OutOfBounds { first: 0, end: 6, memory: 5 });
/// # Ok::<(), LayoutError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// An item must have at least one byte: `memoryview` divides by its size.
    ZeroItemsize,
    /// More bytes an item than an `isize` can count.
    ItemsizeTooLarge {
        /// Bytes an item.
        itemsize: usize,
    },
    /// `shape` and `strides` differ in length.
    StridesLength {
        /// Entries of `shape`.
        shape: usize,
        /// Entries of `strides`.
        strides: usize,
    },
    /// `shape` and `suboffsets` differ in length.
    SuboffsetsLength {
        /// Entries of `shape`.
        shape: usize,
        /// Entries of `suboffsets`.
        suboffsets: usize,
    },
    /// An extent is negative.
    NegativeExtent {
        /// Index into `shape`.
        axis: usize,
        /// The extent.
        extent: isize,
    },
    /// An extent, or the bytes up to and including this axis, exceed `isize::MAX`.
    TooLarge {
        /// Index into `shape`.
        axis: usize,
    },
    /// More than 64 dimensions, in a view.
    TooManyDimensions {
        /// Dimensions of the layout.
        ndim: usize,
    },
    /// The layout's items and the memory's items differ in size.
    ItemsizeDiffers {
        /// Bytes an item in the layout.
        layout: usize,
        /// Bytes an item in the memory.
        memory: usize,
    },
    /// An offset or a stride would let writable items overlap others in part.
    SplitsItems {
        /// The axis of the stride; None for the offset.
        axis: Option<usize>,
        /// The offset or stride, in bytes.
        step: isize,
        /// Bytes an item.
        itemsize: usize,
    },
    /// A row does not lie at the distance of the rows before.
    RowDistance {
        /// Number of the row.
        row: usize,
    },
    /// A row has another length than the first.
    RowLength {
        /// Number of the row, from 0.
        row: usize,
        /// Its length, in items.
        found: usize,
        /// Length of the others.
        expected: usize,
    },
    /// Some item lies outside of the memory.
    OutOfBounds {
        /// Lowest byte that an item covers, from the start of the memory.
        first: isize,
        /// One past the highest such byte.
        end: isize,
        /// Bytes of the memory.
        memory: usize,
    },
    /// The layout follows pointers, and the memory is not known to hold any: bytes would be taken
    /// for addresses.
    FollowsPointers {
        /// The first axis that does.
        axis: usize,
    },
    /// Items of another size were laid over memory that somebody may write.
    NotFrozen,
    /// The items lie in more than one block, or in one of unknown size: the view can be sliced, but
    /// it cannot get another layout.
    Scattered,
    /// Something that was not requested of the exporter is needed.
    Unknown {
        /// The field that is missing.
        field: &'static str,
    },
    /// A slice names an axis that is not there.
    NoSuchAxis {
        /// The axis given.
        axis: usize,
        /// Dimensions of the layout.
        ndim: usize,
    },
    /// A slice's step is 0.
    ZeroStep,
    /// A slice takes items that are not there.
    SliceOutOfRange {
        /// Index into `shape`.
        axis: usize,
        /// First index that is taken.
        start: usize,
        /// Number of indices taken.
        count: usize,
        /// From one to the next.
        step: isize,
        /// Items along this axis.
        extent: usize,
    },
    /// A slice would start before the address that a pointer leads to, which no suboffset can say.
    NegativeSuboffset {
        /// The axis whose pointer it is.
        axis: usize,
    },
    /// The text is no format.
    Format(FormatError),
    /// The format's items and the memory's items differ in size, or the memory is no whole number
    /// of items.
    FormatSize {
        /// Bytes of an item by its format.
        format: usize,
        /// Bytes of an item of the memory, or of the whole memory where its items have one byte.
        memory: usize,
    },
    /// The format says that items hold addresses: bytes would be taken for such.
    FormatHoldsAddresses,
}

impl From<FormatError> for LayoutError {
    fn from(error: FormatError) -> Self {
        LayoutError::Format(error)
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LayoutError::ZeroItemsize => write!(f, "itemsize is 0"),
            LayoutError::ItemsizeTooLarge { itemsize } => {
                write!(f, "itemsize {itemsize} exceeds isize::MAX")
            }
            LayoutError::StridesLength { shape, strides } => {
                write!(f, "shape has {shape} dimensions, strides has {strides}")
            }
            LayoutError::SuboffsetsLength { shape, suboffsets } => {
                write!(f, "shape has {shape} dimensions, suboffsets has {suboffsets}")
            }
            LayoutError::NegativeExtent { axis, extent } => {
                write!(f, "shape[{axis}] is {extent}")
            }
            LayoutError::TooLarge { axis } => {
                write!(f, "shape[{axis}] makes the size exceed isize::MAX bytes")
            }
            LayoutError::TooManyDimensions { ndim } => {
                write!(f, "ndim is {ndim}, at most {PyBUF_MAX_NDIM} can be exported")
            }
            LayoutError::ItemsizeDiffers { layout, memory } => {
                write!(f, "itemsize is {layout} in the layout and {memory} in the memory")
            }
            LayoutError::SplitsItems { axis, step, itemsize } => {
                match axis {
                    Some(axis) => write!(f, "strides[{axis}]")?,
                    None => write!(f, "offset")?,
                }
                write!(
                    f,
                    " {step} is no multiple of itemsize {itemsize}, and the memory may be written"
                )
            }
            LayoutError::RowDistance { row } => {
                write!(f, "row {row} does not lie as far from the row before as the others do")
            }
            LayoutError::RowLength { row, found, expected } => {
                write!(f, "row {row} has {found} items, the others have {expected}")
            }
            LayoutError::OutOfBounds { first, end, memory } => {
                write!(f, "items cover bytes {first} to {end} of a memory of {memory} bytes")
            }
            LayoutError::FollowsPointers { axis } => {
                write!(f, "suboffsets[{axis}] follows a pointer, and the memory holds plain items")
            }
            LayoutError::NotFrozen => {
                write!(
                    f,
                    "the memory may be written, and its items would be accessed at two widths"
                )
            }
            LayoutError::Scattered => write!(f, "the items do not lie in one known block"),
            LayoutError::Unknown { field } => {
                write!(f, "{field} was not requested of the exporter")
            }
            LayoutError::NoSuchAxis { axis, ndim } => {
                write!(f, "there is no axis {axis}, ndim is {ndim}")
            }
            LayoutError::ZeroStep => write!(f, "the step of a slice is 0"),
            LayoutError::SliceOutOfRange { axis, start, count, step, extent } => {
                write!(
                    f,
                    "a slice of {count} from {start} by {step} leaves axis {axis} of extent {extent}"
                )
            }
            LayoutError::NegativeSuboffset { axis } => {
                write!(f, "the slice makes suboffsets[{axis}] negative")
            }
            LayoutError::Format(ref error) => error.fmt(f),
            LayoutError::FormatSize { format, memory } => {
                write!(f, "itemsize is {format} by the format and {memory} in the memory")
            }
            LayoutError::FormatHoldsAddresses => {
                write!(f, "items of this format hold addresses, and the memory holds plain items")
            }
        }
    }
}

impl std::error::Error for LayoutError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LayoutError::Format(error) => Some(error),
            _ => None,
        }
    }
}
