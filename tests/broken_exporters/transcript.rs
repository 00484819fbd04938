//! All that a consumer can observe of an exporter. A mutant whose transcript is that of the
//! original is no mutant.

use std::ffi::CStr;
use std::fmt::Write;
use std::ptr::without_provenance_mut;

use bufferprocs::Request;
use bufferprocs::abi::{Py_buffer, PyBUF_MAX_NDIM};
use bufferprocs::conformance::Target;

use crate::facts::numbers;
use crate::mutant::Mutant;

/// What fields hold before a request.
const UNWRITTEN: usize = usize::from_ne_bytes([0xA5; size_of::<usize>()]);

/// Lines of text that say what was observed, up to a line that the reader rejects.
pub struct Transcript<'a> {
    mutant: &'a Mutant<'a>,
    /// Returns false if nothing more is of interest.
    reader: &'a mut dyn FnMut(&str) -> bool,
    is_over: bool,
}

/// A view at an address that does not change: some mutants look a view up by that.
struct Held(Box<Py_buffer>);

/// All that is observed of a mutant, line by line. Stops when `reader` returns false.
pub fn transcribe(mutant: &Mutant, reader: &mut dyn FnMut(&str) -> bool) {
    let mut transcript = Transcript { mutant, reader, is_over: false };
    transcript.requests();
    transcript.orders();
    transcript.copies();
    transcript.exceptions();
    transcript.changes();
}

impl Transcript<'_> {
    fn say(&mut self, line: &str) {
        self.is_over = self.is_over || !(self.reader)(line);
    }

    /// All requests, alone and while a view is held.
    fn requests(&mut self) {
        let mut granted = Vec::new();
        for is_beside in [false, true] {
            let mut held = if is_beside { self.hold(&granted, 1) } else { Vec::new() };
            for bits in 0..512 {
                if self.is_over {
                    break;
                }
                let request = Request::from_bits_retain(bits);
                let before = self.references();
                let mut view = unwritten();
                let mut line = self.ask(&mut view, request);
                let is_granted = line.starts_with("0 ");
                if is_granted && !is_beside {
                    granted.push(request);
                }
                let _ = write!(line, " {:?}", self.since(before));
                if is_granted {
                    self.release(&mut view);
                    let unraisable = self.mutant.take_unraisable();
                    let left = self.mutant.take_raised();
                    let _ = write!(line, " {:?} {unraisable:?} {left:?}", self.since(before));
                }
                if let Some(held) = held.first() {
                    line.push_str(&self.describe(&held.0));
                }
                self.say(&line);
            }
            held.iter_mut().for_each(|view| self.release(&mut view.0));
        }
    }

    /// Several views, released in different orders.
    fn orders(&mut self) {
        let orders: [fn(usize) -> usize; 3] = [|_| 0, |left| left - 1, |left| left / 2];
        for next in orders {
            if self.is_over {
                break;
            }
            let mut held = self.hold(&self.different(), 8);
            while !held.is_empty() {
                let mut view = held.remove(next(held.len()));
                self.release(&mut view.0);
                let mut line =
                    format!("{:?} {:?}", self.references(), self.mutant.take_unraisable());
                held.iter().for_each(|view| line.push_str(&self.describe(&view.0)));
                self.say(&line);
            }
        }
    }

    /// Byte copies of views, released in their place.
    fn copies(&mut self) {
        for request in self.different() {
            if self.is_over {
                break;
            }
            let mut held = self.hold(&[request], 1);
            if let Some(mut copy) = held.pop().map(|view| Box::new(*view.0)) {
                self.release(&mut copy);
            }
            let line = format!("{:?} {:?}", self.references(), self.mutant.take_unraisable());
            self.say(&line);
        }
    }

    /// Releases while an exception is set.
    fn exceptions(&mut self) {
        for request in self.different() {
            if self.is_over {
                break;
            }
            let mut held = self.hold(&[request], 1);
            self.mutant.set_raised();
            held.iter_mut().for_each(|view| self.release(&mut view.0));
            let line = format!("{:?}", self.mutant.take_raised());
            self.say(&line);
        }
    }

    /// Changes, with a view held and without.
    fn changes(&mut self) {
        if self.is_over {
            return;
        }
        let during = self.mutant.reenter().is_some();
        let mut held = self.hold(&[Request::FULL_RO, Request::SIMPLE], 1);
        let name = |answer: Result<(), bufferprocs::conformance::Exception>| {
            answer.map_err(|raised| (raised.name, raised.is_buffer_error))
        };
        let with_view = name(self.mutant.mutate());
        let mut now = self.hold(&[Request::FULL_RO, Request::SIMPLE], 1);
        let described: Vec<_> = now.iter().map(|view| self.describe(&view.0)).collect();
        held.iter_mut().chain(&mut now).for_each(|view| self.release(&mut view.0));
        let without = name(self.mutant.mutate());
        self.say(&format!("{during} {with_view:?} {described:?} {without:?}"));
        // And with a view that may be written.
        let mut held = self.hold(&[Request::FULL], 1);
        let with_view = (!held.is_empty()).then(|| name(self.mutant.mutate()));
        held.iter_mut().for_each(|view| self.release(&mut view.0));
        self.say(&format!("{with_view:?}"));
    }

    /// Requests that differ most.
    fn different(&self) -> [Request; 5] {
        let (full, most) = (Request::FULL, Request::FULL_RO);
        [most, full, Request::SIMPLE, Request::ND, most]
    }

    /// Views of the first few of `requests` that are granted.
    fn hold(&mut self, requests: &[Request], count: usize) -> Vec<Held> {
        let mut held = Vec::new();
        for &request in requests.iter().rev() {
            let mut view = Held(Box::new(unwritten()));
            if held.len() < count && self.ask(&mut view.0, request).starts_with("0 ") {
                held.push(view);
            }
        }
        held
    }

    fn ask(&self, view: &mut Py_buffer, request: Request) -> String {
        let answer = self.mutant.get_buffer(view, request.bits());
        let raised = answer.raised.map(|raised| (raised.name, raised.is_buffer_error));
        let fields = match answer.status {
            0 => self.describe(view),
            _ => fields(view, self.mutant.facts().obj.addr(), self.mutant.as_ptr().addr()),
        };
        format!("{} {raised:?}{fields}", answer.status)
    }

    fn release(&self, view: &mut Py_buffer) {
        if view.obj.addr() != UNWRITTEN {
            // SAFETY: granted by the mutant, or a copy of a view that was, and not released.
            unsafe { self.mutant.release(view) };
        }
    }

    /// References to the target, and to the object in `obj`.
    fn references(&self) -> [u32; 2] {
        [self.mutant.as_ptr(), self.mutant.facts().obj].map(|object| {
            // SAFETY: the target, and an object that it keeps alive.
            unsafe { self.mutant.references(object) }.unwrap_or(0)
        })
    }

    /// The references more than before.
    fn since(&self, before: [u32; 2]) -> [i32; 2] {
        let now = self.references();
        [0, 1].map(|object| now[object].wrapping_sub(before[object]) as i32)
    }

    /// A granted view: its fields, what they point at, and the bytes of its block.
    fn describe(&self, view: &Py_buffer) -> String {
        let (facts, target) = (self.mutant.facts(), self.mutant.as_ptr().addr());
        let mut line = fields(view, facts.obj.addr(), target);
        let state = self.mutant.state();
        match state.memory.find(view.buf.addr()) {
            Some((block, offset)) => {
                let sum = state.memory.sum(block);
                let _ = write!(line, " block {block} {offset} {sum:x}");
            }
            None => {
                let offset = view.buf.addr().wrapping_sub(self.mutant.buf()) as isize;
                let _ = write!(line, " buf {offset} {}", view.buf.is_null());
            }
        }
        let is_there = |address: usize| address != 0 && address != UNWRITTEN;
        let has_arrays = (1..=2 * PyBUF_MAX_NDIM as i32).contains(&view.ndim);
        for array in [view.shape, view.strides, view.suboffsets] {
            if has_arrays && is_there(array.addr()) {
                // SAFETY: the promise of `Target`: `ndim` numbers.
                let numbers = unsafe { numbers(array, view.ndim) };
                let _ = write!(line, " {numbers:?}");
            }
        }
        if is_there(view.format.addr()) {
            // SAFETY: the promise of `Target`: the format ends with a NUL.
            let _ = write!(line, " {:?}", unsafe { CStr::from_ptr(view.format) });
        }
        line
    }
}

/// The fields without what they point at.
fn fields(view: &Py_buffer, obj: usize, target: usize) -> String {
    let word = |address: usize| match address {
        0 => "NULL",
        UNWRITTEN => "unwritten",
        _ if address == target => "target",
        _ if address == obj => "obj",
        _ => "set",
    };
    let pointers = [
        view.buf.addr(),
        view.obj.addr(),
        view.format.addr(),
        view.shape.addr(),
        view.strides.addr(),
        view.suboffsets.addr(),
        view.internal.addr(),
    ];
    let Py_buffer { len, itemsize, readonly, ndim, .. } = view;
    format!(" {:?} {len} {itemsize} {readonly} {ndim}", pointers.map(word))
}

fn unwritten() -> Py_buffer {
    let pattern = i32::from_ne_bytes([0xA5; 4]);
    Py_buffer {
        buf: without_provenance_mut(UNWRITTEN),
        obj: without_provenance_mut(UNWRITTEN),
        len: UNWRITTEN as isize,
        itemsize: UNWRITTEN as isize,
        readonly: pattern,
        ndim: pattern,
        format: without_provenance_mut(UNWRITTEN),
        shape: without_provenance_mut(UNWRITTEN),
        strides: without_provenance_mut(UNWRITTEN),
        suboffsets: without_provenance_mut(UNWRITTEN),
        internal: without_provenance_mut(UNWRITTEN),
    }
}
