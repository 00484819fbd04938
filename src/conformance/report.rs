//! What an examination found, to read and to compute with.

mod rejected;

use std::borrow::Cow;
use std::fmt;

use super::check::{Check, Finding, Findings, Input, Level};
use super::checks::{CHECKS, can_be_sent};
use super::dialect::{Syntax, syntax};
use super::evidence::{Evidence, Observation};
use super::view_state::NAMES;
use crate::request::Request;
use rejected::rejected_inputs;

/// How much a violation matters.
///
/// ```
/// use bufferprocs::conformance::{Examination, Severity};
/// use bufferprocs::exporters::broken::Broken;
///
/// let report = Examination::of(&Broken::new("getbuffer.fill").unwrap()).run();
/// assert_eq!(report.violations[0].check.severity(), Severity::Error);
/// assert!(Severity::Note < Severity::Warning && Severity::Warning < Severity::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A rule that is disputed, or that CPython's exporters keep although no document demands it.
    Note,
    /// A rule of level SHOULD.
    Warning,
    /// A rule of level MUST.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A rule that is broken.
///
/// ```
/// use bufferprocs::conformance::Examination;
/// use bufferprocs::exporters::broken::Broken;
///
/// let report = Examination::of(&Broken::new("request.strides").unwrap()).run();
/// let violation = &report.violations[0];
/// assert_eq!(violation.check.rule, "request.strides");
/// println!("expected {}, found {}", violation.expected, violation.found);
/// ```
#[derive(Debug, Clone)]
pub struct Violation {
    /// The check that found it, with the id of the rule.
    pub check: &'static Check,
    /// The requests that show it, in the order of their flags. Empty if it was no single request.
    pub requests: Vec<Request>,
    /// The demand of the rule, in the first case that was found.
    pub expected: Cow<'static, str>,
    /// What there was instead, in that case.
    pub found: String,
    severity: Severity,
}

/// The outcome of an examination.
///
/// ```
/// use bufferprocs::conformance::Examination;
/// use bufferprocs::exporters::bytes;
///
/// let report = Examination::of(&bytes::object(*b"abc")).run();
/// assert!(report.is_ok());
/// println!("{report}"); // which rules were checked, and which inputs were missing
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    /// What is broken, in the order of the book.
    pub violations: Vec<Violation>,
    /// Of the 512 requests, those that were granted.
    pub granted: usize,
    /// The first exception, if no request was granted.
    pub refusal: Option<String>,
    /// The rules that were checked.
    pub checked: Vec<&'static Check>,
    /// The rules that would have been checked, and of which no request showed a case: as those of
    /// refusals, if nothing is refused.
    pub unexamined: Vec<&'static Check>,
    /// The format, and whose syntax it is in, if that is not `struct`'s.
    pub dialect: Option<String>,
    /// The inputs that were not given, and without which some rules are not checked.
    pub missing_inputs: Vec<Input>,
    /// Inputs that could not be used, each with the reason. Nothing is proved by them.
    pub rejected_inputs: Vec<String>,
}

impl Check {
    /// How much it matters if it is broken.
    pub fn severity(&self) -> Severity {
        match self.level {
            _ if self.disputed => Severity::Note,
            Level::Must => Severity::Error,
            Level::Should => Severity::Warning,
            Level::Observed => Severity::Note,
        }
    }

    /// Its place in the book: page and anchor.
    pub fn link(&self) -> String {
        format!("{}.html#r-{}", self.page, self.rule)
    }
}

impl Report {
    pub(super) fn of(evidence: &Evidence) -> Report {
        let mut examined = Vec::new();
        let mut violations = Vec::new();
        for check in &CHECKS {
            let mut findings = Findings::default();
            (check.run)(evidence, &mut findings);
            if findings.has_examined {
                examined.push(check.rule);
            }
            violations.extend(Violation::of(check, findings.all));
        }
        let given = [
            (Input::Contents, evidence.expected_len.is_some()),
            (Input::Within, evidence.within.is_some()),
            (Input::Base, evidence.base.is_some()),
            (Input::Mutate, !evidence.mutations.is_empty()),
            (Input::Reenter, !evidence.reentrant_views.is_empty()),
        ];
        let rejected_inputs = rejected_inputs(evidence);
        let is_rejected = |input| rejected_inputs.iter().any(|(rejected, _)| *rejected == input);
        let missing_inputs =
            given.iter().filter(|(_, is_given)| !is_given).map(|(input, _)| *input).collect();
        let is_usable = |input: &Input| given.contains(&(*input, true)) && !is_rejected(*input);
        let granted = evidence.granted().count();
        let first = evidence.alone.first().and_then(|seen| seen.answer.raised.as_ref());
        // Rules that need no input, or have it, or are broken without.
        let considered = CHECKS.iter().filter(|check| {
            let has_input = check.requires.as_ref().is_none_or(is_usable);
            has_input || violations.iter().any(|found| found.check.rule == check.rule)
        });
        let (checked, unexamined) = considered.partition(|check| examined.contains(&check.rule));
        Report {
            violations,
            granted,
            refusal: first.filter(|_| granted == 0).map(ToString::to_string),
            checked,
            unexamined,
            dialect: evidence.whole().and_then(dialect),
            missing_inputs,
            rejected_inputs: rejected_inputs.into_iter().map(|(_, reason)| reason).collect(),
        }
    }

    /// Whether no rule of level MUST is broken, the exporter granted anything at all, and
    /// every input could be used.
    pub fn is_ok(&self) -> bool {
        let has_errors = self.at_least(Severity::Error).next().is_some();
        self.granted > 0 && !has_errors && self.rejected_inputs.is_empty()
    }

    /// The same without a rule, as if it were not known.
    pub fn ignoring(mut self, rule: &str) -> Report {
        self.violations.retain(|found| found.check.rule != rule);
        self.checked.retain(|check| check.rule != rule);
        self.unexamined.retain(|check| check.rule != rule);
        self
    }

    /// The same for one rule alone, as if there were no other.
    pub fn only(mut self, rule: &str) -> Report {
        self.violations.retain(|found| found.check.rule == rule);
        self.checked.retain(|check| check.rule == rule);
        self.unexamined.retain(|check| check.rule == rule);
        self.missing_inputs
            .retain(|input| CHECKS.iter().any(|c| c.rule == rule && c.requires == Some(*input)));
        self
    }

    /// What matters so much or more.
    pub fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(move |found| found.severity() >= severity)
    }

    fn count(&self, severity: Severity) -> usize {
        self.violations.iter().filter(|found| found.severity() == severity).count()
    }
}

/// The format of a view, if it is in another syntax than that of `struct`.
fn dialect(seen: &Observation) -> Option<String> {
    let format = seen.fields.format.as_ref()?;
    let (dialect, sizes) = match syntax(format, seen.view.itemsize) {
        Syntax::Known { dialect, .. } => (dialect?, ""),
        Syntax::WithoutSize { dialect } => (dialect, "; its size was not computed"),
        Syntax::Unknown(_) => return None,
    };
    Some(format!("the format {format:?} is in the syntax of {dialect}{sizes}"))
}

impl Violation {
    fn of(check: &'static Check, findings: Vec<Finding>) -> Option<Violation> {
        let mut requests: Vec<_> = findings.iter().filter_map(|finding| finding.request).collect();
        requests.sort_by_key(|request| request.bits());
        requests.dedup(); // alone and beside another view
        let is_sent = |finding: &Finding| finding.request.is_none_or(can_be_sent);
        let severity = match findings.iter().any(is_sent) {
            true => check.severity(),
            // A word that no consumer sends harms none.
            false => Severity::Note,
        };
        let place = findings.iter().position(is_sent).unwrap_or(0);
        let first = findings.into_iter().nth(place)?;
        let (expected, found) = (first.expected, first.found);
        Some(Violation { check, requests, expected, found, severity })
    }

    /// How much it matters: as the rule does, or a note if only words show it that no constants of
    /// the header combine to.
    ///
    /// ```
    /// use bufferprocs::conformance::{Examination, Severity};
    /// use bufferprocs::exporters::broken::Broken;
    ///
    /// let report = Examination::of(&Broken::new("request.nesting").unwrap()).run();
    /// let violation = &report.violations[0];
    /// assert_eq!(violation.check.severity(), Severity::Error);
    /// assert_eq!(violation.severity(), Severity::Note);
    /// ```
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The field of the view that is wrong, or what else is.
    ///
    /// ```
    /// use bufferprocs::conformance::Examination;
    /// use bufferprocs::exporters::broken::Broken;
    ///
    /// let report = Examination::of(&Broken::new("request.format.asked").unwrap()).run();
    /// assert_eq!(report.violations[0].field(), Some("format"));
    /// ```
    pub fn field(&self) -> Option<&'static str> {
        let named = |text: &str| {
            let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            words.find_map(|word| NAMES.iter().copied().find(|name| *name == word))
        };
        let rule = self.check.rule.strip_prefix("field.").unwrap_or_default();
        named(rule.split('.').next()?).or_else(|| named(&self.found)).or(named(&self.expected))
    }

    /// The first request that shows it: flags, and their name if they have one.
    pub fn request(&self) -> Option<String> {
        self.first_request().map(request_name)
    }

    /// The first that a consumer can send, if there is one.
    pub(super) fn first_request(&self) -> Option<Request> {
        let sent = self.requests.iter().copied().find(|&request| can_be_sent(request));
        sent.or_else(|| self.requests.first().copied())
    }
}

/// The flags in hexadecimal and by their names, as `0x11c FULL_RO`.
pub(super) fn request_name(request: Request) -> String {
    let named = Request::NAMED.iter().find(|(_, named)| *named == request);
    let words = match named {
        Some((name, _)) => (*name).to_owned(),
        None => {
            let parts = [
                ("INDIRECT", Request::INDIRECT),
                ("ANY_CONTIGUOUS", Request::ANY_CONTIGUOUS),
                ("F_CONTIGUOUS", Request::F_CONTIGUOUS),
                ("C_CONTIGUOUS", Request::C_CONTIGUOUS),
                ("STRIDES", Request::STRIDES),
                ("ND", Request::ND),
                ("FORMAT", Request::FORMAT),
                ("WRITABLE", Request::WRITABLE),
            ];
            let mut left = request;
            let mut words = Vec::new();
            for (name, flag) in parts {
                if request.contains(flag) && left.intersects(flag) {
                    words.push(name);
                    left -= flag;
                }
            }
            words.join("|")
        }
    };
    format!("{:#05x} {words}", request.bits()).trim_end().to_owned()
}

/// `1 note`, `2 notes`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.severity(), self.check.rule)?;
        if let Some(request) = self.request() {
            write!(f, "  request   {request}")?;
            match self.requests.len() {
                1 => writeln!(f)?,
                count => writeln!(f, ", and {} more", count - 1)?,
            }
        }
        writeln!(f, "  expected  {}", self.expected)?;
        writeln!(f, "  found     {}", self.found)?;
        writeln!(f, "  book      {}", self.check.link())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted: Vec<&Violation> = self.violations.iter().collect();
        sorted.sort_by_key(|found| std::cmp::Reverse(found.severity()));
        for found in sorted {
            writeln!(f, "{found}")?;
        }
        for reason in &self.rejected_inputs {
            writeln!(f, "rejected input: {reason}")?;
        }
        if let Some(refusal) = &self.refusal {
            writeln!(f, "no request was granted: {refusal}")?;
        }
        writeln!(
            f,
            "{} of 512 requests granted; {} checked: {}, {}, {}",
            self.granted,
            counted(self.checked.len(), "rule"),
            counted(self.count(Severity::Error), "error"),
            counted(self.count(Severity::Warning), "warning"),
            counted(self.count(Severity::Note), "note"),
        )?;
        if let Some(dialect) = &self.dialect {
            writeln!(f, "{dialect}")?;
        }
        if !self.unexamined.is_empty() {
            let rules: Vec<_> = self.unexamined.iter().map(|check| check.rule).collect();
            writeln!(f, "not checked for want of a case: {}", rules.join(", "))?;
        }
        for input in &self.missing_inputs {
            let left_out = CHECKS.iter().filter(|check| check.requires == Some(*input));
            let rules: Vec<_> = left_out.map(|check| check.rule).collect();
            writeln!(f, "not checked without `{input}`: {}", rules.join(", "))?;
        }
        Ok(())
    }
}
