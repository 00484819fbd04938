//! One exporter in four kinds of objects: a class whose requests go through its methods, a class
//! with `#[exports]` and nothing else, a ready-made object, and a type made by hand. `scenarios.py`
//! compares.

mod by_hand;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::error::Raised;
use bufferprocs::exporters::{Snapshot, Snapshots};
use bufferprocs::python::ExportField;
use bufferprocs::{BufferError, Exported, Exporter, RawExporter, Shared, View, exports};
use pyo3::PyErrArguments;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;

/// Values of this module that were not dropped.
static LIVE: AtomicUsize = AtomicUsize::new(0);

#[pyfunction]
fn live() -> usize {
    LIVE.load(Ordering::SeqCst)
}

/// The exported value, which does what `behaviour` names.
struct Value {
    behaviour: String,
    bytes: Vec<Shared<u8>>,
    callback: Option<Py<PyAny>>,
}

impl Value {
    fn new(behaviour: &str, callback: Option<Py<PyAny>>) -> Value {
        LIVE.fetch_add(1, Ordering::SeqCst);
        Value { behaviour: behaviour.to_owned(), bytes: Shared::from_vec(vec![1, 2, 3]), callback }
    }

    /// The refusal or the panic that the behaviour is, if it is one.
    fn refuse(&self) -> Result<(), BufferError> {
        let raised = |error| Err(BufferError::Raised(Raised::new(error)));
        let foreign = |show, drop| Err(BufferError::Raised(Raised::new(Foreign { show, drop })));
        match self.behaviour.as_str() {
            "refuses" => Err(BufferError::Refused("not today".into())),
            "is closed" => Err(BufferError::Closed),
            "raises" => raised(PyValueError::new_err("raised")),
            "raises with arguments that panic" => raised(PyErr::new::<PyValueError, _>(Panicking)),
            "calls" => Python::attach(|py| {
                let callback = self.callback.as_ref().expect("a callback");
                callback.call0(py).map(drop).or_else(raised)
            }),
            "panics" => panic!("on purpose"),
            "message panics" => foreign(|_| panic!("on purpose"), || ()),
            "message fails" => foreign(|_| Err(fmt::Error), || ()),
            "error's drop panics" => foreign(|f| f.write_str("dropped"), || panic!("on purpose")),
            _ => Ok(()),
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
        assert!(self.behaviour != "drop panics", "on purpose");
    }
}

impl Exporter for Value {
    fn view(&self) -> Result<View<'_>, BufferError> {
        self.refuse()?;
        Ok(View::writable(&self.bytes))
    }
}

/// Shows a new value for each request.
struct Source {
    behaviour: String,
    callback: Option<Py<PyAny>>,
}

impl Snapshots for Source {
    type Copy = Value;

    fn snapshot(&self) -> Result<Value, BufferError> {
        let callback = Python::attach(|py| self.callback.as_ref().map(|call| call.clone_ref(py)));
        let value = Value::new(&self.behaviour, callback);
        value.refuse()?;
        Ok(value)
    }
}

struct Foreign {
    show: fn(&mut fmt::Formatter<'_>) -> fmt::Result,
    drop: fn(),
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.show)(f)
    }
}

impl std::error::Error for Foreign {}

impl Drop for Foreign {
    fn drop(&mut self) {
        (self.drop)();
    }
}

/// Arguments of an exception that are made when it is raised.
struct Panicking;

impl PyErrArguments for Panicking {
    fn arguments(self, _: Python<'_>) -> Py<PyAny> {
        panic!("on purpose")
    }
}

/// What a class keeps: a raw exporter, and what happens around the request to it.
pub struct Field {
    raw_exporter: Box<dyn RawExporter>,
    around: String,
}

impl Field {
    fn new(lends: &str, behaviour: &str, around: &str, callback: Option<Py<PyAny>>) -> Field {
        let raw_exporter: Box<dyn RawExporter> = match lends {
            "exported" => {
                // An exporter begins with a view, and may lose it.
                let exported = Exported::new(Value::new("grants", callback));
                exported.try_mut().expect("it is new").behaviour = behaviour.to_owned();
                Box::new(exported)
            }
            _ => Box::new(Snapshot(Source { behaviour: behaviour.to_owned(), callback })),
        };
        Field { raw_exporter, around: around.to_owned() }
    }
}

impl ExportField for Field {
    type Exporter = Box<dyn RawExporter>;

    fn with_exporter<R>(&self, ask: impl FnOnce(&Self::Exporter) -> R) -> Result<R, BufferError> {
        match self.around.as_str() {
            "fails before" => return Err(BufferError::Refused("before".into())),
            "panics before" => panic!("on purpose"),
            _ => {}
        }
        let answer = ask(&self.raw_exporter);
        match self.around.as_str() {
            "fails after" => Err(BufferError::Refused("after".into())),
            "raises after" => Err(BufferError::Raised(Raised::new(PyKeyError::new_err("after")))),
            "panics after" => panic!("on purpose"),
            _ => Ok(answer),
        }
    }
}

macro_rules! kind {
    ($name:ident $(, $option:ident)?) => {
        #[pyclass(frozen, subclass)]
        pub struct $name {
            field: Field,
        }

        #[exports(field $(, $option)?)]
        #[pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (lends, behaviour, around = "", callback = None))]
            fn new(
                lends: &str,
                behaviour: &str,
                around: &str,
                callback: Option<Py<PyAny>>,
            ) -> $name {
                $name { field: Field::new(lends, behaviour, around, callback) }
            }
        }
    };
}

kind!(Methods, unaccelerated);
kind!(Accelerated);

/// A ready-made object, which has nothing around its raw exporter.
#[pyfunction]
#[pyo3(signature = (lends, behaviour, _around = "", callback = None))]
fn ready_made<'py>(
    py: Python<'py>,
    lends: &str,
    behaviour: &str,
    _around: &str,
    callback: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    bufferprocs::python::export_raw(py, Field::new(lends, behaviour, "", callback).raw_exporter)
}

#[pymodule]
mod ways_to_export {
    #[pymodule_export]
    use super::{Accelerated, Methods, live, ready_made};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        std::panic::set_hook(Box::new(|_| ())); // the panics are on purpose
        module.add("slot_numbers", super::by_hand::slot_numbers())?;
        module.add("ByHand", super::by_hand::make_type(module.py())?)
    }
}
