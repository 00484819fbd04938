//! Faults while views are held: memory that changes, counts that are wrong, and requests during a
//! change.

use bufferprocs::Request;
use bufferprocs::abi::Py_buffer;
use bufferprocs::conformance::Exception;

use super::{Kind, kind, refused, view};
use crate::mutant::{CORRECT, Fault, State, Step};

const RESIZE: &str = "exported.no-resize";
const DURING: &str = "exported.no-request-during-change";
const CLASS: &str = "classes.count-after-flags";
const DOWN: &str = "release.count-down";
const STABLE: &str = "getbuffer.memory-stable";

/// Grants requests during a change.
const LETS_IN: Fault = Fault { refuses: |_, _, _| false, ..CORRECT };

fn is_shared(facts: &crate::facts::Facts) -> bool {
    !facts.is_per_view && !facts.has_pointers()
}

/// Does not count the view that was just granted.
fn leave_uncounted(step: &mut Step) {
    step.state.exports -= 1;
    let ticket = step.ticket();
    step.state.uncounted.push(ticket);
}

fn is_counted(state: &State, view: &Py_buffer) -> bool {
    !state.uncounted.contains(&view.internal.addr())
}

#[rustfmt::skip] // a table
pub static KINDS: [Kind; 26] = [
    kind("the memory moves under a view", RESIZE, Fault {
        mutate: |state| state.move_memory(),
        ..CORRECT
    }).on(is_shared),
    kind("a change is refused and the memory moves", RESIZE, Fault {
        mutate: |state| {
            state.move_memory()?;
            (CORRECT.mutate)(state)
        },
        ..CORRECT
    }).on(is_shared),
    kind("the memory shrinks under a view", RESIZE, Fault {
        mutate: |state| {
            state.shrunk_by += 1;
            Ok(())
        },
        ..CORRECT
    }).on(|facts| is_shared(facts) && facts.len > 0),
    kind("a change with a view raises ValueError", RESIZE, Fault {
        mutate: |state| (CORRECT.mutate)(state).map_err(|raised| {
            Exception::other("ValueError", raised.message)
        }),
        ..CORRECT
    }),
    kind("a close with a view goes through", RESIZE, Fault {
        mutate: |state| {
            state.is_closed = true;
            Ok(())
        },
        ..CORRECT
    }).on(is_shared),
    kind("a change goes through with one view", RESIZE, Fault {
        mutate: |state| match state.exports {
            0 | 1 => state.move_memory(),
            _ => (CORRECT.mutate)(state),
        },
        ..CORRECT
    }).on(is_shared),
    kind("a view without a shape is not counted", RESIZE, Fault {
        granted: |step| {
            if step.view.shape.is_null() {
                leave_uncounted(step);
            }
        },
        counts_down: is_counted,
        ..CORRECT
    }).on(is_shared),
    kind("a view for WRITABLE is not counted", RESIZE, Fault {
        granted: |step| {
            if step.asks(Request::WRITABLE) {
                leave_uncounted(step);
            }
        },
        counts_down: is_counted,
        ..CORRECT
    }).on(is_shared),
    kind("a request during a change is granted", DURING, LETS_IN).on(is_shared),
    kind("a request during a change shows less", DURING, Fault {
        granted: |step| {
            if step.state.is_changing && step.view.len > 0 {
                step.view.len -= step.facts.itemsize;
            }
        },
        ..LETS_IN
    }).on(is_shared),
    kind("a release does not count down", DOWN, Fault { counts_down: |_, _| false, ..CORRECT }),
    kind("a release of a read-only view does not count down", DOWN, Fault {
        counts_down: |_, view| view.readonly == 0,
        ..CORRECT
    }),
    kind("a release of a view with a format does not count down", DOWN, Fault {
        counts_down: |_, view| view.format.is_null(),
        ..CORRECT
    }),
    kind("a release beside a view does not count down", DOWN, Fault {
        counts_down: |state, _| state.views_out() == 1,
        ..CORRECT
    }),
    kind("a release of a struct elsewhere does not count down", DOWN, Fault {
        counts_down: |state, view| state.places.contains(&std::ptr::from_ref(view).addr()),
        releases: |step| {
            let place = std::ptr::from_ref(step.view).addr();
            step.state.places.retain(|&known| known != place);
        },
        ..CORRECT
    }),
    view("a request counts two views", DOWN, |step| step.state.exports += 1),
    view("a request with WRITABLE counts two views", DOWN, |step| {
        if step.asks(Request::WRITABLE) {
            step.state.exports += 1;
        }
    }),
    refused("a refusal counts a view", DOWN, |step| step.state.exports += 1),
    refused("a class counts a request that CPython refuses", CLASS, |step| {
        step.state.exports += 1;
        step.state.is_refused_after_buffer = true;
    }),
    refused("a class counts a request for WRITABLE that CPython refuses", CLASS, |step| {
        if step.asks(Request::WRITABLE) {
            step.state.exports += 1;
            step.state.is_refused_after_buffer = true;
        }
    }),
    refused("a class counts a request without STRIDES that CPython refuses", CLASS, |step| {
        if !step.asks(Request::STRIDES) {
            step.state.exports += 1;
            step.state.is_refused_after_buffer = true;
        }
    }),
    kind("another request writes the format of all views", STABLE, Fault {
        granted: |step| {
            let format = step.facts.format.clone().unwrap_or_default().into_bytes();
            if !step.view.format.is_null() {
                let text = [b"x", &format[..]];
                let is_even = step.state.requests % 2 == 0;
                let text = if is_even { &format[..] } else { text[0] };
                step.view.format = step.state.memory.shared_format(text);
            }
        },
        ..CORRECT
    }).implies(&["chain.invents-nothing"]).on(|facts| facts.itemsize == 1),
    kind("a request without ND writes the shape of all views", STABLE, Fault {
        granted: |step| {
            let shape = step.facts.shape.clone().unwrap_or_default();
            if !step.view.shape.is_null() && !shape.is_empty() {
                step.view.shape = step.state.memory.shared_array(&shape);
            } else if !step.asks(Request::ND) {
                step.state.memory.write_shared_array(&[step.facts.len]);
            }
        },
        ..CORRECT
    }),
    kind("a request without STRIDES writes the strides of all views", STABLE, Fault {
        granted: |step| {
            let strides = step.facts.strides.clone().unwrap_or_default();
            if !step.view.strides.is_null() && !strides.is_empty() {
                step.view.strides = step.state.memory.shared_array(&strides);
            } else if !step.asks(Request::STRIDES) {
                step.state.memory.write_shared_array(&vec![1; strides.len()]);
            }
        },
        ..CORRECT
    }),
    kind("a refusal writes the shape of all views", STABLE, Fault {
        granted: |step| {
            let shape = step.facts.shape.clone().unwrap_or_default();
            if !step.view.shape.is_null() && !shape.is_empty() {
                step.view.shape = step.state.memory.shared_array(&shape);
            }
        },
        refused: |step| step.state.memory.write_shared_array(&[0]),
        ..CORRECT
    }),
    view("another request writes the items", STABLE, |step| {
        if step.state.views_out() > 1 && step.facts.len > 0 && !step.state.memory.is_empty() {
            let count = step.state.requests as u8; // modulo 256
            step.state.memory.write(0, 0, count);
        }
    }).on(|facts| is_shared(facts) && facts.strides.is_some()),
];
