//! Consumers that send any request, copy the struct, write into their own fields and release in any
//! order. The exporter counts the views, refuses changes while there are any, and its memory equals
//! that of a model.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::{Result, Unstructured};
use bufferprocs::abi::{Py_buffer, PyBUF_READ, PyBUF_WRITE, PyObject};
use bufferprocs::{BufferError, Exported, Exporter, Shared, View, exports};
use pyo3::exceptions::{PyBufferError, PySystemError};
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;
use pyo3::{PyErr, ffi};

use crate::{Case, Outcome};

/// Bytes that tell when they are freed.
struct Watched {
    bytes: Vec<Shared<u8>>,
    alive: Arc<AtomicUsize>,
}

impl Exporter for Watched {
    fn view(&self) -> std::result::Result<View<'_>, BufferError> {
        Ok(View::writable(&self.bytes))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[pyclass(frozen)]
struct Bytes {
    items: Exported<Watched>,
}

#[exports(items)]
#[pymethods]
impl Bytes {}

/// A view that a consumer holds. Its arrays may be its own by now.
struct Held(Box<Py_buffer>);

#[derive(Debug)]
enum Act {
    Get(c_int),
    Memoryview,
    Write {
        view: usize,
        place: usize,
        byte: u8,
    },
    /// The struct is copied; the copy is released.
    Copy(usize),
    /// Into all fields that the consumer may use as it likes.
    Scribble(usize, u8),
    Release(usize),
    ReleaseTwice(usize),
    DropMemoryview(usize),
    Change(u8),
    /// The object is let go; views of it remain.
    Forget,
}

fn act(choices: &mut Unstructured<'_>) -> Result<Act> {
    Ok(match choices.int_in_range(0..=15)? {
        0..=3 => Act::Get(choices.int_in_range(0..=0x1FF_u16)?.into()),
        4 => Act::Get(choices.arbitrary()?),
        5 => Act::Memoryview,
        6 => Act::Write {
            view: choices.arbitrary()?,
            place: choices.arbitrary()?,
            byte: choices.arbitrary()?,
        },
        7 => Act::Copy(choices.arbitrary()?),
        8 => Act::Scribble(choices.arbitrary()?, choices.arbitrary()?),
        9 | 10 => Act::Release(choices.arbitrary()?),
        11 => Act::ReleaseTwice(choices.arbitrary()?),
        12 => Act::DropMemoryview(choices.arbitrary()?),
        13 | 14 => Act::Change(choices.arbitrary()?),
        _ => Act::Forget,
    })
}

pub fn compare(py: Python<'_>, choices: &mut Unstructured<'_>) -> Outcome {
    let mut acts = Vec::new();
    while acts.len() < 24 && !choices.is_empty() {
        match act(choices) {
            Ok(act) => acts.push(act),
            Err(error) => return Ok(Err(error)),
        }
    }
    let alive = Arc::new(AtomicUsize::new(1));
    let mut stage = Stage::new(py, &alive).map_err(|error| error.to_string())?;
    for (number, act) in acts.iter().enumerate() {
        stage.act(act).map_err(|why| format!("{acts:?}, act {number}: {why}"))?;
    }
    stage.end().map_err(|why| format!("{acts:?}, at the end: {why}"))?;
    match alive.load(Ordering::Relaxed) {
        0 => Ok(Ok(if stage.granted == 0 { Case::Nothing } else { Case::Compared })),
        _ => Err(format!("{acts:?}: the memory is not freed")),
    }
}

struct Stage<'py> {
    py: Python<'py>,
    /// None once it is let go.
    object: Option<Bound<'py, Bytes>>,
    /// The expected memory.
    model: Vec<u8>,
    held: Vec<Held>,
    memoryviews: Vec<Bound<'py, PyMemoryView>>,
    granted: usize,
    alive: Arc<AtomicUsize>,
}

type Told = std::result::Result<(), String>;

fn expect(is_so: bool, what: &str) -> Told {
    if is_so { Ok(()) } else { Err(what.to_owned()) }
}

impl<'py> Stage<'py> {
    fn new(py: Python<'py>, alive: &Arc<AtomicUsize>) -> PyResult<Stage<'py>> {
        let model = b"protocol".to_vec();
        let watched = Watched { bytes: Shared::from_vec(model.clone()), alive: alive.clone() };
        let object = Bound::new(py, Bytes { items: Exported::new(watched) })?;
        let (held, memoryviews) = (Vec::new(), Vec::new());
        let alive = alive.clone();
        Ok(Stage { py, object: Some(object), model, held, memoryviews, granted: 0, alive })
    }

    fn exports(&self) -> usize {
        self.held.len() + self.memoryviews.len()
    }

    fn act(&mut self, act: &Act) -> Told {
        let chosen = |number: usize, len: usize| if len == 0 { None } else { Some(number % len) };
        match *act {
            Act::Get(word) => self.get(word)?,
            Act::Memoryview => {
                if let Some(object) = &self.object {
                    let view =
                        PyMemoryView::from(object.as_any()).map_err(|error| error.to_string())?;
                    self.memoryviews.push(view);
                    self.granted += 1;
                }
            }
            Act::Write { view, place, byte } => {
                if let Some(view) = chosen(view, self.held.len()) {
                    self.write(view, place, byte);
                }
            }
            Act::Copy(view) => {
                if let Some(view) = chosen(view, self.held.len()) {
                    let copy = Held(Box::new(*self.held[view].0));
                    // The struct that was filled is gone before the release.
                    self.held[view] = copy;
                }
            }
            Act::Scribble(view, byte) => {
                if let Some(view) = chosen(view, self.held.len()) {
                    scribble(&mut self.held[view].0, byte);
                }
            }
            Act::Release(view) => {
                if let Some(view) = chosen(view, self.held.len()) {
                    self.release(view, 1);
                }
            }
            Act::ReleaseTwice(view) => {
                if let Some(view) = chosen(view, self.held.len()) {
                    self.release(view, 2);
                }
            }
            Act::DropMemoryview(view) => {
                if let Some(view) = chosen(view, self.memoryviews.len()) {
                    drop(self.memoryviews.swap_remove(view));
                }
            }
            Act::Change(byte) => self.change(byte)?,
            Act::Forget => self.object = None,
        }
        self.check()
    }

    fn get(&mut self, word: c_int) -> Told {
        let Some(object) = &self.object else { return Ok(()) };
        // The bytes before the call must not matter.
        let obj = std::ptr::without_provenance_mut(8);
        let mut view = Box::new(Py_buffer { obj, ..Py_buffer::zeroed() });
        let filled: *mut ffi::Py_buffer = (&raw mut *view).cast();
        // SAFETY: alive, and a place for a view.
        let is_granted = unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), filled, word) } == 0;
        // One dimension of bytes that may be written: only a format without a shape is refused.
        let asks = |flag: c_int| word & flag == flag;
        // These two words are no requests; the interpreter refuses them since 3.13.
        let is_request =
            ![PyBUF_READ, PyBUF_WRITE].contains(&word) || self.py.version_info() < (3, 13);
        let expected = is_request && (!asks(ffi::PyBUF_FORMAT) || asks(ffi::PyBUF_ND));
        expect(is_granted == expected, "granted, or not, against the rules")?;
        if !is_granted {
            let error = PyErr::fetch(self.py);
            if !is_request {
                return expect(error.is_instance_of::<PySystemError>(self.py), "another exception");
            }
            expect(error.is_instance_of::<PyBufferError>(self.py), "another exception")?;
            return expect(view.obj.is_null(), "refused, and obj is not NULL");
        }
        expect(view.obj == object.as_ptr().cast::<PyObject>(), "obj is another")?;
        expect(view.len.unsigned_abs() == self.model.len(), "len is another")?;
        self.held.push(Held(view));
        self.granted += 1;
        Ok(())
    }

    /// By the address that the exporter gave, unless the consumer lost it.
    fn write(&mut self, view: usize, place: usize, byte: u8) {
        let view = &self.held[view].0;
        if view.buf.is_null() || self.model.is_empty() {
            return;
        }
        let place = place % self.model.len();
        let place_of = view.buf.cast::<u8>().wrapping_add(place);
        // SAFETY: within the memory of a view that is writable and not released.
        unsafe { place_of.write_volatile(byte) };
        self.model[place] = byte;
    }

    fn release(&mut self, view: usize, times: usize) {
        let mut view = self.held.swap_remove(view).0;
        for _ in 0..times {
            // SAFETY: granted, and the second time without an obj: PyBuffer_Release does nothing
            // then.
            unsafe { ffi::PyBuffer_Release((&raw mut *view).cast()) };
        }
    }

    /// Grows or shrinks the memory, unless it is exported.
    fn change(&mut self, byte: u8) -> Told {
        let exports = self.exports();
        let Some(object) = &self.object else { return Ok(()) };
        match object.get().items.try_mut() {
            Ok(mut watched) => {
                expect(exports == 0, "changed while a view was held")?;
                if byte % 4 == 0 {
                    watched.bytes.pop();
                    self.model.pop();
                } else {
                    watched.bytes.push(Shared::new(byte));
                    self.model.push(byte);
                    watched.bytes.shrink_to_fit();
                }
                Ok(())
            }
            Err(error) => {
                expect(exports > 0, &format!("no view is held, and it was refused: {error}"))
            }
        }
    }

    fn check(&self) -> Told {
        let lent = self.object.is_some() || self.exports() > 0;
        let alive = self.alive.load(Ordering::Relaxed) > 0;
        expect(alive == lent, "freed early, or kept without a view")?;
        if let Some(object) = &self.object {
            expect(object.get().items.exports() == self.exports(), "another number of exports")?;
            let references = self.exports() as isize + 1;
            // SAFETY: alive.
            let found = unsafe { ffi::Py_REFCNT(object.as_ptr()) };
            expect(found == references, "another number of references")?;
            if let Ok(watched) = object.get().items.try_borrow() {
                expect(Shared::to_vec(&watched.bytes) == self.model, "other bytes")?;
            }
        }
        for view in &self.memoryviews {
            let bytes: Vec<u8> = view
                .call_method0("tobytes")
                .and_then(|bytes| bytes.extract())
                .map_err(|error| error.to_string())?;
            expect(bytes == self.model, "other bytes through a memoryview")?;
        }
        for Held(view) in &self.held {
            if !view.buf.is_null() {
                // SAFETY: lent and not released; this thread alone writes it.
                let bytes =
                    unsafe { std::slice::from_raw_parts(view.buf.cast::<u8>(), self.model.len()) };
                expect(bytes == self.model, "other bytes through a view")?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Told {
        while !self.held.is_empty() {
            self.release(0, 1);
            self.check()?;
        }
        self.memoryviews.clear();
        self.check()?;
        self.object = None;
        self.check()
    }
}

/// All but `obj` and `internal` is the consumer's to use.
fn scribble(view: &mut Py_buffer, byte: u8) {
    let anywhere: *mut c_void = std::ptr::without_provenance_mut(usize::from(byte) * 8);
    let number = isize::from(byte) - 128;
    view.buf = std::ptr::null_mut();
    (view.len, view.itemsize) = (number, number);
    (view.readonly, view.ndim) = (byte.into(), c_int::from(byte) - 9);
    (view.format, view.shape) = (anywhere.cast(), anywhere.cast());
    (view.strides, view.suboffsets) = (anywhere.cast(), anywhere.cast());
}
