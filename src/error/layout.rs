//! Numbers that are no layout, and layouts that do not fit.

use std::fmt;

use crate::abi::PyBUF_MAX_NDIM;

/// Numbers that are no layout, or a layout that does not fit its memory.
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
    /// Some item lies outside of the memory.
    OutOfBounds {
        /// Lowest byte that an item covers, from the start of the memory.
        first: isize,
        /// One past the highest such byte.
        end: isize,
        /// Bytes of the memory.
        memory: usize,
    },
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
                    " {step} is no multiple of itemsize {itemsize}, and the memory is writable"
                )
            }
            LayoutError::OutOfBounds { first, end, memory } => {
                write!(f, "items cover bytes {first} to {end} of a memory of {memory} bytes")
            }
        }
    }
}

impl std::error::Error for LayoutError {}
