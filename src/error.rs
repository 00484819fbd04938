//! Why something was refused: one enum for each question that can get a no.
//!
//! | the question | the answer |
//! |---|---|
//! | may this consumer have a view? | [`BufferError`] |
//! | does this layout describe this memory? | [`LayoutError`] |
//! | may the exporter be changed now? | [`MutError`] |
//! | did this release end an export? | [`ReleaseError`] |
//! | is there such an item in the view? | [`AccessError`] |
//!
//! Each message says what was wrong, and names the field, axis or offset where there is one. None of them is raised as a
//! panic.
//!
//! ```
//! use bufferprocs::Layout;
//!
//! let error = Layout::strided(&[2, 3], &[8], 8).unwrap_err();
//! assert_eq!(error.to_string(), "shape has 2 dimensions, strides has 1");
//! ```

use std::borrow::Cow;
use std::fmt;

use crate::abi::PyBUF_MAX_NDIM;

/// A request was refused. In CPython a `BufferError`; [`Closed`](Self::Closed) is a `ValueError` and
/// [`NotAnExporter`](Self::NotAnExporter) a `TypeError`, as there.
///
/// The variants from `NotWritable` to `FormatWithoutShape` stand in the order in which [`fill`](crate::fill) decides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BufferError {
    /// `WRITABLE` was requested of read-only memory.
    NotWritable,
    /// `C_CONTIGUOUS` was requested of memory that is not packed in C order.
    NotCContiguous,
    /// `F_CONTIGUOUS` was requested of memory that is not packed in Fortran order.
    NotFContiguous,
    /// `ANY_CONTIGUOUS` was requested of memory that is packed in neither order.
    NotContiguous,
    /// The memory is reached through pointers, and the request lacks `INDIRECT`.
    NeedsSuboffsets,
    /// The memory is not packed in C order, and the request lacks `STRIDES`.
    NeedsStrides,
    /// `FORMAT` was requested without `ND`.
    FormatWithoutShape,
    /// The exporter is being changed at this moment.
    BeingModified,
    /// The exporter gave its memory up before: for exporters that can be closed.
    Closed,
    /// The counter of exports is at its maximum.
    TooManyExports,
    /// [`Exporter::view`](crate::Exporter::view) panicked; a later mutation may mend it.
    ViewPanicked,
    /// The exporter described memory that it does not have.
    Layout(LayoutError),
    /// The object has no `bf_getbuffer`.
    NotAnExporter,
    /// The exporter cannot be changed, or not be read, now.
    Busy(MutError),
    /// A reason of the exporter's own.
    Refused(Cow<'static, str>),
}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BufferError::NotWritable => "WRITABLE was requested, the memory is read-only",
            BufferError::NotCContiguous => {
                "C_CONTIGUOUS was requested, the memory is not C-contiguous"
            }
            BufferError::NotFContiguous => {
                "F_CONTIGUOUS was requested, the memory is not Fortran-contiguous"
            }
            BufferError::NotContiguous => {
                "ANY_CONTIGUOUS was requested, the memory is not contiguous"
            }
            BufferError::NeedsSuboffsets => "the memory has suboffsets, INDIRECT was not requested",
            BufferError::NeedsStrides => {
                "the memory is not C-contiguous, STRIDES was not requested"
            }
            BufferError::FormatWithoutShape => "FORMAT was requested without ND",
            BufferError::BeingModified => "the exporter is being modified",
            BufferError::Closed => "the exporter is closed",
            BufferError::TooManyExports => "the counter of exports is at its maximum",
            BufferError::ViewPanicked => "the exporter's view() panicked",
            BufferError::Layout(error) => return write!(f, "the exporter's layout: {error}"),
            BufferError::NotAnExporter => "the object does not export a buffer",
            BufferError::Busy(error) => return error.fmt(f),
            BufferError::Refused(reason) => reason,
        })
    }
}

impl std::error::Error for BufferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BufferError::Layout(error) => Some(error),
            BufferError::Busy(error) => Some(error),
            _ => None,
        }
    }
}

impl From<LayoutError> for BufferError {
    fn from(error: LayoutError) -> Self {
        BufferError::Layout(error)
    }
}

impl From<MutError> for BufferError {
    fn from(error: MutError) -> Self {
        BufferError::Busy(error)
    }
}

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

/// An exporter cannot be changed now, or not be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MutError {
    /// Consumers hold views. The message is CPython's own.
    Exported {
        /// Views not yet released.
        exports: usize,
    },
    /// Rust code holds a [`Ref`](crate::exporter::Ref).
    Borrowed,
    /// Another [`Mut`](crate::exporter::Mut) is alive.
    BeingModified,
    /// The counter of [`Ref`](crate::exporter::Ref)s is at its maximum.
    TooManyBorrows,
}

impl fmt::Display for MutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MutError::Exported { .. } => "Existing exports of data: object cannot be re-sized",
            MutError::Borrowed => "the exporter is borrowed",
            MutError::BeingModified => "the exporter is being modified",
            MutError::TooManyBorrows => "the counter of borrows is at its maximum",
        })
    }
}

impl std::error::Error for MutError {}

/// Something went wrong in a release. `bf_releasebuffer` has no way to report it: a bridge calls
/// `PyErr_WriteUnraisable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseError {
    /// There was no export to end. Nothing was changed.
    NotExported,
    /// The export ended and was the last use of the exporter, whose drop panicked.
    DropPanicked,
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReleaseError::NotExported => "a buffer was released more often than it was exported",
            ReleaseError::DropPanicked => "dropping the exporter panicked",
        })
    }
}

impl std::error::Error for ReleaseError {}

/// A consumer asked a view for something that is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The items are of another type.
    Format {
        /// The view's format; None if it was not requested, so that the items count as bytes.
        found: Option<String>,
        /// The format of the type asked for.
        expected: &'static str,
    },
    /// The items are of another size.
    Itemsize {
        /// The view's itemsize, in bytes.
        found: usize,
        /// Size of the type asked for, in bytes.
        expected: usize,
    },
    /// As many indices as dimensions are needed.
    IndexCount {
        /// Indices given.
        found: usize,
        /// Dimensions of the view.
        ndim: usize,
    },
    /// No such item.
    OutOfRange {
        /// Index into `shape`.
        axis: usize,
        /// The index given.
        index: usize,
        /// Items along this axis.
        extent: usize,
    },
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Format { found: Some(found), expected } => {
                write!(f, "format is {found:?}, expected {expected:?}")
            }
            AccessError::Format { found: None, expected } => {
                write!(
                    f,
                    "format was not requested, so the items count as bytes; expected {expected:?}"
                )
            }
            AccessError::Itemsize { found, expected } => {
                write!(f, "itemsize is {found}, expected {expected}")
            }
            AccessError::IndexCount { found, ndim } => {
                write!(f, "{found} indices for ndim {ndim}")
            }
            AccessError::OutOfRange { axis, index, extent } => {
                write!(f, "index {index} is out of range for axis {axis} of extent {extent}")
            }
        }
    }
}

impl std::error::Error for AccessError {}
