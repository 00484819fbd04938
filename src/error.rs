//! Why something was refused: one enum for each question that can get a no.
//!
//! | the question | the answer |
//! |---|---|
//! | may this consumer have a view? | [`BufferError`] |
//! | does this layout describe this memory? | [`LayoutError`] |
//! | may the exporter be changed now? | [`MutError`] |
//! | did this release end an export? | [`ReleaseError`] |
//! | is there such an item in the view? | [`AccessError`] |
//! | may these bytes be copied there? | [`CopyError`] |
//! | is this text a format? | [`FormatError`] |
//!
//! Each message says what was wrong, and names the field, axis or offset where there is one. None
//! of them is raised as a panic.
//!
//! ```
//! use bufferprocs::Layout;
//!
//! let error = Layout::strided(&[2, 3], &[8], 8).unwrap_err();
//! assert_eq!(error.to_string(), "shape has 2 dimensions, strides has 1");
//! ```

mod access;
mod format;
mod layout;

use std::any::Any;
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::catch_panic::{caught, drop_caught};

pub use access::{AccessError, CopyError, TypedError};
pub use format::{FormatError, FormatProblem};
pub use layout::LayoutError;

/// A request was refused. In CPython a `BufferError`; [`Closed`](Self::Closed) is a `ValueError`
/// and [`NotAnExporter`](Self::NotAnExporter) a `TypeError`, as there.
///
/// The variants from `NotWritable` to `NoFormat` are in the order in which
/// [`grant`](mod@crate::grant) decides.
///
/// ```
/// use bufferprocs::{Buffer, BufferError, Object, Request};
///
/// let readonly = Object::new(vec![1u8]);
/// let refused = Buffer::get(&readonly, Request::FULL).unwrap_err();
/// assert_eq!(refused, BufferError::NotWritable);
/// assert_eq!(refused.to_string(), "WRITABLE was requested, the memory is read-only");
/// ```
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
    /// `ND` was requested of an exporter that shows a buffer without a shape.
    NoShape,
    /// `STRIDES` was requested of an exporter that shows a buffer without strides.
    NoStrides,
    /// `FORMAT` was requested of an exporter that shows a buffer without a format.
    NoFormat,
    /// The exporter is being changed at this moment.
    BeingModified,
    /// The exporter gave its memory up before: for exporters that can be closed.
    Closed,
    /// The counter of exports is at its maximum.
    TooManyExports,
    /// [`Exporter::view`](crate::Exporter::view) panicked; a later mutation may change that.
    ViewPanicked,
    /// The exporter described memory that it does not have.
    Layout(LayoutError),
    /// The object has no `bf_getbuffer`.
    NotAnExporter,
    /// The exporter cannot be changed, or not be read, now.
    Busy(MutError),
    /// A reason of the exporter's own.
    Refused(Cow<'static, str>),
    /// What a foreign exporter raised.
    Raised(Raised),
}

/// A foreign error, passed on as it is: a foreign exporter may raise any exception.
///
/// It may refer to objects of Python's, an exception to whole stacks of them, and the garbage
/// collector sees none of these references. To keep a [`BufferError`], keep
/// [`into_plain`](BufferError::into_plain) of it, as [`Exported`](crate::Exported) does.
///
/// ```
/// use bufferprocs::BufferError;
/// use bufferprocs::error::Raised;
///
/// let error = std::io::Error::other("the device is gone");
/// let raised = BufferError::Raised(Raised::new(error));
/// assert_eq!(raised.to_string(), "the device is gone");
/// ```
#[derive(Debug, Clone)]
pub struct Raised(Arc<dyn std::error::Error + Send + Sync>);

impl Raised {
    /// Keeps `error`. A [`BufferError`] that holds a `Raised` is not wrapped again: a long nest of
    /// them would overflow the stack when it is shown or dropped.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Raised {
        let mut error = Some(error);
        let any: &mut dyn Any = &mut error;
        let nested = any.downcast_mut::<Option<BufferError>>().and_then(Option::as_mut);
        if let Some(BufferError::Raised(raised)) = nested {
            return raised.clone();
        }
        Raised(Arc::new(error.expect("it was just put there")))
    }

    /// The error.
    pub fn get(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// Whether both are the very same error.
impl PartialEq for Raised {
    fn eq(&self, other: &Raised) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Raised {}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BufferError::Layout(error) => write!(f, "the exporter's layout: {error}"),
            BufferError::Busy(error) => error.fmt(f),
            BufferError::Refused(reason) => f.write_str(reason),
            BufferError::Raised(error) => error.0.fmt(f),
            _ => f.write_str(self.text().unwrap_or_default()),
        }
    }
}

impl BufferError {
    /// The same refusal as plain data, to be kept: only the message is left of a foreign error.
    /// The error itself is dropped here; a panic of its drop is caught.
    ///
    /// ```
    /// use bufferprocs::BufferError;
    /// use bufferprocs::error::Raised;
    ///
    /// let raised = BufferError::Raised(Raised::new(std::fmt::Error));
    /// let message = raised.to_string();
    /// assert_eq!(raised.into_plain(), BufferError::Refused(message.into()));
    /// assert_eq!(BufferError::Closed.into_plain(), BufferError::Closed);
    /// ```
    pub fn into_plain(self) -> BufferError {
        if !matches!(self, BufferError::Raised(_)) {
            return self;
        }
        let message = self.message();
        drop_caught(self);
        BufferError::Refused(message)
    }

    /// The message. If a foreign `Display` panics or fails, the message says so.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        match self {
            BufferError::Refused(reason) => return reason.clone(),
            _ => {
                if let Some(text) = self.text() {
                    return Cow::Borrowed(text);
                }
            }
        }
        let mut text = String::new();
        let is_whole = caught(|| write!(text, "{self}").is_ok()).unwrap_or(false);
        if !is_whole {
            // What was written so far may still help.
            text.push_str("(an error whose message cannot be written)");
        }
        Cow::Owned(text)
    }

    /// The message, where it is the same each time.
    pub(crate) fn text(&self) -> Option<&'static str> {
        Some(match self {
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
            BufferError::NoShape => "ND was requested, the exporter does not know its shape",
            BufferError::NoStrides => {
                "STRIDES was requested, the exporter does not know its strides"
            }
            BufferError::NoFormat => "FORMAT was requested, the exporter does not know its format",
            BufferError::BeingModified => "the exporter is being modified",
            BufferError::Closed => "the exporter is closed",
            BufferError::TooManyExports => "the counter of exports is at its maximum",
            BufferError::ViewPanicked => "the exporter's view() panicked",
            BufferError::NotAnExporter => "the object does not export a buffer",
            BufferError::Layout(_)
            | BufferError::Busy(_)
            | BufferError::Refused(_)
            | BufferError::Raised(_) => return None,
        })
    }
}

impl std::error::Error for BufferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BufferError::Layout(error) => Some(error),
            BufferError::Busy(error) => Some(error),
            BufferError::Raised(error) => error.0.source(),
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

/// An exporter cannot be changed now, or not be read now.
///
/// ```
/// use bufferprocs::error::MutError;
/// use bufferprocs::Exported;
///
/// let bytes = Exported::new(vec![1u8]);
/// let _reading = bytes.try_borrow()?;
/// assert_eq!(bytes.try_mut().unwrap_err(), MutError::Borrowed);
/// # Ok::<(), MutError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MutError {
    /// Consumers hold views, or there are [`Hold`](crate::exporter::Hold)s. The message is
    /// CPython's own.
    Exported {
        /// Views not yet released, and holds.
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
///
/// ```
/// use bufferprocs::ReleaseError;
///
/// // What a release writes to `sys.unraisablehook`, since it cannot raise.
/// println!("{}", ReleaseError::DropPanicked);
/// ```
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
