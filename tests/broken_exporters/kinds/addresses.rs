//! Faults in `buf`, strides and suboffsets: where the items are.

use std::ptr::{null_mut, without_provenance_mut};

use bufferprocs::Request;

use super::{Kind, view};
use crate::facts::Facts;
use crate::mutant::Step;

const DISTINCT: &str = "strides.distinct";
const WITHIN: &str = "field.strides.within-memory";
const FIRST: &str = "field.buf.first-item";
const ADDRESS: &str = "field.strides.address";
const FILL: &str = "getbuffer.fill";
const NO_STRIDES: &str = "request.no-strides-means-c";
const C_ORDER: &str = "request.c-contiguous";
const F_ORDER: &str = "request.f-contiguous";
const ANY_ORDER: &str = "request.any-contiguous";
pub const POINTERS: &str = "suboffsets.trusted-pointers";
const BEHIND: &str = "field.suboffsets.address";

/// The shape with another extent of an axis.
fn with_extent(facts: &Facts, axis: usize, extent: isize) -> Vec<isize> {
    let mut shape = facts.shape.clone().unwrap_or_default();
    shape[axis] = extent;
    shape
}

/// Changes the stride of the first axis that has several items.
fn change_stride(step: &mut Step, change: fn(isize, isize) -> isize) {
    let Some(axis) = step.facts.long_axis() else { return };
    let mut strides = step.facts.strides.clone().unwrap_or_default();
    strides[axis] = change(strides[axis], step.facts.itemsize);
    step.set_strides(&strides);
}

/// The author knows where the memory is.
fn is_within(facts: &Facts) -> bool {
    facts.items().is_some() && !facts.is_per_view
}

fn has_strides(facts: &Facts) -> bool {
    facts.items().is_some()
}

/// Extent, stride and suboffset of the first axis behind a pointer, and the strides.
fn pointers(facts: &Facts) -> Option<(isize, Vec<isize>)> {
    let shape = facts.shape.as_ref()?;
    let follows = facts.suboffsets.as_ref()?.first().is_some_and(|&suboffset| suboffset >= 0);
    follows.then(|| (shape[0], facts.strides.clone().unwrap_or_default()))
}

fn has_pointers(facts: &Facts) -> bool {
    pointers(facts).is_some()
}

/// Items of several bytes, one right after the other along the first axis that has several.
fn is_packed(facts: &Facts) -> bool {
    let stride = facts.long_axis().zip(facts.strides.as_ref()).map(|(axis, all)| all[axis].abs());
    facts.itemsize > 1 && !facts.has_pointers() && stride == Some(facts.itemsize)
}

/// Two axes with several items, of which the second is packed and fills the stride of the first.
fn is_table(facts: &Facts) -> bool {
    let (Some(shape), Some(strides)) = (&facts.shape, &facts.strides) else { return false };
    let fits = || strides[1] == facts.itemsize && strides[0] == shape[1] * strides[1];
    !facts.has_pointers() && shape.len() == 2 && shape[0] > 1 && shape[1] > 2 && fits()
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 30] = [
    view("buf is one item later", FIRST, |step| step.move_buf(step.facts.itemsize))
        .on(has_strides).implies(&[WITHIN]),
    view("buf is one byte later", FIRST, |step| step.move_buf(1))
        .on(has_strides).implies(&[WITHIN]),
    view("buf is one item earlier", WITHIN, |step| step.move_buf(-step.facts.itemsize))
        .on(is_within).implies(&[FIRST]),
    view("buf is the lowest address", FIRST, |step| step.move_buf(step.facts.span().0))
        .on(has_strides).implies(&[WITHIN]),
    view("buf is the last item", FIRST, |step| {
        let Some((shape, strides)) = step.facts.items() else { return };
        let last = shape.iter().zip(strides).map(|(extent, stride)| (extent - 1) * stride).sum();
        step.move_buf(last);
    }).implies(&[WITHIN]),
    view("buf without STRIDES is one item later", "request.fixed-fields", |step| {
        if !step.asks(Request::STRIDES) {
            step.move_buf(step.facts.itemsize);
        }
    }).on(|facts| !facts.is_per_view && facts.strides.is_some() && facts.len > 0),
    view("buf with WRITABLE is a copy", "request.fixed-fields", |step| {
        if step.asks(Request::WRITABLE) {
            step.copy_items();
        }
    }).on(|facts| !facts.is_per_view),
    view("strides are in the wrong order", ADDRESS, |step| {
        let mut strides = step.facts.strides.clone().unwrap_or_default();
        strides.reverse();
        if step.facts.differ(&strides) {
            step.set_strides(&strides);
        }
    }).implies(&[DISTINCT, WITHIN, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("shape is in the wrong order", ADDRESS, |step| {
        let mut shape = step.facts.shape.clone().unwrap_or_default();
        shape.reverse();
        // Axes of one item may change places.
        let differs = Some(&shape) != step.facts.shape.as_ref() && !shape.contains(&1);
        if has_strides(step.facts) && differs {
            step.set_shape(&shape);
        }
    }).implies(&[DISTINCT, WITHIN, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("strides are those of C order", ADDRESS, |step| {
        let strides = step.facts.c_strides();
        if step.facts.differ(&strides) {
            step.set_strides(&strides);
        }
    }).implies(&[WITHIN, FILL, F_ORDER]),
    view("a stride has lost its sign", ADDRESS, |step| {
        let strides = step.facts.strides.iter().flatten();
        let strides: Vec<_> = strides.map(|stride| stride.abs()).collect();
        if step.facts.differ(&strides) {
            step.set_strides(&strides);
        }
    }).implies(&[WITHIN, FILL]),
    view("a stride has the other sign", ADDRESS, |step| change_stride(step, |stride, _| -stride))
        .implies(&[WITHIN, FILL, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("a stride counts items", ADDRESS, |step| change_stride(step, |stride, size| stride / size))
        .implies(&[DISTINCT, FILL, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("a stride is 0", ADDRESS, |step| change_stride(step, |_, _| 0))
        .implies(&[NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("a stride is doubled", ADDRESS, |step| change_stride(step, |stride, _| 2 * stride))
        .implies(&[DISTINCT, WITHIN, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("a stride has an item too many", ADDRESS, |step| {
        change_stride(step, |stride, size| stride + size);
    }).implies(&[DISTINCT, WITHIN, FILL, NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("an index more than there is memory", WITHIN, |step| {
        let Some(axis) = step.facts.long_axis() else { return };
        let (Some(shape), Some(strides)) = (&step.facts.shape, &step.facts.strides) else { return };
        if strides[axis] != 0 {
            step.view.len = step.facts.len / shape[axis] * (shape[axis] + 1);
            let shape = with_extent(step.facts, axis, shape[axis] + 1);
            step.set_shape(&shape);
        }
    }).on(|facts| !facts.is_per_view).implies(&[DISTINCT, ADDRESS, F_ORDER, ANY_ORDER]),
    view("an index too few", ADDRESS, |step| {
        let Some(axis) = step.facts.long_axis() else { return };
        let Some(shape) = &step.facts.shape else { return };
        step.view.len = step.facts.len / shape[axis] * (shape[axis] - 1);
        let shape = with_extent(step.facts, axis, shape[axis] - 1);
        step.set_shape(&shape);
    }).implies(&["request.contiguity.short-axes", F_ORDER, ANY_ORDER]),
    view("suboffsets that follow no pointer", "field.suboffsets.null", |step| {
        if step.asks(Request::INDIRECT) && step.view.suboffsets.is_null() && step.view.ndim > 0 {
            step.view.suboffsets = step.new_array(&vec![-1; step.facts.ndim()]);
        }
    }),
    view("suboffsets of -8 with STRIDES", "field.suboffsets.null", |step| {
        if step.asks(Request::STRIDES) && step.view.suboffsets.is_null() && step.view.ndim > 0 {
            step.view.suboffsets = step.new_array(&vec![-8; step.facts.ndim()]);
        }
    }),
    view("the pointers are in the wrong order", BEHIND, |step| {
        if let Some((extent, mut strides)) = pointers(step.facts) {
            step.view.buf = step.view.buf.wrapping_byte_offset((extent - 1) * strides[0]);
            strides[0] = -strides[0];
            step.set_strides(&strides);
        }
    }),
    view("the first pointer is followed each time", BEHIND, |step| {
        if let Some((_, mut strides)) = pointers(step.facts) {
            strides[0] = 0;
            step.set_strides(&strides);
        }
    }),
    view("an axis behind a pointer has stride 0", BEHIND, |step| {
        if let Some((_, mut strides)) = pointers(step.facts) {
            strides[1] = 0;
            step.set_strides(&strides);
        }
    }),
    view("the suboffset leads to the last item behind", BEHIND, |step| {
        let Some((_, mut strides)) = pointers(step.facts) else { return };
        let facts = step.facts;
        let (Some(shape), Some(suboffsets)) = (&facts.shape, &facts.suboffsets) else { return };
        if !step.view.suboffsets.is_null() {
            let mut suboffsets = suboffsets.clone();
            suboffsets[0] += (shape[1] - 1) * strides[1];
            strides[1] = -strides[1];
            step.view.suboffsets = step.new_array(&suboffsets);
            step.set_strides(&strides);
        }
    }),
    view("all pointers are NULL", POINTERS, |step| {
        step.change_pointers(|pointers| pointers.fill(null_mut()));
    }).on(has_pointers),
    view("the last pointer is NULL", POINTERS, |step| {
        step.change_pointers(|pointers| {
            if let Some(last) = pointers.last_mut() {
                *last = null_mut();
            }
        });
    }).on(has_pointers),
    view("the first pointer is a small number", POINTERS, |step| {
        step.change_pointers(|pointers| {
            if let Some(first) = pointers.first_mut() {
                *first = without_provenance_mut(64);
            }
        });
    }).on(has_pointers),
    view("items overlap by a byte", DISTINCT, |step| {
        change_stride(step, |stride, _| stride - stride.signum());
    }).on(is_packed).untold().implies(&[NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("items overlap by all but a byte", DISTINCT, |step| {
        change_stride(step, |stride, _| stride.signum());
    }).on(is_packed).untold().implies(&[NO_STRIDES, C_ORDER, F_ORDER, ANY_ORDER]),
    view("rows overlap by an item", DISTINCT, |step| {
        change_stride(step, |stride, size| stride - stride.signum() * size);
    }).on(is_table).untold().implies(&[NO_STRIDES, C_ORDER, ANY_ORDER]),
];
