//! Faults in the answer: requests that are refused for no reason, WRITABLE that is ignored, and
//! exceptions beside a success.

use bufferprocs::Request;
use bufferprocs::conformance::Exception;

use super::{Kind, UNUSED, asks, asks_for_order, is_plain_strides, refuses, view};
use crate::facts::Facts;

const FILL: &str = "getbuffer.fill";
const WRITABLE: &str = "request.writable.grant-or-refuse";
const ZERO: &str = "getbuffer.zero";
const ONE: &str = "getbuffer.one-request";

/// Every axis has two items or more: contiguity does not depend on short axes.
fn has_long_axes(facts: &Facts) -> bool {
    facts.shape.as_ref().is_none_or(|shape| shape.iter().all(|&extent| extent > 1))
}

fn shows_strides(facts: &Facts) -> bool {
    facts.strides.is_some()
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 26] = [
    refuses("STRIDES is refused", FILL, |_, state, request| {
        state.is_changing || is_plain_strides(request) && !asks_for_order(request)
    }),
    refuses("STRIDES alone is refused", FILL, |_, state, request| {
        state.is_changing || request - UNUSED == Request::STRIDES
    }),
    refuses("WRITABLE is refused on writable memory", FILL, |_, state, request| {
        state.is_changing || request.contains(Request::WRITABLE)
    }),
    refuses("WRITABLE with FORMAT is refused", FILL, |_, state, request| {
        state.is_changing || request.contains(Request::WRITABLE | Request::FORMAT)
    }),
    refuses("INDIRECT with WRITABLE is refused", FILL, |_, state, request| {
        state.is_changing || request.contains(Request::WRITABLE | Request::INDIRECT)
    }),
    refuses("C_CONTIGUOUS is refused", FILL, |_, state, request| {
        state.is_changing || request.contains(Request::C_CONTIGUOUS)
    }).on(has_long_axes),
    refuses("F_CONTIGUOUS is refused", FILL, |_, state, request| {
        state.is_changing || request.contains(Request::F_CONTIGUOUS)
    }).on(has_long_axes),
    refuses("a run of bytes is refused", FILL, |_, state, request| {
        state.is_changing || !request.contains(Request::ND)
    }).on(|facts| has_long_axes(facts) && shows_strides(facts)),
    refuses("ND without STRIDES is refused", FILL, |_, state, request| {
        let is_nd = request.contains(Request::ND) && !request.contains(Request::STRIDES);
        state.is_changing || is_nd
    }).on(|facts| has_long_axes(facts) && shows_strides(facts)),
    asks("WRITABLE is ignored", WRITABLE, |_, request| request - Request::WRITABLE),
    asks("WRITABLE is ignored with FORMAT", WRITABLE, |_, request| {
        let has_format = request.contains(Request::FORMAT);
        if has_format { request - Request::WRITABLE } else { request }
    }),
    asks("WRITABLE is ignored without ND", WRITABLE, |_, request| {
        let has_shape = request.contains(Request::ND);
        if has_shape { request } else { request - Request::WRITABLE }
    }),
    view("an exception is set with 0", ZERO, |step| {
        step.answer.raised = Some(Exception::buffer_error("left behind"));
    }),
    view("an exception is set with 0 and WRITABLE", ZERO, |step| {
        if step.asks(Request::WRITABLE) {
            step.answer.raised = Some(Exception::buffer_error("left behind"));
        }
    }),
    view("a ValueError is set with 0 and an order", ZERO, |step| {
        if asks_for_order(step.request) {
            step.answer.raised = Some(Exception::other("ValueError", "left behind"));
        }
    }),
    refuses("a second view is refused", ONE, |_, state, _| {
        state.is_changing || state.views_out() > 0
    }),
    refuses("a second view without ND is refused", ONE, |_, state, request| {
        state.is_changing || state.views_out() > 0 && !request.contains(Request::ND)
    }),
    view("a second view is read-only", ONE, |step| {
        if step.state.views_out() > 1 && !step.asks(Request::WRITABLE) {
            step.view.readonly = 1;
        }
    }),
    view("a second view has no format", ONE, |step| {
        if step.state.views_out() > 1 {
            step.view.format = std::ptr::null_mut();
        }
    }),
    view("a second view has no items", ONE, |step| {
        let shape = step.facts.shape.clone().unwrap_or_default();
        if step.state.views_out() > 1 && shape.first().is_some_and(|&extent| extent > 0) {
            step.view.len = 0;
            let shape = [&[0], &shape[1..]].concat();
            step.set_shape(&shape);
        }
    }).on(|facts| !facts.is_per_view),
    view("a second view has one dimension", ONE, |step| {
        let (len, itemsize) = (step.facts.len, step.facts.itemsize);
        if step.state.views_out() > 1 && step.facts.ndim() > 1 && step.facts.is_packed_in_c() {
            step.view.ndim = 1;
            step.set_shape(&[len / itemsize]);
            step.set_strides(&[itemsize]);
        }
    }),
    view("a second view has another itemsize", ONE, |step| {
        if step.state.views_out() > 1 {
            step.view.itemsize *= 2;
        }
    }),
    view("a second view has another format", ONE, |step| {
        if step.state.views_out() > 1 && step.facts.itemsize > 1 {
            step.set_format(b"B");
        }
    }),
    view("a second view has other strides", ONE, |step| {
        let strides: Vec<_> = step.facts.strides.iter().flatten().map(|stride| -stride).collect();
        if step.state.views_out() > 1 && step.facts.long_axis().is_some() {
            step.set_strides(&strides);
        }
    }).implies(&["field.strides.address"]),
    view("a second view starts one item later", "field.buf.first-item", |step| {
        if step.state.views_out() > 1 {
            step.move_buf(step.facts.itemsize);
        }
    }).on(|facts| facts.items().is_some()),
    view("an exception is set with 0 beside a view", ZERO, |step| {
        if step.state.views_out() > 1 {
            step.answer.raised = Some(Exception::buffer_error("left behind"));
        }
    }),
];
