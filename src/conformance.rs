//! The rules of the protocol as checks of any exporter.
//!
//! An [`Examination`] asks a [`Target`] all 512 combinations of the flags, alone and while other
//! views are held, releases what it was granted in every way that the protocol allows, and keeps
//! what it saw. Then each of [`CHECKS`] looks at that, and nothing else: a check is a pure
//! function. The [`Report`] lists each broken rule with the request that shows it.
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
//! objects are targets too, with feature `pyo3`; for C, C++, Cython and Python there is the
//! package `bufferprocs`, which does this from Python.

mod check;
mod checks;
#[doc(hidden)]
pub mod consumer;
mod dialect;
mod evidence;
mod examination;
mod memory;
mod probe;
mod report;
mod snippet;
mod target;
mod view_state;

pub use check::{Check, Input, Level};
pub use checks::CHECKS;
pub use consumer::{
    ConsumerExamination, ConsumerFinding, ConsumerReport, RequestCount, Unexamined,
};
pub use examination::{Examination, Step};
pub use report::{Report, Severity, Violation};
pub use target::{Answer, Exception, Target};

use probe::Probe;

impl Examination<'_> {
    /// Asks, releases, and looks at what was seen.
    ///
    /// Takes some thousands of requests. No other code may change the target during the run.
    pub fn run(self) -> Report {
        let evidence = Probe::new(self).collect();
        Report::of(&evidence)
    }
}

/// Panics with the report unless the exporter keeps all rules of level MUST.
///
/// Takes a [`Target`](crate::conformance::Target), and then
/// inputs of the [`Examination`](crate::conformance::Examination):
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
    ($target:expr $(, $input:ident ( $($with:expr),* ))* $(,)?) => {{
        let report = $crate::conformance::Examination::of(&$target)$(.$input($($with),*))*.run();
        assert!(report.is_ok(), "{} does not conform\n{report}", stringify!($target));
    }};
}
