//! Each way to write the items of a buffer, after which the memory is compared.

use bufferprocs::consumer::{AnyDim, Mode, TypedBuffer, Write, WriteContiguous, Writing};
use bufferprocs::{AccessError, CopyError, Items, Order, Request, TypedError};

use super::kinds::Value;
use super::stage::{Expected, ORDERS, Stage, expect, made, raw, same};
use crate::given::Given;
use crate::random::{Choices, Random};

type Told = Result<(), String>;

pub fn write<T: Value>(
    stage: &Stage<'_>,
    items: &Items<'_, Given, T>,
    expected: &Expected,
    random: &mut Random,
) -> Told {
    // A format that was requested without a shape is not that of the bytes that are shown.
    let is_strange =
        stage.request.contains(Request::FORMAT) && !stage.request.contains(Request::ND);
    if stage.model.is_large() || is_strange || !stage.model.is_apart() {
        return Ok(());
    }
    let is_writable = !stage.readonly && stage.request.contains(Request::WRITABLE);
    let noise: Vec<u8> = (0..expected.items.len()).map(|_| random.word() as u8).collect();
    let fresh: Vec<T::Item> = made(&noise);
    if !is_writable {
        return refused(stage, items, expected, &fresh);
    }
    // Of a value, what is written is what a read of it gives.
    let values: Vec<T> = fresh.iter().map(|&item| T::from_item(item)).collect();
    let bytes = raw(&values).to_vec();
    let changed = |order: Order| {
        let mut model = stage.bytes.to_vec();
        stage.model.each(&mut model, order, |_, item| T::changed(item));
        model
    };

    for (number, &value) in values.iter().enumerate() {
        let indices = stage.model.indices(number);
        items.set(&indices, value).map_err(|error| format!("set {indices:?}: {error}"))?;
    }
    after(stage, "set", "", &written(stage, Order::C, &bytes))?;
    let stored = raw(&fresh);
    for order in ORDERS {
        items.iter(order).update(T::change).map_err(|error| error.to_string())?;
        after(stage, "update of an iterator", order, &changed(order))?;
        let copied = stage.buffer.copy_from_slice(&fresh, order);
        copied.map_err(|error| error.to_string())?;
        after(stage, "copy_from_slice", order, &written(stage, order, stored))?;
    }
    let split = random.below(expected.len + 1);
    let (_, tail) = items.iter(Order::C).split_at(split);
    tail.update(T::change).map_err(|error| error.to_string())?;
    let mut model = stage.bytes.to_vec();
    stage.model.each(&mut model, Order::C, |at, item| {
        if at >= split {
            T::changed(item);
        }
    });
    after(stage, "update of a tail", split, &model)?;
    let overlaps = stage.model.overlaps();
    if !overlaps {
        items.update(T::change).map_err(|error| error.to_string())?;
        after(stage, "update", "", &changed(Order::C))?;
    }
    if let Some(long) = fresh.get(1..) {
        let found = stage.buffer.copy_from_slice(long, Order::C);
        expect(matches!(found, Err(CopyError::Length { .. })), "a source that is too short")?;
    }
    let case = Typed { stage, values: &values, bytes: &bytes, overlaps };
    match stage.request {
        request if request == Write::REQUEST => case.write::<Write>(random),
        request if request == WriteContiguous::REQUEST => case.write::<WriteContiguous>(random),
        _ => Ok(()),
    }
}

/// Every write has to fail, for the right reason.
fn refused<T: Value>(
    stage: &Stage<'_>,
    items: &Items<'_, Given, T>,
    expected: &Expected,
    fresh: &[T::Item],
) -> Told {
    let is_right = |error: &AccessError| match stage.readonly {
        true => *error == AccessError::ReadOnly,
        false => *error == AccessError::WritableNotRequested,
    };
    let is_right = |found: Result<(), AccessError>| matches!(found, Err(error) if is_right(&error));
    expect(is_right(items.update(T::change)), "update of what is not to be written")?;
    let iter = items.iter(Order::Fortran);
    expect(is_right(iter.update(T::change)), "update by an iterator, not to be written")?;
    if expected.len > 0 {
        let indices = stage.model.indices(expected.len - 1);
        let found = items.set(&indices, T::from_item(fresh[0]));
        expect(is_right(found), "set of what is not to be written")?;
    }
    let is_right = match stage.buffer.copy_from_slice(fresh, Order::C) {
        Err(CopyError::ReadOnly) => stage.readonly,
        Err(CopyError::WritableNotRequested) => !stage.readonly,
        _ => false,
    };
    expect(is_right, "copy_from_slice to what is not to be written")?;
    if stage.request == Write::REQUEST {
        let found = TypedBuffer::<Given, T, Write>::get(stage.given);
        let is_right = matches!(found, Err(TypedError::Items(AccessError::ReadOnly)));
        expect(is_right, "a TypedBuffer of what is not to be written")?;
    }
    after(stage, "a refusal", "", stage.bytes)
}

/// A view that a buffer of the type is written by.
struct Typed<'a, T> {
    stage: &'a Stage<'a>,
    /// As many as items, and their bytes.
    values: &'a [T],
    bytes: &'a [u8],
    overlaps: bool,
}

impl<T: Value> Typed<'_, T> {
    fn write<M: Mode + Writing>(&self, random: &mut Random) -> Told {
        let Typed { stage, values, bytes, overlaps } = *self;
        let size = size_of::<T>();
        let buffer = TypedBuffer::<Given, T, M, AnyDim>::get(stage.given)
            .map_err(|error| format!("no TypedBuffer: {error}"))?;
        let many = random.below(values.len() + 1);
        let source = match random.chance(1, 2) {
            true => &values[..many],
            false => values,
        };
        // There may be more values than items.
        let spare = values.first().filter(|_| source.len() == values.len());
        let count = buffer.write_from(source.iter().chain(spare).copied());
        expect(count == source.len(), "another number of items was written")?;
        let mut model = stage.bytes.to_vec();
        stage.model.each(&mut model, Order::C, |at, item| {
            if at < source.len() {
                item.copy_from_slice(&bytes[at * size..][..size]);
            }
        });
        after(stage, "write_from", source.len(), &model)?;
        let Some(number) = values.len().checked_sub(1).map(|last| random.below(last + 1)) else {
            buffer.update(T::change);
            return after(stage, "update of nothing", "", stage.bytes);
        };
        let indices = stage.model.indices(number);
        let (value, item) = (values[number], &bytes[number * size..][..size]);
        let found = buffer.set_item(&indices[..], value);
        found.map_err(|error| format!("set_item {indices:?}: {error}"))?;
        let mut model = stage.bytes.to_vec();
        let place = stage.model.places[number];
        model[place..place + size].copy_from_slice(item);
        after(stage, "set_item", &indices, &model)?;
        if !overlaps {
            buffer.fill(value);
            let mut model = stage.bytes.to_vec();
            stage.model.each(&mut model, Order::C, |_, place| place.copy_from_slice(item));
            after(stage, "fill", "", &model)?;
        }
        Ok(())
    }
}

/// The memory with other items, in an order.
fn written(stage: &Stage<'_>, order: Order, items: &[u8]) -> Vec<u8> {
    let mut model = stage.bytes.to_vec();
    let size = stage.model.itemsize;
    stage.model.each(&mut model, order, |at, item| {
        item.copy_from_slice(&items[at * size..][..size]);
    });
    model
}

/// Whether the memory is as it should be. It is again as it was, then.
fn after(stage: &Stage<'_>, way: &str, order: impl std::fmt::Debug, model: &[u8]) -> Told {
    let compared = same(way, order, model, stage.memory.bytes());
    stage.memory.set(stage.bytes);
    compared
}
