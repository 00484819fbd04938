//! Buffers as arguments of a `#[pyfunction]`.

use pyo3::prelude::*;

use super::source;
use crate::consumer::{
    AnyDim, Dimensions, Mode, Read, ReadContiguous, TypedBuffer, Write, WriteContiguous,
};
use crate::error::TypedError;
use crate::item::ItemValue;

/// An argument: any object that exports items of type `T`, to be read.
///
/// The items may lie in any layout. `D` is the number of dimensions, if only one will do:
/// `ReadBuffer<f64, Dim<2>>`. An object that does not fit is refused with an error that names what
/// was found and what was expected; PyO3 adds the name of the argument, as a note. The buffer may
/// be read while the interpreter is detached.
///
/// ```pyo3
/// #[pyfunction]
/// fn total(py: Python<'_>, values: ReadBuffer<f64>) -> f64 {
///     py.detach(|| values.sum())
/// }
/// ```
pub type ReadBuffer<T, D = AnyDim> = TypedBuffer<Py<PyAny>, T, Read, D>;

/// An argument: any object that exports items of type `T`, to be read and written.
///
/// ```pyo3
/// #[pyfunction]
/// fn scale(py: Python<'_>, values: WriteBuffer<f64>, factor: f64) {
///     py.detach(|| values.update(|item| factor * item));
/// }
/// ```
pub type WriteBuffer<T, D = AnyDim> = TypedBuffer<Py<PyAny>, T, Write, D>;

/// As [`ReadBuffer`], of an object that has its items packed in C order.
///
/// ```pyo3
/// #[pyfunction]
/// pub fn contiguous(values: ReadContiguousBuffer<u8>) -> usize {
///     values.len()
/// }
/// ```
pub type ReadContiguousBuffer<T, D = AnyDim> = TypedBuffer<Py<PyAny>, T, ReadContiguous, D>;

/// As [`WriteBuffer`], of an object that has its items packed in C order.
///
/// ```pyo3
/// #[pyfunction]
/// pub fn reversed(values: WriteContiguousBuffer<u16>) -> PyResult<()> {
///     let items: Vec<u16> = values.iter().rev().collect();
///     Ok(values.copy_from_slice(&items)?)
/// }
/// ```
pub type WriteContiguousBuffer<T, D = AnyDim> = TypedBuffer<Py<PyAny>, T, WriteContiguous, D>;

impl<'py, T: ItemValue, M: Mode, D: Dimensions> FromPyObject<'_, 'py>
    for TypedBuffer<Py<PyAny>, T, M, D>
{
    type Error = TypedError;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, TypedError> {
        let fill = |view: &mut _| source::get(&object, view, M::REQUEST);
        // SAFETY: what a `Py` of the object does.
        unsafe { TypedBuffer::filled(fill) }
    }
}

/// As the other, for as long as the thread is attached: a little faster to release.
impl<'py, T: ItemValue, M: Mode, D: Dimensions> FromPyObject<'_, 'py>
    for TypedBuffer<Bound<'py, PyAny>, T, M, D>
{
    type Error = TypedError;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, TypedError> {
        TypedBuffer::<Bound<'py, PyAny>, T, M, D>::get(object)
    }
}
