//! Faults in what a request gets: which arrays are set, and how flags are read.

use std::ptr::null_mut;

use bufferprocs::Request;

use super::{
    ANY, C, F, Kind, UNUSED, asks, asks_for_order, flag, is_plain_strides, kind, leave_out,
    refuses, view,
};
use crate::facts::Facts;
use crate::mutant::{CORRECT, Fault, Step};

const NESTING: &str = "request.nesting";
const FILL: &str = "getbuffer.fill";

fn has_dimensions(facts: &Facts) -> bool {
    facts.shape.as_ref().is_some_and(|shape| !shape.is_empty())
}

/// It shows strides, and follows no pointers.
fn shows_strides(facts: &Facts) -> bool {
    facts.strides.is_some() && !facts.has_pointers()
}

/// Numbers for an array that was not requested.
fn shape_of(step: &Step) -> Vec<isize> {
    step.facts.shape.clone().unwrap_or_default()
}

/// Adds the bits of `whole` to a request that has its own bit, but not those that come with it.
fn whole(request: Request, bit: Request, whole: Request) -> Request {
    if request.intersects(bit) && !request.contains(whole) { request | whole } else { request }
}

/// Asks for strides in place of what a request for fewer fields would get.
fn with_strides(request: Request) -> Request {
    let is_strided = request.contains(Request::STRIDES);
    let has_bare_format = request.contains(Request::FORMAT) && !request.contains(Request::ND);
    let others = request - (C | F | ANY | Request::INDIRECT);
    if is_strided || has_bare_format { request } else { others | Request::STRIDES }
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 34] = [
    asks("a part of STRIDES counts as STRIDES", NESTING, |_, request| {
        whole(request, flag(0x10), Request::STRIDES)
    }),
    asks("a part of C_CONTIGUOUS counts as C_CONTIGUOUS", NESTING, |_, request| {
        whole(request, C, Request::C_CONTIGUOUS)
    }),
    asks("a part of INDIRECT counts as INDIRECT", NESTING, |_, request| {
        whole(request, flag(0x100), Request::INDIRECT)
    }),
    refuses("a part of a flag is refused", NESTING, |_, state, request| {
        state.is_changing || request.intersects(F) && !request.contains(Request::F_CONTIGUOUS)
    }),
    refuses("the unused bit is refused", "request.unknown-bits", |_, state, request| {
        state.is_changing || request.contains(UNUSED)
    }),
    asks("the unused bit counts as WRITABLE", "request.unknown-bits", |_, request| {
        if request.contains(UNUSED) { request | Request::WRITABLE } else { request }
    }),
    asks("the unused bit counts as STRIDES", "request.unknown-bits", |_, request| {
        if request.contains(UNUSED) { request | Request::STRIDES } else { request }
    }),
    view("the unused bit gets strides", "request.unknown-bits", |step| {
        if step.asks(UNUSED) && step.view.strides.is_null() && step.view.ndim > 0 {
            let strides = step.facts.c_strides();
            step.view.strides = step.new_array(&strides);
        }
    }).on(has_dimensions),
    view("a shape without ND", "request.simple", |step| {
        if !step.asks(Request::ND) {
            step.view.shape = step.new_array(&[step.facts.len]);
        }
    }),
    view("strides without ND", "request.simple", |step| {
        if !step.asks(Request::ND) {
            step.view.strides = step.new_array(&[step.facts.itemsize]);
        }
    }),
    view("strides with ND", "request.nd", |step| {
        if step.asks(Request::ND) && !step.asks(Request::STRIDES) {
            let strides = step.facts.c_strides();
            step.view.strides = step.new_array(&strides);
        }
    }).on(has_dimensions),
    view("no shape with ND", "request.nd", |step| {
        if !step.asks(Request::STRIDES) {
            step.view.shape = null_mut();
        }
    }).on(has_dimensions),
    view("no strides with STRIDES", "request.strides", |step| {
        if is_plain_strides(step.request) {
            step.view.strides = null_mut();
        }
    }).on(has_dimensions),
    view("no shape with STRIDES", "request.strides", |step| {
        if is_plain_strides(step.request) {
            step.view.shape = null_mut();
        }
    }).on(has_dimensions),
    view("no strides with an order", "request.strides", |step| {
        if asks_for_order(step.request) {
            step.view.strides = null_mut();
        }
    }).on(has_dimensions).implies(&["request.indirect"]),
    view("no strides with INDIRECT", "request.indirect", |step| {
        if step.asks(Request::INDIRECT) {
            step.view.strides = null_mut();
        }
    }).on(has_dimensions).implies(&[
        "field.strides.address",
        "field.strides.within-memory",
        "getbuffer.fill",
        "request.f-contiguous",
    ]),
    view("no shape with INDIRECT", "request.indirect", |step| {
        if step.asks(Request::INDIRECT) {
            step.view.shape = null_mut();
        }
    }).on(has_dimensions),
    kind("other orders without STRIDES", "request.no-strides-means-c", Fault {
        asks: |_, request| with_strides(request),
        granted: leave_out,
        ..CORRECT
    }).on(shows_strides),
    kind("other orders with ND alone", "request.no-strides-means-c", Fault {
        asks: |_, request| match request.contains(Request::ND) {
            true => with_strides(request),
            false => request,
        },
        granted: leave_out,
        ..CORRECT
    }).on(shows_strides),
    kind("other orders as a run of bytes", "request.no-strides-means-c", Fault {
        asks: |_, request| match request.contains(Request::ND) {
            true => request,
            false => with_strides(request),
        },
        granted: leave_out,
        ..CORRECT
    }).on(shows_strides),
    asks("C_CONTIGUOUS is ignored", "request.c-contiguous", |_, request| request - C)
        .on(|facts| !facts.has_pointers()),
    asks("F_CONTIGUOUS is ignored", "request.f-contiguous", |_, request| request - F)
        .on(|facts| !facts.has_pointers()),
    asks("ANY_CONTIGUOUS is ignored", "request.any-contiguous", |_, request| request - ANY)
        .on(|facts| !facts.has_pointers()),
    kind("C_CONTIGUOUS checks Fortran order", "request.c-contiguous", Fault {
        asks: |_, request| match request.contains(Request::C_CONTIGUOUS) {
            true => (request - C) | F,
            false => request,
        },
        ..CORRECT
    }).on(Facts::is_packed_in_fortran),
    kind("F_CONTIGUOUS checks C order", "request.f-contiguous", Fault {
        asks: |_, request| match request.contains(Request::F_CONTIGUOUS) {
            true => (request - F) | C,
            false => request,
        },
        ..CORRECT
    }).on(Facts::is_packed_in_c),
    asks("an order is ignored with FORMAT", "request.any-contiguous", |_, request| {
        if request.contains(Request::FORMAT) { request - C - F - ANY } else { request }
    }).on(|facts| {
        let is_packed = facts.is_packed_in_c() || facts.is_packed_in_fortran();
        !facts.has_pointers() && !is_packed
    }).implies(&["request.c-contiguous", "request.f-contiguous"]),
    refuses("an order is refused", "request.contiguity.short-axes", |_, state, request| {
        state.is_changing || asks_for_order(request)
    }).on(|facts| facts.shape.iter().flatten().any(|&extent| extent <= 1)),
    kind("pointers without INDIRECT", "suboffsets.indirect-only", Fault {
        asks: |_, request| {
            let is_strided = request.contains(Request::STRIDES);
            if is_strided { request | Request::INDIRECT } else { request }
        },
        granted: leave_out,
        ..CORRECT
    }),
    kind("pointers as a run of bytes", "suboffsets.indirect-only", Fault {
        asks: |_, request| match request.intersects(Request::ND | Request::FORMAT) {
            true => request,
            false => (request - (C | F | ANY)) | Request::INDIRECT,
        },
        granted: leave_out,
        ..CORRECT
    }).on(Facts::has_pointers),
    view("packed strides without INDIRECT", "request.no-degrade", |step| {
        if is_plain_strides(step.request) && !asks_for_order(step.request) {
            let strides = step.facts.c_strides();
            if step.facts.differ(&strides) {
                step.set_strides(&strides);
            }
        }
    }),
    view("one dimension without FORMAT", "request.no-degrade", |step| {
        let has_rows = step.facts.ndim() > 1 && step.facts.is_packed_in_c();
        if step.asks(Request::ND) && !step.asks(Request::FORMAT) && has_rows {
            step.view.ndim = 1;
            step.set_shape(&[step.facts.len / step.facts.itemsize]);
            step.set_strides(&[step.facts.itemsize]);
        }
    }),
    view("another shape with WRITABLE", "request.no-degrade", |step| {
        let asked = step.asks(Request::WRITABLE | Request::ND);
        if asked && step.facts.ndim() == 1 && step.facts.long_axis().is_some() {
            let shape = shape_of(step);
            step.view.ndim = 2;
            step.set_shape(&[1, shape[0]]);
            let strides = step.facts.strides.clone().unwrap_or_default();
            step.set_strides(&[shape[0] * strides[0], strides[0]]);
        }
    }),
    view("another object in obj without ND", "request.fixed-fields", |step| {
        if !step.asks(Request::ND) {
            step.view.obj = step.other;
        }
    }).on(|facts| facts.strides.is_some() && !facts.is_redirected),
    refuses("ANY_CONTIGUOUS means C order", FILL, |facts, state, request| {
        let is_any = request.contains(Request::ANY_CONTIGUOUS) && !request.intersects(C | F);
        state.is_changing || is_any && facts.is_packed_in_fortran() && !facts.is_packed_in_c()
    }),
];
