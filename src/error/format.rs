//! Texts that are no format.

use std::fmt;

/// A text is no PEP 3118 format: where it stops to be one, and why.
///
/// ```
/// use bufferprocs::Format;
/// use bufferprocs::error::FormatProblem;
///
/// let error = Format::parse(c"i(2").unwrap_err();
/// assert_eq!(error.at, 3); // the sub-array has no end
/// assert_eq!(error.problem, FormatProblem::Shape);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatError {
    /// Bytes before the place.
    pub at: usize,
    /// What is wrong there.
    pub problem: FormatProblem,
}

/// What is wrong with a format.
///
/// ```
/// use bufferprocs::Format;
/// use bufferprocs::error::FormatProblem;
///
/// assert_eq!(Format::parse(c"k").unwrap_err().problem, FormatProblem::UnknownCode(b'k'));
/// assert_eq!(Format::parse(c"<n").unwrap_err().problem, FormatProblem::NativeOnly(b'n'));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatProblem {
    /// No item type has this code.
    UnknownCode(u8),
    /// Bit fields, `t`, which no exporter is known to use.
    BitField,
    /// `n` and `N` have no standard size: they are allowed in native mode only (`@` and `^`).
    NativeOnly(u8),
    /// The text ends here, or continues with something else than is needed.
    Expected {
        /// What is missing.
        missing: &'static str,
    },
    /// A `(` is not followed by extents, separated by commas, and `)`.
    Shape,
    /// Two fields of one record have the same name.
    DuplicateName,
    /// A field's name is not UTF-8.
    NameNotUtf8,
    /// A NUL byte: the format would end here for everybody else.
    Nul,
    /// A byte that is not ASCII, outside of a name.
    NonAscii(u8),
    /// Records or pointers in one another, more than 64 deep.
    TooDeep,
    /// A count, or the size up to here, exceeds `isize::MAX`.
    TooLarge,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "format, byte {}: ", self.at)?;
        match self.problem {
            FormatProblem::UnknownCode(code) => {
                write!(f, "no item type has the code `{}`", code.escape_ascii())
            }
            FormatProblem::BitField => write!(f, "bit fields (`t`) are not supported"),
            FormatProblem::NativeOnly(code) => {
                write!(f, "`{}` has no standard size, only a native one", code.escape_ascii())
            }
            FormatProblem::Expected { missing } => write!(f, "{missing} is missing"),
            FormatProblem::Shape => write!(f, "a shape is `(2,3)`: extents and commas"),
            FormatProblem::DuplicateName => write!(f, "the record has a field of this name before"),
            FormatProblem::NameNotUtf8 => write!(f, "the name is not UTF-8"),
            FormatProblem::Nul => write!(f, "a NUL byte"),
            FormatProblem::NonAscii(byte) => {
                write!(f, "byte {byte:#04x} is not ASCII, and is outside of a name")
            }
            FormatProblem::TooDeep => write!(f, "records or pointers are more than 64 deep"),
            FormatProblem::TooLarge => write!(f, "the item exceeds isize::MAX bytes"),
        }
    }
}

impl std::error::Error for FormatError {}
