//! Checks of what the author tells: where the items are, which they are, and whose they are.

use crate::conformance::check::Findings;
use crate::conformance::evidence::{Evidence, Observation, whole};
use crate::format::Format;

/// The rule that a difference of the items breaks.
#[derive(PartialEq, Eq)]
enum Wrong {
    FirstItem,
    Strides,
    Suboffsets,
}

/// Whether the items that a consumer finds differ from the expected ones.
fn wrong_items(evidence: &Evidence) -> Option<(Wrong, &Observation, String)> {
    let expected = evidence.claims.contents.as_deref()?;
    let whole = evidence.whole()?;
    let layout = whole.layout()?;
    let has_other_length = layout.len_bytes() != expected.len();
    let place_of =
        |found: &[u8]| expected.iter().zip(found).position(|(expected, found)| expected != found);
    let found = match has_other_length {
        true => &[],
        false => {
            let first = evidence.contents.as_deref()?;
            let second = evidence.contents_of_second.as_deref();
            // If the first view is right, a second one has to be right too.
            second.filter(|_| place_of(first).is_none()).unwrap_or(first)
        }
    };
    let place = place_of(found);
    let wrong = match place {
        _ if layout.follows_pointers().is_some() => Wrong::Suboffsets,
        Some(place) if place < layout.itemsize() => Wrong::FirstItem,
        _ => Wrong::Strides,
    };
    let differs = match place {
        _ if has_other_length => {
            format!(
                "{} bytes were expected, and the view has {}",
                expected.len(),
                layout.len_bytes()
            )
        }
        Some(place) => format!(
            "byte {place} in C order should be {:#04x}, and is {:#04x}",
            expected[place], found[place]
        ),
        None => return None,
    };
    Some((wrong, whole, differs))
}

fn find(evidence: &Evidence, findings: &mut Findings, rule: Wrong) {
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
    let Some(memory) = &evidence.claims.within else { return };
    let Some(whole) = evidence.whole() else { return };
    let Some(span) = whole.layout().map(|layout| layout.span()) else { return };
    let buf = whole.view.buf.addr();
    let (start, end) = (buf.wrapping_add_signed(span.start), buf.wrapping_add_signed(span.end));
    if start < end && (start < memory.start || end > memory.end) {
        let expected = format!("items within {:#x}..{:#x}", memory.start, memory.end);
        findings.add(whole, expected, format!("{start:#x}..{end:#x}"));
    }
}

pub(super) fn invents_nothing(evidence: &Evidence, findings: &mut Findings) {
    let Some(base) = evidence.base.as_ref().and_then(|base| whole(base)) else { return };
    for seen in evidence.granted() {
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
    for seen in evidence.granted() {
        if base.view.readonly != 0 && seen.view.readonly == 0 {
            findings.add(seen, "readonly 1, as the base has it", "readonly 0");
        }
    }
}
