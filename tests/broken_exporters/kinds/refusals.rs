//! Faults in refusals: status, exception, and what they leave in the view.

use std::ptr::null_mut;

use bufferprocs::Request;
use bufferprocs::abi::Py_buffer;
use bufferprocs::conformance::Exception;

use super::{Kind, asks_for_order, refused};

const SIGNATURE: &str = "getbuffer.signature";
const BUFFER_ERROR: &str = "getbuffer.refuse.buffer-error";
const MINUS_ONE: &str = "getbuffer.refuse.minus-one";
const OBJ_NULL: &str = "getbuffer.refuse.obj-null";
const NO_TRACE: &str = "getbuffer.refuse.no-trace";
const REST: &str = "getbuffer.refuse.rest-untouched";

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 27] = [
    refused("no exception with a refusal", SIGNATURE, |step| step.answer.raised = None),
    refused("no exception with a refusal of WRITABLE", SIGNATURE, |step| {
        if step.asks(Request::WRITABLE) {
            step.answer.raised = None;
        }
    }),
    refused("no exception with a refusal of an order", SIGNATURE, |step| {
        if asks_for_order(step.request) {
            step.answer.raised = None;
        }
    }),
    refused("ValueError with a refusal", BUFFER_ERROR, |step| {
        step.answer.raised = Some(Exception::other("ValueError", "not this one"));
    }),
    refused("TypeError with a refusal of WRITABLE", BUFFER_ERROR, |step| {
        if step.asks(Request::WRITABLE) {
            step.answer.raised = Some(Exception::other("TypeError", "it is read-only"));
        }
    }),
    refused("NotImplementedError with a refusal without ND", BUFFER_ERROR, |step| {
        if !step.asks(Request::ND) {
            step.answer.raised = Some(Exception::other("NotImplementedError", "no run of bytes"));
        }
    }),
    refused("a refusal returns 1", MINUS_ONE, |step| step.answer.status = 1),
    refused("a refusal returns -2", MINUS_ONE, |step| step.answer.status = -2),
    refused("a refusal of an order returns 1", MINUS_ONE, |step| {
        if asks_for_order(step.request) {
            step.answer.status = 1;
        }
    }),
    refused("a refusal leaves obj as it was", OBJ_NULL, |step| {
        step.view.obj = step.state.before.map_or(null_mut(), |before| before.obj);
    }),
    refused("a refusal sets obj to the exporter", OBJ_NULL, |step| step.view.obj = step.target),
    refused("a refusal sets obj to another object", OBJ_NULL, |step| step.view.obj = step.other),
    refused("a refusal of WRITABLE leaves obj as it was", OBJ_NULL, |step| {
        if step.asks(Request::WRITABLE) {
            step.view.obj = step.state.before.map_or(null_mut(), |before| before.obj);
        }
    }),
    refused("a refusal keeps a reference", NO_TRACE, |step| step.state.count(step.target, 1)),
    refused("a refusal drops a reference", NO_TRACE, |step| step.state.count(step.target, -1)),
    refused("a refusal of WRITABLE keeps a reference", NO_TRACE, |step| {
        if step.asks(Request::WRITABLE) {
            step.state.count(step.target, 1);
        }
    }),
    refused("a refusal beside a view keeps a reference", NO_TRACE, |step| {
        if step.state.views_out() > 0 {
            step.state.count(step.facts.obj, 1);
        }
    }),
    refused("a refusal writes len", REST, |step| step.view.len = step.facts.len),
    refused("a refusal writes buf", REST, |step| step.view.buf = null_mut()),
    refused("a refusal writes zeros", REST, |step| *step.view = Py_buffer::zeroed()),
    refused("a refusal writes ndim and shape", REST, |step| {
        step.view.ndim = 1;
        step.view.shape = null_mut();
    }),
    refused("a refusal without ND writes format", REST, |step| {
        if !step.asks(Request::ND) {
            step.view.format = null_mut();
        }
    }),
    refused("no exception with a refusal beside a view", SIGNATURE, |step| {
        if step.state.views_out() > 0 {
            step.answer.raised = None;
        }
    }),
    refused("ValueError with a refusal beside a view", BUFFER_ERROR, |step| {
        if step.state.views_out() > 0 {
            step.answer.raised = Some(Exception::other("ValueError", "not now"));
        }
    }),
    refused("a refusal beside a view returns 1", MINUS_ONE, |step| {
        if step.state.views_out() > 0 {
            step.answer.status = 1;
        }
    }),
    refused("a refusal beside a view leaves obj as it was", OBJ_NULL, |step| {
        if step.state.views_out() > 0 {
            step.view.obj = step.state.before.map_or(null_mut(), |before| before.obj);
        }
    }),
    refused("a refusal beside a view writes len", REST, |step| {
        if step.state.views_out() > 0 {
            step.view.len = step.facts.len;
        }
    }),
];
