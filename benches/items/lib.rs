//! The module that `items.py` imports: loops over items, timed without Python code between them,
//! beside the same loops of other libraries.

use std::hint::black_box;
use std::time::Instant;

use bufferprocs::item::Summable;
use bufferprocs::{AnyBits, Buffer, Order, OwnedBuffer, ReadBuffer, Request, Shared};
use numpy::{Element, PyArrayDyn, PyArrayMethods, PyReadonlyArray1};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Nanoseconds a call.
fn timed<R>(call: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(call());
    start.elapsed().as_secs_f64() * 1e9
}

/// The median of nine calls over memory that was used before.
fn timed_again<R>(mut call: impl FnMut() -> R) -> f64 {
    black_box(call());
    let mut times: [f64; 9] = std::array::from_fn(|_| timed(&mut call));
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A number that is added to a sum of its kind.
trait Number: AnyBits + Summable<Item = Self> + Element + Copy {
    type Total: Default + Copy;

    fn plus(total: Self::Total, item: Self) -> Self::Total;
}

macro_rules! numbers {
    ($($number:ty => $total:ty;)*) => {$(
        impl Number for $number {
            type Total = $total;

            fn plus(total: $total, item: $number) -> $total {
                total + item as $total
            }
        }
    )*};
}

numbers! {
    f64 => f64;
    f32 => f32;
    u8 => u64;
}

fn ours<T: Number>(object: &Bound<'_, PyAny>, what: &str) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    let items = buffer.items::<T>()?;
    let iter = items.iter(Order::C);
    Ok(match what {
        "fold" => timed(|| iter.fold(T::Total::default(), T::plus)),
        "for_each" => timed(|| {
            let mut total = T::Total::default();
            iter.for_each(|item| total = T::plus(total, item));
            total
        }),
        "for" => timed(|| {
            let mut total = T::Total::default();
            for item in iter {
                total = T::plus(total, item);
            }
            total
        }),
        "blocks" => timed(|| {
            let mut sum = T::Sum::default();
            let mut blocks = iter.blocks();
            while let Some(block) = blocks.next() {
                sum = <T as Summable>::add(sum, block);
            }
            sum
        }),
        "sum" => timed(|| items.sum()),
        "to_vec" => timed(|| buffer.to_vec::<T>(Order::C)),
        other => return Err(PyValueError::new_err(format!("no measurement {other}"))),
    })
}

/// The same with rust-numpy and ndarray.
fn theirs<T: Number>(object: &Bound<'_, PyAny>, what: &str) -> PyResult<f64>
where
    T: std::ops::Add<Output = T> + num_traits::Zero,
{
    let array = object.cast::<PyArrayDyn<T>>()?.readonly();
    let view = array.as_array();
    Ok(match what {
        "fold" => {
            timed(|| view.iter().fold(T::Total::default(), |total, item| T::plus(total, *item)))
        }
        "for_each" => timed(|| {
            let mut total = T::Total::default();
            view.iter().for_each(|item| total = T::plus(total, *item));
            total
        }),
        "for" => timed(|| {
            let mut total = T::Total::default();
            for item in view.iter() {
                total = T::plus(total, *item);
            }
            total
        }),
        "sum" => timed(|| view.sum()),
        other => return Err(PyValueError::new_err(format!("no measurement {other}"))),
    })
}

#[pyfunction]
fn read(object: &Bound<'_, PyAny>, kind: &str, what: &str) -> PyResult<f64> {
    match kind {
        "f64" => ours::<f64>(object, what),
        "f32" => ours::<f32>(object, what),
        _ => ours::<u8>(object, what),
    }
}

#[pyfunction]
fn read_by_ndarray(object: &Bound<'_, PyAny>, kind: &str, what: &str) -> PyResult<f64> {
    match kind {
        "f64" => theirs::<f64>(object, what),
        "f32" => theirs::<f32>(object, what),
        _ => theirs_of_bytes(object, what),
    }
}

/// `sum` of ndarray would overflow for bytes: it adds up bytes.
fn theirs_of_bytes(object: &Bound<'_, PyAny>, what: &str) -> PyResult<f64> {
    if what != "sum" {
        return theirs::<u8>(object, what);
    }
    let array = object.cast::<PyArrayDyn<u8>>()?.readonly();
    let view = array.as_array();
    Ok(timed(|| view.fold(0u8, |sum, item| sum.wrapping_add(*item))))
}

/// Doubles all items in place.
#[pyfunction]
fn double(object: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL)?;
    let items = buffer.items::<f64>()?;
    let mut updated = Ok(());
    let time = timed(|| updated = items.update(|item| 2.0 * item));
    updated?;
    Ok(time)
}

/// A call of Python.
#[pyfunction]
fn call(function: &Bound<'_, PyAny>, arguments: &Bound<'_, PyTuple>) -> PyResult<f64> {
    let mut called = Ok(());
    let time = timed(|| called = function.call1(arguments).map(drop));
    called?;
    Ok(time)
}

/// Hashes all bytes in pieces.
#[pyfunction]
fn hash(object: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::SIMPLE)?;
    Ok(timed(|| {
        let mut hasher = blake3::Hasher::new();
        buffer.for_each_chunk(Order::C, |bytes| {
            hasher.update(bytes);
        });
        hasher.finalize()
    }))
}

/// Hashes them as one slice.
#[pyfunction]
fn hash_slice(object: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    // SAFETY: attached, and this is the only thread.
    let bytes = unsafe { buffer.as_slice_unchecked::<u8>() }?;
    Ok(timed(|| blake3::hash(bytes)))
}

#[pyfunction]
fn copy_out(object: &Bound<'_, PyAny>, target: &Bound<'_, PyAny>) -> PyResult<f64> {
    let buffer = Buffer::get(object, Request::FULL_RO)?;
    let mut target = Buffer::get(target, Request::FULL)?;
    // SAFETY: attached, and this is the only thread.
    let slice = unsafe { target.as_mut_slice_unchecked::<f64>() }?;
    let mut copied = Ok(());
    let time = timed(|| copied = buffer.copy_to_slice(slice, Order::C));
    copied?;
    Ok(time)
}

/// Shared items out and in: `to`, `from`, `sum`, `load` or `plain`.
#[pyfunction]
fn shared(what: &str, kind: &str) -> PyResult<f64> {
    fn of<T: Number>(what: &str, value: T) -> PyResult<f64> {
        let shared = Shared::from_vec(vec![value; 4_000_000]);
        let mut plain = vec![value; 4_000_000];
        let other = vec![value; 4_000_000];
        Ok(match what {
            "to" => timed_again(|| Shared::copy_to_slice(&shared, &mut plain)),
            "from" => timed_again(|| Shared::copy_from_slice(&shared, &plain)),
            "plain" => timed_again(|| black_box(&mut plain).copy_from_slice(black_box(&other))),
            "sum" => timed_again(|| Shared::sum(&shared)),
            "plain sum" => {
                timed_again(|| <T as Summable>::add(T::Sum::default(), black_box(&plain)))
            }
            other => return Err(PyValueError::new_err(format!("no measurement {other}"))),
        })
    }
    match kind {
        "f64" => of(what, 0.5f64),
        "f32" => of(what, 0.5f32),
        _ => of(what, 1u8),
    }
}

/// Functions as users write them, that take an array and sum it.
#[pyfunction]
fn sum_by_us(values: ReadBuffer<f64>) -> f64 {
    values.sum()
}

#[pyfunction]
fn sum_by_pyo3(py: Python<'_>, values: PyBuffer<f64>) -> PyResult<f64> {
    Ok(values.to_vec(py)?.into_iter().sum())
}

/// What no such function can do without: a call, and a request and a release in C.
#[pyfunction]
fn ask_in_c(values: &Bound<'_, PyAny>) -> f64 {
    let mut view = pyo3::ffi::Py_buffer::new();
    // SAFETY: an object that is alive, and a view that is released below, if it was granted.
    let got = unsafe {
        pyo3::ffi::PyObject_GetBuffer(values.as_ptr(), &raw mut view, pyo3::ffi::PyBUF_FULL_RO)
    };
    if got == 0 {
        // SAFETY: granted, and not released.
        unsafe { pyo3::ffi::PyBuffer_Release(&raw mut view) };
    }
    f64::from(got)
}

#[pyfunction]
fn sum_by_rust_numpy(values: PyReadonlyArray1<'_, f64>) -> f64 {
    values.as_array().sum()
}

#[pyfunction]
fn pointers(rows: usize, columns: usize, what: &str) -> PyResult<f64> {
    let memory = vec![vec![0.5f64; columns]; rows];
    let total = |rows: &[Vec<f64>]| rows.iter().flatten().sum::<f64>();
    if what == "by hand" {
        return Ok(timed(|| total(black_box(&memory))));
    }
    let exported = bufferprocs::Exported::new(bufferprocs::exporters::Rows::new(memory)?);
    let buffer = Buffer::get(&exported, Request::FULL_RO)?;
    let items = buffer.items::<f64>()?;
    Ok(timed(|| items.iter(Order::C).fold(0.0, |total, item| total + item)))
}

#[pyfunction]
fn is_held(object: Py<PyAny>) -> PyResult<usize> {
    Ok(OwnedBuffer::get(&object, Request::SIMPLE)?.len_bytes())
}

#[pymodule]
mod items_bench {
    #[pymodule_export]
    use super::{
        ask_in_c, call, copy_out, double, hash, hash_slice, is_held, pointers, read,
        read_by_ndarray, shared, sum_by_pyo3, sum_by_rust_numpy, sum_by_us,
    };
}
