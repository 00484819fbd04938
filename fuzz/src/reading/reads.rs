//! Each way to read the items of a buffer.

use std::io::Read;

use bufferprocs::consumer::ItemsIter;
use bufferprocs::{AccessError, CopyError, Items, Order};

use super::kinds::Value;
use super::stage::{Expected, ORDERS, Stage, expect, made, raw, same};
use crate::given::Given;
use crate::random::{Choices, Random};

type Told = Result<(), String>;

pub fn read<T: Value>(
    stage: &Stage<'_>,
    items: &Items<'_, Given, T>,
    expected: &Expected,
    random: &mut Random,
) -> Told {
    if !stage.model.is_large() {
        by_index(stage, items, expected)?;
    }
    for (at, order) in ORDERS.into_iter().enumerate() {
        let values = &expected.values[at];
        same("fold", order, values, raw(&folded(items.iter(order), expected.len)))?;
        whole::<T>(stage, order, at, expected, random)?;
        if stage.model.is_large() || order == Order::Any {
            continue;
        }
        let looped = |iter: ItemsIter<'_, Given, T>| {
            let mut all = Vec::with_capacity(iter.len());
            for item in iter {
                all.push(item);
            }
            all
        };
        same("for", order, values, raw(&looped(items.iter(order))))?;
        let mut backwards: Vec<T> = items.iter(order).rev().collect();
        backwards.reverse();
        same("rev", order, values, raw(&backwards))?;
        let mut backwards =
            items.iter(order).rfold(Vec::with_capacity(expected.len), |mut all, item| {
                all.push(item);
                all
            });
        backwards.reverse();
        same("rfold", order, values, raw(&backwards))?;
        let split = random.below(expected.len + 1);
        let (head, tail) = items.iter(order).split_at(split);
        expect((head.len(), tail.len()) == (split, expected.len - split), "lengths after a split")?;
        let (before, behind) = values.split_at(split * size_of::<T>());
        same("fold of a head", (order, split), before, raw(&folded(head.clone(), split)))?;
        same("for over a head", (order, split), before, raw(&looped(head)))?;
        same("for over a tail", (order, split), behind, raw(&looped(tail.clone())))?;
        let stored = stage.model.in_order(&expected.items, order);
        let behind_stored = &stored[split * size_of::<T>()..];
        same("blocks of a tail", (order, split), behind_stored, &blocks(tail.clone())?)?;
        same("fold of a tail", (order, split), behind, raw(&folded(tail, expected.len - split)))?;
        same("blocks", order, &stored, &blocks(items.iter(order))?)?;
        mixed(items.iter(order), at, expected, random)
            .map_err(|why| format!("{why}, in {order:?}"))?;
    }
    unordered(stage, items, expected)?;
    let all: Vec<T> = made(&expected.items).into_iter().map(T::from_item).collect();
    expect(T::is_sum(items, &all) != Some(false), "another sum")?;
    slice::<T>(stage, expected)
}

fn by_index<T: Value>(stage: &Stage<'_>, items: &Items<'_, Given, T>, expected: &Expected) -> Told {
    for number in 0..expected.len {
        let indices = stage.model.indices(number);
        let item = items.get(&indices).map_err(|error| format!("get {indices:?}: {error}"))?;
        same("get", &indices, expected.value(0, number), raw(&[item]))?;
        let stored = &expected.items[number * size_of::<T>()..][..size_of::<T>()];
        expect(item.is(stored), "an item that means something else")?;
    }
    let mut indices = vec![0; stage.model.shape.len()];
    for axis in 0..indices.len() {
        indices[axis] = stage.model.shape[axis];
        let is_refused = matches!(items.get(&indices), Err(AccessError::OutOfRange { .. }));
        expect(is_refused, "an index out of range")?;
        indices[axis] = 0;
    }
    indices.push(0);
    let is_refused = matches!(items.get(&indices), Err(AccessError::IndexCount { .. }));
    expect(is_refused, "an index too many")
}

pub fn folded<T>(items: ItemsIter<'_, Given, T>, len: usize) -> Vec<T>
where
    T: Value,
{
    items.fold(Vec::with_capacity(len), |mut all, item| {
        all.push(item);
        all
    })
}

fn blocks<T: Value>(items: ItemsIter<'_, Given, T>) -> Result<Vec<u8>, String> {
    let mut found = Vec::with_capacity(items.len() * size_of::<T>());
    let mut blocks = items.blocks();
    while let Some(block) = blocks.next() {
        expect(!block.is_empty(), "a block without items")?;
        found.extend_from_slice(raw(block));
    }
    Ok(found)
}

/// The ways that copy bytes.
fn whole<T: Value>(
    stage: &Stage<'_>,
    order: Order,
    at: usize,
    expected: &Expected,
    random: &mut Random,
) -> Told {
    let told = |error: CopyError| error.to_string();
    let buffer = stage.buffer;
    let values = buffer.to_vec::<T>(order).map_err(told)?;
    same("to_vec", order, &expected.values[at], raw(&values))?;
    let stored = stage.model.in_order(&expected.items, order);
    let mut target: Vec<T::Item> = made(&vec![0xA5; stored.len()]);
    buffer.copy_to_slice(&mut target, order).map_err(told)?;
    same("copy_to_slice", order, &stored, raw(&target))?;
    if let Some(short) = target.get_mut(1..) {
        let found = buffer.copy_to_slice(short, order);
        expect(matches!(found, Err(CopyError::Length { .. })), "a target that is too short")?;
    }
    let mut chunks = Vec::with_capacity(stored.len());
    buffer.for_each_chunk(order, |chunk| chunks.extend_from_slice(chunk));
    same("for_each_chunk", order, &stored, &chunks)?;
    let mut read = Vec::with_capacity(stored.len());
    let mut reader = buffer.reader(order);
    let mut room = vec![0; 1 + random.below(2 * stored.len().max(7))];
    loop {
        match reader.read(&mut room).map_err(|error| error.to_string())? {
            0 => break,
            count => read.extend_from_slice(&room[..count]),
        }
        if random.chance(1, 4) {
            reader.read_to_end(&mut read).map_err(|error| error.to_string())?;
        }
    }
    same("reader", order, &stored, &read)
}

/// The items in no particular order: each as often as it is shown.
fn unordered<T: Value>(
    stage: &Stage<'_>,
    items: &Items<'_, Given, T>,
    expected: &Expected,
) -> Told {
    let folded = folded(items.iter_unordered(), expected.len);
    if stage.model.is_large() {
        return expect(folded.len() == expected.len, "another number of items, unordered");
    }
    let looped: Vec<T> = items.iter_unordered().collect();
    same("collect and fold, unordered", "", raw(&looped), raw(&folded))?;
    let found = raw(&looped);
    if expected.values.iter().any(|values| values == found) {
        return Ok(());
    }
    let sorted = |bytes: &[u8]| {
        let mut all: Vec<&[u8]> = bytes.chunks_exact(size_of::<T>()).collect();
        all.sort_unstable();
        all.concat()
    };
    same("iter_unordered, sorted", "", &sorted(&expected.values[0]), &sorted(found))
}

/// Some items from the front, some from the back, parts and copies of the rest.
fn mixed<T: Value>(
    mut items: ItemsIter<'_, Given, T>,
    order: usize,
    expected: &Expected,
    random: &mut Random,
) -> Told {
    let (mut front, mut back) = (0, expected.len);
    let mut acts = Vec::with_capacity(10);
    for _ in 0..10 {
        let (act, left) = (random.below(10), back - front);
        let many = random.below(left + 2);
        let count = if random.chance(1, 2) { many } else { many.min(random.below(6)) };
        acts.push((act, count));
        let (found, number) = match act {
            0 | 1 => (items.next(), front),
            2 | 3 => (items.next_back(), back.wrapping_sub(1)),
            4 => (items.nth(count), front + count),
            5 => (items.nth_back(count), back.wrapping_sub(1 + count)),
            6 | 7 => {
                let count = count.min(left);
                let (head, tail) = items.split_at(count);
                let (kept, other, other_from) = match act {
                    6 => (head, tail, front + count),
                    _ => (tail, head, front),
                };
                let size = size_of::<T>();
                let len = other.len();
                let values = &expected.values[order][other_from * size..][..len * size];
                same("a part", &acts, values, raw(&folded(other, len)))?;
                (front, back) =
                    if act == 6 { (front, front + count) } else { (front + count, back) };
                items = kept;
                expect(items.len() == back - front, "the length of a part")?;
                continue;
            }
            8 => {
                let size = size_of::<T>();
                let values = &expected.values[order][front * size..back * size];
                same("the rest", &acts, values, raw(&folded(items.clone(), left)))?;
                continue;
            }
            _ => {
                let mut all: Vec<T> = items.clone().rev().collect();
                all.reverse();
                let size = size_of::<T>();
                let values = &expected.values[order][front * size..back * size];
                same("the rest backwards", &acts, values, raw(&all))?;
                continue;
            }
        };
        let is_there = match act {
            0 | 1 => left > 0,
            2 | 3 => left > 0,
            _ => count < left,
        };
        match (found, is_there) {
            (Some(item), true) => {
                same("one of many", &acts, expected.value(order, number), raw(&[item]))?
            }
            (None, false) => {}
            (found, _) => return Err(format!("an item is {}: {acts:?}", found.is_some())),
        }
        (front, back) = match (act, is_there) {
            (0 | 1 | 4, true) => (number + 1, back),
            (2 | 3 | 5, true) => (front, number),
            (0 | 1 | 4, false) => (back, back),
            _ => (front, front),
        };
        if items.len() != back - front {
            return Err(format!("the length is {} after {acts:?}", items.len()));
        }
    }
    Ok(())
}

/// The memory itself, if no code writes it.
fn slice<T: Value>(stage: &Stage<'_>, expected: &Expected) -> Told {
    let model = stage.model;
    let is_aligned = stage.first % align_of::<T::Item>() == 0;
    let is_immutable = stage.immutable && stage.readonly && !model.is_indirect;
    match (stage.buffer.as_slice::<T::Item>(), expected.len == 0 || is_aligned) {
        (Err(AccessError::NotContiguous), _) if !model.is_c_contiguous => Ok(()),
        (Err(AccessError::Misaligned { .. }), false) if model.is_c_contiguous => Ok(()),
        (Err(AccessError::MayBeWritten), _) if !is_immutable => Ok(()),
        (Ok(items), true) if model.is_c_contiguous && is_immutable => {
            same("as_slice", "", &expected.items, raw(items))
        }
        (found, _) => Err(format!("as_slice: {:?}", found.map(|items| items.len()))),
    }
}
