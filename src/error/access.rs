//! Errors of a consumer: an item that does not exist, a copy between views that differ.

use std::fmt;

use super::{BufferError, FormatError};

/// A consumer asked a view for something that is not in it.
///
/// ```
/// use bufferprocs::{AccessError, Buffer, Object, Request};
///
/// let object = Object::new(vec![1u16, 2]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let missing = AccessError::OutOfRange { axis: 0, index: 2, extent: 2 };
/// assert_eq!(buffer.item::<u16>(&[2]).unwrap_err(), missing);
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The items are of another type.
    Format {
        /// The view's format; None if it was not requested, so that the items count as bytes.
        found: Option<String>,
        /// The format of the type asked for.
        expected: &'static str,
        /// What to do instead: the type that reads such items, or why there is none.
        instead: Option<String>,
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
    /// The items must not be written.
    ReadOnly,
    /// The view was requested without `WRITABLE`.
    WritableNotRequested,
    /// The items hold addresses, which bytes from elsewhere must not replace.
    Pointers {
        /// The view's format.
        format: String,
    },
    /// The format is not understood, so that nothing is written over the items: some of their bytes
    /// may be addresses.
    NotUnderstood {
        /// The view's format.
        format: String,
        /// Where, and what is wrong there.
        reason: FormatError,
    },
    /// The format does not describe all bytes of an item: some of them may be addresses.
    PartlyDescribed {
        /// The view's format; None if the exporter left it out.
        format: Option<String>,
        /// The view's itemsize, in bytes.
        itemsize: usize,
    },
    /// Others may write the items, so that there is no slice of them.
    MayBeWritten,
    /// The items do not lie packed in C order, so that there is no slice of them.
    NotContiguous,
    /// The first item is not aligned, so that there is no slice of them.
    Misaligned {
        /// Bytes that its address has to be a multiple of.
        alignment: usize,
    },
    /// The items lie behind pointers, so that there is no view of an array of them.
    FollowsPointers {
        /// The first axis at which a pointer is followed.
        axis: usize,
    },
    /// A stride is not a multiple of the itemsize, so that there is no view of an array of the
    /// items.
    SplitsItems {
        /// The axis of the stride.
        axis: usize,
        /// The stride, in bytes.
        stride: isize,
        /// Bytes an item.
        itemsize: usize,
    },
    /// The crate `ndarray` has no array of this shape: there is no item, and the product of the
    /// other extents exceeds `isize::MAX`.
    NoSuchArray,
    /// There is no memory for a copy of the item.
    TooLarge {
        /// Size of the item, in bytes.
        len: usize,
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
            AccessError::Format { found: Some(found), expected, instead } => {
                write!(f, "format is {found:?}, expected {expected:?}")?;
                match instead {
                    Some(instead) => write!(f, ": {instead}"),
                    None => Ok(()),
                }
            }
            AccessError::Format { found: None, expected, .. } => {
                write!(
                    f,
                    "format was not requested, so the items count as bytes; expected {expected:?}"
                )
            }
            AccessError::Itemsize { found, expected } => {
                write!(f, "itemsize is {found}, expected {expected}")
            }
            AccessError::Pointers { format } => {
                write!(f, "items of format {format:?} hold addresses, which no copy may make up")
            }
            AccessError::MayBeWritten => f.write_str(
                "others may write this memory: read it by `items`, or copy it by `to_vec`",
            ),
            AccessError::NotContiguous => f.write_str(
                "the items are not contiguous in C order: read them by `items`, or copy them by \
                 `to_vec`",
            ),
            AccessError::Misaligned { alignment } => write!(
                f,
                "the items are not aligned to {alignment} bytes: read them by `items`, or copy \
                 them by `to_vec`"
            ),
            AccessError::FollowsPointers { axis } => write!(
                f,
                "suboffsets[{axis}] follows a pointer, and an array has no pointers: read the items \
                 by `items`, or copy them by `to_array`"
            ),
            AccessError::SplitsItems { axis, stride, itemsize } => write!(
                f,
                "strides[{axis}] is {stride}, not a multiple of itemsize {itemsize}, and an array \
                 counts its strides in items: read the items by `items`, or copy them by `to_array`"
            ),
            AccessError::NoSuchArray => f.write_str(
                "there is no item, and the product of the other extents is too large for an array",
            ),
            AccessError::TooLarge { len } => write!(f, "no memory for a copy of {len} bytes"),
            AccessError::IndexCount { found, ndim } => {
                write!(f, "{found} indices for ndim {ndim}")
            }
            AccessError::ReadOnly => write!(f, "the view is read-only"),
            AccessError::WritableNotRequested => f.write_str(NOT_REQUESTED),
            AccessError::NotUnderstood { format, reason } => write!(
                f,
                "format {format:?} is not understood: {reason}; so nothing is written over the items"
            ),
            AccessError::PartlyDescribed { format, itemsize } => {
                partly_described(f, format.as_deref(), *itemsize)
            }
            AccessError::OutOfRange { axis, index, extent } => {
                write!(f, "index {index} is out of range for axis {axis} of extent {extent}")
            }
        }
    }
}

impl std::error::Error for AccessError {}

const NOT_REQUESTED: &str = "the view was requested without WRITABLE, so it is not written";

fn partly_described(
    f: &mut fmt::Formatter<'_>,
    format: Option<&str>,
    itemsize: usize,
) -> fmt::Result {
    match format {
        Some(format) => {
            write!(f, "format {format:?} does not describe the {itemsize} bytes of an item")?
        }
        None => write!(f, "no format describes the {itemsize} bytes of an item")?,
    }
    f.write_str(": they may hold addresses, which no copy may make up")
}

/// An object has no buffer of the type asked for.
///
/// ```
/// use bufferprocs::consumer::{Dim, Read, TypedBuffer};
/// use bufferprocs::{Object, TypedError};
///
/// let object = Object::new(vec![1u16, 2]);
/// let error = TypedBuffer::<_, u16, Read, Dim<2>>::get(&object).unwrap_err();
/// assert!(matches!(error, TypedError::Ndim { found: 1, expected: 2 }));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TypedError {
    /// There is no view.
    Buffer(BufferError),
    /// The items are of another type, or must not be written.
    Items(AccessError),
    /// The view has another number of dimensions.
    Ndim {
        /// Dimensions of the view.
        found: usize,
        /// Dimensions of the type asked for.
        expected: usize,
    },
}

impl fmt::Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypedError::Buffer(error) => error.fmt(f),
            TypedError::Items(error) => error.fmt(f),
            TypedError::Ndim { found, expected } => {
                write!(f, "ndim is {found}, expected {expected}")
            }
        }
    }
}

impl std::error::Error for TypedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TypedError::Buffer(error) => Some(error),
            TypedError::Items(error) => Some(error),
            TypedError::Ndim { .. } => None,
        }
    }
}

impl From<BufferError> for TypedError {
    fn from(error: BufferError) -> Self {
        TypedError::Buffer(error)
    }
}

impl From<AccessError> for TypedError {
    fn from(error: AccessError) -> Self {
        TypedError::Items(error)
    }
}

/// Bytes cannot be copied into a view, out of it, or from one view to another.
///
/// ```
/// use bufferprocs::{Buffer, CopyError, Object, Order, Request};
///
/// let object = Object::new(vec![1u16, 2]);
/// let buffer = Buffer::get(&object, Request::FULL_RO)?;
/// let short = buffer.copy_to(&mut [0; 3], Order::C).unwrap_err();
/// assert_eq!(short, CopyError::Length { found: 3, expected: 4 });
/// # Ok::<(), bufferprocs::BufferError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyError {
    /// The target of the copy must not be written.
    ReadOnly,
    /// The target of the copy was requested without `WRITABLE`.
    WritableNotRequested,
    /// The packed side has another size than the view's items.
    Length {
        /// Bytes given.
        found: usize,
        /// `len` of the view, in bytes.
        expected: usize,
    },
    /// The two views differ in their number of dimensions.
    Ndim {
        /// Dimensions of the source.
        source: usize,
        /// Dimensions of the target.
        target: usize,
    },
    /// The two views differ in an extent.
    Shape {
        /// Index into both shapes.
        axis: usize,
        /// Items of the source along this axis.
        source: usize,
        /// Items of the target along this axis.
        target: usize,
    },
    /// The two views differ in their itemsize.
    Itemsize {
        /// Bytes an item of the source.
        source: usize,
        /// Bytes an item of the target.
        target: usize,
    },
    /// The two views differ in what their items are.
    Format {
        /// Format of the source; None if it was not requested.
        source: Option<String>,
        /// Format of the target; None if it was not requested.
        target: Option<String>,
    },
    /// There is no memory for a copy of the items.
    TooLarge {
        /// `len` of the view, in bytes.
        len: usize,
    },
    /// The items hold addresses: bytes from elsewhere would be followed as pointers.
    Pointers {
        /// The view's format.
        format: String,
    },
    /// The format does not describe all bytes of an item: some of them may be addresses.
    PartlyDescribed {
        /// The view's format; None if the exporter left it out.
        format: Option<String>,
        /// The view's itemsize, in bytes.
        itemsize: usize,
    },
    /// The items are not those of the type asked for.
    Items(AccessError),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CopyError::ReadOnly => write!(f, "the target is read-only"),
            CopyError::WritableNotRequested => f.write_str(NOT_REQUESTED),
            CopyError::PartlyDescribed { format, itemsize } => {
                partly_described(f, format.as_deref(), *itemsize)
            }
            CopyError::Length { found, expected } => {
                write!(f, "{found} bytes given, the view has len {expected}")
            }
            CopyError::Ndim { source, target } => {
                write!(f, "ndim is {source} in the source, {target} in the target")
            }
            CopyError::Shape { axis, source, target } => {
                write!(f, "shape[{axis}] is {source} in the source, {target} in the target")
            }
            CopyError::Itemsize { source, target } => {
                write!(f, "itemsize is {source} in the source, {target} in the target")
            }
            CopyError::Format { source, target } => {
                let text = |format: &Option<String>| match format {
                    Some(format) => format!("{format:?}"),
                    None => "unknown".to_owned(),
                };
                write!(
                    f,
                    "format is {} in the source, {} in the target",
                    text(source),
                    text(target)
                )
            }
            CopyError::TooLarge { len } => write!(f, "no memory for a copy of {len} bytes"),
            CopyError::Pointers { format } => {
                write!(f, "items of format {format:?} hold addresses, which no copy may make up")
            }
            CopyError::Items(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CopyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CopyError::Items(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AccessError> for CopyError {
    fn from(error: AccessError) -> Self {
        CopyError::Items(error)
    }
}
