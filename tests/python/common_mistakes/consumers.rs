//! Consumers over the C API, each with a mistake of another kind.

use std::ffi::{c_char, c_int};
use std::ptr::null_mut;

use pyo3::exceptions::PyValueError;
use pyo3::ffi::{self, Py_buffer, Py_ssize_t};
use pyo3::prelude::*;

/// A view on the heap, whose struct is never freed.
fn view() -> &'static mut Py_buffer {
    Box::leak(Box::new(Py_buffer::new()))
}

/// Sends a request. Returns the view, or the exception.
fn get(object: &Bound<'_, PyAny>, flags: c_int) -> PyResult<&'static mut Py_buffer> {
    let view = view();
    // SAFETY: the object is alive, and the view is valid for writes.
    match unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), view, flags) } {
        0 => Ok(view),
        _ => Err(PyErr::fetch(object.py())),
    }
}

/// The same for rows in order: other views are refused.
fn get_rows(object: &Bound<'_, PyAny>) -> PyResult<&'static mut Py_buffer> {
    let view = get(object, STRIDES)?;
    let is_in_order = |axis| number(view.strides, axis) > 0;
    if view.ndim == 0 || !(0..view.ndim as usize).all(is_in_order) {
        release(view);
        return Err(PyValueError::new_err("rows in order are expected"));
    }
    Ok(view)
}

fn release(view: &mut Py_buffer) {
    // SAFETY: not promised: that is what the exporter has to find.
    unsafe { ffi::PyBuffer_Release(view) };
}

/// A reference to `None`.
fn none() -> *mut ffi::PyObject {
    // SAFETY: attached to the interpreter.
    let none = unsafe { ffi::Py_None() };
    // SAFETY: `None` is always alive.
    unsafe { ffi::Py_INCREF(none) };
    none
}

/// Reads a byte at a distance from the first item.
fn byte(view: &Py_buffer, place: isize) -> u8 {
    // SAFETY: not promised, as above.
    unsafe { view.buf.cast::<u8>().wrapping_offset(place).read_volatile() }
}

fn put(view: &Py_buffer, place: isize, byte: u8) {
    // SAFETY: not promised, as above.
    unsafe { view.buf.cast::<u8>().wrapping_offset(place).write_volatile(byte) };
}

fn number(from: *const Py_ssize_t, place: usize) -> Py_ssize_t {
    // SAFETY: not promised, as above.
    unsafe { from.wrapping_add(place).read_volatile() }
}

fn set_number(to: *mut Py_ssize_t, number: Py_ssize_t) {
    if !to.is_null() {
        // SAFETY: not promised, as above.
        unsafe { to.write_volatile(number) };
    }
}

fn bytes(view: &Py_buffer, len: isize) -> Vec<u8> {
    (0..len).map(|place| byte(view, place)).collect()
}

/// The packed items of a view, through strides where they are there. `follows` tells what is
/// followed.
fn items(view: &Py_buffer, negative: bool, suboffsets: bool) -> Vec<u8> {
    let ndim = view.ndim as usize;
    let shape: Vec<isize> = (0..ndim).map(|axis| number(view.shape, axis)).collect();
    let count: isize = shape.iter().product();
    let mut packed = Vec::new();
    for item in 0..count {
        let mut index = vec![0; ndim];
        let mut left = item;
        for axis in (0..ndim).rev() {
            (index[axis], left) = (left % shape[axis], left / shape[axis]);
        }
        let mut at: *const u8 = view.buf.cast();
        for (axis, index) in index.into_iter().enumerate() {
            let stride = number(view.strides, axis);
            at = at.wrapping_offset(index * if negative { stride } else { stride.abs() });
            if suboffsets && !view.suboffsets.is_null() && number(view.suboffsets, axis) >= 0 {
                // SAFETY: a pointer of the exporter.
                let led = unsafe { at.cast::<*const u8>().read_unaligned() };
                at = led.wrapping_offset(number(view.suboffsets, axis));
            }
        }
        // SAFETY: not promised, as above.
        packed.extend((0..view.itemsize).map(|i| unsafe { at.wrapping_offset(i).read_volatile() }));
    }
    packed
}

const SIMPLE: c_int = ffi::PyBUF_SIMPLE;
const WRITABLE: c_int = ffi::PyBUF_WRITABLE;
const ND: c_int = ffi::PyBUF_ND;
const STRIDES: c_int = ffi::PyBUF_STRIDES;
const FULL_RO: c_int = ffi::PyBUF_FULL_RO;

fn set_value_error() {
    // SAFETY: attached to the interpreter.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_ValueError, c"not of this kind".as_ptr()) };
}

/// Reads the items with a mistake.
#[pyfunction]
pub fn consume(object: &Bound<'_, PyAny>, mistake: &str) -> PyResult<Vec<u8>> {
    let all = |view: &Py_buffer| bytes(view, view.len);
    match mistake {
        "none" => {
            let view = get(object, FULL_RO)?;
            let read = if view.ndim == 0 { all(view) } else { items(view, true, true) };
            release(view);
            Ok(read)
        }
        "releases a copy" => {
            let view = get(object, SIMPLE)?;
            let mut copy = *view;
            release(&mut copy);
            Ok(Vec::new())
        }
        "reads after the release" => {
            let view = get(object, SIMPLE)?;
            let copy = *view;
            release(view);
            Ok(all(&copy))
        }
        "writes after the release" => {
            let view = get(object, SIMPLE)?;
            let copy = *view;
            release(view);
            put(&copy, 0, 7);
            Ok(Vec::new())
        }
        "reads the shape after the release" => {
            let view = get(object, FULL_RO)?;
            let shape = if view.ndim == 0 { view.buf.cast() } else { view.shape };
            release(view);
            Ok(vec![number(shape, 0) as u8])
        }
        "reads the format after the release" => {
            let view = get(object, FULL_RO)?;
            let format: *mut c_char = view.format;
            release(view);
            // SAFETY: not promised: that is what the exporter has to find.
            Ok(vec![unsafe { format.read_volatile() } as u8])
        }
        "reads the first view through the second" => {
            let first = get(object, SIMPLE)?;
            let copy = *first;
            release(first);
            let second = get(object, SIMPLE)?;
            let read = all(&copy);
            release(second);
            Ok(read)
        }
        "releases a copy and the original" => {
            let view = get(object, SIMPLE)?;
            let read = all(view);
            let mut copy = *view;
            release(view);
            release(&mut copy);
            Ok(read)
        }
        "releases two moved copies" => {
            let view = get(object, FULL_RO)?;
            let read = items_of(view);
            let (first, second) = (Box::leak(Box::new(*view)), Box::leak(Box::new(*view)));
            release(first);
            release(second);
            Ok(read)
        }
        "never releases" => Ok(all(get(object, SIMPLE)?)),
        "does not release when it fails" => {
            let view = get(object, FULL_RO)?;
            if view.itemsize != 1 {
                return Err(PyValueError::new_err("bytes are expected"));
            }
            release(view);
            Ok(Vec::new())
        }
        "clears obj" => {
            let view = get(object, SIMPLE)?;
            view.obj = null_mut();
            release(view);
            Ok(Vec::new())
        }
        "changes obj" => {
            let view = get(object, SIMPLE)?;
            view.obj = none();
            release(view);
            Ok(Vec::new())
        }
        "releases by a view of its own making" => {
            let view = get(object, SIMPLE)?;
            view.internal = null_mut();
            release(view);
            Ok(Vec::new())
        }
        change if change.starts_with("changes ") => {
            let view = get(object, FULL_RO)?;
            let read = items_of(view);
            match &change["changes ".len()..] {
                "internal" => view.internal = view.internal.wrapping_byte_add(1 << 30),
                "buf" => view.buf = view.buf.wrapping_byte_add(1),
                "len" => view.len += 1,
                "itemsize" => view.itemsize = 1 << 9,
                "readonly" => view.readonly ^= 1,
                "ndim" => view.ndim += 1,
                "format" => view.format = c"Q".as_ptr().cast_mut(),
                "shape" => view.shape = null_mut(),
                "strides" => view.strides = null_mut(),
                "suboffsets" => view.suboffsets = &raw mut view.len,
                "what shape leads to" => set_number(view.shape, 1),
                "what strides lead to" => set_number(view.strides, 1),
                "what suboffsets lead to" => set_number(view.suboffsets, -1),
                // SAFETY: not promised: that is what the exporter has to find.
                "what format leads to" => unsafe { view.format.write_volatile(b'x' as c_char) },
                other => return Err(PyValueError::new_err(format!("no field {other}"))),
            }
            release(view);
            Ok(read)
        }
        "writes read-only memory" => {
            let view = get(object, SIMPLE)?;
            put(view, 0, byte(view, 0));
            release(view);
            Ok(Vec::new())
        }
        "asks to write, and writes what was refused" => {
            let view = match get(object, WRITABLE) {
                Ok(view) => view,
                Err(_) => get(object, SIMPLE)?,
            };
            put(view, 0, 7);
            release(view);
            Ok(Vec::new())
        }
        "writes through a request without WRITABLE" => {
            let view = get(object, FULL_RO)?;
            if view.len > 0 {
                put(view, 0, 7);
            }
            release(view);
            Ok(Vec::new())
        }
        "reads before the start" => {
            let view = get(object, SIMPLE)?;
            let read = vec![byte(view, -1)];
            release(view);
            Ok(read)
        }
        "reads past the end" => {
            let view = get(object, SIMPLE)?;
            let read = bytes(view, view.len + 1);
            release(view);
            Ok(read)
        }
        "writes past the end" => {
            let view = get(object, WRITABLE)?;
            put(view, view.len, 0);
            release(view);
            Ok(Vec::new())
        }
        "reads past the last row" => {
            let view = get_rows(object)?;
            let rows = number(view.shape, 0) * number(view.strides, 0).abs();
            let read = bytes(view, rows);
            release(view);
            Ok(read)
        }
        "ignores strides" => {
            let view = get_rows(object)?;
            let read = all(view);
            release(view);
            Ok(read)
        }
        "ignores the sign of strides" => {
            let view = get(object, STRIDES)?;
            if view.ndim != 1 {
                release(view);
                return Err(PyValueError::new_err("one dimension is expected"));
            }
            // From the lowest address on, so that nothing outside is read.
            let lowest = number(view.strides, 0).min(0) * (number(view.shape, 0) - 1);
            let mut copy = *view;
            copy.buf = copy.buf.wrapping_byte_offset(if view.len == 0 { 0 } else { lowest });
            let read = items(&copy, false, false);
            release(view);
            Ok(read)
        }
        "ignores suboffsets" => {
            let view = get(object, FULL_RO)?;
            if view.ndim == 0 {
                release(view);
                return Err(PyValueError::new_err("a dimension is expected"));
            }
            let read = items(view, true, false);
            release(view);
            Ok(read)
        }
        "takes Fortran order for C order" => {
            let view = get(object, ffi::PyBUF_ANY_CONTIGUOUS)?;
            let read = all(view);
            release(view);
            Ok(read)
        }
        "takes bytes for integers" => {
            let view = get(object, ND)?;
            let count = if view.ndim == 0 { 1 } else { number(view.shape, 0) };
            let read = bytes(view, 4 * count);
            release(view);
            Ok(read)
        }
        "takes integers for doubles" => {
            let view = get(object, FULL_RO)?;
            let direct = view.suboffsets.is_null() && view.ndim == 1;
            let read = bytes(view, if direct { 8 * number(view.shape, 0) } else { 0 });
            release(view);
            Ok(read)
        }
        "follows strides that are NULL" => {
            let view = get(object, ND)?;
            let read = vec![number(view.strides, 0) as u8];
            release(view);
            Ok(read)
        }
        "follows a shape that is NULL" => {
            let view = get(object, SIMPLE)?;
            let read = vec![number(view.shape, 0) as u8];
            release(view);
            Ok(read)
        }
        "follows a format that is NULL" => {
            let view = get(object, ND)?;
            // SAFETY: not promised: that is what the exporter has to find.
            let read = vec![unsafe { view.format.read_volatile() } as u8];
            release(view);
            Ok(read)
        }
        "follows the shape of no dimensions" => {
            let view = get(object, FULL_RO)?;
            let read = vec![number(view.shape, 0) as u8];
            release(view);
            Ok(read)
        }
        "reads an item where there is none" => {
            let view = get(object, SIMPLE)?;
            let read = vec![byte(view, 0)];
            release(view);
            Ok(read)
        }
        "uses the view of a refused request" => {
            let view = view();
            // SAFETY: the object is alive, and the view is valid for writes.
            let status = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), view, SIMPLE) };
            if status != 0 {
                drop(PyErr::take(object.py()));
            }
            let read = all(view);
            release(view);
            Ok(read)
        }
        "goes on without an item after a refusal" => match get(object, SIMPLE) {
            Ok(view) => {
                let read = all(view);
                release(view);
                Ok(read)
            }
            Err(_) => Ok(Vec::new()),
        },
        "loses the exception at the release" => {
            let view = get(object, FULL_RO)?;
            let read = if view.itemsize == 1 { items_of(view) } else { Vec::new() };
            if view.itemsize != 1 {
                set_value_error();
            }
            release(view);
            drop(PyErr::take(object.py()));
            Ok(read)
        }
        "sends half a flag" => {
            let view = get(object, 0x10)?;
            release(view);
            Ok(Vec::new())
        }
        "sends unknown bits" => {
            let view = get(object, 0x1000)?;
            release(view);
            Ok(Vec::new())
        }
        "sends FORMAT alone" => match get(object, ffi::PyBUF_FORMAT) {
            Ok(view) => {
                release(view);
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        },
        "asks to write, and only reads" => {
            let view = get(object, WRITABLE)?;
            let read = all(view);
            release(view);
            Ok(read)
        }
        other => Err(PyValueError::new_err(format!("no mistake {other:?}"))),
    }
}

/// The items of a view of all fields, in any layout.
fn items_of(view: &Py_buffer) -> Vec<u8> {
    if view.ndim == 0 { bytes(view, view.len) } else { items(view, true, true) }
}

/// What keeps its views.
static KEPT: std::sync::Mutex<Vec<Py<PyAny>>> = std::sync::Mutex::new(Vec::new());

/// Keeps a memoryview for ever, where no collector of garbage finds it.
#[pyfunction]
pub fn keep(object: &Bound<'_, PyAny>) -> PyResult<()> {
    let view = pyo3::types::PyMemoryView::from(object)?;
    KEPT.lock().map_err(|_| PyValueError::new_err("poisoned"))?.push(view.into_any().unbind());
    Ok(())
}

/// The address of the first item, after the release.
#[pyfunction]
pub fn address(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    let view = get(object, SIMPLE)?;
    let address = view.buf.addr();
    release(view);
    Ok(address)
}

/// A function of the C API that returns a result with an exception set, or neither.
extern "C" fn without_care(
    _: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let mut view = Py_buffer::new();
    // SAFETY: the object is alive, and the view is valid for writes.
    let status = unsafe { ffi::PyObject_GetBuffer(object, &mut view, SIMPLE) };
    if status == 0 {
        release(&mut view);
    }
    none() // after a refusal the exception is still set
}

extern "C" fn without_exception(
    _: *mut ffi::PyObject,
    object: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let mut view = Py_buffer::new();
    // SAFETY: the object is alive, and the view is valid for writes.
    let status = unsafe { ffi::PyObject_GetBuffer(object, &mut view, SIMPLE) };
    if status != 0 {
        // SAFETY: attached.
        unsafe { ffi::PyErr_Clear() };
        return null_mut();
    }
    release(&mut view);
    none()
}

/// One of the two functions above.
#[pyfunction]
pub fn careless(py: Python<'_>, clears: bool) -> PyResult<Bound<'_, PyAny>> {
    let function: ffi::PyCFunction = if clears { without_exception } else { without_care };
    let method = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"careless".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: function },
        ml_flags: ffi::METH_O,
        ml_doc: std::ptr::null(),
    }));
    // SAFETY: attached; the definition is never freed.
    let made = unsafe { ffi::PyCFunction_NewEx(method, null_mut(), null_mut()) };
    // SAFETY: a new reference, or NULL with the exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, made) }
}
