//! Checks of references, releases and changes. See "PyBufferProcs, step by step" and "Counting
//! exports".

use std::ffi::CStr;

use crate::conformance::check::Findings;
use crate::conformance::evidence::{Evidence, Fields, Mutation, Observation, Release};
use crate::conformance::target::Exception;
use crate::request::Request;

pub(super) fn obj(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted_at_any_time()) {
        let found = match seen.view.obj {
            obj if obj.is_null() => "obj NULL",
            obj if obj == seen.before.obj => "obj not written",
            _ => continue,
        };
        findings.add(seen, "the exporter in obj", found);
    }
}

/// Granted requests of which the references could be counted.
fn counted(evidence: &Evidence) -> impl Iterator<Item = &Observation> {
    evidence.granted_at_any_time().filter(|seen| seen.references.is_some())
}

pub(super) fn owned(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(counted(evidence)) {
        if seen.references.is_some_and(|references| references.held < 1) {
            findings.add(seen, "a reference to obj for the view", "none taken");
        }
    }
}

pub(super) fn keeps_obj(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(counted(evidence)) {
        if let Some(references) = seen.references.filter(|references| references.after < 0) {
            let found = format!("{:+} after request and release", references.after);
            findings.add(seen, "no reference dropped but the view's", found);
        }
    }
}

pub(super) fn give_back(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(counted(evidence)) {
        if let Some(references) = seen.references.filter(|references| references.after > 0) {
            let found = format!("{:+} after request and release", references.after);
            findings.add(seen, "as many references as before the request", found);
        }
    }
}

/// The same request is answered in the same way, also while a view is held. Where each view has
/// memory and a size of its own, the sizes may differ.
pub(super) fn one_request(evidence: &Evidence, findings: &mut Findings) {
    let with_size = !evidence.size_per_view && !evidence.size_drifts;
    for (alone, beside) in findings.each(evidence.alone.iter().zip(&evidence.beside)) {
        let [expected, found] = [alone, beside].map(|seen| summary(seen, with_size));
        if expected != found {
            let words = |seen: &Observation| match (&seen.answer.raised, seen.is_granted()) {
                (Some(raised), false) => format!("{raised}"),
                (_, is_granted) => {
                    let word = if is_granted { "granted" } else { "refused" };
                    let (len, fields) = (seen.view.len, &seen.fields);
                    let Fields { shape, strides, format, .. } = fields;
                    format!(
                        "{word}, len {len}, shape {shape:?}, strides {strides:?}, format {format:?}"
                    )
                }
            };
            let expected = format!("as without another view: {}", words(alone));
            findings.add(beside, expected, format!("while a view is held: {}", words(beside)));
        }
    }
}

/// An answer without its addresses. Some parts are left out where sizes differ.
#[derive(PartialEq, Eq)]
struct Summary<'a> {
    numbers: [isize; 3],
    is_set: [bool; 4],
    format: Option<&'a CStr>,
    size: Option<(isize, [Option<&'a [isize]>; 3])>,
}

fn summary(seen: &Observation, with_size: bool) -> Option<Summary<'_>> {
    let (view, fields) = (&seen.view, &seen.fields);
    let arrays = [&fields.shape, &fields.strides, &fields.suboffsets].map(|array| array.as_deref());
    let is_set = [
        !view.shape.is_null(),
        !view.strides.is_null(),
        !view.suboffsets.is_null(),
        !view.format.is_null(),
    ];
    seen.is_granted().then(|| Summary {
        numbers: [view.itemsize, view.readonly as isize, view.ndim as isize],
        is_set,
        format: fields.format.as_deref(),
        size: with_size.then_some((view.len, arrays)),
    })
}

pub(super) fn memory_stable(evidence: &Evidence, findings: &mut Findings) {
    findings.has_examined |= !evidence.beside.is_empty();
    for seen in evidence.all() {
        for unreadable in &seen.unreadable {
            let expected = format!("a {} that the exporter keeps in place", unreadable.field);
            findings.add(seen, expected, unreadable.text.clone());
        }
    }
    for mutation in &evidence.mutations {
        if let Some(difference) = &mutation.changed_view {
            let found = format!("{}: in the view that is held {difference}", mutation.name);
            let request = evidence.whole().map(|seen| seen.request);
            findings.add_of(request, "a view that keeps the old value", found);
        }
    }
    for seen in &evidence.changed_views {
        let found = format!("after other requests {}", seen.difference);
        findings.add_of(Some(seen.request), "a view that stays as it was granted", found);
    }
}

fn releases(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &Release)> {
    let orders = evidence.release_orders.iter();
    orders.flat_map(|order| order.releases.iter().map(|release| (order.order, release)))
}

/// A release that reports something in any order has another fault: see `signature`.
fn is_silent(evidence: &Evidence, request: Request) -> bool {
    let usual = &evidence.alone[request.bits() as usize];
    usual.unraisable.is_none() && usual.left.is_none()
}

/// Releases that report something, also that of a single view at once.
pub(super) fn signature(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted()) {
        if let Some(unraisable) = &seen.unraisable {
            let found = format!("the release raised {unraisable}");
            findings.add(seen, "a release that does not fail", found);
        }
    }
}

/// An exception that a release adds, or takes away from the code that was running.
pub(super) fn exceptions(evidence: &Evidence, findings: &mut Findings) {
    let expected = "a release leaves exceptions as they are";
    for seen in findings.each(evidence.granted()) {
        if let Some(left) = &seen.left {
            findings.add(seen, expected, format!("after the release {left} was set"));
        }
    }
    for pending in &evidence.pending {
        if let (Some(became), true) = (&pending.became, is_silent(evidence, pending.request)) {
            findings.add_of(Some(pending.request), expected, became.clone());
        }
    }
}

pub(super) fn release_anywhere(evidence: &Evidence, findings: &mut Findings) {
    for (order, release) in releases(evidence) {
        if !is_silent(evidence, release.request) {
            continue;
        }
        findings.examine();
        if let Some(unraisable) = &release.unraisable {
            let found = format!("released {order}: {unraisable}");
            findings.add_of(Some(release.request), "releases in any order", found);
        }
    }
}

/// An exporter that finds the resources of a view by anything but `internal` frees those of
/// another.
pub(super) fn internal(evidence: &Evidence, findings: &mut Findings) {
    for (order, release) in findings.each(releases(evidence)) {
        if let Some(difference) = &release.others {
            let found = format!("released {order}: in another view {difference}");
            findings.add_of(Some(release.request), "a release ends its own view", found);
        }
    }
}

pub(super) fn copy_of_view(evidence: &Evidence, findings: &mut Findings) {
    for release in findings.each(&evidence.copies) {
        let expected = "the same as a release of the struct that was filled";
        let usual = &evidence.alone[release.request.bits() as usize];
        let usual = usual.references.map_or(0, |references| references.after);
        let report = release.unraisable.as_ref();
        if let Some(unraisable) = report.filter(|_| is_silent(evidence, release.request)) {
            findings.add_of(Some(release.request), expected, unraisable.clone());
        } else if let Some(references) = release.references.filter(|&found| found != usual) {
            let found = format!("{references:+} references after request and release");
            findings.add_of(Some(release.request), expected, found);
        }
    }
}

/// Mutators that were refused with a view held, and are refused without. A target that holds a view
/// itself is no fault: see `rejected_inputs`.
fn refused_for_ever(evidence: &Evidence) -> impl Iterator<Item = (&Mutation, &Exception)> {
    let mutations = evidence.mutations.iter().filter(|_| !evidence.holds_a_view);
    mutations.filter(|mutation| mutation.is_refused_for_ever()).filter_map(|mutation| {
        let raised = mutation.free.as_ref().err()?;
        Some((mutation, raised))
    })
}

/// Requests for which CPython asked a class for a view, and then refused them:
/// `__release_buffer__` is not called for these.
fn refused_by_cpython(evidence: &Evidence) -> Vec<Request> {
    let refused = evidence.refused().filter(|seen| seen.refused_after_buffer);
    refused.map(|seen| seen.request).collect()
}

pub(super) fn count_down(evidence: &Evidence, findings: &mut Findings) {
    findings.has_examined |= evidence.mutations.iter().any(|mutation| !mutation.has_failed());
    if !refused_by_cpython(evidence).is_empty() {
        return; // see `class_counts`
    }
    for (mutation, raised) in refused_for_ever(evidence) {
        let found = format!("{}: {raised}, with no view held", mutation.name);
        findings.add_of(None, "a change is possible once all views are released", found);
    }
}

/// A class that counts in `__buffer__` counts views that no consumer gets.
pub(super) fn class_counts(evidence: &Evidence, findings: &mut Findings) {
    let refused = refused_by_cpython(evidence);
    if refused.is_empty() {
        return;
    }
    findings.has_examined |= evidence.mutations.iter().any(|mutation| !mutation.has_failed());
    for (mutation, raised) in refused_for_ever(evidence) {
        let found = format!(
            "{}: {raised}, with no view held; {} requests were refused after `__buffer__`",
            mutation.name,
            refused.len()
        );
        let expected = "a request that CPython refuses after `__buffer__` is not counted";
        findings.add_of(refused.first().copied(), expected, found);
    }
}

/// A view that is granted during a change has to be right after it.
pub(super) fn no_request_during_change(evidence: &Evidence, findings: &mut Findings) {
    // Views with memory of their own stay right.
    let shared = evidence.reentrant_views.iter().filter(|_| !evidence.memory_per_view);
    for view in findings.each(shared) {
        if let (Some((seen, len)), Some((now, new_len))) = (view.seen, view.now) {
            if (seen, len) != (now, new_len) {
                let expected = "a refusal while the memory is changed";
                let found = format!(
                    "{}: granted {len} bytes at {seen:#x}, and now there are {new_len} at {now:#x}",
                    view.name
                );
                findings.add_of(None, expected, found);
            }
        }
    }
}

pub(super) fn no_resize(evidence: &Evidence, findings: &mut Findings) {
    let mutations = evidence.mutations.iter().filter(|mutation| !mutation.replaces);
    let working = mutations.filter(|mutation| !mutation.has_failed());
    for mutation in findings.each(working) {
        let name = &mutation.name;
        let request = evidence.whole().map_or(Request::FULL_RO, |seen| seen.request);
        let expected = "BufferError while a view is held, and nothing changed";
        if let Some((request, moved)) = &mutation.through {
            let found = format!("{name} went through: {moved}");
            findings.add_of(Some(*request), expected, found);
            continue;
        }
        let found = match (&mutation.held, &mutation.moved) {
            // Without a view it went through.
            (Some(Err(raised)), _) if !raised.is_buffer_error && mutation.free.is_ok() => {
                format!("{name}: {raised}")
            }
            _ if evidence.memory_per_view => continue,
            (Some(Ok(())), Some(moved)) => format!("{name} went through: {moved}"),
            (Some(Err(_)), Some(moved)) => format!("{name} was refused, and {moved}"),
            _ => continue,
        };
        findings.add_of(Some(request), expected, found);
    }
}
