//! Each way to hand an object to `get`, typed arguments, and items of each type.

use bufferprocs::consumer::Dim;
use bufferprocs::item::{BigEndian, Complex, Half, ItemValue, LittleEndian, Ucs4};
use bufferprocs::{
    Buffer, Order, OwnedBuffer, ReadBuffer, ReadContiguousBuffer, Request, WriteBuffer,
    WriteContiguousBuffer,
};
use pyo3::Borrowed;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyList};

fn keep(object: &Bound<'_, PyAny>) -> PyResult<OwnedBuffer> {
    Ok(Buffer::get(object, Request::FULL_RO)?.unbind())
}

#[pyfunction]
pub fn lengths(object: Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
    let owned = object.clone().unbind();
    let borrowed: Borrowed<'_, '_, PyAny> = object.as_borrowed();
    Ok(vec![
        keep(&object)?.len_bytes(),
        Buffer::get(&object, Request::SIMPLE)?.len_bytes(),
        Buffer::get(borrowed, Request::SIMPLE)?.len_bytes(),
        Buffer::get(&owned, Request::SIMPLE)?.len_bytes(),
        OwnedBuffer::get(owned, Request::SIMPLE)?.len_bytes(),
        Buffer::get(object, Request::SIMPLE)?.len_bytes(),
    ])
}

type Shown = (f64, Vec<usize>, Vec<isize>, Vec<f64>);

#[pyfunction]
pub fn read(py: Python<'_>, values: ReadBuffer<f64>) -> PyResult<Shown> {
    let (shape, strides) = (values.shape().to_vec(), values.strides().to_vec());
    let sum = py.detach(|| values.sum());
    Ok((sum, shape, strides, values.to_vec()?))
}

#[pyfunction]
pub fn double(values: WriteBuffer<f64>) {
    values.update(|value| 2.0 * value);
}

#[pyfunction]
pub fn transposed(matrix: ReadBuffer<i32, Dim<2>>) -> PyResult<Vec<Vec<i32>>> {
    let [rows, columns] = matrix.shape();
    let column = |column| (0..rows).map(|row| matrix.get_item([row, column])).collect();
    let columns: Result<_, bufferprocs::AccessError> = (0..columns).map(column).collect();
    Ok(columns?)
}

#[pyfunction]
pub fn contiguous(values: ReadContiguousBuffer<u8>) -> usize {
    values.len()
}

#[pyfunction]
pub fn reversed(values: WriteContiguousBuffer<u16>) -> PyResult<()> {
    let items: Vec<u16> = values.iter().rev().collect();
    Ok(values.copy_from_slice(&items)?)
}

/// The items as a slice, if they can be had so.
#[pyfunction]
pub fn slice(values: ReadBuffer<u8>) -> PyResult<Vec<u8>> {
    Ok(values.try_as_slice()?.to_vec())
}

#[pyfunction]
pub fn chunks(object: &Bound<'_, PyAny>, flags: i32) -> PyResult<Vec<Vec<u8>>> {
    let mut chunks = Vec::new();
    let buffer = Buffer::get(object, Request::from_bits_retain(flags))?;
    buffer.for_each_chunk(Order::C, |chunk| chunks.push(chunk.to_vec()));
    Ok(chunks)
}

/// A value as an object of Python, and back.
trait AsObject: ItemValue + Clone {
    fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;
    fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self>;
}

macro_rules! as_numbers {
    ($($type:ty)*) => {$(
        impl AsObject for $type {
            fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(self.into_pyobject(py)?.to_owned().into_any())
            }

            fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
                Ok(object.extract()?)
            }
        }
    )*};
}

as_numbers!(bool u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

macro_rules! as_complex {
    ($($float:ty)*) => {$(
        impl AsObject for Complex<$float> {
            fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                Ok(PyComplex::from_doubles(py, self.re.into(), self.im.into()).into_any())
            }

            fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
                let part = |name| object.getattr(name)?.extract::<f64>();
                Ok(Complex { re: part("real")? as $float, im: part("imag")? as $float })
            }
        }
    )*};
}

as_complex!(f32 f64);

macro_rules! as_ordered {
    ($($order:ident $number:ty;)*) => {$(
        impl AsObject for $order<$number> {
            fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.get().to_object(py)
            }

            fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
                Ok($order::new(object.extract()?))
            }
        }
    )*};
}

as_ordered! {
    BigEndian i32;
    LittleEndian i32;
    BigEndian f64;
    LittleEndian f64;
}

/// By its bits.
impl AsObject for Half {
    fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.to_bits().to_object(py)
    }

    fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Half::from_bits(object.extract()?))
    }
}

impl AsObject for [u8; 5] {
    fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyBytes::new(py, &self).into_any())
    }

    fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(object.extract()?)
    }
}

impl AsObject for Ucs4<5> {
    fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.to_text().into_pyobject(py)?)
    }

    fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let text: String = object.extract()?;
        Ucs4::new(&text).ok_or_else(|| PyValueError::new_err("more than five characters"))
    }
}

impl AsObject for [[i16; 3]; 2] {
    fn to_object<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyList::new(py, self.map(Vec::from))?.into_any())
    }

    fn from_object(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(object.extract()?)
    }
}

fn read_as<T: AsObject>(object: &Bound<'_, PyAny>) -> PyResult<Vec<Py<PyAny>>> {
    let py = object.py();
    let values: ReadBuffer<T> = object.extract()?;
    let read: Vec<T> = values.iter().collect();
    let objects = |values: Vec<T>| -> PyResult<Bound<'_, PyList>> {
        let objects: PyResult<Vec<_>> =
            values.into_iter().map(|value| value.to_object(py)).collect();
        PyList::new(py, objects?)
    };
    let read = objects(read)?;
    // However they are read, they are the same.
    let mut ways = vec![values.to_vec()?, values.iter().fold(Vec::new(), push)];
    let mut blocks = Vec::new();
    values.iter().blocks().for_each(|block| blocks.extend(block.iter().copied().map(T::from_item)));
    ways.push(blocks);
    ways.push(values.iter().rev().collect::<Vec<T>>().into_iter().rev().collect());
    let (head, tail) = values.iter().split_at(values.len() / 3);
    ways.push(head.chain(tail).collect());
    for way in ways {
        let way = objects(way)?;
        if way.repr()?.to_string() != read.repr()?.to_string() {
            return Err(PyValueError::new_err(format!("{way:?} is not {read:?}")));
        }
    }
    Ok(read.iter().map(Bound::unbind).collect())
}

fn push<T>(mut values: Vec<T>, value: T) -> Vec<T> {
    values.push(value);
    values
}

fn write_as<T: AsObject>(object: &Bound<'_, PyAny>, values: &Bound<'_, PyList>) -> PyResult<()> {
    let target: WriteBuffer<T> = object.extract()?;
    let mut values = values
        .iter()
        .map(|value| T::from_object(&value))
        .collect::<PyResult<Vec<T>>>()?
        .into_iter();
    let mut missing = false;
    target.items().iter(Order::C).update(|old| {
        values.next().unwrap_or_else(|| {
            missing = true;
            old
        })
    })?;
    match missing {
        true => Err(PyValueError::new_err("there are fewer values than items")),
        false => Ok(()),
    }
}

macro_rules! types {
    ($name:ident, $function:ident, $arguments:tt) => {
        match $name {
            "bool" => $function::<bool> $arguments,
            "u8" => $function::<u8> $arguments,
            "i8" => $function::<i8> $arguments,
            "u16" => $function::<u16> $arguments,
            "i16" => $function::<i16> $arguments,
            "u32" => $function::<u32> $arguments,
            "i32" => $function::<i32> $arguments,
            "u64" => $function::<u64> $arguments,
            "i64" => $function::<i64> $arguments,
            "f32" => $function::<f32> $arguments,
            "f64" => $function::<f64> $arguments,
            "Half" => $function::<Half> $arguments,
            "Complex<f32>" => $function::<Complex<f32>> $arguments,
            "Complex<f64>" => $function::<Complex<f64>> $arguments,
            "BigEndian<i32>" => $function::<BigEndian<i32>> $arguments,
            "LittleEndian<i32>" => $function::<LittleEndian<i32>> $arguments,
            "BigEndian<f64>" => $function::<BigEndian<f64>> $arguments,
            "LittleEndian<f64>" => $function::<LittleEndian<f64>> $arguments,
            "[u8; 5]" => $function::<[u8; 5]> $arguments,
            "Ucs4<5>" => $function::<Ucs4<5>> $arguments,
            "[[i16; 3]; 2]" => $function::<[[i16; 3]; 2]> $arguments,
            other => Err(PyValueError::new_err(format!("no type {other}"))),
        }
    };
}

/// All items in C order, read as this type of Rust, in every way there is.
#[pyfunction]
pub fn read_items(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<Py<PyAny>>> {
    types!(name, read_as, (object))
}

/// Replaces all items, in C order.
#[pyfunction]
pub fn write_items(
    object: &Bound<'_, PyAny>,
    name: &str,
    values: &Bound<'_, PyList>,
) -> PyResult<()> {
    types!(name, write_as, (object, values))
}
