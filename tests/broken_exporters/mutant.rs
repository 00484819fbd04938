//! A correct exporter with one step changed, as a target of the conformance checks.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, HashMap};
use std::ffi::{c_char, c_int, c_void};
use std::ops::Range;
use std::ptr::without_provenance_mut;

use bufferprocs::abi::{Py_buffer, PyObject};
use bufferprocs::conformance::{Answer, Exception, Target};
use bufferprocs::{Object, Request};

use crate::facts::Facts;
use crate::memory::{Memory, Table};
use crate::shapes::{Made, Place};

/// The changes of each step. [`CORRECT`] changes nothing.
#[derive(Clone, Copy)]
pub struct Fault {
    /// Whether a request is refused without asking the original.
    pub refuses: fn(&Facts, &State, Request) -> bool,
    /// The request that the original gets instead.
    pub asks: fn(&Facts, Request) -> Request,
    /// Changes a view that the original granted.
    pub granted: fn(&mut Step),
    /// Changes a refusal.
    pub refused: fn(&mut Step),
    /// Comes before the release.
    pub releases: fn(&mut Step),
    /// Changes the memory. The error is the refusal.
    pub mutate: fn(&mut State) -> Result<(), Exception>,
    /// Whether the export of a view ends with its release.
    pub counts_down: fn(&State, &Py_buffer) -> bool,
}

/// No fault.
pub const CORRECT: Fault = Fault {
    refuses: |_, state, _| state.is_changing,
    asks: |_, request| request,
    granted: |_| {},
    refused: |_| {},
    releases: |_| {},
    mutate: |state| match state.exports {
        0 => state.move_memory(),
        exports => Err(Exception::buffer_error(format!("{exports} views are held"))),
    },
    counts_down: |_, _| true,
};

/// What a mutant remembers between steps.
#[derive(Default)]
pub struct State {
    pub memory: Memory,
    /// The views that are out, as the original granted them, by the ticket in `internal`.
    views: BTreeMap<usize, Py_buffer>,
    /// The last ticket.
    pub ticket: usize,
    /// The block of each view, where views have blocks of their own.
    pub blocks: BTreeMap<usize, usize>,
    /// Addresses of structs that were filled and are not released.
    pub places: Vec<usize>,
    /// What the mutant counts.
    pub exports: i64,
    /// The tickets of views that it does not count.
    pub uncounted: Vec<usize>,
    /// References to objects that the mutant takes or drops beside those of the original.
    extra: HashMap<usize, i32>,
    pub unraisable: Option<String>,
    /// The memory is being changed.
    pub is_changing: bool,
    /// The exporter was closed.
    pub is_closed: bool,
    /// Views that were granted during a change.
    reentrant_views: Vec<Py_buffer>,
    /// Number of requests.
    pub requests: usize,
    /// Bytes by which a change has made the memory shorter.
    pub shrunk_by: isize,
    /// The struct before the request.
    pub before: Option<Py_buffer>,
    /// The exception that is set.
    pub raised: Option<Exception>,
    /// The last request was refused by CPython, after a class had granted it.
    pub is_refused_after_buffer: bool,
}

impl State {
    /// Views that are out.
    pub fn views_out(&self) -> usize {
        self.views.len()
    }

    /// The tickets of the views that are out, the oldest first.
    pub fn tickets(&self) -> Vec<usize> {
        self.views.keys().copied().collect()
    }

    /// Copies the items to a new block, which is the memory from now on.
    pub fn move_memory(&mut self) -> Result<(), Exception> {
        self.memory.move_items();
        Ok(())
    }

    /// Takes references to an object, or drops some.
    pub fn count(&mut self, object: *mut PyObject, references: i32) {
        *self.extra.entry(object.addr()).or_default() += references;
    }
}

/// One step of a mutant, for a fault to change.
pub struct Step<'m> {
    pub facts: &'m Facts,
    pub state: &'m mut State,
    pub view: &'m mut Py_buffer,
    pub answer: &'m mut Answer,
    pub request: Request,
    /// The object that was asked.
    pub target: *mut PyObject,
    /// A live object that has nothing to do with the target.
    pub other: *mut PyObject,
    /// The pointers to rows, and the number of the first one, if there are pointers.
    table: Option<&'m (Table, usize)>,
}

impl Step<'_> {
    pub fn asks(&self, flag: Request) -> bool {
        self.request.contains(flag)
    }

    /// Other numbers for the shape, if it is set.
    pub fn set_shape(&mut self, shape: &[isize]) {
        if !self.view.shape.is_null() {
            self.view.shape = self.state.memory.array(shape);
        }
    }

    /// Other numbers for the strides, if they are set.
    pub fn set_strides(&mut self, strides: &[isize]) {
        if !self.view.strides.is_null() {
            self.view.strides = self.state.memory.array(strides);
        }
    }

    /// Another format, if it is set.
    pub fn set_format(&mut self, text: &[u8]) {
        if !self.view.format.is_null() {
            self.view.format = self.state.memory.format(text);
        }
    }

    pub fn new_array(&mut self, numbers: &[isize]) -> *mut isize {
        self.state.memory.array(numbers)
    }

    pub fn new_format(&mut self, text: &[u8]) -> *mut c_char {
        self.state.memory.format(text)
    }

    /// Moves `buf`, if the memory is the mutant's own, which has room on both sides.
    pub fn move_buf(&mut self, bytes: isize) {
        if !self.state.memory.is_empty() {
            self.view.buf = self.view.buf.wrapping_byte_offset(bytes);
        }
    }

    /// Points `buf` at a copy of the items, if the memory is the mutant's own. Returns the number
    /// of the copy.
    pub fn copy_items(&mut self) -> Option<usize> {
        let memory = &mut self.state.memory;
        let (block, offset) = memory.find(self.view.buf.addr())?;
        let (bytes, start) = (memory.bytes(block), memory.range(block).start);
        let copy = memory.add(&bytes, start);
        self.view.buf = memory.first(copy).wrapping_byte_offset(offset);
        Some(copy)
    }

    /// Points `buf` at a copy of the pointers to rows, of which some are changed, if there are any.
    pub fn change_pointers(&mut self, change: fn(&mut [*mut c_void])) {
        if let Some((table, first)) = self.table {
            let mut pointers = table.pointers();
            change(&mut pointers);
            self.view.buf = self.state.memory.table(&pointers).place(*first);
        }
    }

    /// The ticket of the view.
    pub fn ticket(&self) -> usize {
        self.view.internal.addr()
    }
}

/// A mutant, or with [`CORRECT`] a correct exporter.
pub struct Mutant<'a> {
    made: &'a Made,
    facts: &'a Facts,
    fault: Fault,
    state: RefCell<State>,
    other: Object,
    /// The pointers to rows, and the number of the first one, if there are pointers.
    table: Option<(Table, usize)>,
    /// The bytes of the original's memory.
    bytes: Vec<u8>,
    /// Offset of the first item in them.
    first: isize,
}

impl<'a> Mutant<'a> {
    pub fn new(made: &'a Made, facts: &'a Facts, fault: Fault) -> Mutant<'a> {
        let (bytes, first) = made.bytes();
        let mut state = State::default();
        if made.place == Place::Shared {
            state.memory.add(&bytes, facts.buf.wrapping_add_signed(-first));
        }
        let table = (made.place == Place::Behind).then(|| {
            let (pointers, first) = made.pointers();
            (Table::new(&pointers), first)
        });
        let other = Object::without_procs(());
        Mutant { made, facts, fault, state: RefCell::new(state), other, table, bytes, first }
    }

    /// The memory that the correct exporter shows.
    pub fn memory(&self) -> Option<Range<usize>> {
        (self.made.place == Place::Shared).then(|| self.state().memory.range(0))
    }

    /// Changes the memory. The view that was granted during a change ends before.
    pub fn mutate(&self) -> Result<(), Exception> {
        let reentrant_views = std::mem::take(&mut self.state().reentrant_views);
        for mut view in reentrant_views {
            // SAFETY: granted by `get_buffer`, and not released.
            unsafe { self.release(&mut view) };
        }
        (self.fault.mutate)(&mut self.state())
    }

    /// Asks for a view during a change, which a correct exporter refuses. Returns address and size
    /// of what the view shows.
    pub fn reenter(&self) -> Option<(usize, usize)> {
        self.state().is_changing = true;
        let mut view = Py_buffer::zeroed();
        let answer = self.get_buffer(&mut view, Request::FULL_RO.bits());
        let mut state = self.state();
        state.is_changing = false;
        let moved = state.move_memory();
        moved.ok().filter(|()| answer.status == 0).map(|()| {
            state.reentrant_views.push(view);
            (view.buf.addr(), view.len.unsigned_abs())
        })
    }

    /// The address that a correct exporter shows in `buf`, if it does not depend on blocks.
    pub fn buf(&self) -> usize {
        self.table.as_ref().map_or(self.facts.buf, |(table, first)| table.place(*first).addr())
    }

    pub fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    pub fn facts(&self) -> &Facts {
        self.facts
    }

    /// Points `buf` at the mutant's own memory, where it has some.
    fn relocate(&self, state: &mut State, view: &mut Py_buffer) {
        let block = match self.made.place {
            Place::Behind => {
                let (table, first) = self.table.as_ref().expect("made for pointers");
                view.buf = table.place(*first);
                return;
            }
            Place::Shared => state.memory.current(),
            Place::PerView => {
                let start = self.facts.buf.wrapping_add_signed(-self.first);
                let block = state.memory.add(&self.bytes, start);
                state.blocks.insert(state.ticket, block);
                block
            }
        };
        view.buf = state.memory.first(block).wrapping_byte_offset(self.first);
    }

    /// Gives the original's view back. A view whose ticket was lost is found by its block, or it
    /// is the newest one: the arrays of the original are the same for all views then.
    fn end_view(&self, state: &mut State, view: &Py_buffer) {
        let ticket = Some(view.internal.addr()).filter(|ticket| state.views.contains_key(ticket));
        let by_block = || {
            let (block, _) = state.memory.find(view.buf.addr())?;
            state.blocks.iter().find(|(_, other)| **other == block).map(|(ticket, _)| *ticket)
        };
        let newest = || by_block().or_else(|| state.views.keys().next_back().copied());
        let original = ticket.or_else(newest).and_then(|ticket| state.views.remove(&ticket));
        if let Some(mut original) = original {
            // SAFETY: granted by the original, and removed from the views that are out.
            unsafe { Target::release(&self.made.object, &mut original) };
        }
    }

    fn step<'m>(
        &'m self,
        state: &'m mut State,
        view: &'m mut Py_buffer,
        answer: &'m mut Answer,
        request: Request,
    ) -> Step<'m> {
        let (target, other) = (self.as_ptr(), self.other.as_ptr());
        let table = self.table.as_ref();
        Step { facts: self.facts, state, view, answer, request, target, other, table }
    }
}

// SAFETY: the original's pointers can be read until its view is released, which `end_view` does.
// Those of faults lead to `Memory`, which stays as long as the mutant and has room for the numbers
// and bytes that faults promise. `obj` is an object of the original, `other`, or NULL.
unsafe impl Target for Mutant<'_> {
    fn as_ptr(&self) -> *mut PyObject {
        self.made.object.as_ptr()
    }

    fn get_buffer(&self, view: &mut Py_buffer, flags: c_int) -> Answer {
        let mut state = self.state();
        let state = &mut *state;
        let request = Request::from_bits_retain(flags);
        state.requests += 1;
        state.before = Some(*view);
        state.is_refused_after_buffer = false;
        let mut answer = match (self.fault.refuses)(self.facts, state, request) || state.is_closed {
            true => {
                view.obj = std::ptr::null_mut();
                Answer { status: -1, raised: Some(Exception::buffer_error("not this one")) }
            }
            false => {
                let asked = (self.fault.asks)(self.facts, request);
                Target::get_buffer(&self.made.object, view, asked.bits())
            }
        };
        if answer.status != 0 {
            (self.fault.refused)(&mut self.step(state, view, &mut answer, request));
            return answer;
        }
        state.ticket += 1;
        state.exports += 1;
        state.views.insert(state.ticket, *view);
        state.places.push(std::ptr::from_ref(view).addr());
        view.internal = without_provenance_mut::<c_void>(state.ticket);
        self.relocate(state, view);
        view.len = (view.len - state.shrunk_by).max(0);
        (self.fault.granted)(&mut self.step(state, view, &mut answer, request));
        answer
    }

    unsafe fn release(&self, view: &mut Py_buffer) {
        let mut state = self.state();
        let state = &mut *state;
        let mut answer = Answer { status: 0, raised: None };
        if (self.fault.counts_down)(state, view) {
            state.exports -= 1;
        }
        (self.fault.releases)(&mut self.step(state, view, &mut answer, Request::SIMPLE));
        self.end_view(state, view);
        view.obj = std::ptr::null_mut();
    }

    unsafe fn references(&self, object: *mut PyObject) -> Option<u32> {
        let extra = self.state().extra.get(&object.addr()).copied().unwrap_or(0);
        // SAFETY: alive, by the caller's promise.
        let references = unsafe { Target::references(&self.made.object, object) };
        references.map(|references| references.wrapping_add_signed(extra))
    }

    // A mutant drops references only as numbers in `extra`: no object is freed by it.
    fn take_references(&self, references: u32) {
        self.made.object.take_references(references);
    }

    unsafe fn drop_references(&self, references: u32) {
        // SAFETY: the caller's promise.
        unsafe { self.made.object.drop_references(references) };
    }

    fn take_unraisable(&self) -> Option<String> {
        let reported = self.made.object.take_unraisable();
        self.state().unraisable.take().or(reported)
    }

    fn set_raised(&self) -> bool {
        self.state().raised = Some(Exception::other("KeyError", "set before the release"));
        true
    }

    fn take_raised(&self) -> Option<Exception> {
        self.state().raised.take()
    }

    fn is_refused_after_buffer(&self) -> bool {
        self.state().is_refused_after_buffer
    }
}

impl Drop for Mutant<'_> {
    fn drop(&mut self) {
        for mut view in std::mem::take(&mut self.state().views).into_values() {
            // SAFETY: granted by the original, and not released: it was among the views out.
            unsafe { Target::release(&self.made.object, &mut view) };
        }
    }
}
