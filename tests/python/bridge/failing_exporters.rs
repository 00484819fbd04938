//! Exporters whose own code gets in the way: panics, references to Python's objects, drops that
//! run Python code.

use std::sync::atomic::{AtomicUsize, Ordering};

use bufferprocs::{BufferError, Exported, Exporter, Shared, View, exports};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Values of this module that were not dropped.
static LIVE: AtomicUsize = AtomicUsize::new(0);

#[pyfunction]
pub fn live() -> usize {
    LIVE.load(Ordering::SeqCst)
}

pub struct Mood {
    bytes: Vec<Shared<u8>>,
    view_panics: bool,
    drop_panics: bool,
}

impl Exporter for Mood {
    fn view(&self) -> Result<View<'_>, BufferError> {
        assert!(!self.view_panics, "not in the mood");
        Ok(View::writable(&self.bytes))
    }
}

impl Drop for Mood {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
        assert!(!self.drop_panics, "not in the mood");
    }
}

/// Panics where it is told to.
#[pyclass(frozen, weakref)]
pub struct Moody {
    mood: Exported<Mood>,
}

#[exports(mood)]
#[pymethods]
impl Moody {
    #[new]
    #[pyo3(signature = (view_panics = false, drop_panics = false))]
    fn new(view_panics: bool, drop_panics: bool) -> PyResult<Moody> {
        LIVE.fetch_add(1, Ordering::SeqCst);
        let bytes = Shared::from_vec(vec![0; 3]);
        let mood = Exported::new(Mood { bytes, view_panics: false, drop_panics });
        mood.try_mut()?.view_panics = view_panics;
        Ok(Moody { mood })
    }

    /// A first view that panics: nothing comes into being.
    #[staticmethod]
    fn try_new() -> PyResult<Moody> {
        LIVE.fetch_add(1, Ordering::SeqCst);
        let mood = Mood { bytes: Vec::new(), view_panics: true, drop_panics: false };
        Ok(Moody { mood: Exported::try_new(mood)? })
    }

    fn set_view_panics(&self, view_panics: bool) -> PyResult<()> {
        self.mood.try_mut()?.view_panics = view_panics;
        Ok(())
    }

    fn mutate_and_panic(&self, view_panics: bool) -> PyResult<()> {
        let mut mood = self.mood.try_mut()?;
        mood.bytes.push(Shared::new(1));
        mood.view_panics = view_panics;
        panic!("in the middle of a change");
    }
}

pub struct WithReference {
    bytes: Vec<Shared<u8>>,
    reference: Option<Py<PyAny>>,
    /// Dropped without a report.
    kept: Option<Py<PyAny>>,
}

/// Tells the object, if it wants to know, and does not care what comes of it.
impl Drop for WithReference {
    fn drop(&mut self) {
        if let Some(reference) = self.reference.take() {
            Python::attach(|py| drop(reference.call_method0(py, "dropped")));
        }
    }
}

impl Exporter for WithReference {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::writable(&self.bytes))
    }
}

impl WithReference {
    fn new() -> WithReference {
        WithReference { bytes: Shared::from_vec(vec![0; 3]), reference: None, kept: None }
    }
}

/// An exporter that refers to an object, perhaps back to itself.
#[pyclass(frozen, weakref)]
pub struct Cycle {
    value: Exported<WithReference>,
}

#[exports(value)]
#[pymethods]
impl Cycle {
    #[new]
    fn new() -> Cycle {
        Cycle { value: Exported::new(WithReference::new()) }
    }

    fn refer(&self, object: Py<PyAny>) -> PyResult<()> {
        self.value.try_mut()?.reference = Some(object);
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.value.traverse(|value| visit.call(&value.reference)).unwrap_or(Ok(()))
    }

    fn __clear__(&self) {
        // Out of the guard first: the drop may run Python code that asks for a buffer.
        let reference = self.value.try_mut().ok().and_then(|mut value| value.reference.take());
        drop(reference);
    }
}

/// Its `Exported` can be replaced, so that the last view drops the old value, and with it the
/// object that it refers to.
#[pyclass]
pub struct Keeper {
    value: Exported<WithReference>,
}

#[exports(value)]
#[pymethods]
impl Keeper {
    #[new]
    #[pyo3(signature = (object, kept = None))]
    fn new(object: Py<PyAny>, kept: Option<Py<PyAny>>) -> PyResult<Keeper> {
        let value = Exported::new(WithReference::new());
        let mut change = value.try_mut()?;
        (change.reference, change.kept) = (Some(object), kept);
        drop(change);
        Ok(Keeper { value })
    }

    fn replace(&mut self) {
        self.value = Exported::new(WithReference::new());
    }
}

/// Where it has a reason, there is nothing to show.
pub struct Reason(Option<String>);

impl Exporter for Reason {
    fn view(&self) -> Result<View<'_>, BufferError> {
        match &self.0 {
            Some(reason) => Err(BufferError::Refused(reason.clone().into())),
            None => Ok(View::readonly(b"")),
        }
    }
}

/// Its error is read and replaced while the interpreter is detached.
#[pyclass(frozen)]
pub struct Refusing {
    reason: Exported<Reason>,
}

#[exports(reason)]
#[pymethods]
impl Refusing {
    #[new]
    fn new(reason: String) -> PyResult<Refusing> {
        let exported = Exported::new(Reason(None));
        exported.try_mut()?.0 = Some(reason);
        Ok(Refusing { reason: exported })
    }

    fn ready(&self, py: Python<'_>, times: usize) -> usize {
        py.detach(|| (0..times).filter(|_| self.reason.ready().is_ok()).count())
    }

    fn change(&self, py: Python<'_>, times: usize) {
        py.detach(|| (0..times).for_each(|_| drop(self.reason.try_mut())));
    }
}
