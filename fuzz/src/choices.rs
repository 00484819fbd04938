//! Shapes and strides of a case.

use arbitrary::{Result, Unstructured};

/// Extents 0 to 4, 0 being rare, of at most `axes` axes.
pub fn shape(choices: &mut Unstructured<'_>, axes: usize) -> Result<Vec<isize>> {
    let ndim = choices.int_in_range(0..=axes)?;
    (0..ndim)
        .map(|_| Ok(*choices.choose(&[1, 2, 3, 2, 4, 3, 1, 2, 3, 4, 2, 3, 2, 3, 2, 0])?))
        .collect()
}

/// Strides in bytes: packed in C or in Fortran order or of any small size, and sometimes with one
/// of them changed.
pub fn strides(
    choices: &mut Unstructured<'_>,
    shape: &[isize],
    itemsize: isize,
) -> Result<Vec<isize>> {
    let ndim = shape.len();
    let mut strides = vec![itemsize; ndim];
    match choices.int_in_range(0..=4)? {
        0 => (1..ndim).rev().for_each(|axis| strides[axis - 1] = strides[axis] * shape[axis]),
        1 => (1..ndim).for_each(|axis| strides[axis] = strides[axis - 1] * shape[axis - 1]),
        kind => {
            let unit = if kind == 2 { 1 } else { itemsize };
            for stride in &mut strides {
                *stride = unit * choices.int_in_range(-6..=6)?;
            }
        }
    }
    if ndim > 0 && choices.ratio(1, 3)? {
        let axis = choices.choose_index(ndim)?;
        strides[axis] = match choices.int_in_range(0..=2)? {
            0 => -strides[axis],
            1 => 0,
            _ => strides[axis] + 1,
        };
    }
    Ok(strides)
}

/// The lowest and the highest place of an item's first byte, relative to the first item. Of items
/// that exist.
pub fn reach(shape: &[isize], strides: &[isize]) -> (isize, isize) {
    let steps = || shape.iter().zip(strides).map(|(extent, stride)| (extent - 1) * stride);
    (steps().filter(|step| *step < 0).sum(), steps().filter(|step| *step > 0).sum())
}

/// All indices of `shape`, the last axis fastest.
pub fn indices(shape: &[isize]) -> Vec<Vec<isize>> {
    let items: isize = shape.iter().product();
    let item = |number: isize| {
        let (mut left, mut indices) = (number, vec![0; shape.len()]);
        for axis in (0..shape.len()).rev() {
            indices[axis] = left % shape[axis];
            left /= shape[axis];
        }
        indices
    };
    (0..items).map(item).collect()
}
