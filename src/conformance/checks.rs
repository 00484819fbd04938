//! The table of the checks. Each is a function in one of the files below.

use super::check::{Check, Findings, Input, Level};
use super::evidence::Evidence;
use Level::{Must, Observed, Should};

mod fields;
mod items;
mod lifetimes;
mod refusals;
mod requests;

pub(super) use requests::can_be_sent;

const fn check(
    rule: &'static str,
    level: Level,
    page: &'static str,
    run: fn(&Evidence, &mut Findings),
) -> Check {
    Check { rule, level, disputed: false, page, requires: None, run }
}

const fn disputed(check: Check) -> Check {
    Check { disputed: true, ..check }
}

const fn requires(input: Input, check: Check) -> Check {
    Check { requires: Some(input), ..check }
}

/// All checks, in the order of the book.
#[rustfmt::skip] // a table
pub static CHECKS: [Check; 63] = [
    requires(Input::Mutate, check("exported.no-resize", Must, "first-exporter", lifetimes::no_resize)),
    requires(Input::Reenter, check("exported.no-request-during-change", Must, "first-exporter", lifetimes::no_request_during_change)),
    check("getbuffer.signature", Must, "procs", refusals::signature),
    check("getbuffer.one-request", Must, "procs", lifetimes::one_request),
    check("getbuffer.refuse.buffer-error", Must, "procs", refusals::buffer_error),
    check("getbuffer.refuse.minus-one", Must, "procs", refusals::minus_one),
    check("getbuffer.refuse.obj-null", Must, "procs", refusals::obj_null),
    check("getbuffer.refuse.no-trace", Must, "procs", refusals::no_trace),
    check("getbuffer.refuse.rest-untouched", Should, "procs", refusals::rest_untouched),
    check("getbuffer.fill", Must, "procs", refusals::fill),
    check("getbuffer.obj", Must, "procs", lifetimes::obj),
    check("getbuffer.zero", Must, "procs", refusals::zero),
    check("getbuffer.memory-stable", Must, "procs", lifetimes::memory_stable),
    check("release.signature", Must, "procs", lifetimes::signature),
    check("release.exceptions", Must, "procs", lifetimes::exceptions),
    check("release.give-back", Must, "procs", lifetimes::give_back),
    requires(Input::Mutate, check("release.count-down", Must, "procs", lifetimes::count_down)),
    check("release.internal", Must, "procs", lifetimes::internal),
    check("release.copy-of-view", Must, "procs", lifetimes::copy_of_view),
    check("release.keeps-obj", Must, "procs", lifetimes::keeps_obj),
    check("field.all-written", Should, "py-buffer", fields::all_written),
    requires(Input::Contents, check("field.buf.first-item", Must, "py-buffer", items::first_item)),
    check("field.buf.empty", Should, "py-buffer", fields::buf_empty),
    check("field.obj.owned", Must, "py-buffer", lifetimes::owned),
    check("field.len.product", Must, "py-buffer", fields::len_product),
    check("field.readonly.values", Must, "py-buffer", fields::readonly_values),
    check("field.itemsize.one-item", Must, "py-buffer", fields::one_item),
    check("field.itemsize.without-format", Must, "py-buffer", fields::itemsize_without_format),
    check("field.itemsize.positive", Should, "py-buffer", fields::itemsize_positive),
    check("field.format.string", Must, "py-buffer", fields::format_string),
    check("field.ndim.max", Must, "py-buffer", fields::ndim_max),
    check("field.ndim.zero", Must, "py-buffer", fields::ndim_zero),
    check("field.shape.extents", Must, "py-buffer", fields::extents),
    requires(Input::Contents, check("field.strides.address", Must, "py-buffer", items::strides_address)),
    requires(Input::Within, check("field.strides.within-memory", Must, "py-buffer", items::within_memory)),
    check("field.suboffsets.null", Must, "py-buffer", fields::suboffsets_null),
    requires(Input::Contents, check("field.suboffsets.address", Must, "py-buffer", items::suboffsets_address)),
    check("strides.distinct", Should, "strides", items::distinct),
    check("request.nesting", Must, "requests", requests::nesting),
    check("request.fixed-fields", Must, "requests", requests::fixed_fields),
    disputed(check("request.ndim-without-nd", Should, "requests", requests::ndim_without_nd)),
    check("request.no-degrade", Must, "requests", requests::no_degrade),
    check("request.unknown-bits", Observed, "requests", requests::unknown_bits),
    check("request.writable.grant-or-refuse", Must, "requests", requests::grant_or_refuse),
    check("request.writable.consistent", Must, "requests", requests::consistent),
    check("request.format.asked", Must, "requests", requests::format_asked),
    check("request.format.not-asked", Must, "requests", requests::format_not_asked),
    disputed(check("request.format.without-nd", Should, "requests", requests::format_without_nd)),
    check("request.simple", Must, "requests", requests::simple),
    check("request.nd", Must, "requests", requests::nd),
    check("request.strides", Must, "requests", requests::strides),
    check("request.indirect", Must, "requests", requests::indirect),
    check("request.no-strides-means-c", Must, "requests", requests::no_strides_means_c),
    check("request.c-contiguous", Must, "requests", requests::c_contiguous),
    check("request.f-contiguous", Must, "requests", requests::f_contiguous),
    check("request.any-contiguous", Must, "requests", requests::any_contiguous),
    check("request.contiguity.short-axes", Observed, "requests", requests::short_axes),
    check("suboffsets.trusted-pointers", Must, "suboffsets", items::trusted_pointers),
    check("suboffsets.indirect-only", Must, "suboffsets", requests::indirect_only),
    check("exports.release-anywhere", Must, "counting", lifetimes::release_anywhere),
    requires(Input::Mutate, check("classes.count-after-flags", Should, "classes", lifetimes::class_counts)),
    requires(Input::Base, check("chain.invents-nothing", Must, "reexporting", items::invents_nothing)),
    requires(Input::Base, check("chain.stays-read-only", Must, "reexporting", items::stays_read_only)),
];
