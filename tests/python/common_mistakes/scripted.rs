//! An exporter whose answers a function of Python chooses, field by field: for odd exporters, right
//! or wrong, that no other class of these tests is.

use std::ffi::{CString, c_int};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::Mutex;

use bufferprocs::Shared;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// `script(flags)` returns a dict of the fields of the view, or raises. `released(internal)` is
/// called for each release.
#[pyclass(frozen)]
pub struct Scripted {
    memory: Box<[Shared<u8>]>,
    script: Py<PyAny>,
    released: Option<Py<PyAny>>,
    /// What views led to. It stays as long as the object, as a consumer may look at it.
    arrays: Mutex<Vec<Box<[isize]>>>,
    formats: Mutex<Vec<CString>>,
}

impl Scripted {
    fn array(&self, fields: &Bound<'_, PyDict>, name: &str) -> PyResult<*mut isize> {
        let Some(numbers) = item::<Vec<isize>>(fields, name)? else { return Ok(null_mut()) };
        let numbers = numbers.into_boxed_slice();
        let start = numbers.as_ptr().cast_mut();
        if let Ok(mut arrays) = self.arrays.lock() {
            arrays.push(numbers);
        }
        Ok(start)
    }
}

/// A field, unless it is missing or None.
fn item<'py, T>(fields: &Bound<'py, PyDict>, name: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error: Into<PyErr>>,
{
    match fields.get_item(name)? {
        Some(value) if !value.is_none() => value.extract().map(Some).map_err(Into::into),
        _ => Ok(None),
    }
}

#[pymethods]
impl Scripted {
    #[new]
    #[pyo3(signature = (memory, script, released = None))]
    fn new(memory: Vec<u8>, script: Py<PyAny>, released: Option<Py<PyAny>>) -> Scripted {
        let memory = Shared::from_vec(memory).into();
        let (arrays, formats) = Default::default();
        Scripted { memory, script, released, arrays, formats }
    }

    /// Address and size of the memory in bytes.
    fn memory(&self) -> (usize, usize) {
        (self.memory.as_ptr().addr(), self.memory.len())
    }

    /// Writes a byte of the memory.
    fn write(&self, place: usize, byte: u8) {
        self.memory[place].store(byte);
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let (this, py) = (slf.get(), slf.py());
        // SAFETY: the interpreter's view.
        let view = unsafe { &mut *view };
        view.obj = null_mut();
        let fields = this.script.bind(py).call1((flags,))?.cast_into::<PyDict>()?;
        let fields = &fields;
        if item::<bool>(fields, "nothing")? == Some(true) {
            return Ok(()); // granted, with no field written but `obj`
        }
        let start: *const Shared<u8> = this.memory.as_ptr();
        let offset = item::<isize>(fields, "offset")?.unwrap_or(0);
        view.buf = start.cast_mut().wrapping_offset(offset).cast();
        if let Some(address) = item::<usize>(fields, "buf")? {
            view.buf = without_provenance_mut(address);
        }
        view.len = item(fields, "len")?.unwrap_or(this.memory.len() as isize);
        view.itemsize = item(fields, "itemsize")?.unwrap_or(1);
        view.readonly = item(fields, "readonly")?.unwrap_or(0);
        view.ndim = item(fields, "ndim")?.unwrap_or(1);
        view.shape = this.array(fields, "shape")?;
        view.strides = this.array(fields, "strides")?;
        view.suboffsets = this.array(fields, "suboffsets")?;
        view.internal = without_provenance_mut(item(fields, "internal")?.unwrap_or(0));
        view.format = null_mut();
        if let Some(text) = item::<String>(fields, "format")? {
            let text = CString::new(text)?;
            view.format = text.as_ptr().cast_mut();
            if let Ok(mut formats) = this.formats.lock() {
                formats.push(text); // the text itself is not moved
            }
        }
        view.obj = match fields.get_item("obj")? {
            Some(other) => other.into_ptr(),
            None => slf.clone().into_ptr(),
        };
        Ok(())
    }

    unsafe fn __releasebuffer__(slf: Bound<'_, Self>, view: *mut ffi::Py_buffer) -> PyResult<()> {
        // SAFETY: the interpreter's view.
        let internal = unsafe { (*view).internal }.addr();
        let Some(released) = &slf.get().released else { return Ok(()) };
        // A call of Python's would lose the exception that is on its way.
        let py = slf.py();
        let pending = PyErr::take(py);
        let answer = released.bind(py).call1((internal,)).map(drop);
        if let Some(pending) = pending {
            pending.restore(py);
        }
        answer
    }
}
