//! The examinations of exporters and of consumers, for the Python package around them.

use std::cell::RefCell;

use bufferprocs::conformance::{Examination, Exception, Report, Step};
use bufferprocs::python::PyTarget;
use bufferprocs::{Buffer, Request};
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;

mod pages;
mod watched;

/// A step, by a name and a number: the flags of a request, the place of a mutator.
fn step(step: Step) -> (&'static str, i64) {
    match step {
        Step::Alone(request) => ("alone", request.bits().into()),
        Step::Beside(request) => ("beside", request.bits().into()),
        Step::Reading(request) => ("reading", request.bits().into()),
        Step::Releases => ("releases", 0),
        Step::Copies => ("copies", 0),
        Step::Mutator(number) => ("mutator", number as i64),
        Step::Reentry(number) => ("reentry", number as i64),
        _ => ("other", 0),
    }
}

fn to_python<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyDict>> {
    let violations = report.violations.iter().map(|found| {
        let violation = PyDict::new(py);
        violation.set_item("rule", found.check.rule)?;
        violation.set_item("severity", found.severity().to_string())?;
        violation.set_item("page", found.check.link())?;
        violation.set_item("request", found.request())?;
        violation.set_item("field", found.field())?;
        violation.set_item("snippet", found.snippet())?;
        let requests = found.requests.iter().map(|request| request.bits());
        violation.set_item("requests", requests.collect::<Vec<_>>())?;
        violation.set_item("expected", &*found.expected)?;
        violation.set_item("found", &found.found)?;
        Ok(violation)
    });
    let result = PyDict::new(py);
    result.set_item("violations", violations.collect::<PyResult<Vec<_>>>()?)?;
    result.set_item("granted", report.granted)?;
    result.set_item("refusal", &report.refusal)?;
    let checked = report.checked.iter().map(|check| check.rule);
    result.set_item("checked", checked.collect::<Vec<_>>())?;
    let unexamined = report.unexamined.iter().map(|check| check.rule);
    result.set_item("unexamined", unexamined.collect::<Vec<_>>())?;
    result.set_item("dialect", &report.dialect)?;
    let missing_inputs = report.missing_inputs.iter().map(ToString::to_string);
    result.set_item("missing_inputs", missing_inputs.collect::<Vec<_>>())?;
    result.set_item("rejected_inputs", &report.rejected_inputs)?;
    result.set_item("text", report.to_string())?;
    Ok(result)
}

type ReentrantView<'py> = (Bound<'py, PyAny>, Option<(usize, usize)>);

/// The view that `call` took during a change, with address and size of what it shows.
fn reentrant_view<'py>(call: &Bound<'py, PyAny>) -> PyResult<ReentrantView<'py>> {
    let view = call.call0()?;
    if view.is_none() {
        return Ok((view, None));
    }
    let buffer = Buffer::get(&view, Request::FULL_RO)?;
    let shown = (buffer.raw().buf.addr(), buffer.len_bytes());
    drop(buffer);
    Ok((view, Some(shown)))
}

/// Examines `obj` and returns what was found.
///
/// If a mutator raises something other than an `Exception`, or `follow` raises, the exception is
/// raised when the examination is over.
#[pyfunction]
#[pyo3(signature = (obj, *, mutate, replace, reenter, contents, within, base, rule, ignore, follow))]
#[allow(clippy::too_many_arguments)] // by keyword, from one place
fn examine<'py>(
    obj: Bound<'py, PyAny>,
    mutate: Vec<(String, Bound<'py, PyAny>)>,
    replace: Vec<(String, Bound<'py, PyAny>)>,
    reenter: Vec<(String, Bound<'py, PyAny>)>,
    contents: Option<PyBackedBytes>,
    within: Option<(usize, usize)>,
    base: Option<Bound<'py, PyAny>>,
    rule: Option<&str>,
    ignore: Vec<String>,
    follow: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = obj.py();
    let raised: RefCell<Option<PyErr>> = RefCell::new(None);
    let keep = |error: PyErr| {
        raised.borrow_mut().get_or_insert(error);
    };
    let views = RefCell::new(None);
    // SAFETY: not known of an exporter that is to be examined. The documentation tells callers
    // so, and the command line runs it in a process of its own.
    let wrap = |object| unsafe { PyTarget::new(object) };
    let base = base.map(wrap).transpose()?;
    let target = wrap(obj)?;
    let mut examination = Examination::of(&target);
    if let Some(contents) = &contents {
        examination = examination.borrowed_contents(contents);
    }
    if let Some((start, len)) = within {
        examination = examination.within(start..start.saturating_add(len));
    }
    if let Some(base) = &base {
        examination = examination.base(base);
    }
    let mutators = mutate.into_iter().map(|named| (named, false));
    for ((name, mutator), replaces) in
        mutators.chain(replace.into_iter().map(|named| (named, true)))
    {
        let keep = &keep;
        let call = move || match mutator.call0() {
            Ok(_) => Ok(()),
            Err(error) => {
                let raised = Exception::from(error.clone_ref(py));
                if !error.is_instance_of::<pyo3::exceptions::PyException>(py) {
                    keep(error); // KeyboardInterrupt, SystemExit
                }
                Err(raised)
            }
        };
        examination = match replaces {
            true => examination.replace(name, call),
            false => examination.mutate(name, call),
        };
    }
    for (name, call) in reenter {
        let (keep, views) = (&keep, &views);
        examination = examination.reenter(name, move || match reentrant_view(&call) {
            Ok((view, shown)) => {
                views.replace(Some(view)); // until the next call
                shown
            }
            // A change that is refused is as good as a request that is.
            Err(error) if error.is_instance_of::<PyBufferError>(py) => None,
            Err(error) => {
                keep(error);
                None
            }
        });
    }
    if let Some(follow) = follow {
        let keep = &keep;
        examination = examination.follow(move |taken| {
            if let Err(error) = follow.call1(step(taken)) {
                keep(error);
            }
        });
    }
    let mut report = examination.run();
    drop(target);
    if let Some(error) = raised.borrow_mut().take() {
        return Err(error);
    }
    if let Some(rule) = rule {
        report = report.only(rule);
    }
    for rule in &ignore {
        report = report.ignoring(rule);
    }
    to_python(py, &report)
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::examine;
    #[pymodule_export]
    use super::watched::{
        Watched, consumer_rules, judge_consumer, keep_faults, scenario_names, shared_size,
    };
}
