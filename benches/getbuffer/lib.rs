//! The module that `getbuffer.py` and `instructions.py` import: exporters, and loops over them
//! that no Python code slows down.

use std::ffi::{CString, c_int};
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bufferprocs::abi::Py_buffer;
use bufferprocs::exporters::{Rows, Strided};
use bufferprocs::{Buffer, Exported, Format, Immutable, Layout, Object, Request, exports};
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

fn array(shape: &[usize]) -> PyResult<Exported<Strided<f64>>> {
    let layout = Layout::c_contiguous(shape, 8)?;
    Ok(Exported::new(Strided::writable(vec![0.0; layout.as_ref().items()], layout, 0)?))
}

macro_rules! exporter {
    ($name:ident, $($frozen:ident)? $(, $option:ident)?) => {
        #[pyclass($($frozen)?)]
        struct $name {
            array: Exported<Strided<f64>>,
        }

        #[exports(array $(, $option)?)]
        #[pymethods]
        impl $name {
            #[new]
            fn new(shape: Vec<usize>) -> PyResult<$name> {
                Ok($name { array: array(&shape)? })
            }
        }
    };
}

exporter!(Methods, frozen, unaccelerated);
exporter!(Accelerated, frozen);
exporter!(AcceleratedNotFrozen,);

/// The same array, which never changes.
#[pyclass(frozen)]
struct AcceleratedImmutable {
    array: Immutable<Strided<f64>>,
}

#[exports(array)]
#[pymethods]
impl AcceleratedImmutable {
    #[new]
    fn new(shape: Vec<usize>) -> PyResult<AcceleratedImmutable> {
        let layout = Layout::c_contiguous(&shape, 8)?;
        let items = vec![0.0; layout.as_ref().items()];
        Ok(AcceleratedImmutable { array: Immutable::new(Strided::writable(items, layout, 0)?) })
    }
}

/// Rows behind pointers.
#[pyclass(frozen)]
struct Indirect {
    rows: Exported<Rows<f64>>,
}

#[exports(rows)]
#[pymethods]
impl Indirect {
    #[new]
    fn new() -> PyResult<Indirect> {
        Ok(Indirect { rows: Exported::new(Rows::new(vec![vec![0.0; 40]; 30])?) })
    }
}

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

/// As such a class is written by hand: one dimension, the format as a new string for each view,
/// the object borrowed.
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
        drop(black_box(Buffer::get(object, request)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

/// Nanoseconds a pair, where `threads` do `count` pairs each at the same time and no interpreter
/// is asked: those of an `object` or an `exporter` by the crate's consumer, and the two locked
/// instructions that no count of exports can do without. Both take turns in the same threads, since
/// what either takes depends on how the threads happen to run.
#[pyfunction]
fn threads(py: Python<'_>, what: &str, threads: usize, count: u32) -> PyResult<(f64, f64)> {
    const TURNS: u32 = 50;
    let object = Object::new(vec![0.0; 1200]);
    let exported = Exported::new(vec![0.0; 1200]);
    let word = AtomicUsize::new(0);
    let of_object = || drop(black_box(Buffer::get(&object, Request::FULL_RO)));
    let of_exporter = || drop(black_box(Buffer::get(&exported, Request::FULL_RO)));
    let locked = || {
        black_box(&word).fetch_add(1, Ordering::Acquire);
        black_box(&word).fetch_sub(1, Ordering::Release);
    };
    let ours: &(dyn Fn() + Sync) = match what {
        "object" => &of_object,
        "exporter" => &of_exporter,
        _ => return Err(PyValueError::new_err("object or exporter")),
    };
    let pairs: [&(dyn Fn() + Sync); 2] = [ours, &locked];
    let barrier = Barrier::new(threads);
    let run = || {
        let mut seconds = [0.0; 2];
        for _ in 0..TURNS {
            for (pair, seconds) in pairs.iter().zip(&mut seconds) {
                barrier.wait();
                let start = Instant::now();
                (0..count / TURNS).for_each(|_| pair());
                *seconds += start.elapsed().as_secs_f64();
            }
        }
        seconds
    };
    let [ours, locked] = py.detach(|| {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            let seconds = threads.into_iter().map(|one| one.join().unwrap_or([f64::NAN; 2]));
            seconds.fold([0.0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
        })
    });
    let a_pair = |seconds: f64| seconds * 1e9 / f64::from(count) / threads as f64;
    Ok((a_pair(ours), a_pair(locked)))
}

#[pyfunction]
fn parse(text: &str, count: u32) -> PyResult<()> {
    for _ in 0..count {
        let format: Result<Format, _> = black_box(text).parse();
        black_box(format.map_err(|error| PyValueError::new_err(error.to_string()))?);
    }
    Ok(())
}

/// Checks numbers as those of a foreign exporter are checked, and the contiguity of what they
/// describe.
#[pyfunction]
fn check_layout(ndim: usize, count: u32) -> PyResult<()> {
    let (shape, strides) = (vec![1; ndim], vec![8; ndim]);
    for _ in 0..count {
        let layout = bufferprocs::LayoutRef::new(black_box(&shape), Some(&strides), None, 8)?;
        black_box((layout.is_c_contiguous(), layout.is_f_contiguous(), layout.len_bytes()));
    }
    Ok(())
}

/// Between two calls lies what is counted: callgrind is told to write down what it has at each.
#[pyfunction]
fn mark() {
    black_box(getbuffer_bench_mark)();
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn getbuffer_bench_mark() {
    black_box(());
}

#[pymodule]
mod getbuffer_bench {
    #[pymodule_export]
    use super::{
        Accelerated, AcceleratedImmutable, AcceleratedNotFrozen, Indirect, Methods, Readonly,
        Usual, check_layout, consumer, mark, parse, raw, threads,
    };
}
