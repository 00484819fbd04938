//! Results that a consumer gets wrong: the same items in two layouts have the same result.

use super::super::report::Severity;
use super::event::{Event, Outcome, Record};
use super::judge::Found;
use super::rules;
use super::scenario::{Refuses, Role, Scenario};
use crate::request::Request;

/// The longest text of a result in a report, in characters.
const LONGEST: usize = 70;

fn value(record: &Record) -> Option<&str> {
    match &record.outcome {
        Outcome::Returned { value } => value.as_deref(),
        _ => None,
    }
}

/// The result over the reference of a family.
///
/// Only if the result is a function of the items: the same over the same items elsewhere, and
/// another over other items. An address or a shape is no such result.
pub(super) fn reference<'a>(
    scenarios: &[Scenario],
    records: &'a [Record],
    family: &str,
) -> Option<&'a str> {
    let of = |role: Role| {
        let record = records.iter().find(|record| {
            let scenario = &scenarios[record.scenario];
            scenario.family == family && scenario.role == role
        });
        record.and_then(value)
    };
    let reference = of(Role::Reference)?;
    let is_of_items = of(Role::Elsewhere) == Some(reference)
        && of(Role::OtherItems).is_some_and(|other| other != reference);
    is_of_items.then_some(reference)
}

/// Compares results over the layouts of each family with the result over its reference.
pub(super) fn compare(scenarios: &[Scenario], records: &[Record], all: &mut Vec<Found>) {
    for record in records {
        let scenario = &scenarios[record.scenario];
        let reference = reference(scenarios, records, scenario.family);
        let (Some(reference), Some(found)) = (reference, value(record)) else { continue };
        if found == reference {
            continue;
        }
        let request = last_request(record);
        let (rule, layout) = match scenario.role {
            Role::Layout("negative strides") => (rules::NEGATIVE_STRIDES, "negative strides"),
            Role::Layout("pointers") => (rules::SUBOFFSETS, "suboffsets"),
            Role::Layout(layout) if asks_for_either_order(request) => {
                (rules::ANY_CONTIGUOUS, layout)
            }
            Role::Layout(layout) => (rules::STRIDES, layout),
            Role::Alone if scenario.refuses == Refuses::All => (rules::REFUSED, "a refusal"),
            _ => continue,
        };
        let expected = match rule {
            rules::REFUSED => format!("the exception, or {}", short(reference)),
            _ => format!("{}, as over the same items in C order", short(reference)),
        };
        all.push(Found {
            rule: Some(rule),
            severity: Severity::Warning,
            scenario: record.scenario,
            request,
            expected,
            found: format!("{}, with {layout}", short(found)),
        });
    }
}

fn last_request(record: &Record) -> Option<Request> {
    record.events.iter().rev().find_map(|event| match *event {
        Event::Requested { flags, .. } => Some(Request::from_bits_retain(flags)),
        _ => None,
    })
}

/// The view may be packed in Fortran order, which its strides tell.
pub(super) fn asks_for_either_order(request: Option<Request>) -> bool {
    let one_order = [Request::C_CONTIGUOUS, Request::F_CONTIGUOUS];
    request.is_some_and(|request| {
        request.contains(Request::ANY_CONTIGUOUS)
            && !one_order.into_iter().any(|order| request.contains(order))
    })
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
