//! A class that exports by hand, without the crate: what its two procs are given is remembered.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::Mutex;

use pyo3::ffi;
use pyo3::prelude::*;

/// Stands for what an exporter keeps in `internal`.
const INTERNAL: *mut c_void = std::ptr::without_provenance_mut(0x1234);

/// Six items of two bytes, in two rows.
#[pyclass]
struct ByHand {
    items: [u16; 6],
    shape: [ffi::Py_ssize_t; 2],
    strides: [ffi::Py_ssize_t; 2],
    calls: Mutex<Vec<String>>,
}

#[pymethods]
impl ByHand {
    #[new]
    fn new() -> ByHand {
        let calls = Mutex::default();
        ByHand { items: [0, 1, 2, 3, 4, 5], shape: [2, 3], strides: [6, 2], calls }
    }

    /// The calls since the last time.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        _flags: c_int,
    ) -> PyResult<()> {
        let by_hand = slf.borrow();
        // SAFETY: the interpreter gives a struct to fill. The object, which `obj` keeps alive, has
        // all that the fields point to, and its fields never change.
        let view = unsafe { &mut *view };
        view.buf = by_hand.items.as_ptr().cast_mut().cast();
        view.len = 12;
        view.itemsize = 2;
        view.readonly = 1;
        view.ndim = 2;
        view.format = c"H".as_ptr().cast_mut();
        view.shape = by_hand.shape.as_ptr().cast_mut();
        view.strides = by_hand.strides.as_ptr().cast_mut();
        view.suboffsets = null_mut();
        view.internal = INTERNAL;
        by_hand.remember("bf_getbuffer", view);
        drop(by_hand);
        view.obj = slf.into_ptr().cast();
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the interpreter gives the struct that is released.
        self.remember("bf_releasebuffer", unsafe { &*view });
    }
}

impl ByHand {
    fn remember(&self, proc: &str, view: &ffi::Py_buffer) {
        let own = |array: *mut ffi::Py_ssize_t, own: &[ffi::Py_ssize_t]| {
            if array.cast_const() == own.as_ptr() { "own" } else { "other" }
        };
        let call = format!(
            "{proc}: internal {:?}, itemsize {}, {} shape, {} strides",
            view.internal,
            view.itemsize,
            own(view.shape, &self.shape),
            own(view.strides, &self.strides),
        );
        self.calls.lock().unwrap().push(call);
    }
}

#[pymodule]
mod pypy {
    #[pymodule_export]
    use super::ByHand;
    use super::ffi;
    use pyo3::prelude::*;

    /// Bytes of the struct, as PyO3 declares it for this interpreter.
    #[pyfunction]
    fn size_of_py_buffer() -> usize {
        size_of::<ffi::Py_buffer>()
    }
}
