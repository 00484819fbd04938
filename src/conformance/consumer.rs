//! The rules for consumers, as checks of any consumer.
//!
//! A consumer is called with an exporter that watches it, once for each scenario: the same items in
//! several layouts, odd formats, memory without items, refusals. Pure functions judge the
//! records afterwards.

use std::ffi::c_int;
use std::fmt::{Debug, Display};
use std::sync::Arc;

mod coverage;
mod ending;
mod event;
mod judge;
mod report;
mod rules;
mod scenario;
mod values;
mod watch;

pub use coverage::Unexamined;
#[doc(hidden)]
pub use event::{Event, Fault, Outcome, Phase, Record, Region};
pub use report::{ConsumerFinding, ConsumerReport, RequestCount};
#[doc(hidden)]
pub use rules::PAGES as RULES;
#[doc(hidden)]
pub use scenario::{Refuses, Role, Scenario, scenarios};
#[doc(hidden)]
pub use watch::{Heap, Room, Watch};

use crate::abi::{Py_buffer, PyBufferProcs, PyObject};
use crate::catch_panic::caught;
use crate::object::{self, Object};

/// An examination of a consumer in Rust.
///
/// The memory is on the heap, and is not taken away after the last release. So reads after the
/// release and accesses past the end are not seen. The Python package `bufferprocs` sees them.
///
/// ```
/// use bufferprocs::conformance::ConsumerExamination;
/// use bufferprocs::{Buffer, Object, Order, Request};
///
/// fn packed(object: &Object) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
///     Ok(Buffer::get(object, Request::FULL_RO)?.to_vec(Order::C)?)
/// }
///
/// let report = ConsumerExamination::of(packed).run();
/// assert!(report.is_ok(), "{report}");
/// ```
pub struct ConsumerExamination<F> {
    consumer: F,
}

impl<F> ConsumerExamination<F> {
    /// Of a function that takes an exporter. Its results are compared as [`Debug`] shows them.
    pub fn of<T: Debug, E: Display>(consumer: F) -> Self
    where
        F: Fn(&Object) -> Result<T, E>,
    {
        ConsumerExamination { consumer }
    }

    /// Calls the consumer with each exporter, and judges what was seen.
    pub fn run<T: Debug, E: Display>(&self) -> ConsumerReport
    where
        F: Fn(&Object) -> Result<T, E>,
    {
        let scenarios = scenarios();
        let records: Vec<Record> = (0..scenarios.len())
            .map(|number| record(number, scenarios[number].clone(), &self.consumer))
            .collect();
        let not_examined = [
            "reads after the last release: memory on the heap is not taken away",
            "accesses past the end and before the start: there are no pages around the memory",
        ];
        let not_examined = not_examined.map(str::to_owned).to_vec();
        let mut report = ConsumerReport::of(&scenarios, &records, not_examined);
        // A keeper of a view is known only if it is an object of Python.
        report.leave_out(rules::PROMPTLY, "objects that keep a view are not known in Rust");
        report
    }
}

impl<F> Debug for ConsumerExamination<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsumerExamination").finish_non_exhaustive()
    }
}

/// What the objects of an examination hold.
struct Watched(Arc<Watch<Heap>>);

static PROCS: PyBufferProcs =
    PyBufferProcs { bf_getbuffer: Some(getbuffer), bf_releasebuffer: Some(releasebuffer) };

fn record<T: Debug, E: Display>(
    number: usize,
    scenario: Scenario,
    consumer: impl Fn(&Object) -> Result<T, E>,
) -> Record {
    let watch = Arc::new(Watch::new(scenario, Heap::default()));
    let value = Watched(Arc::clone(&watch));
    // SAFETY: the procs grant what `grant` allows, of memory that the object keeps; and nothing
    // but a consumer writes it.
    let object = unsafe { Object::with_procs(value, &PROCS) };
    let returned = caught(|| {
        let result = consumer(&object);
        match &result {
            Ok(value) => Outcome::Returned { value: Some(format!("{value:?}")) },
            Err(error) => Outcome::Raised { name: "Err".to_owned(), message: error.to_string() },
        }
    });
    drop(object::take_raised());
    watch.finish();
    let panicked =
        || Outcome::Raised { name: "panic".to_owned(), message: "it panicked".to_owned() };
    Record {
        scenario: number,
        outcome: returned.unwrap_or_else(panicked),
        phase: Phase::Done,
        events: watch.room().events(),
        kept: watch.held(),
        keepers: Vec::new(),
        wrote_after_release: watch.room().wrote_after_release(),
    }
}

unsafe extern "C" fn getbuffer(
    exporter: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: alive, and of this type, as the slot's caller promises.
    let watched: &Watched = unsafe { object::value_of(exporter) };
    match watched.0.request(exporter, view.addr(), flags) {
        Ok(granted) => {
            // SAFETY: alive; the reference is the view's.
            unsafe { object::incref(exporter) };
            // SAFETY: valid for writes, as the slot's caller promises.
            unsafe { view.write(granted) };
            0
        }
        Err(refusal) => {
            // SAFETY: as above.
            unsafe { crate::grant::refuse(view) };
            object::raise(refusal);
            -1
        }
    }
}

unsafe extern "C" fn releasebuffer(exporter: *mut PyObject, view: *mut Py_buffer) {
    // SAFETY: alive, and of this type, as the slot's caller promises.
    let watched: &Watched = unsafe { object::value_of(exporter) };
    // SAFETY: valid for reads, as the slot's caller promises.
    let given = unsafe { view.read() };
    watched.0.release(&given, view.addr(), false);
}

#[cfg(test)]
mod tests;
