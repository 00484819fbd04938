//! Which rules the trials of a consumer had a case of.

use super::event::{Event, Outcome, Phase, Record};
use super::rules;
use super::scenario::{Role, Scenario};
use super::values;
use crate::request::Request;

/// A rule for consumers that was not examined, and why.
///
/// ```
/// use bufferprocs::conformance::{ConsumerExamination, Unexamined};
/// use bufferprocs::{Buffer, Object, Request};
///
/// let first = |object: &Object| Buffer::get(object, Request::SIMPLE).map(|view| view.len_bytes());
/// let report = ConsumerExamination::of(first).run();
/// let left_out: &Unexamined = report
///     .unexamined
///     .iter()
///     .find(|left_out| left_out.rule == "field.suboffsets.address")
///     .unwrap();
/// assert_eq!(left_out.reason, "no view with suboffsets was granted");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unexamined {
    /// The id of the rule.
    pub rule: &'static str,
    /// What was missing.
    pub reason: &'static str,
    /// This system cannot show it, whatever the consumer does.
    pub is_of_system: bool,
}

const NO_PAGES: &str = "memory is not taken away, and has no pages around it, on this system";

/// The reason why a rule was not examined; the second is of the system. None if it was.
type Reason = Option<(&'static str, bool)>;

/// The rules, each with the reason why it was not examined. `has_pages` says whether an access to
/// memory that was taken away, or beside it, ends the process.
pub(super) fn examined(
    scenarios: &[Scenario],
    records: &[Record],
    has_pages: bool,
) -> Vec<(&'static str, Reason)> {
    let seen = Seen { scenarios, records };
    let reason_of = |rule| match seen.case(rule) {
        Some(missing) => Some((missing, false)),
        None if !has_pages && seen.needs_pages(rule) => Some((NO_PAGES, true)),
        None => None,
    };
    rules::PAGES.iter().map(|&(rule, _)| (rule, reason_of(rule))).collect()
}

struct Seen<'a> {
    scenarios: &'a [Scenario],
    records: &'a [Record],
}

impl Seen<'_> {
    /// What is missing for a case of the rule. None if there was one.
    fn case(&self, rule: &str) -> Option<&'static str> {
        let (is_there, missing) = match rule {
            _ if !self.any(|_, _, _| true) => (false, "no request came"),
            rules::FLAGS | rules::BARE_FORMAT | rules::EXCEPTION => (true, ""),
            rules::REFUSED => (self.any(|_, _, granted| !granted), "no request was refused"),
            rules::WRITABLE => {
                let asks = self.any(|_, request, _| request.contains(Request::WRITABLE));
                (asks, "no request has WRITABLE")
            }
            _ if !self.any(|_, _, granted| granted) => (false, "no view was granted"),
            rules::RELEASE_ONCE | rules::PROMPTLY => {
                (self.records.iter().any(is_done), "no trial came to its end")
            }
            rules::AFTER_RELEASE
            | rules::STRUCT_AS_FILLED
            | rules::INTERNAL
            | rules::READ_ONLY_FIELDS => (self.has_released(), "no view was released"),
            rules::RESPECT_READONLY => {
                let shown = self.granted(|scenario, _| scenario.readonly);
                (shown, "no view of read-only memory was granted")
            }
            rules::ONE_RUN => {
                let shown = self.granted(|scenario, request| {
                    scenario.len_bytes() > 0 && !request.contains(Request::STRIDES)
                });
                (shown, "no view without strides was granted")
            }
            rules::STRIDES => {
                let shown = self.granted(|scenario, request| {
                    scenario.len_bytes() > 0 && request.contains(Request::STRIDES)
                });
                (shown, "no view with strides was granted")
            }
            rules::SUBOFFSETS => {
                let shown = self.granted(|scenario, _| !scenario.suboffsets.is_empty());
                (shown, "no view with suboffsets was granted")
            }
            rules::NO_ITEMS => {
                let shown = self.granted(|scenario, _| scenario.len_bytes() == 0);
                (shown, "no view without items was granted")
            }
            rules::NEGATIVE_STRIDES => {
                let is = |layout: &str, _: Request| layout == "negative strides";
                (self.is_compared(is), "no result over negative strides could be compared")
            }
            rules::ANY_CONTIGUOUS => {
                let is = |layout: &str, request| {
                    layout == "strides" && values::asks_for_either_order(Some(request))
                };
                let missing = "no result over Fortran order could be compared, by a request for \
                               either order";
                (self.is_compared(is), missing)
            }
            _ => (true, ""), // `consumer.look`: a field is NULL in every view
        };
        (!is_there).then_some(missing)
    }

    /// Whether only an access that ends the process shows the fault.
    fn needs_pages(&self, rule: &str) -> bool {
        match rule {
            rules::AFTER_RELEASE | rules::ONE_RUN | rules::NO_ITEMS => true,
            rules::STRIDES => !self.is_compared(|layout, _| layout == "strides"),
            rules::SUBOFFSETS => !self.is_compared(|layout, _| layout == "pointers"),
            _ => false,
        }
    }

    /// Whether there was such a request; the last argument says whether it was granted.
    fn any(&self, is: impl Fn(&Scenario, Request, bool) -> bool) -> bool {
        self.records.iter().any(|record| {
            let scenario = &self.scenarios[record.scenario];
            requests(record).any(|(request, granted)| is(scenario, request, granted))
        })
    }

    fn granted(&self, is: impl Fn(&Scenario, Request) -> bool) -> bool {
        self.any(|scenario, request, granted| granted && is(scenario, request))
    }

    fn has_released(&self) -> bool {
        let is = |event: &Event| matches!(event, Event::Released { .. });
        self.records.iter().any(|record| record.events.iter().any(is))
    }

    /// Whether a result over such a layout was compared with the one over the reference. The
    /// request is the last one.
    fn is_compared(&self, is: impl Fn(&str, Request) -> bool) -> bool {
        self.records.iter().any(|record| {
            let scenario = &self.scenarios[record.scenario];
            let Role::Layout(layout) = scenario.role else { return false };
            let last = requests(record).last();
            let is_such = last.is_some_and(|(request, granted)| granted && is(layout, request));
            let has_value = matches!(&record.outcome, Outcome::Returned { value: Some(_) });
            let of_items = || values::reference(self.scenarios, self.records, scenario.family);
            is_such && has_value && of_items().is_some()
        })
    }
}

fn requests(record: &Record) -> impl Iterator<Item = (Request, bool)> + '_ {
    record.events.iter().filter_map(|event| match *event {
        Event::Requested { flags, granted, .. } => {
            Some((Request::from_bits_retain(flags), granted.is_some()))
        }
        _ => None,
    })
}

/// Whether the consumer was granted a view, and came to its end.
fn is_done(record: &Record) -> bool {
    let has_ended = matches!(record.outcome, Outcome::Returned { .. } | Outcome::Raised { .. });
    has_ended && record.phase == Phase::Done && requests(record).any(|(_, granted)| granted)
}

#[cfg(test)]
mod tests {
    use super::super::{ConsumerExamination, ConsumerReport, scenarios};
    use super::*;
    use crate::{Buffer, BufferError, Object, Order};

    /// Why a rule is not among those that were checked. None if it is.
    #[track_caller]
    fn left_out(report: &ConsumerReport, rule: &str) -> Option<&'static str> {
        let found = report.unexamined.iter().find(|left_out| left_out.rule == rule);
        assert_ne!(found.is_some(), report.checked.contains(&rule), "{rule}\n{report}");
        found.map(|left_out| left_out.reason)
    }

    #[test]
    fn rules_without_a_case_are_not_checked() {
        let to_vec = |object: &Object| -> Result<_, Box<dyn std::error::Error>> {
            Ok(Buffer::get(object, Request::FULL_RO)?.to_vec::<u8>(Order::C)?)
        };
        let report = ConsumerExamination::of(to_vec).run();
        assert_eq!(report.checked.len() + report.unexamined.len(), rules::PAGES.len());
        for rule in [rules::STRIDES, rules::NEGATIVE_STRIDES, rules::SUBOFFSETS, rules::LOOK] {
            assert_eq!(left_out(&report, rule), None);
        }
        for (rule, reason) in [
            (rules::ANY_CONTIGUOUS, "could be compared"),
            (rules::ONE_RUN, "no view without strides was granted"),
            (rules::NO_ITEMS, "on this system"),
            (rules::AFTER_RELEASE, "on this system"),
            (rules::PROMPTLY, "not known in Rust"),
            (rules::WRITABLE, "no request has WRITABLE"),
        ] {
            let found = left_out(&report, rule).unwrap_or_default();
            assert!(found.contains(reason), "{rule}: {found:?}");
            let line = format!("not checked: {rule} ({found})");
            assert!(report.to_string().lines().any(|found| found == line), "{report}");
        }
        let only_runs =
            |object: &Object| Buffer::get(object, Request::SIMPLE).map(|view| view.len_bytes());
        let report = ConsumerExamination::of(only_runs).run();
        for (rule, reason) in [
            (rules::STRIDES, "no view with strides was granted"),
            (rules::NEGATIVE_STRIDES, "no result over negative strides could be compared"),
            (rules::SUBOFFSETS, "no view with suboffsets was granted"),
        ] {
            assert_eq!(left_out(&report, rule), Some(reason));
        }
        assert_eq!(left_out(&report, rules::REFUSED), None);
        let none = ConsumerExamination::of(|_: &Object| Ok::<_, BufferError>(())).run();
        assert!(none.checked.is_empty());
        let of_system = none.unexamined.iter().filter(|left_out| left_out.is_of_system);
        assert_eq!(of_system.map(|left_out| left_out.rule).collect::<Vec<_>>(), [rules::PROMPTLY]);
        assert_eq!(left_out(&none, rules::LOOK), Some("no request came"));
    }

    #[test]
    fn what_is_broken_was_checked() {
        let events = vec![Event::Requested { granted: Some(0), flags: 0, at: 8 }];
        let record = |wrote_after_release| Record {
            scenario: 0,
            outcome: Outcome::TimedOut,
            phase: Phase::Call,
            events: events.clone(),
            kept: 0,
            keepers: Vec::new(),
            wrote_after_release,
        };
        let of = |wrote| ConsumerReport::of(&scenarios(), &[record(wrote)], Vec::new());
        assert_eq!(left_out(&of(false), rules::RELEASE_ONCE), Some("no trial came to its end"));
        assert_eq!(left_out(&of(false), rules::AFTER_RELEASE), Some("no view was released"));
        assert_eq!(left_out(&of(true), rules::AFTER_RELEASE), None);
    }
}
