//! Python's values as bytes and back, by its module `struct`.

use std::ffi::CStr;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyComplex, PyFloat, PyInt, PyList, PyTuple};

/// Something of the module `struct`, looked up once.
fn of_struct<'py>(
    py: Python<'py>,
    name: &str,
    found: &'static PyOnceLock<Py<PyAny>>,
) -> PyResult<&'py Bound<'py, PyAny>> {
    let look_up = || Ok::<_, PyErr>(py.import("struct")?.getattr(name)?.unbind());
    Ok(found.get_or_try_init(py, look_up)?.bind(py))
}

/// A `struct.Struct`.
pub struct Struct<'py> {
    /// The method.
    pack: Bound<'py, PyAny>,
    size: usize,
    members: usize,
}

impl<'py> Struct<'py> {
    /// Fails with `struct.error` if the format cannot be read.
    pub fn new(py: Python<'py>, format: &str) -> PyResult<Struct<'py>> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let object = of_struct(py, "Struct", &CLASS)?.call1((format,))?;
        let size = object.getattr(intern!(py, "size"))?.extract()?;
        let zeros = PyBytes::new(py, &vec![0; size]);
        let members = object.call_method1(intern!(py, "unpack"), (zeros,))?.len()?;
        Ok(Struct { pack: object.getattr(intern!(py, "pack"))?, size, members })
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// One item: a number or bytes, or as many values as the format has members.
    pub fn pack(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let is_single = value.is_instance_of::<PyBytes>()
            || value.is_instance_of::<PyInt>()
            || value.is_instance_of::<PyFloat>()
            // As in CPython's module, of the version in which `struct` began to write them.
            || value.is_instance_of::<PyComplex>() && value.py().version_info() >= (3, 15);
        let members = if is_single && self.members == 1 {
            PyTuple::new(value.py(), [value])?
        } else {
            match sequence(value) {
                Some(values) if values.len() == self.members => values,
                _ => return Err(PyValueError::new_err("the item does not fit the format")),
            }
        };
        Ok(self.pack.call1(members)?.cast_into()?)
    }
}

/// The value at the start of an item, a tuple unless the format has one member.
pub fn unpack<'py>(py: Python<'py>, format: &CStr, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    static UNPACK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let (format, bytes) = (PyBytes::new(py, format.to_bytes()), PyBytes::new(py, bytes));
    let values = of_struct(py, "unpack_from", &UNPACK)?.call1((format, bytes))?;
    let values = values.cast_into::<PyTuple>()?;
    if values.len() == 1 { values.get_item(0) } else { Ok(values.into_any()) }
}

/// Packed items as lists in lists.
pub fn to_list<'py>(
    py: Python<'py>,
    format: &CStr,
    bytes: &[u8],
    shape: &[isize],
) -> PyResult<Bound<'py, PyAny>> {
    let Some((&extent, behind)) = shape.split_first() else {
        return unpack(py, format, bytes);
    };
    let extent = extent.unsigned_abs();
    let size = bytes.len().checked_div(extent).unwrap_or(0);
    let list = PyList::empty(py);
    for index in 0..extent {
        list.append(to_list(py, format, &bytes[index * size..][..size], behind)?)?;
    }
    Ok(list.into_any())
}

/// A list or a tuple, as a tuple; anything else is None.
pub fn sequence<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyTuple>> {
    match value.cast::<PyTuple>() {
        Ok(tuple) => Some(tuple.clone()),
        Err(_) => Some(value.cast::<PyList>().ok()?.to_tuple()),
    }
}
