//! Inputs that prove nothing.

use super::super::check::Input;
use super::super::evidence::{Evidence, whole};

/// Inputs that cannot be used, and why.
pub(super) fn rejected_inputs(evidence: &Evidence) -> Vec<(Input, String)> {
    let mut rejected_inputs = Vec::new();
    let is_shown = evidence.whole().is_some();
    let mut add =
        |input: Input, reason: &str| rejected_inputs.push((input, format!("{input}: {reason}")));
    let given = evidence.expected_len;
    let shown = evidence.whole().and_then(|seen| seen.layout()).map(|layout| layout.len_bytes());
    if given.is_some() && evidence.contents_change {
        add(Input::Contents, "the items change while they are compared");
    } else if given.is_some() && evidence.contents.is_none() && (shown.is_none() || shown == given)
    {
        add(Input::Contents, "no view leads to the items, by a shape that fits");
    }
    if evidence.within.is_some() && !is_shown {
        add(Input::Within, "no request for strides is granted");
    }
    if evidence.base.as_ref().is_some_and(|base| whole(base).is_none()) {
        add(Input::Base, "it grants no request for strides");
    }
    for mutation in &evidence.mutations {
        let name = &mutation.name;
        match (&mutation.held, &mutation.free) {
            (None, _) => add(Input::Mutate, &format!("{name}: no view was granted before it")),
            (_, Err(raised)) if mutation.has_failed() => {
                let reason = match &mutation.held {
                    Some(Err(held)) if held.name == raised.name => {
                        format!("{name} raises {raised}, with a view and without")
                    }
                    Some(Err(held)) => {
                        format!("{name} raises {held}, with a view held, and without {raised}")
                    }
                    _ => format!("{name} raises {raised}, with no view held"),
                };
                add(Input::Mutate, &reason);
            }
            (_, Err(raised)) if evidence.holds_a_view && mutation.is_refused_for_ever() => {
                let reason = "with no other view held: this object holds one itself";
                add(Input::Mutate, &format!("{name} raises {raised}, {reason}"));
            }
            _ if mutation.does_nothing() => {
                let reason = "changes neither address nor size, with a view held and without";
                add(Input::Mutate, &format!("{name} {reason}"));
            }
            _ => {}
        }
    }
    rejected_inputs
}
