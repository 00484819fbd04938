//! Faults in references and releases.

use std::ptr::null_mut;

use bufferprocs::Request;
use bufferprocs::conformance::Exception;

use super::{Kind, kind, releases, view};
use crate::mutant::{CORRECT, Fault, Step};

const OBJ: &str = "getbuffer.obj";
const OWNED: &str = "field.obj.owned";
const GIVE_BACK: &str = "release.give-back";
const KEEPS: &str = "release.keeps-obj";
const INTERNAL: &str = "release.internal";
// The copies are not where the author says that the memory is.
const WITHIN: &str = "field.strides.within-memory";
const STABLE: &str = "getbuffer.memory-stable";
const COPY: &str = "release.copy-of-view";
const SIGNATURE: &str = "release.signature";
const EXCEPTIONS: &str = "release.exceptions";
const ANYWHERE: &str = "exports.release-anywhere";

/// Forgets the place of a view. False if none was filled there.
fn forget_place(step: &mut Step) -> bool {
    let place = std::ptr::from_ref(step.view).addr();
    let found = step.state.places.iter().position(|&known| known == place);
    found.map(|found| step.state.places.swap_remove(found)).is_some()
}

/// A copy of the items for each view.
fn a_block_for_each(step: &mut Step) {
    if let Some(copy) = step.copy_items() {
        step.state.blocks.insert(step.ticket(), copy);
    }
}

/// Frees the block of another view than the one that is released.
fn free_block(step: &mut Step, of: fn(&[usize]) -> Option<&usize>) {
    let tickets = step.state.tickets();
    let block = of(&tickets).and_then(|ticket| step.state.blocks.remove(ticket));
    if let Some(block) = block {
        step.state.memory.spoil(block);
    }
}

const COPIES: Fault = Fault { granted: a_block_for_each, ..CORRECT };

fn has_own_memory(facts: &crate::facts::Facts) -> bool {
    !facts.is_per_view && facts.items().is_some()
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 32] = [
    view("obj is NULL", OBJ, |step| step.view.obj = null_mut()),
    view("obj is not written", OBJ, |step| {
        step.view.obj = step.state.before.map_or(null_mut(), |before| before.obj);
    }).implies(&["field.all-written", COPY, "release.count-down"]),
    view("obj is NULL without ND", OBJ, |step| {
        if !step.asks(Request::ND) {
            step.view.obj = null_mut();
        }
    }).implies(&["request.fixed-fields"]),
    view("obj is NULL beside a view", OBJ, |step| {
        if step.state.views_out() > 1 {
            step.view.obj = null_mut();
        }
    }),
    kind("obj is borrowed", OWNED, Fault {
        granted: |step| step.state.count(step.view.obj, -1),
        ..CORRECT
    }).implies(&[KEEPS]),
    kind("obj is borrowed with WRITABLE", OWNED, Fault {
        granted: |step| {
            if step.asks(Request::WRITABLE) {
                step.state.count(step.view.obj, -1);
            }
        },
        ..CORRECT
    }).implies(&[KEEPS]),
    view("a request takes two references", GIVE_BACK, |step| step.state.count(step.view.obj, 1)),
    view("a request with FORMAT takes two references", GIVE_BACK, |step| {
        if step.asks(Request::FORMAT) {
            step.state.count(step.view.obj, 1);
        }
    }),
    view("a second view takes two references", GIVE_BACK, |step| {
        if step.state.views_out() > 1 {
            step.state.count(step.view.obj, 1);
        }
    }),
    releases("a release keeps the reference", GIVE_BACK, |step| step.state.count(step.view.obj, 1)),
    releases("a release keeps the reference of read-only views", GIVE_BACK, |step| {
        if step.view.readonly == 1 {
            step.state.count(step.view.obj, 1);
        }
    }),
    releases("a release drops obj itself", KEEPS, |step| step.state.count(step.view.obj, -1)),
    releases("a release drops obj itself with a format", KEEPS, |step| {
        if !step.view.format.is_null() {
            step.state.count(step.view.obj, -1);
        }
    }),
    releases("a release drops obj itself beside a view", KEEPS, |step| {
        if step.state.views_out() > 1 {
            step.state.count(step.view.obj, -1);
        }
    }),
    kind("a release frees the newest block", INTERNAL, Fault {
        releases: |step| free_block(step, |tickets| tickets.last()),
        ..COPIES
    }).on(has_own_memory).implies(&[WITHIN]),
    kind("a release frees the oldest block", INTERNAL, Fault {
        releases: |step| free_block(step, |tickets| tickets.first()),
        ..COPIES
    }).on(has_own_memory).implies(&[WITHIN]),
    kind("a release frees all blocks", INTERNAL, Fault {
        releases: |step| {
            for block in std::mem::take(&mut step.state.blocks).into_values() {
                step.state.memory.spoil(block);
            }
        },
        ..COPIES
    }).on(has_own_memory).implies(&[WITHIN, STABLE]),
    kind("a release frees the shape of all views", INTERNAL, Fault {
        granted: |step| {
            let shape = step.facts.shape.clone().unwrap_or_default();
            if !step.view.shape.is_null() && !shape.is_empty() {
                step.view.shape = step.state.memory.shared_array(&shape);
            }
        },
        releases: |step| {
            let spoilt = vec![7; step.facts.ndim()];
            step.state.memory.write_shared_array(&spoilt);
        },
        ..CORRECT
    }).implies(&[STABLE]),
    kind("a release frees the format of all views", INTERNAL, Fault {
        granted: |step| {
            let format = step.facts.format.clone().unwrap_or_default();
            if !step.view.format.is_null() {
                step.view.format = step.state.memory.shared_format(format.as_bytes());
            }
        },
        releases: |step| step.state.memory.write_shared_format(b"\x01"),
        ..CORRECT
    }).implies(&[STABLE]),
    releases("a release looks the struct up by its address", COPY, |step| {
        if !forget_place(step) {
            step.state.unraisable = Some("no view is known at this address".to_owned());
        }
    }),
    releases("a release of a struct elsewhere keeps the reference", COPY, |step| {
        if !forget_place(step) {
            step.state.count(step.target, 1);
        }
    }),
    releases("a release of a struct elsewhere drops two references", COPY, |step| {
        if !forget_place(step) {
            step.state.count(step.target, -1);
        }
    }),
    releases("a release expects the newest view", ANYWHERE, |step| {
        if step.state.tickets().last() != Some(&step.ticket()) {
            step.state.unraisable = Some("another view comes first".to_owned());
        }
    }),
    releases("a release expects the oldest view", ANYWHERE, |step| {
        if step.state.tickets().first() != Some(&step.ticket()) {
            step.state.unraisable = Some("another view comes first".to_owned());
        }
    }),
    releases("a release expects that no other view is out", ANYWHERE, |step| {
        if step.state.views_out() > 1 {
            step.state.unraisable = Some("two views are out".to_owned());
        }
    }),
    kind("a release reports an error without a shape", SIGNATURE, Fault {
        releases: |step| {
            if step.view.shape.is_null() && step.view.ndim == 1 {
                step.state.unraisable = Some("it has no shape".to_owned());
            }
        },
        ..CORRECT
    }),
    kind("each release reports an error", SIGNATURE, Fault {
        releases: |step| step.state.unraisable = Some("it failed".to_owned()),
        ..CORRECT
    }),
    releases("a release leaves an exception set", EXCEPTIONS, |step| {
        step.state.raised = Some(Exception::other("ValueError", "it failed"));
    }),
    releases("a release of a read-only view leaves an exception set", EXCEPTIONS, |step| {
        if step.view.readonly == 1 {
            step.state.raised = Some(Exception::other("ValueError", "it failed"));
        }
    }),
    releases("a release clears the exception that was set", EXCEPTIONS, |step| {
        step.state.raised = None;
    }),
    releases("a release of a view with a format clears the exception", EXCEPTIONS, |step| {
        if !step.view.format.is_null() {
            step.state.raised = None;
        }
    }),
    releases("a release puts another exception in place", EXCEPTIONS, |step| {
        if step.state.raised.is_some() {
            step.state.raised = Some(Exception::other("ValueError", "it failed"));
        }
    }),
];
