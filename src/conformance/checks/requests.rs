//! Checks of what a request gets. See the chapter "Requests".

use crate::conformance::check::Findings;
use crate::conformance::evidence::{Evidence, Observation};
use crate::layout::{LayoutRef, Order};
use crate::request::Request;

/// The bits of `request` that belong to a flag whose bits are all there.
fn whole_flags(request: Request) -> Request {
    let flags = [
        Request::WRITABLE,
        Request::FORMAT,
        Request::ND,
        Request::STRIDES,
        Request::C_CONTIGUOUS,
        Request::F_CONTIGUOUS,
        Request::ANY_CONTIGUOUS,
        Request::INDIRECT,
    ];
    flags
        .into_iter()
        .filter(|&flag| request.contains(flag))
        .fold(Request::SIMPLE, |all, flag| all | flag)
}

/// Whether each bit belongs to a flag: none is unused, and none a part of a flag.
pub(super) fn has_whole_flags(seen: &Observation) -> bool {
    can_be_sent(seen.request)
}

/// Whether constants of the header combine to the word. No consumer sends another.
pub(in crate::conformance) fn can_be_sent(request: Request) -> bool {
    whole_flags(request) == request
}

/// Granted requests of which each bit belongs to a flag.
fn granted(evidence: &Evidence) -> impl Iterator<Item = &Observation> {
    evidence.granted().filter(|seen| has_whole_flags(seen))
}

/// Which of the three arrays are set.
fn arrays(seen: &Observation) -> [(&'static str, bool); 3] {
    let view = &seen.view;
    [
        ("shape", !view.shape.is_null()),
        ("strides", !view.strides.is_null()),
        ("suboffsets", !view.suboffsets.is_null()),
    ]
}

/// In words: `shape, strides`.
fn listed(seen: &Observation) -> String {
    let set: Vec<_> =
        arrays(seen).iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
    if set.is_empty() { "none of shape, strides, suboffsets".to_owned() } else { set.join(", ") }
}

/// A part of a flag is as good as nothing.
pub(super) fn nesting(evidence: &Evidence, findings: &mut Findings) {
    const UNUSED: Request = Request::from_bits_retain(0x2);
    for seen in evidence.alone.iter().filter(|seen| !seen.is_no_request()) {
        let flags = whole_flags(seen.request);
        if flags == seen.request || seen.request.intersects(UNUSED) {
            continue;
        }
        let same = &evidence.alone[flags.bits() as usize];
        findings.examine();
        let differs = seen.is_granted() != same.is_granted()
            || seen.is_granted() && arrays(seen) != arrays(same);
        if differs {
            let expected = format!("as {:#05x}: {}", flags.bits(), answer(same));
            findings.add(seen, expected, answer(seen));
        }
    }
}

fn answer(seen: &Observation) -> String {
    if seen.is_granted() { format!("granted, {}", listed(seen)) } else { "refused".to_owned() }
}

pub(super) fn fixed_fields(evidence: &Evidence, findings: &mut Findings) {
    let Some(first) = evidence.granted().next() else { return };
    for seen in findings.each(evidence.granted()) {
        // Whether the itemsize depends on FORMAT has a check of its own.
        let same_format = first.asks(Request::FORMAT) == seen.asks(Request::FORMAT);
        let fixed = [
            (
                "buf",
                !evidence.memory_per_view && !evidence.buf_drifts,
                [first, seen].map(|seen| seen.view.buf.addr()),
            ),
            (
                "len",
                !evidence.size_per_view && !evidence.size_drifts,
                [first, seen].map(|seen| seen.view.len as usize),
            ),
            ("itemsize", same_format, [first, seen].map(|seen| seen.view.itemsize as usize)),
        ];
        for (name, is_fixed, [expected, found]) in fixed {
            if is_fixed && expected != found {
                let expected = format!("{name} {expected:#x}, as for other requests");
                findings.add(seen, expected, format!("{name} {found:#x}"));
            }
        }
        if seen.is_target != first.is_target {
            let found = "one has the target in obj, the other another object";
            findings.add(seen, "the same obj as for other requests", found);
        }
    }
}

pub(super) fn ndim_without_nd(evidence: &Evidence, findings: &mut Findings) {
    let without = findings.each(granted(evidence).filter(|seen| !seen.asks(Request::ND)));
    for seen in without.filter(|seen| seen.view.ndim != 1) {
        findings.add(seen, "ndim 1: a run of bytes", format!("ndim {}", seen.view.ndim));
    }
}

/// A consumer that reads by the fields of a lesser request gets the same items.
pub(super) fn no_degrade(evidence: &Evidence, findings: &mut Findings) {
    let Some(whole) = evidence.whole().and_then(Observation::layout) else { return };
    if evidence.size_per_view || evidence.size_drifts {
        return;
    }
    for seen in granted(evidence) {
        // Other checks report missing strides and suboffsets.
        let Some(shown) = seen.layout().filter(|_| seen.asks(Request::STRIDES)) else { continue };
        let (Some(expected), Some(found)) = (whole.strides(), shown.strides()) else { continue };
        findings.examine();
        let same_shape = whole.shape() == shown.shape();
        if !same_shape || whole.len_bytes() > 0 && !same_steps(whole.shape(), expected, found) {
            let expected = format!("shape {:?}, strides {expected:?}", whole.shape());
            findings.add(seen, expected, format!("shape {:?}, strides {found:?}", shown.shape()));
        }
    }
}

/// Whether strides lead to the same items: those of axes with one item are never used.
fn same_steps(shape: &[isize], expected: &[isize], found: &[isize]) -> bool {
    let mut axes = shape.iter().zip(expected).zip(found);
    axes.all(|((&extent, expected), found)| extent == 1 || expected == found)
}

pub(super) fn unknown_bits(evidence: &Evidence, findings: &mut Findings) {
    const UNUSED: Request = Request::from_bits_retain(0x2);
    for seen in evidence.alone.iter().filter(|seen| seen.request.contains(UNUSED)) {
        let same = &evidence.alone[(seen.request - UNUSED).bits() as usize];
        findings.examine();
        let differs = seen.is_granted() != same.is_granted()
            || seen.is_granted() && arrays(seen) != arrays(same);
        if !same.is_no_request() && differs {
            findings.add(seen, format!("as without 0x2: {}", answer(same)), answer(seen));
        }
    }
}

pub(super) fn grant_or_refuse(evidence: &Evidence, findings: &mut Findings) {
    let requests = evidence.alone.iter().filter(|seen| !seen.is_no_request());
    let requests = findings.each(requests.filter(|seen| seen.asks(Request::WRITABLE)));
    for seen in requests.filter(|seen| seen.is_granted()) {
        if seen.view.readonly == 1 {
            findings.add(seen, "readonly 0, or a refusal", "granted with readonly 1");
        }
    }
}

pub(super) fn consistent(evidence: &Evidence, findings: &mut Findings) {
    let mut unasked = evidence.granted().filter(|seen| !seen.asks(Request::WRITABLE));
    let Some(first) = unasked.next() else { return };
    findings.examine();
    for seen in unasked.filter(|seen| seen.view.readonly != first.view.readonly) {
        let expected = format!("readonly {}, as for other requests", first.view.readonly);
        findings.add(seen, expected, format!("readonly {}", seen.view.readonly));
    }
}

pub(super) fn format_asked(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted().filter(|seen| seen.asks(Request::FORMAT))) {
        if seen.view.format.is_null() {
            findings.add(seen, "a format", "format NULL");
        }
    }
}

pub(super) fn format_not_asked(evidence: &Evidence, findings: &mut Findings) {
    for seen in findings.each(evidence.granted().filter(|seen| !seen.asks(Request::FORMAT))) {
        if let Some(format) = &seen.fields.format {
            findings.add(seen, "format NULL", format!("format {format:?}"));
        }
    }
}

pub(super) fn format_without_nd(evidence: &Evidence, findings: &mut Findings) {
    let asked = |seen: &&Observation| seen.asks(Request::FORMAT) && !seen.asks(Request::ND);
    let answers = evidence.alone.iter().filter(|seen| has_whole_flags(seen));
    for seen in findings.each(answers.filter(asked)) {
        if seen.is_granted() {
            let format = seen.fields.format.as_deref().unwrap_or(c"");
            findings.add(seen, "a refusal", format!("granted, format {format:?}"));
        }
    }
}

/// Checks which arrays are set, for requests of one kind; shape and strides only where there are
/// dimensions.
fn expect(seen: &Observation, shape: bool, strides: bool, findings: &mut Findings) {
    if seen.view.ndim == 0 {
        return; // see `field.ndim.zero`
    }
    findings.examine();
    for ((name, is_set), wanted) in arrays(seen).into_iter().zip([shape, strides]) {
        if is_set != wanted {
            let word = |is_set| if is_set { "set" } else { "NULL" };
            let expected = format!("{name} {}", word(wanted));
            findings.add(seen, expected, format!("{name} {}", word(is_set)));
        }
    }
}

/// Suboffsets that were not requested; those that lead nowhere have a check of their own.
fn no_suboffsets(seen: &Observation, findings: &mut Findings) {
    let followed = seen.fields.suboffsets.iter().flatten().any(|&suboffset| suboffset >= 0);
    if followed {
        findings.add(seen, "suboffsets NULL, or a refusal", "suboffsets set");
    }
}

pub(super) fn simple(evidence: &Evidence, findings: &mut Findings) {
    for seen in granted(evidence).filter(|seen| !seen.asks(Request::ND)) {
        expect(seen, false, false, findings);
    }
}

pub(super) fn nd(evidence: &Evidence, findings: &mut Findings) {
    for seen in granted(evidence) {
        if seen.asks(Request::ND) && !seen.asks(Request::STRIDES) {
            expect(seen, true, false, findings);
            no_suboffsets(seen, findings);
        }
    }
}

pub(super) fn strides(evidence: &Evidence, findings: &mut Findings) {
    for seen in granted(evidence) {
        if seen.asks(Request::STRIDES) && !seen.asks(Request::INDIRECT) {
            expect(seen, true, true, findings);
        }
    }
}

pub(super) fn indirect(evidence: &Evidence, findings: &mut Findings) {
    for seen in granted(evidence).filter(|seen| seen.asks(Request::INDIRECT)) {
        expect(seen, true, true, findings);
    }
}

/// How the items of a granted request really lie. Strides that were left out mean C order.
fn real<'a>(evidence: &'a Evidence, seen: &'a Observation) -> Option<LayoutRef<'a>> {
    let own = seen.layout().filter(|layout| layout.strides().is_some() || layout.ndim() == 0);
    own.or_else(|| evidence.whole()?.layout()).or_else(|| seen.layout())
}

pub(super) fn no_strides_means_c(evidence: &Evidence, findings: &mut Findings) {
    let Some(whole) = evidence.whole().and_then(Observation::layout) else { return };
    if whole.is_c_contiguous() || whole.follows_pointers().is_some() {
        return; // pointers are for `suboffsets.indirect-only`
    }
    findings.examine();
    for seen in granted(evidence).filter(|seen| !seen.asks(Request::STRIDES)) {
        let found = format!("granted, strides are {:?}", whole.strides().unwrap_or_default());
        findings.add(seen, "a refusal: the memory is not in C order", found);
    }
}

fn in_order(evidence: &Evidence, findings: &mut Findings, flag: Request, order: Order, name: &str) {
    let (c, fortran) = (Request::C_CONTIGUOUS, Request::F_CONTIGUOUS);
    findings.has_examined |= evidence.whole().is_some();
    for seen in granted(evidence).filter(|seen| seen.asks(flag)) {
        // A request for one order and for any order is answered for the one.
        if order == Order::Any && seen.request.intersects((c | fortran) - Request::STRIDES) {
            continue;
        }
        // That two orders add up is observed of CPython, and no document says it
        // (request.contiguity-adds-up). So memory in one of the two is not held against anyone.
        let order = if seen.asks(c) && seen.asks(fortran) { Order::Any } else { order };
        let Some(layout) = real(evidence, seen) else { continue };
        if layout.follows_pointers().is_none() && !layout.is_contiguous(order) {
            let strides = match layout.strides() {
                Some(strides) => format!("{strides:?}"),
                None => "NULL, as in C order".to_owned(),
            };
            let found = format!("granted, shape {:?}, strides {strides}", layout.shape());
            findings.add(seen, format!("memory packed in {name}, or a refusal"), found);
        }
    }
}

pub(super) fn c_contiguous(evidence: &Evidence, findings: &mut Findings) {
    in_order(evidence, findings, Request::C_CONTIGUOUS, Order::C, "C order");
}

pub(super) fn f_contiguous(evidence: &Evidence, findings: &mut Findings) {
    in_order(evidence, findings, Request::F_CONTIGUOUS, Order::Fortran, "Fortran order");
}

pub(super) fn any_contiguous(evidence: &Evidence, findings: &mut Findings) {
    in_order(evidence, findings, Request::ANY_CONTIGUOUS, Order::Any, "C or Fortran order");
}

/// Memory that is contiguous only because an axis has at most one item.
pub(super) fn short_axes(evidence: &Evidence, findings: &mut Findings) {
    let Some(layout) = evidence.whole().and_then(Observation::layout) else { return };
    let is_short =
        |order| layout.is_contiguous(order) && layout.shape().iter().any(|&extent| extent <= 1);
    let orders = [
        (Request::C_CONTIGUOUS, Order::C),
        (Request::F_CONTIGUOUS, Order::Fortran),
        (Request::ANY_CONTIGUOUS, Order::Any),
    ];
    for (flag, order) in orders {
        let seen = &evidence.alone[flag.bits() as usize];
        findings.has_examined |= is_short(order);
        if is_short(order) && !seen.is_granted() {
            let strides = layout.strides().unwrap_or_default();
            let expected = format!("granted: shape {:?}, strides {strides:?}", layout.shape());
            findings.add(seen, expected, "refused");
        }
    }
}

pub(super) fn indirect_only(evidence: &Evidence, findings: &mut Findings) {
    let whole = evidence.whole().and_then(Observation::layout);
    if whole.is_none_or(|layout| layout.follows_pointers().is_none()) {
        return;
    }
    findings.examine();
    for seen in granted(evidence).filter(|seen| !seen.asks(Request::INDIRECT)) {
        findings.add(seen, "a refusal: the items are behind pointers", "granted");
    }
}
