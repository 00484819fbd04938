//! Exporters as they are often written over PyO3, by hand, with the mistakes that are often made;
//! and consumers with mistakes of all kinds.

#![allow(missing_debug_implementations)] // no code prints them

mod faulty;

use std::ffi::{CString, c_int, c_void};
use std::ptr::null_mut;
use std::sync::Mutex;

use bufferprocs::Shared;
use bufferprocs::item::{BigEndian, Complex, Half, Ucs4};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

mod consumers;
mod scripted;

/// Read-only bytes, as the test class in PyO3's own repository shows them: the format is a new
/// string for each view.
#[pyclass(frozen)]
struct Blob(Vec<u8>);

#[pymethods]
impl Blob {
    #[new]
    fn new(bytes: Vec<u8>) -> Blob {
        Blob(bytes)
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view"));
        }
        if flags & ffi::PyBUF_WRITABLE != 0 {
            return Err(PyBufferError::new_err("read-only"));
        }
        let asks = |flag| flags & flag == flag;
        let bytes = &slf.get().0;
        // SAFETY: the interpreter's view, or one as good.
        let view = unsafe { &mut *view };
        view.buf = bytes.as_ptr().cast_mut().cast();
        view.len = bytes.len() as isize;
        (view.readonly, view.itemsize, view.ndim) = (1, 1, 1);
        let format = || CString::from(c"B").into_raw();
        view.format = if asks(ffi::PyBUF_FORMAT) { format() } else { null_mut() };
        view.shape = if asks(ffi::PyBUF_ND) { &raw mut view.len } else { null_mut() };
        view.strides = if asks(ffi::PyBUF_STRIDES) { &raw mut view.itemsize } else { null_mut() };
        (view.suboffsets, view.internal) = (null_mut(), null_mut());
        view.obj = slf.into_ptr();
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: granted above.
        let format = unsafe { (*view).format };
        if !format.is_null() {
            // SAFETY: made by `into_raw` above, for this view.
            drop(unsafe { CString::from_raw(format) });
        }
    }
}

/// Numbers of four bytes, shown for every request, and counted where bytes are to be counted: as
/// the class that PyO3 tests its consumer with. `fault` is one of those that this consumer has
/// to find.
#[pyclass(frozen)]
struct Words {
    words: Vec<u32>,
    fault: Option<String>,
}

#[pymethods]
impl Words {
    #[new]
    #[pyo3(signature = (words, fault = None))]
    fn new(words: Vec<u32>, fault: Option<String>) -> Words {
        Words { words, fault }
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if flags & ffi::PyBUF_WRITABLE != 0 {
            return Err(PyBufferError::new_err("read-only"));
        }
        let Words { words, fault } = slf.get();
        // SAFETY: the interpreter's view.
        let view = unsafe { &mut *view };
        view.buf = words.as_ptr().cast_mut().cast();
        view.len = words.len() as isize; // items
        (view.readonly, view.itemsize, view.ndim) = (1, 4, 1);
        view.format = c"I".as_ptr().cast_mut();
        (view.shape, view.strides) = (&raw mut view.len, &raw mut view.itemsize);
        (view.suboffsets, view.internal) = (null_mut(), null_mut());
        match fault.as_deref() {
            Some("shape") => view.shape = null_mut(),
            Some("strides") => view.strides = null_mut(),
            Some("itemsize") => view.itemsize += 1,
            Some("format") => view.format = c"B".as_ptr().cast_mut(),
            Some("alignment") => {
                let one_later: *mut c_void = view.buf.wrapping_byte_add(1);
                (view.buf, view.len) = (one_later, view.len - 1);
            }
            _ => {}
        }
        view.obj = slf.into_ptr();
        Ok(())
    }
}

/// A vector that grows, as in many extensions: nothing counts the views.
#[pyclass]
struct Growing(Vec<f64>);

#[pymethods]
impl Growing {
    #[new]
    fn new(items: Vec<f64>) -> Growing {
        Growing(items)
    }

    /// Calls back while the object is borrowed.
    fn each(&mut self, call: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.iter().try_for_each(|&item| call.call1((item,)).map(drop))
    }

    fn append(&mut self, item: f64) {
        // Moved, as a vector moves when it is full. The old memory is kept: a consumer that looks
        // at it must not crash the interpreter.
        let mut items = Vec::with_capacity(self.0.len() + 1);
        items.extend_from_slice(&self.0);
        items.push(item);
        std::mem::forget(std::mem::replace(&mut self.0, items));
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let (buf, len) = {
            let items = &slf.try_borrow()?.0;
            (items.as_ptr().cast_mut().cast(), size_of_val(items.as_slice()) as isize)
        };
        // SAFETY: the interpreter's view; the items are there as the view is filled.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, len, 0, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

/// Items of no bytes, which no exporter may show.
#[pyclass(frozen)]
struct Nothing;

#[pymethods]
impl Nothing {
    #[new]
    fn new() -> Nothing {
        Nothing
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        static MEMORY: [u8; 1] = [0];
        let buf = MEMORY.as_ptr().cast_mut().cast();
        // SAFETY: the interpreter's view; the memory is static.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, 0, 1, flags) } {
            0 => {
                // SAFETY: just filled.
                unsafe { (*view).itemsize = 0 };
                Ok(())
            }
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

/// Zeros of the format that its constructor gets.
#[pyclass(frozen)]
struct Formatted {
    format: CString,
    itemsize: isize,
    bytes: Vec<u8>,
}

#[pymethods]
impl Formatted {
    #[new]
    fn new(format: &str, itemsize: isize) -> PyResult<Formatted> {
        let bytes = vec![0; 2 * itemsize.unsigned_abs()];
        Ok(Formatted { format: CString::new(format)?, itemsize, bytes })
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        static ITEMS: isize = 2;
        let Formatted { format, itemsize, bytes } = slf.get();
        let buf = bytes.as_ptr().cast_mut().cast();
        // SAFETY: the interpreter's view; the bytes stay as long as the object.
        match unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, bytes.len() as isize, 1, flags)
        } {
            0 => {
                // SAFETY: just filled.
                let view = unsafe { &mut *view };
                view.itemsize = *itemsize;
                if !view.format.is_null() {
                    view.format = format.as_ptr().cast_mut();
                }
                if !view.shape.is_null() {
                    view.shape = (&raw const ITEMS).cast_mut();
                }
                Ok(())
            }
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

/// The types of Rust by which PyO3's consumer, and this crate's, read the items of an object.
#[pyfunction]
fn read_as(object: &Bound<'_, PyAny>) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut by_pyo3, mut by_ours) = (Vec::new(), Vec::new());
    let ours = bufferprocs::Buffer::get(object, bufferprocs::Request::FULL_RO);
    macro_rules! by_us {
        ($($item:ty)*) => {$(
            if ours.as_ref().is_ok_and(|view| view.item::<$item>(&[0]).is_ok()) {
                by_ours.push(stringify!($item));
            }
        )*};
    }
    macro_rules! by_both {
        ($($item:ty)*) => {$(
            if PyBuffer::<$item>::get(object).is_ok() {
                by_pyo3.push(stringify!($item));
            }
            by_us!($item);
        )*};
    }
    by_both!(i8 u8 i16 u16 i32 u32 i64 u64 f32 f64);
    by_us!(bool Half Complex<f32> Complex<f64> BigEndian<i32> Ucs4<1> [u8; 4]);
    by_us!([[u8; 2]; 2]);
    (by_pyo3, by_ours)
}

/// Grants, with an exception set.
#[pyclass(frozen)]
struct Confused;

#[pymethods]
impl Confused {
    #[new]
    fn new() -> Confused {
        Confused
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let buf = c"abc".as_ptr().cast_mut().cast();
        // SAFETY: the interpreter's view; the memory is static.
        unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, 3, 1, flags) };
        PyBufferError::new_err("left behind").restore(slf.py());
        Ok(())
    }
}

/// Bytes that anybody may write, or nobody, and the flags of each request for them.
#[pyclass(frozen)]
struct Recorder {
    bytes: Box<[Shared<u8>]>,
    readonly: bool,
    asked: Mutex<Vec<c_int>>,
}

#[pymethods]
impl Recorder {
    #[new]
    #[pyo3(signature = (bytes, readonly = false))]
    fn new(bytes: Vec<u8>, readonly: bool) -> Recorder {
        Recorder { bytes: Shared::from_vec(bytes).into(), readonly, asked: Mutex::default() }
    }

    /// The flags since the last call.
    fn asked(&self) -> Vec<c_int> {
        self.asked.lock().map(|mut asked| std::mem::take(&mut *asked)).unwrap_or_default()
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        if let Ok(mut asked) = this.asked.lock() {
            asked.push(flags);
        }
        let (buf, len) = (this.bytes.as_ptr().cast_mut().cast(), this.bytes.len() as isize);
        let readonly = this.readonly.into();
        // SAFETY: the interpreter's view, over bytes that this object keeps where they are.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), buf, len, readonly, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}

/// The first number, as PyO3's consumer reads it.
#[pyfunction]
fn first_f64(py: Python<'_>, object: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    Ok(PyBuffer::<f64>::get(object)?.to_vec(py)?.first().copied())
}

#[pymodule]
mod common_mistakes {
    #[pymodule_export]
    use super::consumers::{address, careless, consume, keep};
    #[pymodule_export]
    use super::faulty::Faulty;
    #[pymodule_export]
    use super::scripted::Scripted;
    #[pymodule_export]
    use super::{Blob, Confused, Formatted, Growing, Nothing, Recorder, Words, first_f64, read_as};
}
