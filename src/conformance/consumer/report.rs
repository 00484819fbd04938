//! What was found about a consumer, to read and to compute with.

use std::fmt;

use super::super::report::{Severity, counted, request_name};
use super::coverage::{Unexamined, examined};
use super::event::{Event, Outcome, Record};
use super::judge::judge;
use super::rules;
use super::scenario::Scenario;
use crate::request::Request;

/// A rule that a consumer broke.
///
/// ```
/// use bufferprocs::conformance::{ConsumerExamination, ConsumerFinding};
/// use bufferprocs::{Buffer, Object, Request};
///
/// // Never releases the view.
/// let leak = |object: &Object| Buffer::get(object, Request::SIMPLE).map(std::mem::forget);
/// let report = ConsumerExamination::of(leak).run();
/// let finding: &ConsumerFinding = &report.findings[0];
/// assert_eq!(finding.rule, Some("exports.release-once"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerFinding {
    /// The id of the rule. None if the process ended and no rule explains it.
    pub rule: Option<&'static str>,
    /// How much it matters.
    pub severity: Severity,
    /// The scenarios that show it, by name. The first one is described below.
    pub scenarios: Vec<&'static str>,
    /// The request that it belongs to, if it is one.
    pub request: Option<Request>,
    /// The demand of the rule.
    pub expected: String,
    /// What there was instead.
    pub found: String,
}

impl ConsumerFinding {
    /// Where the book states the rule: page and anchor.
    pub fn link(&self) -> Option<String> {
        self.rule.map(rules::link)
    }

    /// The request: flags, and their name if they have one.
    pub fn request_name(&self) -> Option<String> {
        self.request.map(request_name)
    }
}

/// A request of a consumer, over all scenarios.
///
/// ```
/// use bufferprocs::conformance::{ConsumerExamination, RequestCount};
/// use bufferprocs::{Buffer, Object, Request};
///
/// let len = |object: &Object| Buffer::get(object, Request::SIMPLE).map(|view| view.len_bytes());
/// let report = ConsumerExamination::of(len).run();
/// let count: &RequestCount = &report.requests[0];
/// assert_eq!(count.request, Request::SIMPLE);
/// assert!(count.granted > count.refused && count.refused > 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestCount {
    /// Its flags.
    pub request: Request,
    /// Requests with these flags that were granted.
    pub granted: usize,
    /// Requests with these flags that were refused.
    pub refused: usize,
}

impl RequestCount {
    /// The request: flags, and their name if they have one.
    pub fn name(&self) -> String {
        request_name(self.request)
    }
}

/// The outcome of an examination of a consumer.
///
/// ```
/// use bufferprocs::conformance::{ConsumerExamination, ConsumerReport};
/// use bufferprocs::{Buffer, Object, Request};
///
/// let get = |object: &Object| Buffer::get(object, Request::FULL_RO);
/// let report: ConsumerReport = ConsumerExamination::of(get).run();
/// assert!(report.is_ok(), "{report}");
/// println!("{report}"); // which requests came, and what they got
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerReport {
    /// What is broken, errors first.
    pub findings: Vec<ConsumerFinding>,
    /// Which requests came, in the order in which they came first.
    pub requests: Vec<RequestCount>,
    /// Scenarios in which a result came, in which an exception was raised, and others.
    pub returned: usize,
    /// Scenarios that the consumer refused with an exception.
    pub raised: usize,
    /// All scenarios that were tried.
    pub tried: usize,
    /// Releases of a struct at the address of the request.
    pub released_in_place: usize,
    /// Releases of a struct at another address: a copy.
    pub released_copies: usize,
    /// Releases of a view while one that was granted later was held.
    pub released_out_of_order: usize,
    /// What was not examined, and why.
    pub not_examined: Vec<String>,
    /// The ids of the rules that were examined.
    pub checked: Vec<&'static str>,
    /// The other rules.
    pub unexamined: Vec<Unexamined>,
}

impl ConsumerReport {
    #[doc(hidden)]
    pub fn of(scenarios: &[Scenario], records: &[Record], not_examined: Vec<String>) -> Self {
        let findings = judge(scenarios, records);
        let (mut checked, mut unexamined) = (Vec::new(), Vec::new());
        for (rule, missing) in examined(scenarios, records, not_examined.is_empty()) {
            let is_broken = findings.iter().any(|finding| finding.rule == Some(rule));
            match missing.filter(|_| !is_broken) {
                Some((reason, is_of_system)) => {
                    unexamined.push(Unexamined { rule, reason, is_of_system });
                }
                None => checked.push(rule),
            }
        }
        let mut report = ConsumerReport {
            findings,
            requests: Vec::new(),
            returned: 0,
            raised: 0,
            tried: records.len(),
            released_in_place: 0,
            released_copies: 0,
            released_out_of_order: 0,
            not_examined,
            checked,
            unexamined,
        };
        for record in records {
            report.count(record);
        }
        report
    }

    fn count(&mut self, record: &Record) {
        self.returned += usize::from(matches!(record.outcome, Outcome::Returned { .. }));
        self.raised += usize::from(matches!(record.outcome, Outcome::Raised { .. }));
        let mut held: Vec<(u32, usize)> = Vec::new();
        for event in &record.events {
            match *event {
                Event::Requested { granted, flags, at } => {
                    let request = Request::from_bits_retain(flags);
                    let place = self.requests.iter().position(|c| c.request == request);
                    let place = place.unwrap_or_else(|| {
                        self.requests.push(RequestCount { request, granted: 0, refused: 0 });
                        self.requests.len() - 1
                    });
                    match granted {
                        Some(view) => {
                            self.requests[place].granted += 1;
                            held.push((view, at));
                        }
                        None => self.requests[place].refused += 1,
                    }
                }
                Event::Released { view, at, .. } => {
                    let Some(place) = held.iter().position(|(number, _)| *number == view) else {
                        continue;
                    };
                    self.released_out_of_order += usize::from(place + 1 < held.len());
                    match held.remove(place).1 == at {
                        true => self.released_in_place += 1,
                        false => self.released_copies += 1,
                    }
                }
                Event::ReleasedAgain { .. } | Event::Wrote { .. } => {}
            }
        }
    }

    /// Takes a rule out of those that were checked, since this kind of examination cannot see it.
    pub(super) fn leave_out(&mut self, rule: &'static str, reason: &'static str) {
        if self.findings.iter().all(|finding| finding.rule != Some(rule)) {
            self.checked.retain(|checked| *checked != rule);
            self.unexamined.retain(|left_out| left_out.rule != rule);
            self.unexamined.push(Unexamined { rule, reason, is_of_system: true });
        }
    }

    /// Whether a request came, and no rule of level MUST is broken.
    pub fn is_ok(&self) -> bool {
        let has_errors = self.findings.iter().any(|found| found.severity == Severity::Error);
        !self.requests.is_empty() && !has_errors
    }

    fn counted(&self, severity: Severity, noun: &str) -> String {
        let count = self.findings.iter().filter(|found| found.severity == severity).count();
        counted(count, noun)
    }
}

impl fmt::Display for ConsumerFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.severity, self.rule.unwrap_or("the trial came to no end"))?;
        if let Some(first) = self.scenarios.first() {
            write!(f, "  scenario  {first}")?;
            match self.scenarios.len() {
                1 => writeln!(f)?,
                count => writeln!(f, ", and {} more", count - 1)?,
            }
        }
        if let Some(request) = self.request_name() {
            writeln!(f, "  request   {request}")?;
        }
        writeln!(f, "  expected  {}", self.expected)?;
        writeln!(f, "  found     {}", self.found)?;
        if let Some(link) = self.link() {
            writeln!(f, "  book      {link}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ConsumerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        if self.requests.is_empty() {
            writeln!(f, "no request came: this is not a consumer")?;
        }
        for count in &self.requests {
            let RequestCount { granted, refused, .. } = count;
            writeln!(f, "requested {}: {granted} granted, {refused} refused", count.name())?;
        }
        writeln!(
            f,
            "released: {} in place, {} as a copy, {} before a later view",
            self.released_in_place, self.released_copies, self.released_out_of_order
        )?;
        writeln!(
            f,
            "{}: {} with a result, {} with an exception; {} checked: {}, {}, {}",
            counted(self.tried, "scenario"),
            self.returned,
            self.raised,
            counted(self.checked.len(), "rule"),
            self.counted(Severity::Error, "error"),
            self.counted(Severity::Warning, "warning"),
            self.counted(Severity::Note, "note"),
        )?;
        for what in &self.not_examined {
            writeln!(f, "not examined: {what}")?;
        }
        for Unexamined { rule, reason, .. } in &self.unexamined {
            writeln!(f, "not checked: {rule} ({reason})")?;
        }
        Ok(())
    }
}
