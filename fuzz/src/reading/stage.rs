//! A view with its model, and what all ways to read and to write need.

use std::ffi::CStr;

use bufferprocs::item::ItemValue;
use bufferprocs::{AccessError, AnyBits, Buffer, Order, Request};

use super::kinds::Value;
use super::memory::Memory;
use super::model::Model;
use super::{reads, typed, writes};
use crate::given::Given;
use crate::random::Random;

pub const ORDERS: [Order; 3] = [Order::C, Order::Fortran, Order::Any];

/// Whether items were compared; otherwise both sides refuse them.
pub type Told = Result<bool, String>;

pub struct Stage<'a> {
    pub given: &'a Given,
    pub buffer: &'a Buffer<Given>,
    pub request: Request,
    /// The format that the consumer sees.
    pub format: Option<&'a CStr>,
    pub model: &'a Model,
    pub memory: &'a Memory,
    /// The bytes of the memory.
    pub bytes: &'a [u8],
    pub readonly: bool,
    pub immutable: bool,
    /// Address of the first item.
    pub first: usize,
    pub seed: u64,
}

/// The items of a type.
pub struct Expected {
    /// The bytes of the items in the memory, in C order.
    pub items: Vec<u8>,
    /// The same, in each of the orders; of bytes that their type would read.
    pub values: [Vec<u8>; 3],
    pub len: usize,
}

pub fn run<T: Value>(stage: &Stage<'_>) -> Told {
    let fits = T::FORMATS.contains(&stage.format.unwrap_or(c"B"));
    let size = size_of::<T>();
    let items = match (stage.buffer.items::<T>(), fits, stage.model.itemsize == size) {
        (Ok(items), true, true) => items,
        (Err(AccessError::Format { .. }), false, _) => return Ok(false),
        (Err(AccessError::Itemsize { .. }), true, false) => return Ok(false),
        (found, ..) => return Err(format!("items of another type: {found:?}")),
    };
    let packed = stage.model.items(stage.bytes);
    let mut values = packed.clone();
    T::normalise(&mut values);
    let expected = Expected {
        len: stage.model.places.len(),
        items: packed,
        values: ORDERS.map(|order| stage.model.in_order(&values, order)),
    };
    let mut random = Random(stage.seed);
    reads::read(stage, &items, &expected, &mut random)?;
    typed::read::<T>(stage, &expected, &mut random)?;
    writes::write(stage, &items, &expected, &mut random)?;
    Ok(true)
}

impl Expected {
    pub fn value(&self, order: usize, number: usize) -> &[u8] {
        let size = self.items.len() / self.len;
        &self.values[order][number * size..][..size]
    }
}

/// The bytes of values.
pub fn raw<T: ItemValue>(values: &[T]) -> &[u8] {
    // SAFETY: an item has no padding, and neither has a `bool`.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// The bytes of an item, to be changed.
pub fn raw_mut<T: AnyBits>(item: &mut T) -> &mut [u8] {
    // SAFETY: the bytes of a value without padding, of which any are one.
    unsafe { std::slice::from_raw_parts_mut(std::ptr::from_mut(item).cast(), size_of::<T>()) }
}

/// Items of these bytes.
pub fn made<T: AnyBits>(bytes: &[u8]) -> Vec<T> {
    let item = |bytes: &[u8]| {
        assert_eq!(bytes.len(), size_of::<T>());
        // SAFETY: as many bytes, and any are a T.
        unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
    };
    bytes.chunks_exact(size_of::<T>()).map(item).collect()
}

/// Fails with the first difference.
pub fn same(
    way: &str,
    order: impl std::fmt::Debug,
    expected: &[u8],
    found: &[u8],
) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let at = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    let show = |bytes: &[u8]| format!("{:02x?}", &bytes[at..bytes.len().min(at + 16)]);
    Err(format!(
        "{way}, {order:?}: byte {at} of {} and {}: expected {}, found {}",
        expected.len(),
        found.len(),
        show(expected),
        show(found)
    ))
}

pub fn expect(is_so: bool, way: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(way.to_owned()) }
}
