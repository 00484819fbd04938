//! Faults in `format` and `itemsize`.

use std::ptr::null_mut;

use bufferprocs::Request;

use super::{C, Kind, asks_for_order, kind, view};
use crate::facts::Facts;
use crate::mutant::{CORRECT, Fault, Step};

const INVENTS: &str = "chain.invents-nothing";
const LEN: &str = "field.len.product";
const ONE_ITEM: &str = "field.itemsize.one-item";
const NO_STRIDES: &str = "request.no-strides-means-c";
const C_ORDER: &str = "request.c-contiguous";
const F_ORDER: &str = "request.f-contiguous";
const ANY_ORDER: &str = "request.any-contiguous";

/// The format of the original.
fn format<'a>(step: &Step<'a>) -> &'a [u8] {
    let facts: &'a Facts = step.facts;
    facts.format.as_ref().map_or(&[], |format| format.as_bytes())
}

/// Shows a line of items as bytes.
fn as_bytes(step: &mut Step) {
    if step.facts.is_line() {
        step.view.itemsize = 1;
        let len = step.view.len;
        step.set_shape(&[len]);
        step.set_strides(&[1]);
        step.set_format(b"B");
    }
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 23] = [
    view("the format has a byte more than the item", ONE_ITEM, |step| {
        let text = [format(step), b"x"].concat();
        step.set_format(&text);
    }).implies(&[INVENTS]),
    view("the format is B", ONE_ITEM, |step| {
        if step.facts.itemsize > 1 {
            step.set_format(b"B");
        }
    }).implies(&[INVENTS]),
    view("the format is that of two items", ONE_ITEM, |step| {
        let text = [format(step), format(step)].concat();
        step.set_format(&text);
    }).implies(&[INVENTS]),
    view("the format is empty", ONE_ITEM, |step| step.set_format(b""))
        .implies(&[INVENTS]),
    view("itemsize is 1", ONE_ITEM, |step| step.view.itemsize = 1)
        .on(|facts| facts.format.is_some())
        .implies(&[
        INVENTS,
        LEN,
        "field.strides.address",
        "field.suboffsets.address",
        NO_STRIDES,
        C_ORDER,
        F_ORDER,
        ANY_ORDER,
    ]),
    view("itemsize has a byte too many", ONE_ITEM, |step| step.view.itemsize += 1)
        .on(|facts| facts.format.is_some())
        .implies(&[
        "strides.distinct",
            INVENTS,
        LEN,
        "field.strides.address",
        "field.strides.within-memory",
        "field.suboffsets.address",
        NO_STRIDES,
        C_ORDER,
        F_ORDER,
        ANY_ORDER,
    ]),
    view("itemsize is 1 without FORMAT", "field.itemsize.without-format", |step| {
        if !step.asks(Request::FORMAT) {
            step.view.itemsize = 1;
        }
    }).on(|facts| facts.format.is_some())
        .implies(&[INVENTS, LEN, C_ORDER, F_ORDER, ANY_ORDER]),
    view("bytes without FORMAT", "field.itemsize.without-format", |step| {
        if !step.asks(Request::FORMAT) {
            as_bytes(step);
        }
    }).implies(&[INVENTS, "request.no-degrade"]),
    view("itemsize is 1 with WRITABLE", "request.fixed-fields", |step| {
        if step.asks(Request::WRITABLE) {
            step.view.itemsize = 1;
        }
    }).implies(&[
        INVENTS,
        LEN,
        ONE_ITEM,
        "field.itemsize.without-format",
        C_ORDER,
        F_ORDER,
        ANY_ORDER,
    ]),
    view("itemsize is 0", "field.itemsize.positive", |step| step.view.itemsize = 0)
        .implies(&[INVENTS, LEN, ONE_ITEM]),
    view("itemsize is -1", "field.itemsize.positive", |step| step.view.itemsize = -1)
        .implies(&[INVENTS, LEN, ONE_ITEM]),
    view("the format is not UTF-8", "field.format.string", |step| step.set_format(b"\xff"))
        .implies(&[INVENTS]),
    view("the format ends with a byte of Latin-1", "field.format.string", |step| {
        let text = [format(step), b"\xe9"].concat();
        step.set_format(&text);
    }).implies(&[INVENTS]),
    view("the format has the other byte order", INVENTS, |step| {
        let text = match format(step) {
            [b'>', rest @ ..] => [b"<", rest].concat(),
            [letter] if step.facts.itemsize > 1 => match cfg!(target_endian = "little") {
                true => vec![b'>', *letter],
                false => vec![b'<', *letter],
            },
            _ => return,
        };
        step.set_format(&text);
    }),
    view("the format is of other items of this size", INVENTS, |step| {
        let other: &[u8] = match step.facts.itemsize {
            1 => b"?",
            2 => b"e",
            4 => b"2H",
            8 => b"4H",
            _ => return,
        };
        step.set_format(other);
    }),
    view("the items are bytes", INVENTS, as_bytes),
    view("the format is NULL", "request.format.asked", |step| step.view.format = null_mut()),
    view("the format is NULL with WRITABLE", "request.format.asked", |step| {
        if step.asks(Request::WRITABLE) {
            step.view.format = null_mut();
        }
    }),
    view("the format is NULL with an order", "request.format.asked", |step| {
        if asks_for_order(step.request) {
            step.view.format = null_mut();
        }
    }),
    view("a format without FORMAT", "request.format.not-asked", |step| {
        if step.view.format.is_null() {
            let text = format(step);
            step.view.format = step.new_format(text);
        }
    }).on(|facts| facts.format.is_some()),
    view("a format without ND", "request.format.not-asked", |step| {
        if !step.asks(Request::ND) && !step.asks(Request::FORMAT) {
            let text = format(step);
            step.view.format = step.new_format(text);
        }
    }).on(|facts| facts.format.is_some()),
    view("a format with C_CONTIGUOUS", "request.format.not-asked", |step| {
        if step.request.contains(C) && step.view.format.is_null() {
            let text = format(step);
            step.view.format = step.new_format(text);
        }
    }).on(|facts| facts.format.is_some()),
    kind("FORMAT without ND is granted", "request.format.without-nd", Fault {
        asks: |_, request| match request.contains(Request::ND) {
            true => request,
            false => request - Request::FORMAT,
        },
        granted: |step| {
            if step.asks(Request::FORMAT) && step.view.format.is_null() {
                let text = format(step);
                step.view.format = step.new_format(text);
            }
        },
        ..CORRECT
    }).on(|facts| facts.format.is_some()),
];
