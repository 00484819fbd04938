//! The good exporters that are spoilt, and what each fault makes of a granted view, of a refusal
//! and of a release.

use std::ffi::{CStr, c_int};
use std::ptr::{null_mut, without_provenance_mut};

use super::memory::array;
use super::{Broken, State};
use crate::abi::{Py_buffer, Py_ssize_t};
use crate::error::{BufferError, MutError};
use crate::exporters::{Rows, Strided, bytes};
use crate::layout::Layout;
use crate::object::{self, Object};
use crate::request::Request;

// Good exporters, all of items of two bytes but `few_bytes`.

/// Items 1, 2, … over which a layout shows some.
fn strided(
    readonly: bool,
    items: u16,
    shape: &[usize],
    strides: &[isize],
    offset: usize,
) -> Object {
    let items = (1..=items).collect();
    let layout = Layout::strided(shape, strides, 2).expect("small numbers");
    let shown = match readonly {
        true => Strided::readonly(items, layout, offset),
        false => Strided::writable(items, layout, offset),
    };
    Object::new(shown.expect("within the items"))
}

pub(super) fn line() -> Object {
    strided(false, 3, &[3], &[2], 0)
}

pub(super) fn readonly_line() -> Object {
    strided(true, 3, &[3], &[2], 0)
}

/// Three of four items.
pub(super) fn part_of_line() -> Object {
    strided(true, 4, &[3], &[2], 0)
}

pub(super) fn every_second() -> Object {
    strided(true, 6, &[3], &[4], 0)
}

pub(super) fn rows_in_c_order() -> Object {
    strided(true, 6, &[2, 3], &[6, 2], 0)
}

pub(super) fn rows_in_fortran_order() -> Object {
    strided(true, 6, &[2, 3], &[2, 4], 0)
}

/// Two columns of two rows, with a column between.
pub(super) fn columns() -> Object {
    strided(true, 6, &[2, 2], &[6, 4], 0)
}

pub(super) fn one_row() -> Object {
    strided(true, 3, &[1, 3], &[6, 2], 0)
}

pub(super) fn one_item() -> Object {
    strided(true, 1, &[], &[], 0)
}

pub(super) fn nothing() -> Object {
    strided(true, 3, &[0], &[2], 0)
}

pub(super) fn few_bytes() -> Object {
    bytes::object(*b"abc")
}

/// Two rows of four items behind pointers.
pub(super) fn behind_pointers() -> Object {
    let rows = Rows::new(vec![vec![1u16, 2, 3, 4], vec![5, 6, 7, 8]]);
    Object::new(rows.expect("rows of one length"))
}

// What consumers of them find.

fn packed(items: &[u16]) -> Vec<u8> {
    items.iter().flat_map(|item| item.to_ne_bytes()).collect()
}

pub(super) fn three() -> Vec<u8> {
    packed(&[1, 2, 3])
}

pub(super) fn items_of_columns() -> Vec<u8> {
    packed(&[1, 3, 4, 6])
}

pub(super) fn items_of_rows() -> Vec<u8> {
    packed(&[1, 2, 3, 5, 6, 7])
}

// What they do without a fault.

pub(super) fn during_change(state: &State, _: Request) -> bool {
    state.is_changing
}

pub(super) fn never(_: &State, _: Request) -> bool {
    false
}

pub(super) fn as_asked(request: Request) -> Request {
    request
}

pub(super) fn leave(_: &Broken, _: &mut State, _: &mut Py_buffer, _: Request) {}

pub(super) fn minus_one(_: &Broken, _: &mut State, _: &mut Py_buffer) -> c_int {
    -1
}

pub(super) fn go(_: &Broken, _: &mut State, _: &mut Py_buffer) {}

pub(super) fn unless_exported(state: &mut State) -> Result<(), MutError> {
    match state.views {
        0 => Ok(()),
        exports => Err(MutError::Exported { exports }),
    }
}

// Fields of a granted view.

pub(super) fn set_format(view: &mut Py_buffer, format: &'static CStr) {
    view.format = format.as_ptr().cast_mut();
}

/// Other numbers for the arrays that are set.
pub(super) fn set_arrays(
    view: &mut Py_buffer,
    shape: &'static [Py_ssize_t],
    strides: &'static [Py_ssize_t],
) {
    if !view.shape.is_null() {
        view.shape = array(shape);
    }
    if !view.strides.is_null() {
        view.strides = array(strides);
    }
}

/// The same items for one who asked for less than what is needed to find them.
pub(super) fn leave_out(view: &mut Py_buffer, request: Request) {
    if !request.contains(Request::ND) {
        (view.ndim, view.shape) = (1, null_mut());
    }
    if !request.contains(Request::STRIDES) {
        view.strides = null_mut();
    }
    if !request.contains(Request::INDIRECT) {
        view.suboffsets = null_mut();
    }
}

/// Three of four items in each row behind a pointer, starting at the first of them or one later.
pub(super) fn rows_one_later(_: &Broken, _: &mut State, view: &mut Py_buffer, _: Request) {
    (view.shape, view.suboffsets) = (array(&[2, 3]), array(&[2, -1]));
    view.len = 12;
}

pub(super) fn sixty_five(_: &Broken, _: &mut State, view: &mut Py_buffer, request: Request) {
    const SHAPE: [Py_ssize_t; 65] = {
        let mut shape = [1; 65];
        shape[64] = 3;
        shape
    };
    if request.contains(Request::ND) {
        view.ndim = 65;
        set_arrays(view, &SHAPE, &[2; 65]);
    }
}

pub(super) fn a_format_for_all(
    _: &Broken,
    state: &mut State,
    view: &mut Py_buffer,
    request: Request,
) {
    if request.contains(Request::FORMAT) {
        view.format = state.memory.next_format();
    }
}

pub(super) fn a_copy(_: &Broken, state: &mut State, view: &mut Py_buffer, _: Request) {
    view.buf = state.memory.add(&three());
}

pub(super) fn the_newest_block(_: &Broken, state: &mut State, view: &mut Py_buffer, _: Request) {
    view.buf = match state.memory.is_empty() {
        true => state.memory.add(&three()),
        false => state.memory.newest(),
    };
}

pub(super) fn a_ticket(_: &Broken, state: &mut State, view: &mut Py_buffer, _: Request) {
    state.ticket += 1;
    state.tickets.push(state.ticket);
    view.internal = without_provenance_mut(state.ticket);
}

// Refusals.

pub(super) fn without_exception(_: &Broken, _: &mut State, _: &mut Py_buffer) -> c_int {
    object::take_raised();
    -1
}

pub(super) fn value_error(_: &Broken, _: &mut State, _: &mut Py_buffer) -> c_int {
    object::raise(BufferError::Closed);
    -1
}

pub(super) fn one(_: &Broken, _: &mut State, _: &mut Py_buffer) -> c_int {
    1
}

pub(super) fn with_obj(broken: &Broken, _: &mut State, view: &mut Py_buffer) -> c_int {
    view.obj = broken.as_ptr();
    -1
}

pub(super) fn with_reference(broken: &Broken, state: &mut State, _: &mut Py_buffer) -> c_int {
    broken.leak_reference(state);
    -1
}

pub(super) fn with_len(_: &Broken, _: &mut State, view: &mut Py_buffer) -> c_int {
    view.len = 0;
    -1
}

// Releases.

pub(super) fn drop_obj(broken: &Broken, _: &mut State, _: &mut Py_buffer) {
    broken.drop_reference();
}

pub(super) fn keep_count(_: &Broken, state: &mut State, _: &mut Py_buffer) {
    state.views += 1; // which the release takes off again
}

pub(super) fn free_newest(_: &Broken, state: &mut State, _: &mut Py_buffer) {
    state.memory.free_newest();
}

/// Looks the view up by its address.
pub(super) fn by_place(_: &Broken, state: &mut State, view: &mut Py_buffer) {
    let place = std::ptr::from_mut(view).addr();
    match state.places.iter().position(|&known| known == place) {
        Some(found) => drop(state.places.swap_remove(found)),
        None => state.unraisable = Some("no view is known at this address".to_owned()),
    }
}

/// Expects the view that was granted last.
pub(super) fn last_first(_: &Broken, state: &mut State, view: &mut Py_buffer) {
    let ticket = view.internal.addr();
    if state.tickets.last() != Some(&ticket) {
        state.unraisable = Some("another view has to be released first".to_owned());
    }
    state.tickets.retain(|&other| other != ticket);
}

// Changes.

/// Moves the memory, also under the views of consumers.
pub(super) fn move_memory(state: &mut State) -> Result<(), MutError> {
    state.memory.add(&three());
    Ok(())
}
