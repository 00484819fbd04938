//! The table of the faults: which rule each breaks, on which good exporter, and how.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::answers::{self as a, set_arrays, set_format};
use super::memory::array;
use super::{Broken, State};
use crate::abi::Py_buffer;
use crate::error::{BufferError, MutError};
use crate::object::{self, Object};
use crate::request::Request;

/// A way to break a rule.
///
/// ```
/// use bufferprocs::conformance::CHECKS;
/// use bufferprocs::exporters::broken::FAULTS;
///
/// for (fault, check) in FAULTS.iter().zip(&CHECKS) {
///     assert_eq!(fault.rule, check.rule);
/// }
/// ```
pub struct Fault {
    /// The rule.
    pub rule: &'static str,
    /// What is broken with it, necessarily.
    pub implied: &'static [&'static str],
    pub(super) good: fn() -> Object,
    /// Whether a request is refused that the good exporter would grant.
    pub(super) refuses: fn(&State, Request) -> bool,
    /// The request that the good exporter gets instead.
    pub(super) asks: fn(Request) -> Request,
    /// What becomes of a view that the good exporter granted.
    pub(super) granted: fn(&Broken, &mut State, &mut Py_buffer, Request),
    /// Changes a refusal; returns the status.
    pub(super) refused: fn(&Broken, &mut State, &mut Py_buffer) -> c_int,
    /// What comes before the release of a view.
    pub(super) released: fn(&Broken, &mut State, &mut Py_buffer),
    pub(super) mutate: fn(&mut State) -> Result<(), MutError>,
    /// What consumers of the good exporter find.
    pub(super) contents: fn() -> Vec<u8>,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fault").field("rule", &self.rule).finish_non_exhaustive()
    }
}

/// No fault yet, on a line of three writable items.
const fn fault(rule: &'static str) -> Fault {
    Fault {
        rule,
        implied: &[],
        good: a::line,
        refuses: a::during_change,
        asks: a::as_asked,
        granted: a::leave,
        refused: a::minus_one,
        released: a::go,
        mutate: a::unless_exported,
        contents: a::three,
    }
}

/// On read-only memory: some requests are refused.
const fn refusal(
    rule: &'static str,
    refused: fn(&Broken, &mut State, &mut Py_buffer) -> c_int,
) -> Fault {
    Fault { good: a::readonly_line, refused, ..fault(rule) }
}

/// Changes a view that was granted.
const fn view(
    rule: &'static str,
    good: fn() -> Object,
    granted: fn(&Broken, &mut State, &mut Py_buffer, Request),
) -> Fault {
    Fault { good, granted, ..fault(rule) }
}

/// Takes some bits of a request away.
const fn ignores(rule: &'static str, good: fn() -> Object, asks: fn(Request) -> Request) -> Fault {
    Fault { good, asks, ..fault(rule) }
}

const C: Request = Request::from_bits_retain(0x20);
const F: Request = Request::from_bits_retain(0x40);
const ANY: Request = Request::from_bits_retain(0x80);
const UNUSED: Request = Request::from_bits_retain(0x2);

fn is_plain_strides(request: Request) -> bool {
    request.contains(Request::STRIDES) && !request.contains(Request::INDIRECT)
}

fn asks_for_order(request: Request) -> bool {
    [Request::C_CONTIGUOUS, Request::F_CONTIGUOUS, Request::ANY_CONTIGUOUS]
        .iter()
        .any(|&flag| request.contains(flag))
}

/// One for each of the [`CHECKS`](crate::conformance::CHECKS).
pub static FAULTS: [Fault; 63] = [
    Fault { granted: a::the_newest_block, mutate: a::move_memory, ..fault("exported.no-resize") },
    Fault {
        granted: a::the_newest_block,
        refuses: a::never,
        ..fault("exported.no-request-during-change")
    },
    refusal("getbuffer.signature", a::without_exception),
    Fault { refuses: |state, _| state.views > 0, ..fault("getbuffer.one-request") },
    refusal("getbuffer.refuse.buffer-error", a::value_error),
    refusal("getbuffer.refuse.minus-one", a::one),
    refusal("getbuffer.refuse.obj-null", a::with_obj),
    refusal("getbuffer.refuse.no-trace", a::with_reference),
    refusal("getbuffer.refuse.rest-untouched", a::with_len),
    Fault {
        refuses: |_, request| is_plain_strides(request) && !asks_for_order(request),
        ..fault("getbuffer.fill")
    },
    view("getbuffer.obj", a::line, |broken, _, view, _| {
        broken.take_obj(view);
    }),
    view("getbuffer.zero", a::line, |_, _, _, _| object::raise(BufferError::BeingModified)),
    Fault {
        implied: &["getbuffer.one-request"], // one request gets two formats
        ..view("getbuffer.memory-stable", a::line, a::a_format_for_all)
    },
    Fault {
        released: |_, state, _| state.unraisable = Some("RuntimeError: no".to_owned()),
        ..fault("release.signature")
    },
    Fault {
        released: |_, _, _| object::raise(BufferError::BeingModified),
        ..fault("release.exceptions")
    },
    view("release.give-back", a::line, |broken, state, _, _| broken.leak_reference(state)),
    Fault { released: a::keep_count, ..fault("release.count-down") },
    Fault { granted: a::a_copy, released: a::free_newest, ..fault("release.internal") },
    Fault { released: a::by_place, ..fault("release.copy-of-view") },
    Fault { released: a::drop_obj, ..fault("release.keeps-obj") },
    Fault {
        implied: &["request.format.without-nd"], // the good exporter is disputed
        ..view("field.all-written", a::few_bytes, |_, state, view, _| {
            view.internal = std::ptr::without_provenance_mut(state.internal);
        })
    },
    view("field.buf.first-item", a::part_of_line, |_, _, view, _| {
        view.buf = view.buf.wrapping_byte_add(2);
    }),
    view("field.buf.empty", a::nothing, |_, _, view, _| view.buf = null_mut()),
    Fault {
        implied: &["release.keeps-obj"], // the release drops what was not taken
        ..view("field.obj.owned", a::line, |broken, _, _, _| broken.drop_reference())
    },
    view("field.len.product", a::line, |_, _, view, _| view.len += 2),
    view("field.readonly.values", a::readonly_line, |_, _, view, _| view.readonly = 2),
    view("field.itemsize.one-item", a::line, |_, _, view, request| {
        if request.contains(Request::FORMAT) {
            set_format(view, c"I");
        }
    }),
    Fault {
        implied: &["field.len.product", "request.no-degrade"],
        ..view("field.itemsize.without-format", a::line, |_, _, view, request| {
            if !request.contains(Request::FORMAT) {
                view.itemsize = 1;
                set_arrays(view, &[3], &[1]);
            }
        })
    },
    view("field.itemsize.positive", a::nothing, |_, _, view, request| {
        view.itemsize = 0;
        if request.contains(Request::FORMAT) {
            set_format(view, c"");
        }
    }),
    view("field.format.string", a::line, |_, _, view, request| {
        if request.contains(Request::FORMAT) {
            set_format(view, c"uint16");
        }
    }),
    view("field.ndim.max", a::line, a::sixty_five),
    view("field.ndim.zero", a::one_item, |_, _, view, request| {
        if request.contains(Request::ND) {
            view.shape = array(&[1]);
        }
    }),
    view("field.shape.extents", a::one_row, |_, _, view, _| {
        set_arrays(view, &[-1, -3], &[6, 2]);
    }),
    Fault {
        contents: a::items_of_columns,
        ..view("field.strides.address", a::columns, |_, _, view, _| {
            set_arrays(view, &[2, 2], &[4, 6]);
        })
    },
    view("field.strides.within-memory", a::part_of_line, |_, _, view, _| {
        view.len = 8;
        set_arrays(view, &[4], &[2]);
    }),
    view("field.suboffsets.null", a::line, |_, _, view, request| {
        if request.contains(Request::INDIRECT) && !asks_for_order(request) {
            view.suboffsets = array(&[-1]);
        }
    }),
    Fault {
        contents: a::items_of_rows,
        ..view("field.suboffsets.address", a::behind_pointers, a::rows_one_later)
    },
    view("strides.distinct", a::columns, |_, _, view, _| {
        set_arrays(view, &[2, 2], &[4, 4]);
    }),
    ignores("request.nesting", a::line, |request| match request.bits() & 0x10 {
        0 => request,
        _ => request | Request::STRIDES,
    }),
    view("request.fixed-fields", a::line, |_, _, view, request| {
        if !request.contains(Request::ND) {
            view.len = 4;
        }
    }),
    view("request.ndim-without-nd", a::rows_in_c_order, |_, _, view, request| {
        if !request.contains(Request::ND) {
            view.ndim = 2;
        }
    }),
    view("request.no-degrade", a::every_second, |_, _, view, request| {
        if is_plain_strides(request) {
            set_arrays(view, &[3], &[2]);
        }
    }),
    Fault { refuses: |_, request| request.contains(UNUSED), ..fault("request.unknown-bits") },
    ignores("request.writable.grant-or-refuse", a::readonly_line, |request| {
        request - Request::WRITABLE
    }),
    view("request.writable.consistent", a::line, |_, _, view, request| {
        let is_strided = request.contains(Request::STRIDES);
        if !request.contains(Request::WRITABLE) && !is_strided {
            view.readonly = 1;
        }
    }),
    view("request.format.asked", a::line, |_, _, view, _| view.format = null_mut()),
    view("request.format.not-asked", a::line, |_, _, view, _| set_format(view, c"H")),
    Fault {
        asks: |request| match request.contains(Request::ND) {
            true => request,
            false => request - Request::FORMAT,
        },
        granted: |_, _, view, request| {
            if request.contains(Request::FORMAT) {
                set_format(view, c"H");
            }
        },
        ..fault("request.format.without-nd")
    },
    view("request.simple", a::line, |_, _, view, request| {
        if !request.contains(Request::ND) {
            view.shape = array(&[3]);
        }
    }),
    view("request.nd", a::line, |_, _, view, request| {
        if request.contains(Request::ND) && !request.contains(Request::STRIDES) {
            view.strides = array(&[2]);
        }
    }),
    view("request.strides", a::line, |_, _, view, request| {
        if is_plain_strides(request) {
            view.strides = null_mut();
        }
    }),
    view("request.indirect", a::line, |_, _, view, request| {
        if request.contains(Request::INDIRECT) {
            view.strides = null_mut();
        }
    }),
    Fault {
        granted: |_, _, view, request| a::leave_out(view, request),
        ..ignores("request.no-strides-means-c", a::rows_in_fortran_order, |request| {
            let format_alone = request.contains(Request::FORMAT) && !request.contains(Request::ND);
            let is_strided = request.contains(Request::STRIDES);
            let others = request - (C | F | ANY | Request::INDIRECT);
            if format_alone || is_strided { request } else { others | Request::STRIDES }
        })
    },
    ignores("request.c-contiguous", a::rows_in_fortran_order, |request| request - C),
    ignores("request.f-contiguous", a::rows_in_c_order, |request| request - F),
    ignores("request.any-contiguous", a::every_second, |request| request - ANY),
    Fault {
        good: a::one_row,
        refuses: |_, request| asks_for_order(request),
        ..fault("request.contiguity.short-axes")
    },
    view("suboffsets.trusted-pointers", a::behind_pointers, |_, _, view, _| {
        view.buf = array(&[0, 0]).cast();
    }),
    Fault {
        granted: |_, _, view, request| a::leave_out(view, request),
        ..ignores("suboffsets.indirect-only", a::behind_pointers, |request| {
            let is_strided = request.contains(Request::STRIDES);
            if is_strided { request | Request::INDIRECT } else { request }
        })
    },
    Fault {
        implied: &["request.format.without-nd"], // the good exporter is disputed
        granted: a::a_ticket,
        released: a::last_first,
        good: a::few_bytes,
        ..fault("exports.release-anywhere")
    },
    Fault {
        refused: |_, state, _| {
            state.views += 1; // which no release takes off
            -1
        },
        good: a::readonly_line,
        ..fault("classes.count-after-flags")
    },
    view("chain.invents-nothing", a::line, |_, _, view, request| {
        view.itemsize = 1;
        set_arrays(view, &[6], &[1]);
        if request.contains(Request::FORMAT) {
            set_format(view, c"B");
        }
    }),
    Fault {
        granted: |_, _, view, _| view.readonly = 0,
        ..ignores("chain.stays-read-only", a::readonly_line, |request| request - Request::WRITABLE)
    },
];
