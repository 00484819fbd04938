//! The kinds of faults: what each changes, the rule that it breaks, and the rules that are broken
//! with it.

use bufferprocs::Request;

use crate::facts::Facts;
use crate::mutant::{CORRECT, Fault, State, Step};

mod addresses;
mod answers;
mod changes;
mod fields;
mod formats;
mod lifetimes;
mod refusals;
mod requests;

/// One kind of fault.
pub struct Kind {
    pub name: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// Rules that follow from the same fault, on some shapes. Each is reported for at least one.
    pub implied: &'static [&'static str],
    /// The shapes that it has a meaning for.
    pub on: fn(&Facts) -> bool,
    /// The author says which the items are, and where. Their absence hides the rules on these.
    pub is_told: bool,
    pub fault: Fault,
}

/// Whether the checks try each address before they follow it. Elsewhere a pointer that leads
/// nowhere ends the process.
pub const TRIES_ADDRESSES: bool = cfg!(target_os = "linux") && !cfg!(miri);

/// All kinds.
pub fn kinds() -> Vec<&'static Kind> {
    let groups: [&[Kind]; 8] = [
        &fields::KINDS,
        &formats::KINDS,
        &addresses::KINDS,
        &requests::KINDS,
        &answers::KINDS,
        &refusals::KINDS,
        &lifetimes::KINDS,
        &changes::KINDS,
    ];
    let all = groups.into_iter().flatten();
    all.filter(|kind| TRIES_ADDRESSES || kind.rule != addresses::POINTERS).collect()
}

const fn kind(name: &'static str, rule: &'static str, fault: Fault) -> Kind {
    Kind { name, rule, implied: &[], on: |_| true, is_told: true, fault }
}

/// Changes a view that was granted.
const fn view(name: &'static str, rule: &'static str, granted: fn(&mut Step)) -> Kind {
    kind(name, rule, Fault { granted, ..CORRECT })
}

/// Asks the original for something else.
const fn asks(
    name: &'static str,
    rule: &'static str,
    asks: fn(&Facts, Request) -> Request,
) -> Kind {
    kind(name, rule, Fault { asks, ..CORRECT })
}

/// Refuses a request that the original would grant.
const fn refuses(
    name: &'static str,
    rule: &'static str,
    refuses: fn(&Facts, &State, Request) -> bool,
) -> Kind {
    kind(name, rule, Fault { refuses, ..CORRECT })
}

/// Changes a refusal.
const fn refused(name: &'static str, rule: &'static str, refused: fn(&mut Step)) -> Kind {
    kind(name, rule, Fault { refused, ..CORRECT })
}

/// Changes a release.
const fn releases(name: &'static str, rule: &'static str, releases: fn(&mut Step)) -> Kind {
    kind(name, rule, Fault { releases, ..CORRECT })
}

impl Kind {
    const fn implies(self, implied: &'static [&'static str]) -> Kind {
        Kind { implied, ..self }
    }

    /// Of an author who says nothing about the items.
    const fn untold(self) -> Kind {
        Kind { is_told: false, ..self }
    }

    const fn on(self, on: fn(&Facts) -> bool) -> Kind {
        Kind { on, ..self }
    }
}

const fn flag(bits: i32) -> Request {
    Request::from_bits_retain(bits)
}

/// The bits of the flags that name an order, without those of `STRIDES`.
const C: Request = flag(0x20);
const F: Request = flag(0x40);
const ANY: Request = flag(0x80);
const UNUSED: Request = flag(0x2);

fn asks_for_order(request: Request) -> bool {
    [Request::C_CONTIGUOUS, Request::F_CONTIGUOUS, Request::ANY_CONTIGUOUS]
        .iter()
        .any(|&flag| request.contains(flag))
}

/// Asks for strides, and not for suboffsets.
fn is_plain_strides(request: Request) -> bool {
    request.contains(Request::STRIDES) && !request.contains(Request::INDIRECT)
}

/// The arrays that a request did not ask for, as NULL.
fn leave_out(step: &mut Step) {
    if !step.asks(Request::ND) {
        (step.view.ndim, step.view.shape) = (1, std::ptr::null_mut());
    }
    if !step.asks(Request::STRIDES) {
        step.view.strides = std::ptr::null_mut();
    }
    if !step.asks(Request::INDIRECT) {
        step.view.suboffsets = std::ptr::null_mut();
    }
}
