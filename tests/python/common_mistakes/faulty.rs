//! An exporter over numbers that it owns, with a fault of one's choice that no safe code would
//! have: what the checker has to survive, and to name.

use std::ffi::{CString, c_int};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::Shared;
use pyo3::exceptions::{PyBufferError, PyKeyError, PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

/// Items of two bytes, with the arrays that its constructor gets.
#[pyclass(frozen)]
pub struct Faulty {
    fault: String,
    items: Box<[u16]>,
    shape: Box<[isize]>,
    strides: Box<[isize]>,
    suboffsets: Option<Box<[isize]>>,
    format: CString,
    /// Views that are out.
    out: AtomicUsize,
    /// Memory of each view. It stays as long as the object, as a consumer may look at it.
    copies: Mutex<Vec<Box<[Shared<u16>]>>>,
}

impl Faulty {
    /// Whether the items lie one after the other, with the first of `axes` running fastest.
    fn is_packed(&self, axes: impl Iterator<Item = usize>) -> bool {
        let mut step = 2;
        self.shape.contains(&0)
            || axes.into_iter().all(|axis| {
                let fits = self.shape[axis] == 1 || self.strides[axis] == step;
                step *= self.shape[axis];
                fits
            })
    }
}

#[pymethods]
impl Faulty {
    #[new]
    #[pyo3(signature = (fault, items = 6, shape = vec![6], strides = vec![2], suboffsets = None, format = "H"))]
    fn new(
        fault: String,
        items: u16,
        shape: Vec<isize>,
        strides: Vec<isize>,
        suboffsets: Option<Vec<isize>>,
        format: &str,
    ) -> PyResult<Faulty> {
        Ok(Faulty {
            items: (1..=items).map(|item| if fault == "zeros" { 0 } else { item }).collect(),
            shape: shape.into(),
            strides: strides.into(),
            suboffsets: suboffsets.map(Vec::into_boxed_slice),
            format: CString::new(format)?,
            fault,
            out: AtomicUsize::new(0),
            copies: Mutex::default(),
        })
    }

    /// Address and size of the items in bytes.
    fn memory(&self) -> (usize, usize) {
        (self.items.as_ptr().addr(), size_of_val(&*self.items))
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        let asks = |flag| flags & flag == flag;
        // SAFETY: the interpreter's view.
        let view = unsafe { &mut *view };
        view.obj = null_mut();
        let is_direct = this.suboffsets.is_none();
        let axes = this.shape.len();
        let in_c = is_direct && this.is_packed((0..axes).rev());
        let in_f = is_direct && this.is_packed(0..axes);
        match this.fault.as_str() {
            "RuntimeError" => return Err(PyRuntimeError::new_err("no views today")),
            "KeyError for writers" if asks(ffi::PyBUF_WRITABLE) => {
                return Err(PyKeyError::new_err("read-only"));
            }
            "closed" => return Err(PyValueError::new_err("it is closed")),
            "no memory" => return Err(PyMemoryError::new_err(())),
            "asks for too much" if !asks(ffi::PyBUF_INDIRECT) => {
                return Err(PyBufferError::new_err("INDIRECT is needed"));
            }
            "half flags" if flags & 0x18 == 0x10 => {}
            "grants all" => {}
            // No document says that two orders at once are two demands.
            "either order" | "strange strides" if flags & 0x78 == 0x78 && (in_c || in_f) => {}
            _ if !in_c && !asks(ffi::PyBUF_STRIDES) || !is_direct && !asks(ffi::PyBUF_INDIRECT) => {
                return Err(PyBufferError::new_err("more is needed to find the items"));
            }
            _ if asks(ffi::PyBUF_C_CONTIGUOUS) && !in_c
                || asks(ffi::PyBUF_F_CONTIGUOUS) && !in_f
                || asks(ffi::PyBUF_ANY_CONTIGUOUS) && !in_c && !in_f =>
            {
                return Err(PyBufferError::new_err("not contiguous"));
            }
            _ => {}
        }
        if asks(ffi::PyBUF_FORMAT) && !asks(ffi::PyBUF_ND) {
            return Err(PyBufferError::new_err("FORMAT needs ND"));
        }
        view.buf = this.items.as_ptr().cast_mut().cast();
        (view.itemsize, view.readonly, view.internal) = (2, 0, null_mut());
        view.len = this.shape.iter().product::<isize>() * 2;
        let has_shape = asks(ffi::PyBUF_ND) && !this.shape.is_empty();
        let has_strides = asks(ffi::PyBUF_STRIDES) && !this.shape.is_empty();
        view.ndim = if asks(ffi::PyBUF_ND) { this.shape.len() as c_int } else { 1 };
        let array = |numbers: &[isize], is_asked| match is_asked {
            true => numbers.as_ptr().cast_mut(),
            false => null_mut(),
        };
        view.shape = array(&this.shape, has_shape);
        view.strides = array(&this.strides, has_strides);
        view.suboffsets = match &this.suboffsets {
            Some(suboffsets) => array(suboffsets, asks(ffi::PyBUF_INDIRECT)),
            None => null_mut(),
        };
        view.format = match asks(ffi::PyBUF_FORMAT) {
            true => this.format.as_ptr().cast_mut(),
            false => null_mut(),
        };
        match this.fault.as_str() {
            "strange strides" if flags & 0x78 == 0x78 => {
                static STRANGE: [isize; 2] = [4, 12];
                view.strides = STRANGE.as_ptr().cast_mut();
            }
            "half flags" if flags & 0x18 == 0x10 => view.strides = this.strides.as_ptr().cast_mut(),
            "wild shape" if has_shape => view.shape = without_provenance_mut(0x1000),
            "wild format" if !view.format.is_null() => {
                view.format = without_provenance_mut(0x1000);
            }
            "copies" | "frees another" => {
                let copy: Box<[Shared<u16>]> = Shared::from_vec(this.items.to_vec()).into();
                view.buf = copy.as_ptr().cast_mut().cast();
                if let Ok(mut copies) = this.copies.lock() {
                    copies.push(copy);
                }
            }
            "wild buf" => view.buf = without_provenance_mut(0x1000),
            "len" => view.len += 2,
            "exception set" => PyBufferError::new_err("left behind").restore(slf.py()),
            _ => {}
        }
        this.out.fetch_add(1, Ordering::Relaxed);
        view.obj = slf.into_ptr();
        Ok(())
    }

    unsafe fn __releasebuffer__(slf: Bound<'_, Self>, _view: *mut ffi::Py_buffer) -> PyResult<()> {
        let this = slf.get();
        this.out.fetch_sub(1, Ordering::Relaxed);
        match this.fault.as_str() {
            "release fails" => Err(PyRuntimeError::new_err("no")),
            "release sets" => {
                PyRuntimeError::new_err("left by the release").restore(slf.py());
                Ok(())
            }
            "release clears" => {
                drop(PyErr::take(slf.py()));
                Ok(())
            }
            "frees another" => {
                if let Some(newest) = this.copies.lock().ok().as_deref().and_then(|all| all.last())
                {
                    newest.iter().for_each(|item| item.store(0xDDDD));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refused while a view is held.
    fn change(&self) -> PyResult<()> {
        match self.out.load(Ordering::Relaxed) {
            0 => Ok(()),
            views => Err(PyBufferError::new_err(format!("{views} views are held"))),
        }
    }

    /// As [`change`](Self::change), and what fails without a view as well, for another reason.
    fn change_by_mistake(&self) -> PyResult<()> {
        self.change()?;
        Err(PyRuntimeError::new_err("nothing can be changed"))
    }
}
