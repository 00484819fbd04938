//! The rules of the protocol as checks of an exporter, whoever wrote it.
//!
//! An [`Examination`] asks a [`Subject`] all 512 combinations of the flags, alone and while other
//! views are held, releases what it was granted in every way that the protocol allows, and keeps
//! what it saw. Then each of [`CHECKS`] looks at that, and nothing else: a check is a pure
//! function. What breaks a rule is in the [`Report`], with the request that shows it.
//!
//! ```
//! use bufferprocs::conformance::Examination;
//! use bufferprocs::{Object, Shared};
//!
//! let object = Object::new(Shared::from_vec(vec![1u16, 2, 3]));
//! let samples = object.exported::<Vec<Shared<u16>>>().unwrap();
//! let report = Examination::of(&object)
//!     .contents([1u16, 2, 3].map(u16::to_ne_bytes).concat())
//!     .mutate("push", || Ok(samples.try_mut()?.push(Shared::new(4))))
//!     .run();
//! assert!(report.is_ok(), "{report}");
//! ```
//!
//! In tests, [`assert_conforms!`](crate::assert_conforms) says the same in a line. Python's
//! objects are subjects too, with feature `pyo3`; for C, C++, Cython and Python there is the
//! package `bufferprocs`, which does this from Python.

mod chains;
mod checks;
mod evidence;
mod fields;
mod lifetimes;
mod probe;
mod refusals;
mod report;
mod requests;
mod seen;
mod subject;

use std::borrow::Cow;
use std::ops::Range;

use crate::request::Request;
pub use checks::{CHECKS, Check, Level, Needs};
pub use report::{Report, Severity, Violation};
pub use subject::{Answer, Exception, Subject};

use evidence::Claims;
use probe::Probe;

/// What is done to a subject at the moment. If it ends the process, this is the last that was
/// heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A request, with no view held.
    Alone(Request),
    /// A request, while another view is held.
    Beside(Request),
    /// Several views are released one after the other.
    Releases,
    /// A byte copy of a view is released in its place.
    Copies,
    /// The mutator of this number is called.
    Mutator(usize),
    /// What takes a view amid a change is called; the number is its place.
    Reentry(usize),
}

/// An examination of one exporter. What its author tells of it makes more rules checkable.
#[allow(missing_debug_implementations)] // it holds what the caller gave to be called
pub struct Examination<'a> {
    subject: &'a dyn Subject,
    claims: Claims,
    base: Option<&'a dyn Subject>,
    mutators: Vec<Mutator<'a>>,
    reentries: Vec<Reentry<'a>>,
    follow: Box<dyn FnMut(Step) + 'a>,
}

/// A name, and what changes the exporter.
struct Mutator<'a> {
    name: Cow<'static, str>,
    call: Box<dyn FnMut() -> Result<(), Exception> + 'a>,
}

/// A name, and what takes a view amid a change: address and size of what that shows.
struct Reentry<'a> {
    name: Cow<'static, str>,
    call: Box<dyn FnMut() -> Option<(usize, usize)> + 'a>,
}

impl<'a> Examination<'a> {
    /// Examines `subject`.
    pub fn of(subject: &'a dyn Subject) -> Examination<'a> {
        Examination {
            subject,
            claims: Claims::default(),
            base: None,
            mutators: Vec::new(),
            reentries: Vec::new(),
            follow: Box::new(|_| {}),
        }
    }

    /// All items in C order, as bytes: what a consumer has to find.
    pub fn contents(mut self, contents: impl Into<Vec<u8>>) -> Self {
        self.claims.contents = Some(contents.into());
        self
    }

    /// The addresses of the memory in which all items lie.
    pub fn within(mut self, memory: Range<usize>) -> Self {
        self.claims.within = Some(memory);
        self
    }

    /// The exporter whose items the subject shows, all of them and as they are.
    pub fn base(mut self, base: &'a dyn Subject) -> Self {
        self.base = Some(base);
        self
    }

    /// Something that moves, resizes or frees the memory. It is called once with a view held,
    /// which it has to refuse, and once without. Tell what closes the exporter last: after it no
    /// view is granted.
    pub fn mutate(
        mut self,
        name: impl Into<Cow<'static, str>>,
        call: impl FnMut() -> Result<(), Exception> + 'a,
    ) -> Self {
        self.mutators.push(Mutator { name: name.into(), call: Box::new(call) });
        self
    }

    /// Something that changes the memory, and amid that asks for a view: in a callback, say.
    /// Returns address and size in bytes of what the view shows, and keeps it until the next call;
    /// None if the request or the change was refused.
    pub fn reenter(
        mut self,
        name: impl Into<Cow<'static, str>>,
        call: impl FnMut() -> Option<(usize, usize)> + 'a,
    ) -> Self {
        self.reentries.push(Reentry { name: name.into(), call: Box::new(call) });
        self
    }

    /// Calls `follow` before each step.
    pub fn follow(mut self, follow: impl FnMut(Step) + 'a) -> Self {
        self.follow = Box::new(follow);
        self
    }

    /// Asks, releases, and looks at what was seen.
    ///
    /// Takes some thousands of requests. Nobody else may change the subject meanwhile.
    pub fn run(self) -> Report {
        let evidence = Probe::new(self).collect();
        Report::of(&evidence)
    }
}

/// Panics with the report unless the exporter keeps all rules of level MUST.
///
/// Takes a [`Subject`](crate::conformance::Subject), and then whatever
/// [`Examination`](crate::conformance::Examination) is to be told:
///
/// ```
/// use bufferprocs::{Object, Shared, assert_conforms};
///
/// let object = Object::new(Shared::from_vec(vec![0.5, 1.5]));
/// assert_conforms!(object);
///
/// let samples = object.exported::<Vec<Shared<f64>>>().unwrap();
/// assert_conforms!(object, mutate("clear", || Ok(samples.try_mut()?.clear())));
/// ```
#[macro_export]
macro_rules! assert_conforms {
    ($subject:expr $(, $told:ident ( $($with:expr),* ))* $(,)?) => {{
        let report = $crate::conformance::Examination::of(&$subject)$(.$told($($with),*))*.run();
        assert!(report.is_ok(), "{} does not conform\n{report}", stringify!($subject));
    }};
}
