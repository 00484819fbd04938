//! Errors of the crate as Python's exceptions, so that `?` raises them.

use pyo3::exceptions::{PyBufferError, PyIndexError, PyMemoryError, PyTypeError, PyValueError};
use pyo3::{PyErr, Python};

use super::exceptions::{Exception, exception_in};
use crate::catch_panic::drop_caught;
use crate::error::{
    AccessError, BufferError, CopyError, FormatError, LayoutError, MutError, TypedError,
};

/// `BufferError`; `ValueError` for a closed exporter, and `TypeError` for an object that is no
/// exporter, as in CPython. An exception of a foreign exporter is raised again.
impl From<BufferError> for PyErr {
    fn from(error: BufferError) -> PyErr {
        if let BufferError::Raised(raised) = &error {
            // Without an interpreter the message has to do.
            let again = Python::try_attach(|py| exception_in(raised, py)).flatten();
            if let Some(again) = again {
                drop_caught(error);
                return again;
            }
        }
        let (kind, text) = (Exception::of(&error), error.message());
        drop_caught(error);
        match kind {
            Exception::Buffer => PyBufferError::new_err(text),
            Exception::Type => PyTypeError::new_err(text),
            Exception::Value => PyValueError::new_err(text),
        }
    }
}

/// `BufferError`, as of a `bytearray` that is resized while a view is held.
impl From<MutError> for PyErr {
    fn from(error: MutError) -> PyErr {
        PyBufferError::new_err(error.to_string())
    }
}

/// `IndexError` where there is no such item; `TypeError` otherwise, as `memoryview` has it.
impl From<AccessError> for PyErr {
    fn from(error: AccessError) -> PyErr {
        match error {
            AccessError::OutOfRange { .. } | AccessError::IndexCount { .. } => {
                PyIndexError::new_err(error.to_string())
            }
            AccessError::TooLarge { .. } => PyMemoryError::new_err(error.to_string()),
            _ => PyTypeError::new_err(error.to_string()),
        }
    }
}

/// `TypeError` where the items are of another type or the target must not be written, `MemoryError`
/// where there is no memory for a copy; `ValueError` where two sides do not fit, as `memoryview`
/// has it.
impl From<CopyError> for PyErr {
    fn from(error: CopyError) -> PyErr {
        match error {
            CopyError::Items(error) => error.into(),
            CopyError::ReadOnly
            | CopyError::WritableNotRequested
            | CopyError::Pointers { .. }
            | CopyError::PartlyDescribed { .. } => PyTypeError::new_err(error.to_string()),
            CopyError::TooLarge { .. } => PyMemoryError::new_err(error.to_string()),
            _ => PyValueError::new_err(error.to_string()),
        }
    }
}

/// That of the [`BufferError`] or [`AccessError`]; `TypeError` for another number of dimensions.
impl From<TypedError> for PyErr {
    fn from(error: TypedError) -> PyErr {
        match error {
            TypedError::Buffer(error) => error.into(),
            TypedError::Items(error) => error.into(),
            TypedError::Ndim { .. } => PyTypeError::new_err(error.to_string()),
        }
    }
}

/// `ValueError`.
impl From<LayoutError> for PyErr {
    fn from(error: LayoutError) -> PyErr {
        PyValueError::new_err(error.to_string())
    }
}

/// `ValueError`.
impl From<FormatError> for PyErr {
    fn from(error: FormatError) -> PyErr {
        PyValueError::new_err(error.to_string())
    }
}
