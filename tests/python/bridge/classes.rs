//! Classes that export, in every way that the attribute allows.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use bufferprocs::error::Raised;
use bufferprocs::exporter::Hold;
use bufferprocs::exporters::Strided;
use bufferprocs::python::ExportField;
use bufferprocs::{
    BufferError, Exported, Exporter, Immutable, Layout, Lazy, Shared, View, exports,
};
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

type Items = Vec<Shared<f64>>;

fn items(len: usize) -> Exported<Items> {
    Exported::new((0..len).map(|number| Shared::new(number as f64)).collect())
}

macro_rules! growable {
    ($name:ident $(, $option:ident)?) => {
        #[pyclass(frozen, subclass)]
        pub struct $name {
            items: Exported<Items>,
        }

        #[exports(items $(, $option)?)]
        #[pymethods]
        impl $name {
            #[new]
            fn new(len: usize) -> $name {
                $name { items: items(len) }
            }

            fn append(&self, item: f64) -> PyResult<()> {
                self.items.try_mut()?.push(Shared::new(item));
                Ok(())
            }

            fn item(&self, index: usize) -> PyResult<f64> {
                Ok(self.items.try_borrow()?[index].load())
            }

            #[getter]
            fn exports(&self) -> usize {
                self.items.exports()
            }

            /// An iterator over the items, which holds them.
            fn walk(&self) -> PyResult<Walk> {
                Ok(Walk { items: self.items.try_hold()?, next: AtomicUsize::new(0) })
            }
        }
    };
}

growable!(Samples, unaccelerated);
growable!(Fast);

/// Reads the items of another object, which may not change the vector until this one is gone.
#[pyclass(frozen)]
pub struct Walk {
    items: Hold<Items>,
    next: AtomicUsize,
}

#[pymethods]
impl Walk {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<f64> {
        self.items.get(self.next.fetch_add(1, Ordering::Relaxed)).map(Shared::load)
    }
}

/// Calls an object of Python in its `view`.
pub struct Described {
    items: Vec<u16>,
    by: Py<PyAny>,
}

impl Exporter for Described {
    fn view(&self) -> Result<View<'_>, BufferError> {
        let called = Python::attach(|py| self.by.call0(py));
        called.map_err(|error| BufferError::Raised(Raised::new(error)))?;
        Ok(View::readonly(&self.items))
    }
}

macro_rules! deferred {
    ($name:ident $(, $option:ident)?) => {
        #[pyclass(frozen)]
        pub struct $name {
            described: Lazy<Described>,
        }

        #[exports(described $(, $option)?)]
        #[pymethods]
        impl $name {
            #[new]
            fn new(by: Py<PyAny>) -> $name {
                $name { described: Lazy::new(Described { items: vec![1, 2], by }) }
            }

            #[getter]
            fn exports(&self) -> usize {
                self.described.exports()
            }

            /// No guard, and so no error.
            fn first(&self) -> u16 {
                self.described.items[0]
            }
        }
    };
}

deferred!(Deferred, unaccelerated);
deferred!(FastDeferred);

/// A class made by a macro that gets the names of the type and of the field, and the items.
macro_rules! constant {
    ($name:ty, $class:ident, $field:ident, $item:ty) => {
        #[pyclass(frozen, eq, ord, hash, str)]
        #[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $class {
            $field: Immutable<Vec<$item>>,
        }

        #[exports($field)]
        #[pymethods]
        impl $name {
            #[new]
            fn new(items: Vec<$item>) -> Self {
                Self { $field: items.into() }
            }

            /// No guard, and so no error.
            fn first(&self) -> Option<$item> {
                self.$field.first().copied()
            }

            #[getter]
            fn exports(&self) -> usize {
                self.$field.exports()
            }
        }

        impl std::fmt::Display for $class {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.$field)
            }
        }
    };
}

constant!(Digits, Digits, digits, u8);
constant!(Numbers, Numbers, numbers, i64);

/// Not frozen, no other methods.
#[pyclass]
pub struct Plain {
    matrix: Exported<Strided<u16>>,
}

#[exports(matrix, unaccelerated)]
#[pymethods]
impl Plain {}

fn matrix() -> Exported<Strided<u16>> {
    let layout = Layout::c_contiguous(&[2, 3], 2).unwrap();
    Exported::new(Strided::writable((0..6).collect(), layout, 0).unwrap())
}

#[pyfunction]
pub fn plain() -> Plain {
    Plain { matrix: matrix() }
}

#[pyclass]
pub struct FastPlain {
    matrix: Exported<Strided<u16>>,
}

#[exports(matrix)]
#[pymethods]
impl FastPlain {
    /// Calls `work` while this object is borrowed exclusively.
    fn during(&mut self, work: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Ok(work.call0()?.unbind())
    }
}

#[pyfunction]
pub fn fast_plain() -> FastPlain {
    FastPlain { matrix: matrix() }
}

/// Not frozen, with a method that has `&mut self`.
#[pyclass]
pub struct Late {
    items: Exported<Items>,
}

#[exports(items)]
#[pymethods]
impl Late {
    #[new]
    fn new(len: usize) -> Late {
        Late { items: items(len) }
    }

    fn during(&mut self, work: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Ok(work.call0()?.unbind())
    }

    #[getter]
    fn exports(&self) -> usize {
        self.items.exports()
    }
}

/// A field behind locks.
#[pyclass(frozen)]
pub struct Locked {
    first: RwLock<Exported<Items>>,
}

#[exports(first)]
#[pymethods]
impl Locked {
    #[new]
    fn new(len: usize) -> Locked {
        Locked { first: RwLock::new(items(len)) }
    }

    /// Puts another value in place; views of the old one stay good.
    fn replace(&self, len: usize) {
        *self.first.write().unwrap() = items(len);
    }

    fn while_writing(&self, work: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let _guard = self.first.write().unwrap();
        Ok(work.call0()?.unbind())
    }
}

/// A field that may be empty, within a `Mutex`.
#[pyclass(frozen)]
pub struct Closable {
    items: Mutex<Option<Exported<Items>>>,
}

#[exports(items)]
#[pymethods]
impl Closable {
    #[new]
    fn new(len: usize) -> Closable {
        Closable { items: Mutex::new(Some(items(len))) }
    }

    fn close(&self) {
        self.items.lock().unwrap().take();
    }
}

#[pyclass(frozen)]
pub struct Tuple(OnceLock<Exported<Items>>);

#[exports(0)]
#[pymethods]
impl Tuple {
    #[new]
    fn new() -> Tuple {
        Tuple(OnceLock::new())
    }

    fn open(&self, len: usize) {
        let _ = self.0.set(items(len));
    }
}

pub struct Inner {
    items: Exported<Items>,
}

/// A field of a field.
#[pyclass(frozen)]
pub struct Nested {
    inner: Inner,
}

#[exports(inner.items)]
#[pymethods]
impl Nested {
    #[new]
    fn new(len: usize) -> Nested {
        Nested { inner: Inner { items: items(len) } }
    }
}

#[pyclass(subclass)]
pub struct Base {
    items: Exported<Items>,
}

#[exports(items)]
#[pymethods]
impl Base {
    #[new]
    fn new(len: usize) -> Base {
        Base { items: items(len) }
    }
}

/// Exports what its base exports.
#[pyclass(extends = Base)]
pub struct Derived;

#[pymethods]
impl Derived {
    #[new]
    fn new(len: usize) -> PyClassInitializer<Derived> {
        PyClassInitializer::from(Base::new(len)).add_subclass(Derived)
    }
}

/// Exports something else than its base.
#[pyclass(extends = Base)]
pub struct Outer {
    bytes: Exported<Vec<u8>>,
}

// By the name that the crate has inside this one.
#[exports(bytes, crate = crate::reexported::buffers)]
#[pymethods]
impl Outer {
    #[new]
    fn new(len: usize) -> PyClassInitializer<Outer> {
        let outer = Outer { bytes: Exported::new(vec![7; len]) };
        PyClassInitializer::from(Base::new(len)).add_subclass(outer)
    }
}

#[cfg_attr(feature = "immutable", pyclass(frozen, immutable_type))]
#[cfg_attr(not(feature = "immutable"), pyclass(frozen))]
pub struct Fixed {
    items: Exported<Items>,
}

#[exports(items)]
#[pymethods]
impl Fixed {
    #[new]
    fn new(len: usize) -> Fixed {
        Fixed { items: items(len) }
    }
}

/// Keeps its value in a place of its own kind, which panics or refuses on demand.
pub struct Moody {
    items: Exported<Items>,
    panics: AtomicBool,
    refuses: Mutex<Option<BufferError>>,
}

impl ExportField for Moody {
    type Exporter = Exported<Items>;

    fn with_exporter<R>(
        &self,
        request: impl FnOnce(&Self::Exporter) -> R,
    ) -> Result<R, BufferError> {
        assert!(!self.panics.load(Ordering::Relaxed), "not now");
        match &*self.refuses.lock().unwrap() {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(request(&self.items)),
        }
    }
}

macro_rules! own_holder {
    ($name:ident $(, $option:ident)?) => {
        #[pyclass(frozen)]
        pub struct $name {
            moody: Moody,
        }

        #[exports(moody $(, $option)?)]
        #[pymethods]
        impl $name {
            #[new]
            fn new(len: usize) -> $name {
                let (panics, refuses) = (AtomicBool::new(false), Mutex::new(None));
                $name { moody: Moody { items: items(len), panics, refuses } }
            }

            fn refuse_with(&self, exception: Bound<'_, PyAny>) {
                let raised = Raised::new(PyErr::from_value(exception));
                *self.moody.refuses.lock().unwrap() = Some(BufferError::Raised(raised));
            }

            fn set_panics(&self, panics: bool) {
                self.moody.panics.store(panics, Ordering::Relaxed);
            }
        }
    };
}

own_holder!(OwnHolder, unaccelerated);
own_holder!(FastOwnHolder);

/// Memory in another object: a frozen class can be looked into without the interpreter.
#[pyclass(frozen)]
pub struct Whole {
    bytes: Vec<u8>,
}

#[pymethods]
impl Whole {
    #[new]
    fn new(bytes: Vec<u8>) -> Whole {
        Whole { bytes }
    }

    /// A `memoryview` of the bytes, by an exporter that keeps this object alive.
    fn view<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyMemoryView>> {
        PyMemoryView::from(&bufferprocs::export(slf.py(), Inside(slf.clone().unbind()))?)
    }
}

struct Inside(Py<Whole>);

impl Exporter for Inside {
    fn view(&self) -> Result<View<'_>, BufferError> {
        Ok(View::readonly(&self.0.get().bytes))
    }
}

#[pyfunction]
pub fn export_vec(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    bufferprocs::export(py, vec![1_u32, 2, 3])
}

#[pyfunction]
pub fn export_writable(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    bufferprocs::export(py, Shared::from_vec(vec![1_u32, 2, 3]))
}

#[pyfunction]
pub fn export_array(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    bufferprocs::export(py, [[1_u32, 2], [3, 4], [5, 6]])
}

#[pyfunction]
pub fn export_static(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    bufferprocs::export(py, &b"static"[..])
}

/// An object, and a function that adds up what Rust sees of its memory.
#[pyfunction]
pub fn export_arc(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Bound<'_, PyAny>)> {
    let shared: Arc<[Shared<u32>]> = Shared::from_vec(vec![1, 2, 3]).into();
    let object = bufferprocs::export(py, Arc::clone(&shared))?;
    let total = move |_: &Bound<'_, pyo3::types::PyTuple>,
                      _: Option<&Bound<'_, pyo3::types::PyDict>>| {
        shared.iter().map(Shared::load).sum::<u32>()
    };
    Ok((object, pyo3::types::PyCFunction::new_closure(py, None, None, total)?.into_any()))
}
