//! A check: the rule that it is about, how binding the rule is, and the findings.

use std::borrow::Cow;
use std::fmt;

use super::evidence::{Evidence, Observation};
use crate::request::Request;

/// A rule that can be checked from outside.
///
/// ```
/// use bufferprocs::conformance::{CHECKS, Input, Level};
///
/// let check = CHECKS.iter().find(|check| check.rule == "exported.no-resize").unwrap();
/// assert_eq!((check.level, check.requires), (Level::Must, Some(Input::Mutate)));
/// assert_eq!(check.link(), "first-exporter.html#r-exported.no-resize");
/// ```
pub struct Check {
    /// Its id in the book.
    pub rule: &'static str,
    /// How binding it is.
    pub level: Level,
    /// Documentation and exporters, or exporters among each other, do not agree. Then it is only
    /// noted who does otherwise.
    pub disputed: bool,
    /// The page of the book that states it, without `.html`.
    pub page: &'static str,
    /// The input without which it cannot be checked.
    pub requires: Option<Input>,
    pub(super) run: fn(&Evidence, &mut Findings),
}

/// How binding a rule is.
///
/// ```
/// use bufferprocs::conformance::{CHECKS, Level};
///
/// let binding = CHECKS.iter().filter(|check| check.level == Level::Must).count();
/// assert!(binding > CHECKS.len() / 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Demanded by the documentation, or by what follows from it.
    Must,
    /// Advised.
    Should,
    /// What CPython's own exporters do.
    Observed,
}

/// The input that a check requires from the author of an exporter, by a method of
/// [`Examination`](super::Examination).
///
/// ```
/// use bufferprocs::conformance::{Examination, Input};
/// use bufferprocs::Object;
///
/// let object = Object::new(vec![1u8, 2]);
/// let report = Examination::of(&object).contents([1, 2]).run();
/// assert!(!report.missing_inputs.contains(&Input::Contents));
/// assert!(report.missing_inputs.contains(&Input::Mutate));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// `contents`
    Contents,
    /// `within`
    Within,
    /// `base`
    Base,
    /// `mutate`
    Mutate,
    /// `reenter`
    Reenter,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Input::Contents => "contents",
            Input::Within => "within",
            Input::Base => "base",
            Input::Mutate => "mutate",
            Input::Reenter => "reenter",
        })
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("rule", &self.rule).field("level", &self.level).finish()
    }
}

/// What a check found.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) all: Vec<Finding>,
    /// Whether there was anything to judge. A rule of refusals says nothing of an exporter that
    /// refuses nothing.
    pub(super) has_examined: bool,
}

pub(super) struct Finding {
    /// None if it was no single request.
    pub(super) request: Option<Request>,
    pub(super) expected: Cow<'static, str>,
    pub(super) found: String,
}

impl Findings {
    /// Notes that the check judges something.
    pub(super) fn examine(&mut self) {
        self.has_examined = true;
    }

    /// Notes each of `cases` as judged.
    pub(super) fn each<T>(&mut self, cases: impl IntoIterator<Item = T>) -> std::vec::IntoIter<T> {
        let cases: Vec<T> = cases.into_iter().collect();
        self.has_examined |= !cases.is_empty();
        cases.into_iter()
    }

    /// Of one request.
    pub(super) fn add(
        &mut self,
        seen: &Observation,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
    ) {
        self.add_of(Some(seen.request), expected, found);
    }

    pub(super) fn add_of(
        &mut self,
        request: Option<Request>,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<String>,
    ) {
        self.has_examined = true;
        self.all.push(Finding { request, expected: expected.into(), found: found.into() });
    }
}
