//! The module that `getbuffer.py` imports: exporters, and loops over them that no Python code slows down.

use std::ffi::{CString, c_int};
use std::time::Instant;

use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::Strided;
use bufferprocs::{Buffer, Exported, Layout, Request, exports};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

fn matrix() -> Exported<Strided<f64>> {
    let layout = Layout::c_contiguous(&[30, 40], 8).expect("a small matrix");
    Exported::new(Strided::writable(vec![0.0; 1200], layout, 0).expect("as many items"))
}

macro_rules! exporter {
    ($name:ident, $($frozen:ident)?) => {
        #[pyclass($($frozen)?)]
        struct $name {
            matrix: Exported<Strided<f64>>,
        }

        #[exports(matrix)]
        #[pymethods]
        impl $name {
            #[new]
            fn new() -> $name {
                $name { matrix: matrix() }
            }
        }
    };
}

exporter!(Methods, frozen);
exporter!(Accelerated, frozen);
exporter!(AcceleratedNotFrozen,);

/// Read-only, for refusals.
#[pyclass(frozen)]
struct Readonly {
    items: Exported<Vec<f64>>,
}

#[exports(items)]
#[pymethods]
impl Readonly {
    #[new]
    fn new() -> Readonly {
        Readonly { items: Exported::new(vec![0.0; 3]) }
    }
}

/// As such a class is written by hand: one dimension, the format as a new string for each view, the object borrowed.
#[pyclass]
struct Usual {
    bytes: Vec<u8>,
}

#[pymethods]
impl Usual {
    #[new]
    fn new() -> Usual {
        Usual { bytes: vec![0; 9600] }
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("View is null"));
        }
        if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err("Object is not writable"));
        }
        let (data, len) = {
            let borrowed = slf.try_borrow()?;
            (borrowed.bytes.as_ptr(), borrowed.bytes.len())
        };
        // SAFETY: the interpreter's view; the bytes stay, since nothing changes them.
        unsafe {
            (*view).obj = slf.into_ptr();
            (*view).buf = data.cast_mut().cast();
            (*view).len = len as isize;
            (*view).readonly = 1;
            (*view).itemsize = 1;
            (*view).format = match flags & ffi::PyBUF_FORMAT {
                0 => std::ptr::null_mut(),
                _ => CString::new("B").unwrap().into_raw(),
            };
            (*view).ndim = 1;
            (*view).shape =
                if flags & ffi::PyBUF_ND != 0 { &mut (*view).len } else { std::ptr::null_mut() };
            (*view).strides = if flags & ffi::PyBUF_STRIDES == ffi::PyBUF_STRIDES {
                &mut (*view).itemsize
            } else {
                std::ptr::null_mut()
            };
            (*view).suboffsets = std::ptr::null_mut();
            (*view).internal = std::ptr::null_mut();
        }
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the string made above.
        unsafe {
            if !(*view).format.is_null() {
                drop(CString::from_raw((*view).format));
            }
        }
    }
}

/// Nanoseconds a pair of get and release; a refusal counts as a pair.
#[pyfunction]
fn raw(object: &Bound<'_, PyAny>, flags: c_int, count: u32) -> f64 {
    let mut view = Py_buffer::zeroed();
    let view: *mut ffi::Py_buffer = (&raw mut view).cast();
    let start = Instant::now();
    for _ in 0..count {
        // SAFETY: the object is alive, attached; a granted view is released once.
        unsafe {
            match ffi::PyObject_GetBuffer(object.as_ptr(), view, flags) {
                0 => ffi::PyBuffer_Release(view),
                _ => ffi::PyErr_Clear(),
            }
        }
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

/// The same by the crate's consumer.
#[pyfunction]
fn consumer(object: &Bound<'_, PyAny>, flags: c_int, count: u32) -> f64 {
    let request = Request::from_bits_retain(flags);
    let start = Instant::now();
    for _ in 0..count {
        drop(std::hint::black_box(Buffer::get(object, request)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

#[pymodule]
mod getbuffer_bench {
    #[pymodule_export]
    use super::{Accelerated, AcceleratedNotFrozen, Methods, Readonly, Usual, consumer, raw};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        bufferprocs::accelerate::<Accelerated>(py)?;
        bufferprocs::accelerate::<AcceleratedNotFrozen>(py)?;
        bufferprocs::accelerate::<Readonly>(py)
    }
}
