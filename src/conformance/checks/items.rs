//! Checks of what the author tells: where the items are, which they are, and whose they are.

use crate::conformance::check::Findings;
use crate::conformance::checks::can_be_sent;
use crate::conformance::evidence::{Compared, Evidence, Observation, whole};
use crate::conformance::memory::Missing;
use crate::format::Format;
use crate::request::Request;

/// The rule that a difference of the items breaks.
#[derive(PartialEq, Eq)]
enum Wrong {
    FirstItem,
    Strides,
    Suboffsets,
}

/// Whether the items that a consumer finds differ from the expected ones.
fn wrong_items(evidence: &Evidence) -> Option<(Wrong, &Observation, String)> {
    let expected = evidence.expected_len?;
    let whole = evidence.whole()?;
    let layout = whole.layout()?;
    let (place, differs) = match evidence.contents {
        _ if layout.len_bytes() != expected => {
            let shown = layout.len_bytes();
            (expected, format!("{expected} bytes were expected, and the view has {shown}"))
        }
        Some(Compared::Differs { at, expected, found, .. }) => {
            let text =
                format!("byte {at} in C order should be {expected:#04x}, and is {found:#04x}");
            (at, text)
        }
        Some(Compared::Same) | None => return None,
    };
    let wrong = match place {
        _ if layout.follows_pointers().is_some() => Wrong::Suboffsets,
        _ if layout.len_bytes() != expected => Wrong::Strides,
        place if place < layout.itemsize() => Wrong::FirstItem,
        _ => Wrong::Strides,
    };
    Some((wrong, whole, differs))
}

fn find(evidence: &Evidence, findings: &mut Findings, rule: Wrong) {
    let Some(expected) = evidence.expected_len else { return };
    let Some(layout) = evidence.whole().and_then(Observation::layout) else { return };
    let is_of_rule = match rule {
        Wrong::FirstItem => expected > 0,
        Wrong::Strides => layout.follows_pointers().is_none() && layout.items() > 1,
        Wrong::Suboffsets => layout.follows_pointers().is_some(),
    };
    findings.has_examined |= is_of_rule && evidence.contents.is_some();
    if let Some((wrong, whole, differs)) = wrong_items(evidence) {
        if wrong == rule {
            findings.add(whole, "the items passed to contents()", differs);
        }
    }
}

pub(super) fn first_item(evidence: &Evidence, findings: &mut Findings) {
    find(evidence, findings, Wrong::FirstItem);
}

pub(super) fn strides_address(evidence: &Evidence, findings: &mut Findings) {
    find(evidence, findings, Wrong::Strides);
}

pub(super) fn suboffsets_address(evidence: &Evidence, findings: &mut Findings) {
    find(evidence, findings, Wrong::Suboffsets);
}

pub(super) fn within_memory(evidence: &Evidence, findings: &mut Findings) {
    for (request, missing) in &evidence.missing {
        if let Missing::Direct { .. } = missing {
            findings.add_of(Some(*request), "items that can be read", missing.to_string());
        }
    }
    for seen in evidence.granted().filter(|seen| leads_beyond(seen)) {
        let found = format!(
            "shape {:?}, strides {:?}",
            seen.fields.shape.as_deref().unwrap_or_default(),
            seen.fields.strides.as_deref().unwrap_or_default()
        );
        findings.add(seen, "strides that lead to addresses", found);
    }
    let Some(whole) = evidence.whole() else { return };
    let Some(layout) = whole.layout() else { return };
    let span = layout.span();
    let buf = whole.view.buf.addr();
    let (start, end) = (buf.wrapping_add_signed(span.start), buf.wrapping_add_signed(span.end));
    if let Some(memory) = &evidence.within {
        findings.examine();
        if start < end && (start < memory.start || end > memory.end) {
            let expected = format!("items within {:#x}..{:#x}", memory.start, memory.end);
            findings.add(whole, expected, format!("{start:#x}..{end:#x}"));
        }
        return;
    }
    // A view without strides shows the memory as one run.
    let run = evidence.granted().find(|seen| can_be_sent(seen.request) && is_run(seen, whole));
    // The rules on len and on suboffsets have checks of their own.
    let is_plain = layout.follows_pointers().is_none()
        && usize::try_from(whole.view.len) == Ok(layout.len_bytes());
    let Some(run) = run.filter(|_| is_plain) else { return };
    if span.start < 0 || span.end > run.view.len {
        let expected = format!("items within the {} bytes of {}", run.view.len, run.request_name());
        let strides = layout.strides().unwrap_or_default();
        let found = format!("shape {:?}, strides {strides:?}: {span:?}", layout.shape());
        findings.add(whole, expected, found);
    }
}

/// Whether strides lead so far that no number says where.
fn leads_beyond(seen: &Observation) -> bool {
    let (Some(shape), Some(strides)) = (&seen.fields.shape, &seen.fields.strides) else {
        return false;
    };
    if shape.iter().any(|&extent| extent <= 0) {
        return false;
    }
    let (mut start, mut end) = (0isize, seen.view.itemsize);
    for (&extent, &stride) in shape.iter().zip(strides) {
        let Some(step) = (extent - 1).checked_mul(stride) else { return true };
        let bound = if step < 0 { &mut start } else { &mut end };
        match bound.checked_add(step) {
            Some(sum) => *bound = sum,
            None => return true,
        }
    }
    false
}

/// Whether a view is of the same memory, and shows it without strides.
fn is_run(seen: &Observation, whole: &Observation) -> bool {
    let is_same = (seen.view.buf, seen.view.len) == (whole.view.buf, whole.view.len);
    is_same && !seen.asks(Request::STRIDES)
}

/// Items of different indices at one place, though no stride is 0: strides that are swapped or too
/// small, most often.
pub(super) fn distinct(evidence: &Evidence, findings: &mut Findings) {
    let Some(whole) = evidence.whole() else { return };
    let Some(layout) = whole.layout() else { return };
    if layout.follows_pointers().is_some() || layout.items() < 2 {
        return;
    }
    let Some(strides) = layout.strides() else { return };
    let axes: Vec<_> = layout.shape().iter().copied().zip(strides.iter().copied()).collect();
    let axes: Vec<_> = axes.into_iter().filter(|(extent, _)| *extent > 1).collect();
    if axes.iter().any(|&(_, stride)| stride == 0) {
        return;
    }
    let overlap = overlap(&axes, layout.itemsize());
    findings.has_examined |= overlap.is_some();
    if overlap == Some(true) {
        let found = format!(
            "shape {:?}, strides {strides:?}, itemsize {}",
            layout.shape(),
            layout.itemsize()
        );
        findings.add(whole, "each item at a place of its own", found);
    }
}

/// Items that are looked at one by one, where no stride steps over all of the others.
const MOST_ITEMS: usize = 1 << 14;

/// Whether items overlap. None if there are too many to find out.
fn overlap(axes: &[(isize, isize)], itemsize: usize) -> Option<bool> {
    let mut sorted: Vec<(usize, usize)> = axes
        .iter()
        .map(|(extent, stride)| (extent.unsigned_abs(), stride.unsigned_abs()))
        .collect();
    sorted.sort_by_key(|&(_, stride)| stride);
    let mut span = itemsize;
    let mut is_nested = true;
    for &(extent, stride) in &sorted {
        is_nested &= stride >= span;
        span = span.saturating_add(stride.saturating_mul(extent - 1));
    }
    if is_nested {
        return Some(false);
    }
    let items = sorted.iter().fold(1usize, |items, (extent, _)| items.saturating_mul(*extent));
    if items.saturating_mul(itemsize) > span {
        return Some(true); // more than there is room for
    }
    // A part of them, if there are many: the same number along each axis.
    let most = |extent: usize| match items <= MOST_ITEMS {
        true => extent,
        false => extent.min((MOST_ITEMS as f64).powf(1.0 / sorted.len() as f64) as usize).max(2),
    };
    let mut places = vec![0usize];
    for &(extent, stride) in &sorted {
        if places.len() > MOST_ITEMS {
            return None;
        }
        let steps = |place: usize| (0..most(extent)).map(move |at| place + at * stride);
        places = places.into_iter().flat_map(steps).collect();
    }
    places.sort_unstable();
    let is_overlap = places.windows(2).any(|pair| pair[1] - pair[0] < itemsize);
    (is_overlap || items <= MOST_ITEMS).then_some(is_overlap)
}

/// Pointers that lead nowhere.
pub(super) fn trusted_pointers(evidence: &Evidence, findings: &mut Findings) {
    findings.has_examined |= evidence
        .granted()
        .any(|seen| seen.layout().is_some_and(|l| l.follows_pointers().is_some()));
    for (request, missing) in &evidence.missing {
        if let Missing::Pointer { .. } = missing {
            let expected = "pointers that lead to items, where suboffsets are not negative";
            findings.add_of(Some(*request), expected, missing.to_string());
        }
    }
}

pub(super) fn invents_nothing(evidence: &Evidence, findings: &mut Findings) {
    let Some(base) = evidence.base.as_ref().and_then(|base| whole(base)) else { return };
    for seen in findings.each(evidence.granted()) {
        if seen.view.itemsize != base.view.itemsize {
            let expected = format!("itemsize {}, as the base has it", base.view.itemsize);
            findings.add(seen, expected, format!("itemsize {}", seen.view.itemsize));
        } else if let (Some(found), Some(format)) = (&seen.fields.format, &base.fields.format) {
            let parsed = Format::parse(found).ok().zip(Format::parse(format).ok());
            let is_same = parsed.is_some_and(|(found, format)| found.same_item(&format));
            if found != format && !is_same {
                let expected = format!("format {format:?}, as the base has it");
                findings.add(seen, expected, format!("format {found:?}"));
            }
        }
    }
}

pub(super) fn stays_read_only(evidence: &Evidence, findings: &mut Findings) {
    let Some(base) = evidence.base.as_ref().and_then(|base| whole(base)) else { return };
    for seen in findings.each(evidence.granted()) {
        if base.view.readonly != 0 && seen.view.readonly == 0 {
            findings.add(seen, "readonly 1, as the base has it", "readonly 0");
        }
    }
}
