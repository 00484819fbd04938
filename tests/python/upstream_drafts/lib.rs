//! The code of the draft for PyO3's guide, without the crate.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

// guide: read-only
/// Bytes that never change.
#[pyclass(frozen)]
struct Blob {
    bytes: Vec<u8>,
}

#[pymethods]
impl Blob {
    #[new]
    fn new(bytes: Vec<u8>) -> Blob {
        Blob { bytes }
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let bytes = &slf.get().bytes;
        let memory = bytes.as_ptr().cast_mut().cast::<c_void>();
        let len = bytes.len() as ffi::Py_ssize_t;
        let readonly = 1;
        // SAFETY: CPython passes a view to fill. The bytes stay where they are as long as the
        // object, and the view keeps the object alive.
        let status =
            unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), memory, len, readonly, flags) };
        if status == 0 {
            return Ok(());
        }
        // SAFETY: the same view. PyBuffer_FillInfo leaves the field as it was.
        unsafe { (*view).obj = null_mut() };
        Err(PyErr::fetch(slf.py()))
    }
}
// guide: end

// guide: growing
/// Numbers that can grow, but not while a view of them is held.
#[pyclass(frozen)]
struct Samples {
    state: Mutex<State>,
}

struct State {
    items: Vec<f64>,
    /// The extent that views point to.
    shape: [ffi::Py_ssize_t; 1],
    /// How many views there are.
    exports: usize,
}

/// The distance of two items in bytes.
static STRIDES: [ffi::Py_ssize_t; 1] = [size_of::<f64>() as ffi::Py_ssize_t];

impl Samples {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Samples {
    #[new]
    fn new(items: Vec<f64>) -> Samples {
        Samples { state: Mutex::new(State { items, shape: [0], exports: 0 }) }
    }

    fn append(&self, item: f64) -> PyResult<()> {
        let mut state = self.lock();
        if state.exports > 0 {
            return Err(PyBufferError::new_err("a view is held, so the memory cannot move"));
        }
        state.items.push(item);
        Ok(())
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let asked = |flag: c_int| flags & flag == flag;
        let mut state = slf.get().lock();
        state.exports += 1;
        state.shape = [state.items.len() as ffi::Py_ssize_t];
        let (buf, shape) = (state.items.as_mut_ptr(), state.shape.as_mut_ptr());
        let len = state.shape[0] * STRIDES[0];
        drop(state);
        let filled = ffi::Py_buffer {
            buf: buf.cast(),
            obj: slf.into_ptr(),
            len,
            itemsize: STRIDES[0],
            readonly: 0,
            ndim: 1,
            format: if asked(ffi::PyBUF_FORMAT) { c"d".as_ptr().cast_mut() } else { null_mut() },
            shape: if asked(ffi::PyBUF_ND) { shape } else { null_mut() },
            strides: if asked(ffi::PyBUF_STRIDES) {
                STRIDES.as_ptr().cast_mut()
            } else {
                null_mut()
            },
            suboffsets: null_mut(),
            internal: null_mut(),
        };
        // SAFETY: CPython passes a view to fill. All that its fields point to stays in place until
        // the last release: the vector because `append` refuses, the shape because it is a field of
        // the object, and the rest is static.
        unsafe { view.write(filled) };
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.lock().exports -= 1;
    }
}
// guide: end

// guide: consumer
/// The sum of a buffer of doubles.
#[pyfunction]
fn sum(py: Python<'_>, numbers: PyBuffer<f64>) -> PyResult<f64> {
    if numbers.dimensions() != 1 {
        return Err(PyValueError::new_err("expected one dimension"));
    }
    // A copy: other code may write to the memory while the function runs.
    Ok(numbers.to_vec(py)?.iter().sum())
}
// guide: end

#[pymodule]
mod upstream_drafts {
    #[pymodule_export]
    use super::{Blob, Samples, sum};
}
