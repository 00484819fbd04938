//! One request and its release, or a view that is held until its release.

use std::ffi::c_int;

use super::super::evidence::{Fields, Observation, References};
use super::super::memory::Memory;
use super::super::target::{Exception, Target};
use super::super::view_state::{ViewState, capture, preset};
use crate::abi::{Py_buffer, PyObject};
use crate::request::Request;

/// A view that is held, at an address that does not change: its arrays may be part of the struct
/// itself. It is released in any case.
pub(super) struct Held<'a> {
    pub(super) target: &'a dyn Target,
    /// None once it is released.
    pub(super) view: Option<Box<Py_buffer>>,
    pub(super) request: Request,
    pub(super) was: ViewState,
    /// References to the target before the request.
    pub(super) references: Option<u32>,
}

impl Held<'_> {
    pub(super) fn view(&self) -> &Py_buffer {
        self.view.as_deref().expect("it is not released")
    }

    pub(super) fn release(&mut self) {
        if let Some(mut view) = self.view.take() {
            release(self.target, &mut view);
        }
    }

    /// What is no longer as it was. Items that change are no fault of an exporter that shares
    /// them.
    pub(super) fn difference(&self, memory: &Memory, with_items: bool) -> Option<String> {
        let is = capture(self.view(), memory, with_items);
        if is.numbers != self.was.numbers {
            return Some("the struct was written".to_owned());
        }
        if is.fields != self.was.fields {
            return Some("shape, strides, suboffsets or format have changed".to_owned());
        }
        let have_changed = with_items && is.contents != self.was.contents;
        have_changed.then(|| "the items have changed".to_owned())
    }

    /// Whether all stays as it is as long as nothing is done.
    pub(super) fn is_quiet(&self, memory: &Memory) -> bool {
        (0..8).all(|_| {
            std::thread::yield_now();
            self.difference(memory, true).is_none()
        })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// One request, and its release. `counted` is the object whose references are counted, if it is
/// the one in `obj`.
pub(super) fn observe(
    target: &dyn Target,
    memory: &Memory,
    flags: c_int,
    counted: *mut PyObject,
) -> Observation {
    let is_counted = !counted.is_null() && counted != preset().obj;
    let references = || match is_counted {
        // SAFETY: the target, or the `obj` of a view that is held.
        true => unsafe { target.references(counted) },
        false => None,
    };
    let start = references();
    let before = preset();
    let mut view = before;
    let answer = target.get_buffer(&mut view, flags);
    let is_granted = answer.status == 0;
    let refused_after_buffer = target.is_refused_after_buffer();
    let (fields, unreadable) = match is_granted {
        true => {
            let state = capture(&view, memory, false);
            (state.fields, state.unreadable)
        }
        false => (Fields::default(), Vec::new()),
    };
    let filled = view;
    let held = difference(start, references());
    let (mut unraisable, mut left) = (None, None);
    if is_granted {
        target.take_unraisable();
        left = release(target, &mut view);
        unraisable = target.take_unraisable();
    }
    let after = difference(start, references());
    let tells = !is_granted || filled.obj == counted;
    Observation {
        request: Request::from_bits_retain(flags),
        answer,
        before,
        view: filled,
        is_target: filled.obj == target.as_ptr(),
        fields,
        unreadable,
        unraisable,
        left,
        refused_after_buffer,
        references: held
            .zip(after)
            .filter(|_| tells)
            .map(|(held, after)| References { held, after }),
    }
}

/// Releases a granted view, unless `obj` was not written. Returns the exception that is set then:
/// no later call may find it.
pub(super) fn release(target: &dyn Target, view: &mut Py_buffer) -> Option<Exception> {
    give_back(target, view);
    target.take_raised()
}

pub(super) fn give_back(target: &dyn Target, view: &mut Py_buffer) {
    if view.obj != preset().obj {
        // SAFETY: granted and not released, or a copy of one; `obj` was written, so it is NULL or
        // a live object.
        unsafe { target.release(view) };
    }
}

pub(super) fn difference(before: Option<u32>, after: Option<u32>) -> Option<i32> {
    Some(after?.wrapping_sub(before?) as i32) // the other way round it is negative
}

/// How the memory of a view, by address and length, differs from that of another.
pub(super) fn difference_of_memory(
    before: (usize, isize),
    after: (usize, isize),
) -> Option<String> {
    if before.0 != after.0 {
        return Some(format!("buf was {:#x} and is {:#x}", before.0, after.0));
    }
    (before.1 != after.1).then(|| format!("len was {} and is {}", before.1, after.1))
}
