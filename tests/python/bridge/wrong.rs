//! What goes wrong elsewhere, done on purpose.

use std::ffi::c_int;
use std::ptr::null_mut;

use bufferprocs::abi::Py_buffer;
use bufferprocs::{Exported, exports};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::{PyTypeInfo, ffi};

/// The recipe that leaks: a view made with `PyBuffer_FillInfo` for an owner, given to
/// `PyMemoryView_FromBuffer`, which forgets the owner.
#[pyfunction]
pub fn from_buffer<'py>(owner: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static BYTES: [u8; 3] = *b"abc";
    let mut view = Py_buffer::zeroed();
    let buf = BYTES.as_ptr().cast_mut().cast();
    let filled = (&raw mut view).cast();
    // SAFETY: the bytes are there for ever, and read-only.
    if unsafe { ffi::PyBuffer_FillInfo(filled, owner.as_ptr(), buf, 3, 1, ffi::PyBUF_FULL_RO) } != 0
    {
        return Err(PyErr::fetch(owner.py()));
    }
    // SAFETY: a filled view.
    unsafe { Bound::from_owned_ptr_or_err(owner.py(), ffi::PyMemoryView_FromBuffer(filled)) }
}

/// What PyO3's own buffer type reads from an object.
#[pyfunction]
pub fn pyo3_accepts(object: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    pyo3::buffer::PyBuffer::<u32>::get(object)?.to_vec(object.py())
}

/// Releases a view of `object` once more than it was granted.
#[pyfunction]
pub fn too_many_releases(object: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut view = Py_buffer::zeroed();
    let filled: *mut ffi::Py_buffer = (&raw mut view).cast();
    // SAFETY: alive, and a place for a view.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), filled, ffi::PyBUF_SIMPLE) } != 0 {
        return Err(PyErr::fetch(object.py()));
    }
    let mut copy = view;
    // SAFETY: granted above.
    unsafe { ffi::PyBuffer_Release(filled) };
    // SAFETY: the object is alive; the copy gets a reference of its own to give up.
    unsafe { ffi::Py_INCREF(object.as_ptr()) };
    // SAFETY: not as the protocol demands, and the exporter is alive: what it must survive.
    unsafe { ffi::PyBuffer_Release((&raw mut copy).cast()) };
    Ok(())
}

/// Releases a view of `object`, after `work`, while an exception is set. Returns the exception
/// that is set then.
#[pyfunction]
pub fn release_while_raising(
    object: &Bound<'_, PyAny>,
    work: &Bound<'_, PyAny>,
) -> PyResult<Option<PyErr>> {
    let py = object.py();
    let mut view = Py_buffer::zeroed();
    let filled: *mut ffi::Py_buffer = (&raw mut view).cast();
    // SAFETY: alive, and a place for a view.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), filled, ffi::PyBUF_SIMPLE) } != 0 {
        return Err(PyErr::fetch(py));
    }
    work.call0()?;
    PyValueError::new_err("set before").restore(py);
    // SAFETY: granted above.
    unsafe { ffi::PyBuffer_Release(filled) };
    Ok(PyErr::take(py))
}

/// An exporter that breaks a rule of its choice.
#[pyclass(frozen, name = "Hostile")]
pub struct Hostile {
    rule: String,
}

#[pyfunction]
pub fn hostile(py: Python<'_>, rule: String) -> PyResult<Bound<'_, Hostile>> {
    let _ = Hostile::type_object(py);
    Bound::new(py, Hostile { rule })
}

static mut SHAPE: [isize; 2] = [3, isize::MAX];
static ITEMS: [u8; 4] = *b"abc\0";

#[pymethods]
impl Hostile {
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        _flags: c_int,
    ) -> PyResult<()> {
        let mut filled = Py_buffer::zeroed();
        filled.buf = ITEMS.as_ptr().cast_mut().cast();
        filled.obj = slf.clone().into_ptr().cast();
        (filled.len, filled.itemsize, filled.readonly, filled.ndim) = (3, 1, 1, 1);
        filled.format = c"B".as_ptr().cast_mut();
        filled.shape = (&raw mut SHAPE).cast();
        match slf.get().rule.as_str() {
            "buf is NULL" => filled.buf = null_mut(),
            "len is negative" => filled.len = -1,
            "len is wrong" => filled.len = 4,
            "itemsize is zero" => filled.itemsize = 0,
            "ndim is negative" => filled.ndim = -1,
            "ndim is huge" => filled.ndim = 1000,
            "shape is NULL" => filled.shape = null_mut(),
            "shape overflows" => filled.ndim = 2,
            "format is no format" => filled.format = c"T{".as_ptr().cast_mut(),
            rule => return Err(PyValueError::new_err(format!("no such rule: {rule}"))),
        }
        // SAFETY: valid for writes, as the slot promises.
        unsafe { view.cast::<Py_buffer>().write(filled) };
        Ok(())
    }
}

/// A class as it is often written: correct for a consumer that looks at once, and wrong for one
/// that keeps its view.
#[pyclass]
pub struct Usual {
    bytes: Vec<u8>,
}

#[pymethods]
impl Usual {
    #[new]
    fn new(len: usize) -> Usual {
        Usual { bytes: vec![0; len] }
    }

    fn extend(&mut self, bytes: Vec<u8>) {
        self.bytes.extend(bytes);
    }

    fn address(&self) -> usize {
        self.bytes.as_ptr().addr()
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let (start, len) = {
            let this = slf.borrow();
            (this.bytes.as_ptr(), this.bytes.len())
        };
        let (buf, len) = (start.cast_mut().cast(), len as isize);
        // SAFETY: not given: nothing keeps the bytes where they are.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, len, 1, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

/// The same class, moved.
#[pyclass(frozen)]
pub struct Moved {
    bytes: Exported<Vec<u8>>,
}

#[exports(bytes)]
#[pymethods]
impl Moved {
    #[new]
    fn new(len: usize) -> Moved {
        Moved { bytes: Exported::new(vec![0; len]) }
    }

    fn extend(&self, bytes: Vec<u8>) -> PyResult<()> {
        self.bytes.try_mut()?.extend(bytes);
        Ok(())
    }
}
