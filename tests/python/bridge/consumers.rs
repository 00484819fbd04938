//! Consumers: `Buffer` over Python's objects.

use std::cell::RefCell;
use std::sync::Mutex;

use bufferprocs::consumer::OwnedSlice;
use bufferprocs::exporters::Reexport;
use bufferprocs::{Buffer, Exported, Order, OwnedBuffer, ReadBuffer, Request, Shared, exports};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

fn get<'py>(object: &Bound<'py, PyAny>, flags: i32) -> PyResult<Buffer<Bound<'py, PyAny>>> {
    Ok(Buffer::get(object, Request::from_bits_retain(flags))?)
}

/// Keeps the items of another object, which no code writes, or a copy of them.
#[pyclass(frozen)]
pub struct Kept {
    items: OwnedSlice<Py<PyAny>, f64>,
}

#[pymethods]
impl Kept {
    #[new]
    fn new(items: ReadBuffer<f64>) -> PyResult<Kept> {
        Ok(Kept { items: items.into_inner().into_slice_or_copy()? })
    }

    /// Only without a copy.
    #[staticmethod]
    fn in_place(items: ReadBuffer<f64>) -> PyResult<Kept> {
        Ok(Kept { items: items.into_inner().into_slice()? })
    }

    fn sum(&self, py: Python<'_>) -> f64 {
        py.detach(|| self.items.iter().sum())
    }

    #[getter]
    fn address(&self) -> usize {
        self.items.as_ptr().addr()
    }
}

type Description =
    (Option<String>, Option<Vec<isize>>, Option<Vec<isize>>, Option<Vec<isize>>, usize, bool);

/// Format, shape, strides, suboffsets, itemsize, whether read-only.
#[pyfunction]
pub fn describe(object: &Bound<'_, PyAny>, flags: i32) -> PyResult<Description> {
    let buffer = get(object, flags)?;
    let format = buffer.format().map(|format| format.to_string_lossy().into_owned());
    let [shape, strides, suboffsets] = [buffer.shape(), buffer.strides(), buffer.suboffsets()]
        .map(|array| array.map(<[isize]>::to_vec));
    Ok((format, shape, strides, suboffsets, buffer.itemsize(), buffer.is_readonly()))
}

#[pyfunction]
pub fn ndim(object: &Bound<'_, PyAny>, flags: i32) -> PyResult<usize> {
    Ok(get(object, flags)?.ndim())
}

/// Whether the request is refused, with the exception that CPython's consumers would get.
#[pyfunction]
pub fn refused(object: &Bound<'_, PyAny>, flags: i32) -> PyResult<()> {
    get(object, flags).map(|_| ())
}

#[pyfunction]
pub fn sum(object: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    let items = buffer.items::<f64>()?;
    Ok(items.iter(Order::C).sum())
}

/// The same with the interpreter detached.
#[pyfunction]
pub fn sum_detached(py: Python<'_>, object: Py<PyAny>) -> PyResult<f64> {
    let buffer = OwnedBuffer::get(&object, Request::FULL_RO)?;
    py.detach(|| Ok(buffer.items::<f64>()?.iter(Order::C).sum()))
}

#[pyfunction]
pub fn values_u32(object: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    Ok(buffer.to_vec::<u32>(Order::C)?)
}

/// Every second item along the first axis, of a two-dimensional view.
#[pyfunction]
pub fn column(object: &Bound<'_, PyAny>, column: usize) -> PyResult<Vec<f64>> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    let items = buffer.items::<f64>()?;
    let rows = items.layout().shape()[0] as usize;
    (0..rows).map(|row| Ok(items.get(&[row, column])?)).collect()
}

/// Copies packed bytes into a view.
#[pyfunction]
pub fn fill(object: &Bound<'_, PyAny>, bytes: &[u8]) -> PyResult<()> {
    let buffer = Buffer::get(object, Request::FULL)?;
    buffer.from_contiguous(bytes, Order::C)?;
    Ok(())
}

#[pyfunction]
pub fn write_i32(object: &Bound<'_, PyAny>, flags: i32, index: usize, value: i32) -> PyResult<()> {
    let buffer = get(object, flags)?;
    buffer.items::<i32>()?.set(&[index], value)?;
    Ok(())
}

/// Holds a view until it is told to let go.
#[pyclass]
pub struct Held {
    buffer: Option<OwnedBuffer>,
}

#[pymethods]
impl Held {
    #[new]
    fn new(object: Py<PyAny>, flags: i32) -> PyResult<Held> {
        Ok(Held { buffer: Some(OwnedBuffer::get(&object, Request::from_bits_retain(flags))?) })
    }

    fn release(&mut self) {
        self.buffer = None;
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.buffer.as_ref().map_or(Ok(()), |buffer| buffer.traverse(&visit))
    }

    fn __clear__(&mut self) {
        self.buffer = None;
    }

    /// Lets go in a thread that Python knows nothing of.
    fn release_elsewhere(&mut self, py: Python<'_>) {
        let buffer = self.buffer.take();
        py.detach(|| std::thread::spawn(move || drop(buffer)).join().unwrap());
    }
}

thread_local! {
    static KEPT: RefCell<Vec<OwnedBuffer>> = const { RefCell::new(Vec::new()) };
}

/// Holds a view until the thread ends: of the main thread, after the interpreter.
#[pyfunction]
pub fn keep_in_thread_local(object: Py<PyAny>) -> PyResult<()> {
    let buffer = OwnedBuffer::get(&object, Request::FULL_RO)?;
    KEPT.with_borrow_mut(|kept| kept.push(buffer));
    Ok(())
}

/// Tries to write a zero over the first item or byte, in every way that a buffer has: the errors.
#[pyfunction]
pub fn overwrite(object: &Bound<'_, PyAny>, flags: i32) -> PyResult<Vec<Option<String>>> {
    let buffer = get(object, flags)?;
    let indices = vec![0; buffer.layout().ndim()];
    let zeros = vec![0; buffer.layout().itemsize()];
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut errors = vec![
        buffer.set_bytes_of(&indices, &zeros).err().map(|error| text(&error)),
        buffer
            .from_contiguous(&vec![0; buffer.len_bytes()], Order::C)
            .err()
            .map(|error| text(&error)),
        buffer.copy_from(&buffer).err().map(|error| text(&error)),
        buffer.copy_rows_from(&buffer).err().map(|error| text(&error)),
    ];
    if let Ok(items) = buffer.items::<u8>() {
        errors.push(items.set(&indices, 0).err().map(|error| text(&error)));
    }
    if let Ok(items) = buffer.items::<u64>() {
        errors.push(items.set(&indices, 0).err().map(|error| text(&error)));
    }
    Ok(errors)
}

/// Copies packed bytes into a view that may go to any thread.
#[pyfunction]
pub fn fill_detached(py: Python<'_>, object: Py<PyAny>, bytes: Vec<u8>) -> PyResult<()> {
    let buffer = OwnedBuffer::get(&object, Request::FULL)?;
    py.detach(|| Ok(buffer.from_contiguous(&bytes, Order::C)?))
}

/// Drops its view where it must not: while the garbage collector visits the object.
#[pyclass]
pub struct DropsInTraverse {
    buffer: Mutex<Option<OwnedBuffer>>,
}

#[pymethods]
impl DropsInTraverse {
    #[new]
    fn new(object: Py<PyAny>) -> PyResult<DropsInTraverse> {
        let buffer = OwnedBuffer::get(&object, Request::FULL_RO)?;
        Ok(DropsInTraverse { buffer: Mutex::new(Some(buffer)) })
    }

    fn __traverse__(&self, _visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.buffer.lock().unwrap().take();
        Ok(())
    }
}

bufferprocs::record! {
    /// Three of its bytes have no value.
    pub struct Padded { a: u8, _pad: bufferprocs::item::Pad<3>, b: u32 }
}

/// Records with padding of their own.
#[pyclass(frozen)]
pub struct PaddedRecords {
    items: Exported<Vec<Shared<Padded>>>,
}

#[exports(items)]
#[pymethods]
impl PaddedRecords {
    #[new]
    fn new(len: usize) -> PaddedRecords {
        let padded = Padded { a: 1, _pad: bufferprocs::item::Pad::new(), b: 2 };
        PaddedRecords { items: Exported::new(Shared::from_vec(vec![padded; len])) }
    }
}

/// Shows the buffer of another object, which the garbage collector sees.
#[pyclass(frozen, weakref)]
pub struct Window {
    buffer: Exported<Reexport<Py<PyAny>>>,
}

#[exports(buffer)]
#[pymethods]
impl Window {
    #[new]
    fn new(object: Py<PyAny>) -> PyResult<Window> {
        let buffer = OwnedBuffer::get(&object, Request::FULL_RO)?;
        Ok(Window { buffer: Exported::new(Reexport::new(buffer)) })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let visit = |shown: &Reexport<Py<PyAny>>| shown.buffer().traverse(&visit);
        self.buffer.traverse(visit).unwrap_or(Ok(()))
    }
}

/// Shows the buffer of another object.
#[pyclass(frozen)]
pub struct Reexported {
    buffer: Exported<Reexport<Py<PyAny>>>,
}

#[exports(buffer)]
#[pymethods]
impl Reexported {}

#[pyfunction]
pub fn reexport(object: Py<PyAny>, flags: i32) -> PyResult<Reexported> {
    let buffer = OwnedBuffer::get(&object, Request::from_bits_retain(flags))?;
    Ok(Reexported { buffer: Exported::new(Reexport::new(buffer)) })
}
