//! The module that `copies.py` imports: copies into memory that is there already, timed without
//! Python code between them.

use std::ffi::c_char;
use std::time::Instant;

use bufferprocs::exporters::Rows;
use bufferprocs::{Buffer, CopyError, Exported, Order, Request, exports};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Nanoseconds a call, of `count` in a row.
fn timed(count: u32, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        call();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn timed_copy(count: u32, mut copy: impl FnMut() -> Result<(), CopyError>) -> PyResult<f64> {
    let mut copied = Ok(());
    let time = timed(count, || copied = copy());
    copied.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(time)
}

/// The memory of a writable exporter of plain bytes.
struct Target(ffi::Py_buffer);

impl Target {
    fn get(object: &Bound<'_, PyAny>) -> PyResult<Target> {
        let mut view = ffi::Py_buffer::new();
        // SAFETY: attached, with a view of ours.
        match unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &mut view, ffi::PyBUF_WRITABLE) } {
            0 => Ok(Target(view)),
            _ => Err(PyErr::fetch(object.py())),
        }
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: a writable run of `len` bytes, which only this benchmark uses.
        unsafe { std::slice::from_raw_parts_mut(self.0.buf.cast(), self.0.len.unsigned_abs()) }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // SAFETY: granted above, attached.
        unsafe { ffi::PyBuffer_Release(&mut self.0) }
    }
}

/// A square of zeros whose rows lie behind pointers.
#[pyclass(frozen)]
struct Page {
    rows: Exported<Rows<f64>>,
}

#[exports(rows)]
#[pymethods]
impl Page {
    #[new]
    fn new(side: usize) -> PyResult<Page> {
        Ok(Page { rows: Exported::new(Rows::new(vec![vec![0.0; side]; side])?) })
    }
}

#[pyfunction]
fn ours(object: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>, count: u32) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    let mut target = Target::get(target)?;
    let bytes = target.bytes();
    timed_copy(count, || buffer.copy_to(bytes, Order::C))
}

#[pyfunction]
fn ours_back(object: &Bound<'_, PyAny>, source: &Bound<'_, PyAny>, count: u32) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL)?;
    let mut source = Target::get(source)?;
    let bytes = source.bytes();
    timed_copy(count, || buffer.from_contiguous(bytes, Order::C))
}

/// `PyBuffer_ToContiguous`.
#[pyfunction]
fn cpython(object: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>, count: u32) -> PyResult<f64> {
    let mut view = ffi::Py_buffer::new();
    // SAFETY: attached, with a view of ours.
    if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &mut view, ffi::PyBUF_FULL_RO) } != 0 {
        return Err(PyErr::fetch(object.py()));
    }
    let mut target = Target::get(target)?;
    let bytes = target.bytes();
    let mut status = 0;
    let time = timed(count, || {
        let (to, len) = (bytes.as_mut_ptr().cast(), bytes.len() as isize);
        // SAFETY: a granted view, and as many bytes.
        status |= unsafe { ffi::PyBuffer_ToContiguous(to, &mut view, len, b'C' as c_char) };
    });
    // SAFETY: granted above.
    unsafe { ffi::PyBuffer_Release(&mut view) };
    if status == 0 { Ok(time) } else { Err(PyErr::fetch(object.py())) }
}

/// A call of Python, such as `numpy.copyto(target, source)`.
#[pyfunction]
fn call(function: &Bound<'_, PyAny>, arguments: &Bound<'_, PyTuple>, count: u32) -> PyResult<f64> {
    let mut called = Ok(());
    let time = timed(count, || called = function.call1(arguments).map(drop));
    called?;
    Ok(time)
}

/// As many bytes from one run to another.
#[pyfunction]
fn memcpy(source: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>, count: u32) -> PyResult<f64> {
    let (mut source, mut target) = (Target::get(source)?, Target::get(target)?);
    let (from, to) = (source.bytes(), target.bytes());
    Ok(timed(count, || {
        let len = from.len().min(to.len());
        std::hint::black_box(&mut *to)[..len].copy_from_slice(&std::hint::black_box(&*from)[..len]);
    }))
}

#[pymodule]
mod copies_bench {
    #[pymodule_export]
    use super::{Page, call, cpython, memcpy, ours, ours_back};
}
