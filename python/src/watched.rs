//! Exporters that watch their consumers, for the Python package around it.

use std::ffi::c_int;

use bufferprocs::abi::Py_buffer;
use bufferprocs::conformance::ConsumerReport;
use bufferprocs::conformance::consumer::{Outcome, RULES, Record, Watch, scenarios};
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::pages::{Left, Memory, SHARED, Shared, catch_faults};

/// An exporter of one scenario. It keeps what is done with it in shared memory.
#[pyclass(frozen, module = "bufferprocs")]
pub struct Watched {
    watch: Watch<Memory>,
}

#[pymethods]
impl Watched {
    /// `shared` is writable memory of `shared_size()` bytes. It is kept for ever.
    #[new]
    fn new(scenario: usize, shared: &Bound<'_, PyAny>) -> PyResult<Watched> {
        let all = scenarios();
        let count = all.len();
        let found = all.into_iter().nth(scenario);
        let scenario = found
            .ok_or_else(|| PyValueError::new_err(format!("scenarios are numbered to {count}")))?;
        Ok(Watched { watch: Watch::new(scenario, Memory::new(shared_memory(shared)?)) })
    }

    /// Views that are held.
    fn held(&self) -> usize {
        self.watch.held()
    }

    /// Looks at the items a last time. Returns whether memory was written after the last release.
    fn finish(&self) -> bool {
        self.watch.finish();
        self.watch.room().wrote_after_release()
    }

    /// # Safety
    ///
    /// As the slot: `view` is valid for writes.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let watch = &slf.get().watch;
        let view: *mut Py_buffer = view.cast();
        match watch.request(slf.as_ptr().cast(), view.addr(), flags) {
            Ok(granted) => {
                // One reference for the view, and one for a consumer that releases it twice.
                std::mem::forget((slf.clone(), slf.clone()));
                // SAFETY: valid for writes, as the slot's caller promises.
                unsafe { view.write(granted) };
                Ok(())
            }
            Err(refusal) => {
                let refused = watch.refused().unwrap_or(Py_buffer::zeroed());
                // SAFETY: as above.
                unsafe { view.write(refused) };
                Err(refusal.into())
            }
        }
    }

    /// # Safety
    ///
    /// As the slot: `view` is valid for reads.
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: attached to the interpreter.
        let raised = !unsafe { ffi::PyErr_Occurred() }.is_null();
        let view: *mut Py_buffer = view.cast();
        // SAFETY: valid for reads, as the slot's caller promises.
        let given = unsafe { view.read() };
        self.watch.release(&given, view.addr(), raised);
    }
}

fn shared_memory(memory: &Bound<'_, PyAny>) -> PyResult<Shared> {
    let mut view = Box::new(Py_buffer::zeroed());
    let filled: *mut Py_buffer = &mut *view;
    // SAFETY: the object is alive, and the view is valid for writes.
    let status =
        unsafe { ffi::PyObject_GetBuffer(memory.as_ptr(), filled.cast(), ffi::PyBUF_WRITABLE) };
    if status != 0 {
        return Err(PyErr::fetch(memory.py()));
    }
    // Never released: a trial may end at any time.
    let view = Box::leak(view);
    if (view.len as usize) < SHARED || view.buf.addr() % size_of::<u64>() != 0 {
        return Err(PyValueError::new_err(format!("shared memory has {SHARED} bytes or more")));
    }
    // SAFETY: the view is never released, and its size and alignment were looked at.
    Ok(unsafe { Shared::new(view.buf.cast()) })
}

/// Size in bytes of the memory that a trial shares with the process that waits for it.
#[pyfunction]
pub fn shared_size() -> usize {
    SHARED
}

/// Lets a fault of this process leave its address in `shared`. Returns whether it can.
#[pyfunction]
pub fn keep_faults(shared: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(catch_faults(shared_memory(shared)?))
}

/// The scenarios: names, and formats.
#[pyfunction]
pub fn scenario_names() -> Vec<&'static str> {
    scenarios().into_iter().map(|scenario| scenario.name).collect()
}

/// The ids of the rules for consumers.
#[pyfunction]
pub fn consumer_rules() -> Vec<&'static str> {
    RULES.iter().map(|(rule, _)| *rule).collect()
}

fn item<'py, T>(record: &Bound<'py, PyDict>, key: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error: Into<PyErr>>,
{
    match record.get_item(key)? {
        Some(value) if !value.is_none() => value.extract().map(Some).map_err(Into::into),
        _ => Ok(None),
    }
}

fn record(given: &Bound<'_, PyDict>) -> PyResult<Record> {
    let missing = |key: &str| PyValueError::new_err(format!("a record has no {key}"));
    let left: Vec<u8> = item(given, "left")?.ok_or_else(|| missing("left"))?;
    let left = Left::new(&left).ok_or_else(|| missing("left of the right size"))?;
    let outcome: String = item(given, "outcome")?.ok_or_else(|| missing("outcome"))?;
    let text = |key: &str| item::<String>(given, key);
    let outcome = match outcome.as_str() {
        "returned" => Outcome::Returned { value: text("value")? },
        "raised" => Outcome::Raised {
            name: text("name")?.unwrap_or_default(),
            message: text("message")?.unwrap_or_default(),
        },
        "died" => Outcome::Died { how: text("how")?.unwrap_or_default(), fault: left.fault() },
        _ => Outcome::TimedOut,
    };
    Ok(Record {
        scenario: item(given, "scenario")?.ok_or_else(|| missing("scenario"))?,
        outcome,
        phase: left.phase(),
        events: left.events(),
        kept: item(given, "kept")?.unwrap_or(0),
        keepers: item(given, "keepers")?.unwrap_or_default(),
        wrote_after_release: item(given, "wrote_after_release")?.unwrap_or(false),
    })
}

/// Judges what was seen of a consumer.
#[pyfunction]
pub fn judge_consumer<'py>(
    py: Python<'py>,
    records: Vec<Bound<'py, PyDict>>,
    not_examined: Vec<String>,
) -> PyResult<Bound<'py, PyDict>> {
    let records = records.iter().map(record).collect::<PyResult<Vec<_>>>()?;
    let report = ConsumerReport::of(&scenarios(), &records, not_examined);
    let findings = report.findings.iter().map(|found| {
        let finding = PyDict::new(py);
        finding.set_item("rule", found.rule)?;
        finding.set_item("severity", found.severity.to_string())?;
        finding.set_item("page", found.link())?;
        finding.set_item("scenarios", &found.scenarios)?;
        finding.set_item("request", found.request_name())?;
        finding.set_item("expected", &found.expected)?;
        finding.set_item("found", &found.found)?;
        finding.set_item("text", found.to_string())?;
        Ok(finding)
    });
    let requests = report.requests.iter().map(|count| {
        let request = PyDict::new(py);
        request.set_item("flags", count.request.bits())?;
        request.set_item("name", count.name())?;
        request.set_item("granted", count.granted)?;
        request.set_item("refused", count.refused)?;
        Ok(request)
    });
    let result = PyDict::new(py);
    result.set_item("findings", findings.collect::<PyResult<Vec<_>>>()?)?;
    result.set_item("requests", requests.collect::<PyResult<Vec<_>>>()?)?;
    result.set_item("tried", report.tried)?;
    result.set_item("returned", report.returned)?;
    result.set_item("raised", report.raised)?;
    result.set_item("released_in_place", report.released_in_place)?;
    result.set_item("released_copies", report.released_copies)?;
    result.set_item("released_out_of_order", report.released_out_of_order)?;
    result.set_item("not_examined", &report.not_examined)?;
    result.set_item("checked", &report.checked)?;
    let unexamined = report.unexamined.iter();
    let unexamined = unexamined.map(|left_out| {
        let cause = if left_out.is_of_system { "system" } else { "case" };
        (left_out.rule, left_out.reason, cause)
    });
    result.set_item("unexamined", unexamined.collect::<Vec<_>>())?;
    result.set_item("text", report.to_string())?;
    Ok(result)
}
