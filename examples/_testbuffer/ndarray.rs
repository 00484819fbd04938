//! The class `ndarray`.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bufferprocs::abi::Py_buffer;
use bufferprocs::python::releasebufferproc;
use bufferprocs::{BufferError, Layout, Order};
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::construct::{self, Structure};
use crate::items::to_list;
use crate::memory::{Memory, Own};
use crate::node::{self, Node};
use crate::{index, misbehave};

/// A list of structures, of which the last is shown.
#[pyclass(frozen, name = "ndarray")]
pub struct NdArray {
    /// Never empty. No Python code runs while it is locked.
    nodes: Mutex<Vec<Node>>,
    /// Structures may be pushed while there are views of others.
    varexport: bool,
    /// The object that a buffer is held of.
    obj: Option<Py<PyAny>>,
}

impl NdArray {
    /// Shows a buffer of another object, or a part of it.
    pub fn consumer(node: Node, obj: Option<Py<PyAny>>) -> NdArray {
        NdArray { nodes: Mutex::new(vec![node]), varexport: false, obj }
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head<R>(&self, look: impl FnOnce(&Node) -> R) -> R {
        look(self.nodes().last().expect("never empty"))
    }

    /// All that is known of the memory.
    pub fn buffer(&self) -> Result<Own, BufferError> {
        self.head(Node::buffer)
    }

    pub fn format_text(&self) -> Option<CString> {
        self.head(|node| node.format.clone())
    }

    fn is_consumer(&self) -> bool {
        self.head(|node| node.offset < 0)
    }

    /// The object that answers in place of this one.
    fn redirected(&self) -> Option<&Py<PyAny>> {
        let redirects = self.head(|node| node.flags & node::REDIRECT != 0);
        self.obj.as_ref().filter(|_| redirects)
    }

    pub fn is_contiguous(&self, order: Order) -> PyResult<bool> {
        Ok(self.head(|node| Ok::<_, BufferError>(node.is_contiguous(&node.buffer()?, order)))?)
    }
}

/// Takes out the structures that went with their last export.
fn prune(nodes: &mut Vec<Node>) {
    let last = nodes.len() - 1;
    let mut place = 0..;
    nodes.retain(|node| place.next() == Some(last) || !node.vanishes || node.shown.exports() > 0);
}

#[pymethods]
impl NdArray {
    #[new]
    #[pyo3(signature = (obj, shape=None, strides=None, offset=0, format=None, flags=0, getbuf=None))]
    #[allow(clippy::too_many_arguments)] // as the suite calls it
    fn new(
        obj: &Bound<'_, PyAny>,
        shape: Option<&Bound<'_, PyAny>>,
        strides: Option<&Bound<'_, PyAny>>,
        offset: isize,
        format: Option<&Bound<'_, PyString>>,
        flags: c_int,
        getbuf: Option<c_int>,
    ) -> PyResult<NdArray> {
        let structure = Structure { shape, strides, offset, format, flags };
        // SAFETY: an object.
        let exports = unsafe { ffi::PyObject_CheckBuffer(obj.as_ptr()) } == 1;
        if exports && shape.is_none() {
            let node = construct::other(obj, &structure, getbuf)?;
            let held = held_object(obj.py(), &node);
            return Ok(NdArray::consumer(node, held));
        }
        if getbuf.is_some() {
            return Err(PyTypeError::new_err("getbuf is for buffers of another object"));
        }
        let nodes = Mutex::new(vec![construct::own(obj, &structure)?]);
        Ok(NdArray { nodes, varexport: flags & node::VAREXPORT != 0, obj: None })
    }

    /// Shows another structure from now on. The old one stays for its views, and for `pop`.
    #[pyo3(signature = (items, shape, strides=None, offset=0, format=None, flags=0))]
    fn push(
        &self,
        items: &Bound<'_, PyAny>,
        shape: &Bound<'_, PyAny>,
        strides: Option<&Bound<'_, PyAny>>,
        offset: isize,
        format: Option<&Bound<'_, PyString>>,
        flags: c_int,
    ) -> PyResult<()> {
        self.check_own()?;
        let exports = |node: &Node| node.shown.exports() > 0;
        if self.head(exports) && !self.varexport {
            return Err(PyBufferError::new_err("push while there are views, without ND_VAREXPORT"));
        }
        if flags & node::VAREXPORT != 0 {
            return Err(PyValueError::new_err("ND_VAREXPORT belongs to the first structure"));
        }
        let structure = Structure { shape: Some(shape), strides, offset, format, flags };
        let node = construct::own(items, &structure)?;
        let mut nodes = self.nodes();
        prune(&mut nodes);
        if let Some(head) = nodes.last_mut() {
            head.vanishes = head.shown.exports() > 0;
        }
        nodes.push(node);
        Ok(())
    }

    /// Shows the structure from before the last push again.
    fn pop(&self) -> PyResult<()> {
        self.check_own()?;
        let mut nodes = self.nodes();
        prune(&mut nodes);
        if nodes.last().is_some_and(|head| head.shown.exports() > 0) {
            return Err(PyBufferError::new_err("pop while there are views"));
        }
        if nodes.len() < 2 {
            return Err(PyBufferError::new_err("pop of the only structure"));
        }
        let popped = nodes.pop();
        if let Some(head) = nodes.last_mut() {
            head.vanishes = false;
        }
        drop(nodes);
        drop(popped);
        Ok(())
    }

    fn check_own(&self) -> PyResult<()> {
        match self.is_consumer() {
            true => Err(PyBufferError::new_err("the structure is that of another object")),
            false => Ok(()),
        }
    }

    fn add_suboffsets(&self) -> PyResult<()> {
        let mut nodes = self.nodes();
        let head = nodes.last_mut().expect("never empty");
        match head.add_suboffsets()? {
            true => Ok(()),
            false => Err(PyTypeError::new_err("suboffsets need strides and no suboffsets")),
        }
    }

    #[getter]
    fn flags(&self) -> c_int {
        self.head(|node| node.flags)
    }

    #[getter]
    fn offset(&self) -> isize {
        self.head(|node| node.offset)
    }

    #[getter]
    fn obj(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.obj.as_ref().map(|obj| obj.clone_ref(py))
    }

    #[getter]
    fn nbytes(&self) -> PyResult<usize> {
        Ok(self.buffer()?.len_bytes())
    }

    #[getter]
    fn readonly(&self) -> PyResult<bool> {
        Ok(self.buffer()?.is_readonly())
    }

    #[getter]
    fn itemsize(&self) -> PyResult<usize> {
        Ok(self.buffer()?.itemsize())
    }

    #[getter]
    fn format(&self) -> String {
        self.format_text().unwrap_or_default().to_string_lossy().into_owned()
    }

    #[getter]
    fn ndim(&self) -> PyResult<usize> {
        Ok(self.buffer()?.ndim())
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.buffer()?.shape().unwrap_or_default())
    }

    #[getter]
    fn strides<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.buffer()?.strides().unwrap_or_default())
    }

    #[getter]
    fn suboffsets<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        if let Some(redundant) = self.head(|node| node.redundant.clone()) {
            return PyTuple::new(py, redundant);
        }
        PyTuple::new(py, self.buffer()?.suboffsets().unwrap_or_default())
    }

    #[getter]
    fn c_contiguous(&self) -> PyResult<bool> {
        self.is_contiguous(Order::C)
    }

    #[getter]
    fn f_contiguous(&self) -> PyResult<bool> {
        self.is_contiguous(Order::Fortran)
    }

    #[getter]
    fn contiguous(&self) -> PyResult<bool> {
        self.is_contiguous(Order::Any)
    }

    fn tobytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.buffer()?.to_contiguous(Order::C)?))
    }

    fn tolist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let seen = self.buffer()?;
        let Some(format) = self.format_text() else {
            return Err(PyValueError::new_err("tolist() needs a format"));
        };
        to_list(py, &format, &seen.to_contiguous(Order::C)?, seen.layout().shape())
    }

    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        index::get(slf, key)
    }

    fn __setitem__(
        slf: &Bound<'_, Self>,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        index::set(slf, key, value)
    }

    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err("items cannot be deleted"))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let seen = self.buffer()?;
        if !seen.is_readonly() {
            return Err(PyValueError::new_err("writable items have no hash"));
        }
        if let Some(obj) = &self.obj {
            obj.bind(py).hash()?;
        }
        self.tobytes(py)?.hash()
    }

    /// A memoryview without an object, of a copy that is never freed: there is no release that
    /// could free it.
    fn memoryview_from_buffer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let of_own = |obj: &Py<PyAny>| {
            obj.bind(py).cast::<NdArray>().is_ok_and(|array| !array.get().is_consumer())
        };
        if !self.obj.as_ref().is_none_or(of_own) {
            return Err(PyTypeError::new_err("memoryview_from_buffer() of a chain of consumers"));
        }
        let format = self.format_text();
        if format.as_ref().is_some_and(|format| format.count_bytes() > 128) {
            return Err(PyTypeError::new_err("memoryview_from_buffer() of a long format"));
        }
        let seen = self.buffer()?;
        let fortran = !self.is_contiguous(Order::C)? && self.is_contiguous(Order::Fortran)?;
        let order = if fortran { Order::Fortran } else { Order::C };
        let bytes = seen.to_contiguous(order)?.leak();
        let shape = seen.shape().map(|shape| shape.to_vec().leak());
        let strides = match (seen.strides(), &shape) {
            (Some(_), Some(shape)) => {
                let extents: Vec<usize> =
                    shape.iter().map(|extent| extent.unsigned_abs()).collect();
                let packed = match fortran {
                    true => Layout::f_contiguous(&extents, seen.itemsize())?,
                    false => Layout::c_contiguous(&extents, seen.itemsize())?,
                };
                Some(packed.strides().to_vec().leak())
            }
            _ => None,
        };
        let view = Py_buffer {
            buf: bytes.as_mut_ptr().cast::<c_void>(),
            obj: null_mut(),
            len: seen.len_bytes() as isize,
            itemsize: seen.itemsize() as isize,
            readonly: seen.is_readonly().into(),
            ndim: seen.ndim() as c_int,
            format: format.map_or(null_mut::<c_char>(), CString::into_raw),
            shape: shape.map_or(null_mut(), |shape| shape.as_mut_ptr()),
            strides: strides.map_or(null_mut(), |strides| strides.as_mut_ptr()),
            suboffsets: null_mut(),
            internal: null_mut(),
        };
        let view: *const ffi::Py_buffer = (&raw const view).cast();
        // SAFETY: attached; the memory of the view is never freed.
        let made = unsafe { ffi::PyMemoryView_FromBuffer(view) };
        // SAFETY: a new reference, or NULL with an exception.
        unsafe { Bound::from_owned_ptr_or_err(py, made) }
    }

    unsafe fn __getbuffer__(
        slf: &Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let py = slf.py();
        if let Some(target) = slf.get().redirected() {
            // SAFETY: alive, attached; the interpreter's view.
            return match unsafe { ffi::PyObject_GetBuffer(target.as_ptr(), view, flags) } {
                0 => Ok(()),
                _ => Err(PyErr::fetch(py)),
            };
        }
        let owner = slf.clone().unbind();
        let answer = |node: &Node| {
            // SAFETY: the interpreter's view, released by `__releasebuffer__`. A structure with
            // views stays on the list.
            unsafe { misbehave::getbuffer(node, view, owner.as_ptr(), flags) }
        };
        slf.get().head(answer)?;
        // The reference is the view's now.
        std::mem::forget(owner);
        Ok(())
    }

    unsafe fn __releasebuffer__(slf: &Bound<'_, Self>, view: *mut ffi::Py_buffer) {
        // SAFETY: granted above.
        unsafe { releasebufferproc(slf.as_ptr(), view) };
    }
}

/// The object that the view which a node holds belongs to.
fn held_object(py: Python<'_>, node: &Node) -> Option<Py<PyAny>> {
    let memory = node.shown.try_borrow().ok()?;
    let Memory::Other(part) = &*memory else {
        return None;
    };
    let obj = part.buffer().raw().obj;
    // SAFETY: NULL, or an object that the view keeps alive.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, obj.cast()) }.map(Bound::unbind)
}
