//! Exporters that break one rule each, to show that the checks of
//! [`conformance`](crate::conformance) find it.
//!
//! A [`Broken`] exporter is a good exporter with a layer that changes its answers. It is no
//! [`Source`](crate::Source): a consumer could not rely on what it shows.
//!
//! ```
//! use bufferprocs::conformance::Examination;
//! use bufferprocs::exporters::broken::Broken;
//!
//! let broken = Broken::new("field.len.product").unwrap();
//! let report = Examination::of(&broken).run();
//! assert_eq!(report.violations[0].check.rule, "field.len.product");
//! ```

mod answers;
mod faults;
mod memory;

use std::ffi::c_int;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::{Py_buffer, PyObject};
use crate::catch_panic::drop_caught;
use crate::error::{BufferError, MutError};
use crate::exporter;
use crate::object::{self, Object};
use crate::request::Request;
use answers as a;
pub use faults::FAULTS;
use faults::Fault;
use memory::Memory;

/// An exporter that breaks one rule, and keeps all others that do not follow from it.
///
/// ```
/// use bufferprocs::conformance::Examination;
/// use bufferprocs::exporters::broken::Broken;
///
/// let broken = Broken::new("field.len.product").unwrap();
/// let report = Examination::of(&broken).run();
/// assert!(report.violations.iter().any(|found| found.check.rule == "field.len.product"));
/// ```
#[derive(Debug)]
pub struct Broken {
    rule: &'static str,
    /// Answers rightly. Invariant: no reference to it leaves this value as an `Object`: safe code
    /// could change its memory, which a fault describes.
    good: Object,
    state: Mutex<State>,
    /// References to `good` that faults may drop: taken by `take_extra_references`.
    spares: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Views that are out.
    views: usize,
    /// The address in `internal` of the requested view, before it was filled.
    internal: usize,
    /// The memory is being moved.
    is_changing: bool,
    /// References that were taken and have no owner.
    leaked: usize,
    /// Views that were granted during a change.
    reentrant_views: Vec<Py_buffer>,
    /// What releases had to say and could not raise.
    unraisable: Option<String>,
    /// Where the views are that are out, for those that look there.
    places: Vec<usize>,
    /// The last ticket that was given out, and those that are out.
    ticket: usize,
    tickets: Vec<usize>,
    memory: Memory,
}

impl Broken {
    /// The exporter that breaks `rule`. None if there is none: [`FAULTS`] lists them.
    pub fn new(rule: &str) -> Option<Broken> {
        let fault = FAULTS.iter().find(|fault| fault.rule == rule)?;
        let (good, state) = ((fault.good)(), Mutex::default());
        Some(Broken { rule: fault.rule, good, state, spares: AtomicUsize::new(0) })
    }

    fn fault(&self) -> &'static Fault {
        let fault = FAULTS.iter().find(|fault| fault.rule == self.rule);
        fault.expect("`new` found it")
    }

    /// The object itself.
    pub fn as_ptr(&self) -> *mut PyObject {
        self.good.as_ptr()
    }

    /// Asks for a view, as [`object::get_buffer`] does. What is raised, [`object::take_raised`]
    /// takes.
    ///
    /// The memory of the view stays until it is released, or the exporter is dropped.
    pub fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> c_int {
        let fault = self.fault();
        let request = Request::from_bits_retain(flags);
        // Its drop may run any code: here, and not when it is replaced under the lock below.
        drop_caught(object::take_raised());
        let mut state = self.state();
        if (fault.refuses)(&state, request) {
            view.obj = std::ptr::null_mut();
            object::raise(BufferError::Refused("not this one".into()));
            return -1;
        }
        state.internal = view.internal.addr();
        // SAFETY: the object is alive, the view may be written; a granted one is given back by
        // `release_buffer`.
        let status =
            unsafe { object::get_buffer(self.as_ptr(), view, (fault.asks)(request).bits()) };
        match status {
            0 => {
                state.views += 1;
                state.places.push(std::ptr::from_mut(view).addr());
                (fault.granted)(self, &mut state, view, request);
                0
            }
            _ => (fault.refused)(self, &mut state, view),
        }
    }

    /// Gives a view back, as [`object::release_buffer`] does.
    ///
    /// # Safety
    ///
    /// The view was granted by [`get_buffer`](Self::get_buffer), or is a byte copy of one that
    /// was, and is not released yet.
    pub unsafe fn release_buffer(&self, view: &mut Py_buffer) {
        let mut state = self.state();
        (self.fault().released)(self, &mut state, view);
        state.views = state.views.saturating_sub(1);
        drop(state); // the release may drop the object's value
        if view.obj.is_null() {
            // The fault took the object away: the export has to end all the same.
            // SAFETY: granted and not released, by the caller's promise.
            let _ = unsafe { exporter::release(view) };
        }
        // SAFETY: granted and not released, by the caller's promise.
        unsafe { object::release_buffer(view) };
    }

    /// Number of references to the object.
    pub fn references(&self) -> usize {
        self.good.references()
    }

    /// Takes references to the object that faults may drop: each drops one of these, or none.
    pub(crate) fn take_extra_references(&self, references: usize) {
        for _ in 0..references {
            // SAFETY: the object is alive.
            unsafe { object::incref(self.as_ptr()) };
        }
        self.spares.fetch_add(references, Ordering::Relaxed);
    }

    /// Gives back what is left of the spare references.
    pub(crate) fn drop_extra_references(&self) {
        for _ in 0..self.spares.swap(0, Ordering::Relaxed) {
            // SAFETY: taken by `take_extra_references`.
            unsafe { object::decref(self.as_ptr()) };
        }
    }

    /// Moves the memory of the good exporter; refused while a view is held.
    pub fn mutate(&self) -> Result<(), MutError> {
        (self.fault().mutate)(&mut self.state())
    }

    /// Moves the memory, and requests a view during the move, which a good exporter refuses.
    /// Returns address and size of what the view shows. It is kept as long as the exporter.
    pub fn reenter(&self) -> Option<(usize, usize)> {
        self.state().is_changing = true;
        let mut view = Py_buffer::zeroed();
        let status = self.get_buffer(&mut view, Request::FULL_RO.bits());
        object::take_raised();
        let mut state = self.state();
        state.is_changing = false;
        // The memory that a fault, if there is one, points a view at.
        a::move_memory(&mut state).ok()?;
        (status == 0).then(|| {
            state.reentrant_views.push(view);
            (view.buf.addr(), view.len.unsigned_abs())
        })
    }

    /// Whether it is as a class of Python that counts what CPython refuses after `__buffer__`.
    pub(crate) fn counts_refusals(&self) -> bool {
        self.rule == "classes.count-after-flags"
    }

    /// Takes what a release reported.
    pub fn take_unraisable(&self) -> Option<String> {
        let reported = object::take_unraisable().map(|error| error.to_string());
        self.state().unraisable.take().or(reported)
    }

    /// All items in C order, as bytes: what consumers of the good exporter find.
    pub fn contents(&self) -> Vec<u8> {
        (self.fault().contents)()
    }

    /// The addresses that the good exporter shows items at.
    pub fn memory(&self) -> Range<usize> {
        let buffer = crate::Buffer::get(&self.good, Request::FULL_RO);
        buffer.map_or(0..0, |buffer| {
            let (buf, span) = (buffer.raw().buf.addr(), buffer.layout().span());
            buf.wrapping_add_signed(span.start)..buf.wrapping_add_signed(span.end)
        })
    }

    /// The good exporter. Not for safe code of others, as its field says.
    pub(crate) fn object(&self) -> &Object {
        &self.good
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the object away from a view that was just granted.
    fn take_obj(&self, view: &mut Py_buffer) {
        let obj = std::mem::replace(&mut view.obj, std::ptr::null_mut());
        // SAFETY: the reference was the view's, which no longer has it.
        unsafe { object::decref(obj) };
    }

    fn leak_reference(&self, state: &mut State) {
        // SAFETY: the object is alive.
        unsafe { object::incref(self.as_ptr()) };
        state.leaked += 1;
    }

    /// Drops a reference as if it were ours to drop: one of the spares, if there is one.
    fn drop_reference(&self) {
        let spare = |spares: usize| spares.checked_sub(1);
        if self.spares.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spare).is_ok() {
            // SAFETY: a spare, which is gone now.
            unsafe { object::decref(self.as_ptr()) };
        }
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        let reentrant_views = std::mem::take(&mut self.state().reentrant_views);
        for mut view in reentrant_views {
            // SAFETY: granted by `get_buffer`, and released nowhere else.
            unsafe { self.release_buffer(&mut view) };
        }
        self.drop_extra_references();
        for _ in 0..self.state().leaked {
            // SAFETY: taken by `leak_reference`.
            unsafe { object::decref(self.as_ptr()) };
        }
    }
}
