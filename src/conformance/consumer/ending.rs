//! Trials whose process came to an end: which rule that breaks.

use super::super::report::Severity::{Error, Warning};
use super::event::{Fault, Outcome, Phase, Region};
use super::judge::{Found, Trial};
use super::rules;
use crate::request::Request;

impl Trial<'_> {
    /// The process ended, or did not.
    pub(super) fn ending(&mut self) {
        let during = match self.record.phase {
            Phase::Call => "while the consumer ran",
            Phase::Result => "while its result was looked at",
            Phase::Use => "while the code of --use ran",
            Phase::Drop | Phase::Done => "while its result was dropped",
        };
        match &self.record.outcome {
            Outcome::Died { how, fault: Some(fault) } => self.fault(how, *fault, during),
            Outcome::Died { how, fault: None } if self.held() == 0 && how.starts_with("SIG") => {
                let had_view = self.last_request().is_some_and(|(_, granted)| granted);
                let request = self.last_request().map(|(request, _)| request);
                let found = format!("the process ended by {how} {during}, with no view held");
                if had_view {
                    let rule = (rules::AFTER_RELEASE, Error);
                    self.add(rule, request, "no use of a view after its release", found);
                } else {
                    self.unexplained(how, during);
                }
            }
            Outcome::Died { how, fault: None } => self.unexplained(how, during),
            Outcome::TimedOut => self.all.push(Found {
                rule: None,
                severity: Warning,
                scenario: self.record.scenario,
                request: None,
                expected: "an end within the time limit".to_owned(),
                found: format!("no end, {during}: what follows was not examined"),
            }),
            Outcome::Returned { .. } | Outcome::Raised { .. } => {}
        }
        if self.record.wrote_after_release {
            let expected = "no use of a view after its release";
            let found = "memory of views that were all released was written";
            self.add((rules::AFTER_RELEASE, Error), None, expected, found);
        }
    }

    /// The process ended, not at the exporter's memory.
    fn unexplained(&mut self, how: &str, during: &str) {
        self.all.push(Found {
            rule: None,
            severity: Error,
            scenario: self.record.scenario,
            request: self.last_request().map(|(request, _)| request),
            expected: "a result or an exception".to_owned(),
            found: format!("the process ended by {how} {during}"),
        });
    }

    fn fault(&mut self, how: &str, fault: Fault, during: &str) {
        let access = match fault.is_write {
            Some(true) => "wrote",
            Some(false) => "read",
            None => "touched",
        };
        let request = self.last_request().map(|(request, _)| request);
        let scenario = self.scenario;
        let rule_of_layout = || match request {
            _ if scenario.len_bytes() == 0 => rules::NO_ITEMS,
            _ if !scenario.suboffsets.is_empty() => rules::SUBOFFSETS,
            Some(request) if request.contains(Request::STRIDES) => rules::STRIDES,
            _ => rules::ONE_RUN,
        };
        let bytes = |count: isize| format!("{count} byte{}", if count == 1 { "" } else { "s" });
        match fault.region {
            Region::Released => self.add(
                (rules::AFTER_RELEASE, Error),
                request,
                "no use of a view after its release",
                format!("{access} memory of a view {during}, after the last release ({how})"),
            ),
            Region::Items => self.add(
                (rules::RESPECT_READONLY, Error),
                request,
                "no write where readonly is 1",
                format!("wrote byte {} of read-only memory {during} ({how})", fault.offset),
            ),
            Region::Fields => self.add(
                (rules::READ_ONLY_FIELDS, Error),
                request,
                "no access beyond the arrays of the view",
                format!("{access} memory beside the arrays {during} ({how})"),
            ),
            Region::AfterItems => self.add(
                (rule_of_layout(), Error),
                request,
                "no access behind the last item",
                format!("{access} {} past the end {during} ({how})", bytes(fault.offset + 1)),
            ),
            Region::BeforeItems => self.add(
                (rule_of_layout(), Error),
                request,
                "no access before the first byte of the memory",
                format!("{access} {} before the start {during} ({how})", bytes(-fault.offset)),
            ),
            Region::Refused => self.add(
                (rules::REFUSED, Error),
                request,
                "no use of a view whose request was refused",
                format!("{access} what a field of the refused view leads to {during} ({how})"),
            ),
            Region::Null => match self.last_request() {
                Some((_, true)) => self.add(
                    (rules::LOOK, Error),
                    request,
                    "a look at whether a field is NULL before it is followed",
                    format!("{access} through NULL {during} ({how})"),
                ),
                _ => self.unexplained(how, during),
            },
            Region::Elsewhere => self.unexplained(how, during),
        }
    }
}
