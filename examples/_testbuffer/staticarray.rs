//! `staticarray`: twelve bytes, shown in full whatever is asked. Not how an exporter should be
//! written.

use std::ffi::c_int;
use std::ptr::null_mut;

use bufferprocs::abi::Py_buffer;
use pyo3::ffi;
use pyo3::prelude::*;

static BYTES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
static SHAPE: [isize; 1] = [12];
static STRIDES: [isize; 1] = [1];

#[pyclass(frozen, name = "staticarray")]
pub struct StaticArray {
    /// Leaves `obj` NULL: nothing keeps the exporter alive.
    legacy_mode: bool,
}

#[pymethods]
impl StaticArray {
    #[new]
    #[pyo3(signature = (legacy_mode = None))]
    fn new(legacy_mode: Option<&Bound<'_, PyAny>>) -> PyResult<StaticArray> {
        Ok(StaticArray { legacy_mode: legacy_mode.map_or(Ok(false), |mode| mode.is_truthy())? })
    }

    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        _flags: c_int,
    ) -> PyResult<()> {
        let obj = match slf.get().legacy_mode {
            true => null_mut(),
            false => slf.clone().into_ptr(),
        };
        let filled = Py_buffer {
            buf: BYTES.as_ptr().cast_mut().cast(),
            obj: obj.cast(),
            len: 12,
            itemsize: 1,
            readonly: 1,
            ndim: 1,
            format: c"B".as_ptr().cast_mut(),
            shape: SHAPE.as_ptr().cast_mut(),
            strides: STRIDES.as_ptr().cast_mut(),
            suboffsets: null_mut(),
            internal: null_mut(),
        };
        // SAFETY: the interpreter's view. The memory is never freed.
        unsafe { view.cast::<Py_buffer>().write(filled) };
        Ok(())
    }
}
