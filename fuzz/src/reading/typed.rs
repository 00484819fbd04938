//! The same items by a buffer that knows their type, and by rows.

use bufferprocs::consumer::{AnyDim, Dim, Mode, Read, ReadContiguous, TypedBuffer};

use super::kinds::Value;
use super::reads::folded;
use super::stage::{Expected, Stage, expect, made, raw, same};
use crate::given::Given;
use crate::random::{Choices, Random};

/// More rows are not looked at.
const ROWS: usize = 500;

/// If the request is one that such a buffer makes.
pub fn read<T: Value>(
    stage: &Stage<'_>,
    expected: &Expected,
    random: &mut Random,
) -> Result<(), String> {
    let request = stage.request;
    if request == Read::REQUEST {
        compare::<T, Read>(stage, expected, random)?;
        let is_matrix = TypedBuffer::<Given, T, Read, Dim<2>>::get(stage.given).is_ok();
        return expect(is_matrix == (stage.model.shape.len() == 2), "two dimensions");
    }
    if request == ReadContiguous::REQUEST {
        return compare::<T, ReadContiguous>(stage, expected, random);
    }
    Ok(())
}

fn compare<T: Value, M: Mode>(
    stage: &Stage<'_>,
    expected: &Expected,
    random: &mut Random,
) -> Result<(), String> {
    let buffer = TypedBuffer::<Given, T, M, AnyDim>::get(stage.given)
        .map_err(|error| format!("no TypedBuffer: {error}"))?;
    let shape = &stage.model.shape;
    expect(buffer.shape() == shape && buffer.len() == expected.len, "another shape")?;
    let values = &expected.values[0];
    let items: Vec<T> = (&buffer).into_iter().collect();
    same("TypedBuffer::iter", "", values, raw(&items))?;
    let stored: Vec<T> = buffer.to_vec().map_err(|error| error.to_string())?;
    same("TypedBuffer::to_vec", "", values, raw(&stored))?;
    let all: Vec<T> = made(&expected.items).into_iter().map(T::from_item).collect();
    expect(T::is_sum(&buffer.items(), &all) != Some(false), "another sum of a TypedBuffer")?;

    let extent = shape.last().copied().unwrap_or(1);
    let outer = &shape[..shape.len().saturating_sub(1)];
    // With extents of any size, beside one of 0, there may be more rows than numbers.
    let rows = outer.iter().fold(1_u128, |rows, &extent| rows.saturating_mul(extent as u128));
    let rows = if outer.contains(&0) { 0 } else { rows };
    let mut found = buffer.rows();
    if let Ok(rows) = usize::try_from(rows) {
        expect(found.len() == rows, "another number of rows")?;
    }
    for number in 0..rows.min(ROWS as u128) as usize {
        let Some(row) = found.next() else { return Err("a row is missing".to_owned()) };
        let len = extent * size_of::<T>();
        let values = match expected.len {
            0 => &[],
            _ => &values[number * len..][..len],
        };
        expect(row.len() == extent, "the length of a row")?;
        same("a row", number, values, raw(&folded(row.iter(), extent)))?;
        let mut backwards: Vec<T> = row.iter().rev().collect();
        backwards.reverse();
        same("a row backwards", number, values, raw(&backwards))?;
        same("a row as a vector", number, values, raw(&row.to_vec()))?;
        let at = random.below(extent + 1);
        let item: Vec<T> = row.get(at).into_iter().collect();
        let value = values.chunks_exact(size_of::<T>()).nth(at).unwrap_or(&[]);
        same("an item of a row", (number, at), value, raw(&item))?;
    }
    expect(rows > ROWS as u128 || found.next().is_none(), "a row too many")
}
