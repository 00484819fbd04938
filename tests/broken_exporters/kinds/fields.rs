//! Faults in the fields of a view: `len`, `readonly`, `ndim`, shape and what is left unwritten.

use std::ptr::{null_mut, without_provenance_mut};

use bufferprocs::Request;

use super::{Kind, view};
use crate::facts::Facts;
use crate::mutant::Step;

fn shows_shape(facts: &Facts) -> bool {
    facts.shape.is_some()
}

/// Leaves a field as it was before the request.
fn before(step: &Step) -> bufferprocs::abi::Py_buffer {
    step.state.before.expect("a request was made")
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 35] = [
    view("len is the number of items", "field.len.product", |step| {
        step.view.len /= step.facts.itemsize;
    }).on(shows_shape),
    view("len has an item too many", "field.len.product", |step| {
        step.view.len += step.facts.itemsize;
    }).on(shows_shape),
    view("len is that of one item", "field.len.product", |step| {
        step.view.len = step.facts.itemsize;
    }).on(shows_shape),
    view("len counts the bytes between the items too", "field.len.product", |step| {
        let (start, end) = step.facts.span();
        step.view.len = end - start;
    }).on(shows_shape),
    view("len is that of the first axis", "field.len.product", |step| {
        if let Some([first, ..]) = step.facts.shape.as_deref() {
            step.view.len = first * step.facts.itemsize;
        }
    }).on(shows_shape),
    view("len is negative", "field.len.product", |step| step.view.len = -1)
        .on(shows_shape),
    view("len without ND is that of one item", "request.fixed-fields", |step| {
        if !step.asks(Request::ND) {
            step.view.len = step.facts.itemsize;
        }
    }).on(|facts| facts.strides.is_some()),
    view("len with WRITABLE is 0", "request.fixed-fields", |step| {
        if step.asks(Request::WRITABLE) {
            step.view.len = 0;
        }
    }).implies(&["field.len.product"]),
    view("readonly is 2", "field.readonly.values", |step| {
        if step.facts.is_readonly {
            step.view.readonly = 2;
        }
    }),
    view("readonly is -1 on writable memory", "field.readonly.values", |step| {
        if !step.facts.is_readonly {
            step.view.readonly = -1;
        }
    }),
    view("readonly is the flag WRITABLE", "request.writable.grant-or-refuse", |step| {
        step.view.readonly = i32::from(step.asks(Request::WRITABLE));
    }).on(|facts| !facts.is_readonly),
    view("readonly is 1 on writable memory", "request.writable.grant-or-refuse", |step| {
        step.view.readonly = 1;
    }).on(|facts| !facts.is_readonly),
    view("readonly is 1 without STRIDES", "request.writable.consistent", |step| {
        if !step.asks(Request::STRIDES) && !step.asks(Request::WRITABLE) {
            step.view.readonly = 1;
        }
    }).on(|facts| facts.strides.is_some()),
    view("readonly is 1 with FORMAT", "request.writable.consistent", |step| {
        if step.asks(Request::FORMAT) && !step.asks(Request::WRITABLE) {
            step.view.readonly = 1;
        }
    }),
    view("readonly is 0 without STRIDES", "request.writable.consistent", |step| {
        if !step.asks(Request::STRIDES) {
            step.view.readonly = 0;
        }
    }).on(|facts| facts.strides.is_some()).implies(&["chain.stays-read-only"]),
    view("readonly is 0 on read-only memory", "chain.stays-read-only", |step| {
        step.view.readonly = 0;
    }).on(|facts| facts.strides.is_some()).implies(&["getbuffer.fill"]),
    view("65 dimensions", "field.ndim.max", |step| {
        if step.asks(Request::ND) && step.facts.is_line() {
            let mut shape = [1; 65];
            shape[64] = step.facts.len / step.facts.itemsize;
            step.view.ndim = 65;
            step.set_shape(&shape);
            step.set_strides(&[step.facts.itemsize; 65]);
        }
    }),
    view("ndim is -1", "field.ndim.max", |step| {
        if step.asks(Request::ND) {
            step.view.ndim = -1;
        }
    }).implies(&["request.nd", "request.strides", "request.indirect"]),
    view("ndim is 0 without ND", "request.ndim-without-nd", |step| {
        if !step.asks(Request::ND) {
            step.view.ndim = 0;
        }
    }),
    view("ndim is 2 without ND", "request.ndim-without-nd", |step| {
        if !step.asks(Request::ND) {
            step.view.ndim = 2;
        }
    }),
    view("a shape without dimensions", "field.ndim.zero", |step| {
        if step.asks(Request::ND) && step.view.ndim == 0 {
            step.view.shape = step.new_array(&[1]);
        }
    }),
    view("strides without dimensions", "field.ndim.zero", |step| {
        if step.asks(Request::STRIDES) && step.view.ndim == 0 {
            step.view.strides = step.new_array(&[step.facts.itemsize]);
        }
    }),
    view("suboffsets without dimensions", "field.ndim.zero", |step| {
        if step.asks(Request::INDIRECT) && step.view.ndim == 0 {
            step.view.suboffsets = step.new_array(&[-1]);
        }
    }),
    view("two extents are negative", "field.shape.extents", |step| {
        if let Some([first, second, rest @ ..]) = step.facts.shape.as_deref() {
            let shape = [&[-first, -second], rest].concat();
            step.set_shape(&shape);
        }
    }),
    view("an extent is negative", "field.shape.extents", |step| {
        if let Some([first, rest @ ..]) = step.facts.shape.as_deref() {
            let shape = [&[-first], rest].concat();
            step.set_shape(&shape);
        }
    }).implies(&["field.len.product"]),
    view("the first extent is one too large", "field.len.product", |step| {
        if let Some([first, rest @ ..]) = step.facts.shape.as_deref() {
            let shape = [&[first + 1], rest].concat();
            step.set_shape(&shape);
        }
    }).implies(&[
        "strides.distinct",
        "suboffsets.trusted-pointers",
        "field.strides.address",
        "field.strides.within-memory",
        "field.suboffsets.address",
        "request.f-contiguous",
        "request.any-contiguous",
    ]),
    view("internal is not written", "field.all-written", |step| {
        step.view.internal = before(step).internal;
    }),
    view("internal is not written beside a view", "field.all-written", |step| {
        if step.state.views_out() > 1 {
            step.view.internal = before(step).internal;
        }
    }),
    view("suboffsets are not written", "field.all-written", |step| {
        if step.view.suboffsets.is_null() {
            step.view.suboffsets = before(step).suboffsets;
        }
    }).implies(&["field.ndim.zero"]),
    view("format is not written without FORMAT", "field.all-written", |step| {
        if !step.asks(Request::FORMAT) {
            step.view.format = before(step).format;
        }
    }),
    view("strides are not written without STRIDES", "field.all-written", |step| {
        if !step.asks(Request::STRIDES) {
            step.view.strides = before(step).strides;
        }
    }).implies(&["field.ndim.zero", "request.simple", "request.nd"]),
    view("readonly is not written if 0", "field.all-written", |step| {
        if step.view.readonly == 0 {
            step.view.readonly = before(step).readonly;
        }
    }).implies(&["field.readonly.values"]),
    view("ndim is not written without ND", "field.all-written", |step| {
        if !step.asks(Request::ND) {
            step.view.ndim = before(step).ndim;
        }
    }).implies(&["field.ndim.max", "request.ndim-without-nd"]),
    view("buf is NULL without items", "field.buf.empty", |step| {
        if step.facts.len == 0 {
            step.view.buf = null_mut();
        }
    }),
    view("buf is not written without items", "field.all-written", |step| {
        if step.facts.len == 0 {
            step.view.buf = without_provenance_mut(before(step).buf.addr());
        }
    }),
];
