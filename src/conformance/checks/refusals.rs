//! Checks of what `bf_getbuffer` returns, and of what a refusal leaves behind. See
//! "PyBufferProcs, step by step".

use super::requests::has_whole_flags;
use crate::conformance::check::Findings;
use crate::conformance::evidence::Evidence;
use crate::conformance::view_state::{NAMES, numbers};
use crate::grant::{ViewProperties, grant};
use crate::request::Request;

pub(super) fn signature(evidence: &Evidence, findings: &mut Findings) {
    let answers = findings.each(evidence.all().filter(|seen| !seen.is_no_request()));
    for seen in answers.filter(|seen| !seen.is_granted() && seen.answer.raised.is_none()) {
        let found = format!("returned {} without an exception", seen.answer.status);
        findings.add(seen, "0, or -1 with an exception set", found);
    }
}

/// Where no request is granted, the exporter may be closed, which is a `ValueError` with CPython's
/// own, or export nothing. Memory may run out at any time.
pub(super) fn buffer_error(evidence: &Evidence, findings: &mut Findings) {
    let is_granted = evidence.granted().next().is_some();
    for seen in evidence.refused_at_any_time() {
        let Some(raised) = &seen.answer.raised else { continue };
        let is_other_matter = raised.name == "MemoryError"
            || !is_granted && (raised.name == "ValueError" || raised.is_no_exporter());
        if is_other_matter {
            continue;
        }
        findings.examine();
        if !raised.is_buffer_error {
            findings.add(seen, "BufferError", raised.to_string());
        }
    }
}

pub(super) fn minus_one(evidence: &Evidence, findings: &mut Findings) {
    let refused = findings.each(evidence.refused_at_any_time());
    for seen in refused.filter(|seen| seen.answer.status != -1) {
        findings.add(seen, "-1, or 0", format!("returned {}", seen.answer.status));
    }
}

/// What CPython leaves in the view when a class of Python refuses is not the class's.
pub(super) fn obj_null(evidence: &Evidence, findings: &mut Findings) {
    if evidence.is_python_class {
        return;
    }
    let refused = findings.each(evidence.refused_at_any_time());
    for seen in refused.filter(|seen| !seen.view.obj.is_null()) {
        let found = match seen.view.obj == seen.before.obj {
            true => "obj left as it was",
            false if seen.is_target => "obj set to the exporter",
            false => "obj set to something else",
        };
        findings.add(seen, "obj NULL after the refusal", found);
    }
}

pub(super) fn no_trace(evidence: &Evidence, findings: &mut Findings) {
    for seen in
        findings.each(evidence.refused_at_any_time().filter(|seen| seen.references.is_some()))
    {
        if let Some(references) = seen.references.filter(|references| references.after != 0) {
            let found = format!("{:+} references to the exporter", references.after);
            findings.add(seen, "no reference taken by a refusal", found);
        }
    }
}

pub(super) fn rest_untouched(evidence: &Evidence, findings: &mut Findings) {
    if evidence.is_python_class {
        return;
    }
    for seen in findings.each(evidence.refused_at_any_time()) {
        let fields = numbers(&seen.before).into_iter().zip(numbers(&seen.view)).zip(NAMES);
        let written: Vec<_> = fields
            .filter(|((before, after), name)| before != after && *name != "obj")
            .map(|(_, name)| name)
            .collect();
        if !written.is_empty() {
            findings.add(
                seen,
                "a refusal writes obj alone",
                format!("{} written", written.join(", ")),
            );
        }
    }
}

/// A request that the memory meets, as the view of all fields tells.
pub(super) fn fill(evidence: &Evidence, findings: &mut Findings) {
    let Some(whole) = evidence.whole() else { return };
    let Some(layout) = whole.layout() else { return };
    // Contiguity that hangs on them is for `request.contiguity.short-axes`.
    let has_short_axes = layout.shape().iter().any(|&extent| extent <= 1);
    let needs_order = |request: Request| {
        let orders = Request::C_CONTIGUOUS | Request::F_CONTIGUOUS | Request::ANY_CONTIGUOUS;
        request.intersects(orders - Request::STRIDES) || !request.contains(Request::STRIDES)
    };
    let properties = ViewProperties {
        readonly: whole.view.readonly != 0,
        c_contiguous: layout.is_c_contiguous(),
        f_contiguous: layout.is_f_contiguous(),
        suboffsets: layout.follows_pointers().is_some(),
        ndim: layout.ndim(),
        missing_strides: layout.strides().is_none() && layout.ndim() > 0,
        missing_format: whole.fields.format.is_none(),
        ..ViewProperties::default()
    };
    findings.examine();
    for seen in evidence.refused().filter(|seen| has_whole_flags(seen)) {
        let is_judged = !has_short_axes || !needs_order(seen.request);
        if is_judged && grant(&properties, seen.request).is_ok() {
            let raised = seen.answer.raised.as_ref().map(ToString::to_string);
            findings.add(seen, "granted: the memory meets it", raised.unwrap_or("refused".into()));
        }
    }
}

pub(super) fn zero(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted_at_any_time()) {
        if let Some(raised) = &seen.answer.raised {
            findings.add(seen, "0 without an exception", format!("0, with {raised} set"));
        }
    }
}
