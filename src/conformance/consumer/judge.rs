//! Which rules a consumer broke, by what was seen of it: pure functions.

use super::super::report::Severity;
use super::super::view_state::NAMES;
use super::event::{ARRAYS, Event, Outcome, Phase, Record, STRUCT_FIELDS};
use super::report::ConsumerFinding;
use super::rules;
use super::scenario::{Refuses, Scenario};
use super::values;
use crate::request::Request;
use Severity::{Error, Note, Warning};

/// What one trial showed.
pub(super) struct Found {
    pub(super) rule: Option<&'static str>,
    pub(super) severity: Severity,
    /// Its place among the scenarios.
    pub(super) scenario: usize,
    pub(super) request: Option<Request>,
    pub(super) expected: String,
    pub(super) found: String,
}

/// Judges all trials: one finding for each rule, with its first case.
pub(super) fn judge(scenarios: &[Scenario], records: &[Record]) -> Vec<ConsumerFinding> {
    let mut all = Vec::new();
    for record in records {
        if let Some(scenario) = scenarios.get(record.scenario) {
            let mut trial = Trial { scenario, record, all: &mut all };
            trial.ending();
            trial.requests();
            trial.releases();
            trial.kept();
            trial.exceptions();
        }
    }
    values::compare(scenarios, records, &mut all);
    writable_for_nothing(records, &mut all);
    let mut findings: Vec<ConsumerFinding> = Vec::new();
    for found in all {
        let name = scenarios[found.scenario].name;
        let same = |known: &&mut ConsumerFinding| {
            known.rule == found.rule
                && known.severity == found.severity
                && (found.rule.is_some() || known.found == found.found)
        };
        match findings.iter_mut().find(same) {
            Some(known) if known.scenarios.contains(&name) => {}
            Some(known) => known.scenarios.push(name),
            None => findings.push(ConsumerFinding {
                rule: found.rule,
                severity: found.severity,
                scenarios: vec![name],
                request: found.request,
                expected: found.expected,
                found: found.found,
            }),
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A scenario, and what was seen of it.
pub(super) struct Trial<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) record: &'a Record,
    pub(super) all: &'a mut Vec<Found>,
}

impl Trial<'_> {
    pub(super) fn add(
        &mut self,
        (rule, severity): (&'static str, Severity),
        request: Option<Request>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.all.push(Found {
            rule: Some(rule),
            severity,
            scenario: self.record.scenario,
            request,
            expected: expected.into(),
            found: found.into(),
        });
    }

    /// The flags of the request that view `number` answers.
    fn flags_of(&self, number: u32) -> Option<Request> {
        self.record.events.iter().find_map(|event| match *event {
            Event::Requested { granted, flags, .. } if granted == Some(number) => {
                Some(Request::from_bits_retain(flags))
            }
            _ => None,
        })
    }

    /// The last request, and whether it was granted.
    pub(super) fn last_request(&self) -> Option<(Request, bool)> {
        self.record.events.iter().rev().find_map(|event| match *event {
            Event::Requested { granted, flags, .. } => {
                Some((Request::from_bits_retain(flags), granted.is_some()))
            }
            _ => None,
        })
    }

    pub(super) fn held(&self) -> usize {
        let of = |is: fn(&Event) -> bool| self.record.events.iter().filter(|e| is(e)).count();
        of(|event| matches!(event, Event::Requested { granted: Some(_), .. }))
            .saturating_sub(of(|event| matches!(event, Event::Released { .. })))
    }

    fn requests(&mut self) {
        for event in &self.record.events {
            let Event::Requested { flags, .. } = *event else { continue };
            let request = Request::from_bits_retain(flags);
            if !is_of_constants(request) {
                let expected = "flags that the constants of the header combine to";
                let found = format!("{flags:#05x}, which they do not");
                self.add((rules::FLAGS, Warning), Some(request), expected, found);
            } else if request.contains(Request::FORMAT) && !request.contains(Request::ND) {
                let expected = "FORMAT only together with ND";
                self.add((rules::BARE_FORMAT, Warning), Some(request), expected, "FORMAT alone");
            }
        }
    }

    fn releases(&mut self) {
        let events = &self.record.events;
        for event in events {
            match *event {
                Event::ReleasedAgain { view, .. } => {
                    let request = view.and_then(|view| self.flags_of(view));
                    let found = match view {
                        Some(_) => "a release of a view that was released before",
                        None => "a release of a view that was never granted",
                    };
                    let rule = (rules::RELEASE_ONCE, Error);
                    self.add(rule, request, "one release of each granted view", found);
                }
                Event::Released { view, changed, .. } if changed != 0 => {
                    self.changed_fields(self.flags_of(view), changed);
                }
                Event::Wrote { readonly: true } => {
                    let request = self.last_request().map(|(request, _)| request);
                    let found = "the items of read-only memory differ after the release";
                    let expected = "no write where readonly is 1";
                    self.add((rules::RESPECT_READONLY, Error), request, expected, found);
                }
                _ => {}
            }
        }
    }

    fn changed_fields(&mut self, request: Option<Request>, changed: u32) {
        let has = |place: usize| changed & 1 << place != 0;
        let names = |places: std::ops::Range<usize>| -> Vec<&str> {
            places.filter(|place| has(*place)).map(|place| NAMES[place]).collect()
        };
        if has(STRUCT_FIELDS - 1) {
            let expected = "internal as it was granted";
            let found = "another value of internal at the release";
            self.add((rules::INTERNAL, Error), request, expected, found);
        }
        let arrays: Vec<String> = (0..ARRAYS.len())
            .filter(|place| has(STRUCT_FIELDS + place))
            .map(|place| format!("what {} leads to", ARRAYS[place]))
            .collect();
        let pointers = names(6..STRUCT_FIELDS - 1);
        if !arrays.is_empty() || !pointers.is_empty() {
            let parts: Vec<String> =
                pointers.iter().map(|name| (*name).to_owned()).chain(arrays).collect();
            let found = format!("{} differs at the release", parts.join(", "));
            let expected = "format, shape, strides and suboffsets as they were granted";
            self.add((rules::READ_ONLY_FIELDS, Error), request, expected, found);
        }
        let own = names(0..6);
        if !own.is_empty() {
            let found = format!("{} differs at the release", own.join(", "));
            let expected = "the struct as it was filled";
            self.add((rules::STRUCT_AS_FILLED, Warning), request, expected, found);
        }
    }

    /// Views that are left when the result is gone.
    fn kept(&mut self) {
        let ended = matches!(self.record.outcome, Outcome::Died { .. } | Outcome::TimedOut);
        if ended || self.record.kept == 0 || self.record.phase != Phase::Done {
            return;
        }
        let released: Vec<u32> = self
            .record
            .events
            .iter()
            .filter_map(|event| match *event {
                Event::Released { view, .. } => Some(view),
                _ => None,
            })
            .collect();
        let kept = (0..).find(|number| !released.contains(number));
        let request = kept.and_then(|number| self.flags_of(number));
        if self.record.keepers.is_empty() {
            let found = "a view is never released, and no object of Python keeps it";
            let rule = (rules::RELEASE_ONCE, Error);
            self.add(rule, request, "one release of each granted view", found);
        } else {
            let keepers = self.record.keepers.join(", ");
            let found = format!("after its result was dropped, a view is kept by {keepers}");
            let expected = "a release when the consumer and its result are done";
            self.add((rules::PROMPTLY, Warning), request, expected, found);
        }
    }

    fn exceptions(&mut self) {
        let request = self.last_request().map(|(request, _)| request);
        match &self.record.outcome {
            Outcome::Raised { name, message } if is_of_lost_exception(name, message) => {
                let expected = "an exception and no result, or a result and no exception";
                let found = format!("{name}: {message}");
                self.add((rules::EXCEPTION, Error), request, expected, found);
            }
            Outcome::Returned { .. } => {
                let lost = self.record.events.iter().find_map(|event| match *event {
                    Event::Released { view, raised: true, .. } => Some(view),
                    _ => None,
                });
                // After a refusal many consumers try another way.
                if let Some(view) = lost.filter(|_| self.scenario.refuses == Refuses::Nothing) {
                    let expected = "the exception that was set when the view was released";
                    let rule = (rules::EXCEPTION, Warning);
                    self.add(rule, self.flags_of(view), expected, "a result, and no exception");
                }
            }
            _ => {}
        }
    }
}

/// A result with an exception set, or neither.
fn is_of_lost_exception(name: &str, message: &str) -> bool {
    name == "SystemError"
        && [
            "exception set",
            "an error set",
            "without setting an exception",
            "without setting an error",
        ]
        .iter()
        .any(|part| message.contains(part))
}

/// Whether the constants of the header combine to it.
fn is_of_constants(request: Request) -> bool {
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
    let whole = flags.into_iter().filter(|flag| request.contains(*flag));
    whole.fold(Request::SIMPLE, |all, flag| all | flag) == request
}

/// A consumer that fails on read-only memory because it asks to write, and never writes.
fn writable_for_nothing(records: &[Record], all: &mut Vec<Found>) {
    let asks = |record: &Record| {
        record.events.iter().find_map(|event| match *event {
            Event::Requested { flags, granted, .. } => {
                let request = Request::from_bits_retain(flags);
                request.contains(Request::WRITABLE).then_some((request, granted.is_some()))
            }
            _ => None,
        })
    };
    let wrote = |record: &Record| {
        record.events.iter().any(|event| matches!(event, Event::Wrote { .. }))
            || matches!(record.outcome, Outcome::Died { .. })
    };
    if records.iter().any(wrote) {
        return;
    }
    let granted_to_write = records.iter().filter(|record| asks(record).is_some_and(|(_, is)| is));
    if granted_to_write.filter(|r| matches!(r.outcome, Outcome::Returned { .. })).count() < 2 {
        return;
    }
    let refused = records.iter().find(|record| {
        let only = record.events.iter().all(|event| match *event {
            Event::Requested { flags, .. } => {
                Request::from_bits_retain(flags).contains(Request::WRITABLE)
            }
            _ => true,
        });
        only && asks(record).is_some_and(|(_, granted)| !granted)
            && matches!(record.outcome, Outcome::Raised { .. })
    });
    if let Some(record) = refused {
        all.push(Found {
            rule: Some(rules::WRITABLE),
            severity: Note,
            scenario: record.scenario,
            request: asks(record).map(|(request, _)| request),
            expected: "WRITABLE only by consumers that write".to_owned(),
            found: "WRITABLE in each request, and no write: read-only memory is refused".to_owned(),
        });
    }
}
