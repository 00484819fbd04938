//! Checks of references, releases and changes. See "PyBufferProcs, step by step" and "Counting
//! exports".

use std::ffi::CStr;

use crate::conformance::check::Findings;
use crate::conformance::evidence::{Evidence, Fields, Observation, Release};
use crate::request::Request;

pub(super) fn obj(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted_at_any_time() {
        let found = match seen.view.obj {
            obj if obj.is_null() => "obj NULL",
            obj if obj == seen.before.obj => "obj not written",
            _ => continue,
        };
        findings.add(seen, "the exporter in obj", found);
    }
}

pub(super) fn owned(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted_at_any_time() {
        if seen.references.is_some_and(|references| references.held < 1) {
            findings.add(seen, "a reference to obj for the view", "none taken");
        }
    }
}

pub(super) fn keeps_obj(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted_at_any_time() {
        if let Some(references) = seen.references.filter(|references| references.after < 0) {
            let found = format!("{:+} after request and release", references.after);
            findings.add(seen, "no reference dropped but the view's", found);
        }
    }
}

pub(super) fn give_back(evidence: &Evidence, findings: &mut Findings) {
    for seen in evidence.granted_at_any_time() {
        if let Some(references) = seen.references.filter(|references| references.after > 0) {
            let found = format!("{:+} after request and release", references.after);
            findings.add(seen, "as many references as before the request", found);
        }
    }
}

/// The same request is answered in the same way, also while a view is held. Where each view has
/// memory and a size of its own, the sizes may differ.
pub(super) fn one_request(evidence: &Evidence, findings: &mut Findings) {
    for (alone, beside) in evidence.alone.iter().zip(&evidence.beside) {
        let [expected, found] = [alone, beside].map(|seen| summary(seen, !evidence.size_per_view));
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
    for seen in &evidence.changed_views {
        let found = format!("after other requests {}", seen.difference);
        findings.add_of(Some(seen.request), "a view that stays as it was granted", found);
    }
}

fn releases(evidence: &Evidence) -> impl Iterator<Item = (&'static str, &Release)> {
    let orders = evidence.release_orders.iter();
    orders.flat_map(|order| order.releases.iter().map(|release| (order.order, release)))
}

pub(super) fn release_anywhere(evidence: &Evidence, findings: &mut Findings) {
    for (order, release) in releases(evidence) {
        if let Some(unraisable) = &release.unraisable {
            let found = format!("released {order}: {unraisable}");
            findings.add_of(Some(release.request), "releases in any order", found);
        }
    }
}

/// An exporter that finds the resources of a view by anything but `internal` frees those of
/// another.
pub(super) fn internal(evidence: &Evidence, findings: &mut Findings) {
    for (order, release) in releases(evidence) {
        if let Some(difference) = &release.others {
            let found = format!("released {order}: in another view {difference}");
            findings.add_of(Some(release.request), "a release ends its own view", found);
        }
    }
}

pub(super) fn copy_of_view(evidence: &Evidence, findings: &mut Findings) {
    for release in &evidence.copies {
        let expected = "the same as a release of the struct that was filled";
        let usual = &evidence.alone[release.request.bits() as usize];
        let usual = usual.references.map_or(0, |references| references.after);
        if let Some(unraisable) = &release.unraisable {
            findings.add_of(Some(release.request), expected, unraisable.clone());
        } else if let Some(references) = release.references.filter(|&found| found != usual) {
            let found = format!("{references:+} references after request and release");
            findings.add_of(Some(release.request), expected, found);
        }
    }
}

pub(super) fn count_down(evidence: &Evidence, findings: &mut Findings) {
    for mutation in &evidence.mutations {
        let was_refused = matches!(&mutation.held, Some(Err(raised)) if raised.is_buffer_error);
        if let (true, Err(raised)) = (was_refused, &mutation.free) {
            let found = format!("{}: {raised}", mutation.name);
            findings.add_of(None, "a change is possible once all views are released", found);
        }
    }
}

/// A view that is granted during a change has to be right after it.
pub(super) fn no_request_during_change(evidence: &Evidence, findings: &mut Findings) {
    // Views with memory of their own stay right.
    for view in evidence.reentrant_views.iter().filter(|_| !evidence.memory_per_view) {
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
    for mutation in &evidence.mutations {
        let name = &mutation.name;
        let request = evidence.whole().map_or(Request::FULL_RO, |seen| seen.request);
        let expected = "BufferError while a view is held, and nothing changed";
        match (&mutation.held, &mutation.moved) {
            (Some(Err(raised)), _) if !raised.is_buffer_error && !mutation.has_failed() => {
                findings.add_of(Some(request), expected, format!("{name}: {raised}"));
            }
            (Some(Ok(())), Some(moved)) if !evidence.memory_per_view => {
                findings.add_of(Some(request), expected, format!("{name} went through: {moved}"));
            }
            (Some(Err(_)), Some(moved)) if !evidence.memory_per_view => {
                findings.add_of(
                    Some(request),
                    expected,
                    format!("{name} was refused, and {moved}"),
                );
            }
            _ => {}
        }
    }
}
