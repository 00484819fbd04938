//! Asks and releases, and keeps what it sees. It judges nothing.

use std::ffi::c_int;

use super::evidence::{
    Amid, Copied, Evidence, Fields, MOST, Mutation, Observation, References, Release, Round,
    Unsteady, whole,
};
use super::examination::{Examination, Mutator, Step};
use super::seen::{Seen, preset, see, see_at_most};
use super::subject::Subject;
use crate::abi::{Py_buffer, PyObject};
use crate::request::Request;

/// References taken beforehand: more than an exporter can drop that drops one too many for each
/// view.
const HELD: u32 = 1 << 13;

pub(super) struct Probe<'a> {
    subject: &'a dyn Subject,
    examination: Examination<'a>,
}

/// References to a subject that are taken beforehand. They are given back in any case: foreign
/// code that the examination calls may panic.
struct Spares<'a> {
    subject: &'a dyn Subject,
    /// References to it before.
    before: Option<u32>,
}

impl<'a> Spares<'a> {
    fn take(subject: &'a dyn Subject) -> Spares<'a> {
        // SAFETY: the subject is alive.
        let before = unsafe { subject.references(subject.as_ptr()) };
        subject.hold(HELD);
        Spares { subject, before }
    }
}

impl Drop for Spares<'_> {
    fn drop(&mut self) {
        // SAFETY: the subject is alive, also if its exporter dropped references that were not its
        // own.
        let after = unsafe { self.subject.references(self.subject.as_ptr()) };
        let lost = difference(self.before, after).unwrap_or(HELD as i32) - HELD as i32;
        // SAFETY: they were taken above; those that the exporter dropped are gone.
        unsafe { self.subject.let_go(HELD.saturating_add_signed(lost.min(0))) };
    }
}

/// A view that is held, at an address that does not change: its arrays may stand in the struct
/// itself. It is released in any case.
struct Held<'a> {
    subject: &'a dyn Subject,
    /// None once it is released.
    view: Option<Box<Py_buffer>>,
    request: Request,
    was: Seen,
    /// References to the subject before the request.
    references: Option<u32>,
}

impl<'a> Probe<'a> {
    pub(super) fn new(examination: Examination<'a>) -> Probe<'a> {
        Probe { subject: examination.subject, examination }
    }

    pub(super) fn collect(mut self) -> Evidence {
        let _spares = Spares::take(self.subject);
        self.look()
    }

    fn look(&mut self) -> Evidence {
        let subject = self.subject;
        subject.take_unraisable(); // what came before is none of ours
        let alone: Vec<_> = (0..512)
            .map(|flags| {
                self.follow(Step::Alone(Request::from_bits_retain(flags)));
                observe(subject, flags, subject.as_ptr())
            })
            .collect();
        let mut unsteady = Vec::new();
        let beside = self.beside(&alone, &mut unsteady);
        let some = different(&alone);
        self.follow(Step::Releases);
        let rounds = vec![
            self.round(&some, "from the first to the last", |_| 0),
            self.round(&some, "from the last to the first", |left| left - 1),
            self.round(&some, "from the middle", |left| left / 2),
        ];
        self.follow(Step::Copies);
        let copies = some.iter().filter_map(|&request| self.copy(request)).collect();
        let first = whole(&alone).map(|seen| seen.request);
        let contents = first.and_then(|request| self.contents(request));
        let first = first.or_else(|| some.first().copied());
        let (memory_per_view, size_per_view) =
            first.map_or((false, false), |request| self.differs_per_view(request));
        let reentries = std::mem::take(&mut self.examination.reentries);
        let reentries = reentries.into_iter().enumerate().map(|(number, mut reentry)| {
            self.follow(Step::Reentry(number));
            let seen = (reentry.call)();
            let now = first.and_then(|request| self.take(request)).map(|mut held| {
                let shown = (held.view().buf.addr(), held.view().len as usize);
                held.release();
                shown
            });
            Amid { name: reentry.name, seen, now }
        });
        let reentries = reentries.collect();
        let mutators = std::mem::take(&mut self.examination.mutators);
        let mutations = mutators.into_iter().enumerate().map(|(number, mutator)| {
            self.follow(Step::Mutator(number));
            self.mutate(mutator, first)
        });
        let mutations = mutations.collect();
        let base = self
            .examination
            .base
            .map(|base| MOST.map(|request| observe(base, request.bits(), base.as_ptr())));
        Evidence {
            alone,
            beside,
            rounds,
            copies,
            mutations,
            reentries,
            unsteady,
            contents,
            memory_per_view,
            size_per_view,
            claims: std::mem::take(&mut self.examination.claims),
            base,
        }
    }

    fn follow(&mut self, step: Step) {
        (self.examination.follow)(step);
    }

    /// All requests once more, while a view is held. If its `obj` is another object, as of one
    /// that redirects, the references to that are counted.
    fn beside(&mut self, alone: &[Observation], unsteady: &mut Vec<Unsteady>) -> Vec<Observation> {
        let first = whole(alone).or_else(|| alone.iter().find(|seen| seen.is_granted()));
        let Some(mut held) = first.and_then(|seen| self.take(seen.request)) else {
            return Vec::new();
        };
        let mut difference = None;
        let seen = (0..512)
            .map(|flags| {
                self.follow(Step::Beside(Request::from_bits_retain(flags)));
                let seen = observe(self.subject, flags, held.view().obj);
                difference = difference.take().or_else(|| held.difference(false));
                seen
            })
            .collect();
        let difference = difference.or_else(|| held.difference(true));
        unsteady
            .extend(difference.map(|difference| Unsteady { request: held.request, difference }));
        held.release();
        seen
    }

    /// Takes some views at once and releases them in an order: `next` chooses among those that
    /// are left.
    fn round(&self, requests: &[Request], order: &'static str, next: fn(usize) -> usize) -> Round {
        let mut held: Vec<Held> =
            requests.iter().filter_map(|&request| self.take(request)).collect();
        let mut releases = Vec::new();
        while !held.is_empty() {
            let mut one = held.remove(next(held.len()));
            // Before the release, so that a view that was unsteady already is not laid to it.
            let steady: Vec<bool> =
                held.iter().map(|other| other.difference(true).is_none()).collect();
            self.subject.take_unraisable();
            one.release();
            let others = held.iter().zip(steady).filter(|(_, steady)| *steady);
            releases.push(Release {
                request: one.request,
                unraisable: self.subject.take_unraisable(),
                others: others.map(|(other, _)| other).find_map(|other| other.difference(true)),
            });
        }
        Round { order, releases }
    }

    /// Releases a byte copy of a view, at another address, while the struct that was filled holds
    /// something else.
    fn copy(&self, request: Request) -> Option<Copied> {
        let mut held = self.take(request)?;
        let filled = held.view.replace(Box::new(preset()));
        let mut copy = Box::new(*filled.expect("it was just taken"));
        self.subject.take_unraisable();
        self.give_back(&mut copy);
        Some(Copied {
            request,
            references: difference(held.references, self.references()),
            unraisable: self.subject.take_unraisable(),
        })
    }

    /// All items, if there are as many as were told: they have to be compared to the last.
    fn contents(&self, request: Request) -> Option<Vec<u8>> {
        let told = self.examination.claims.contents.as_ref()?;
        let mut held = self.take(request)?;
        let seen = see_at_most(held.view(), Some(told.len()));
        held.release();
        seen.contents
    }

    /// Whether two views of one request, held at once, have different addresses, and then also
    /// different lengths.
    fn differs_per_view(&self, request: Request) -> (bool, bool) {
        let (first, second) = (self.take(request), self.take(request));
        let shown = [&first, &second]
            .map(|held| held.as_ref().map(|held| (held.view().buf.addr(), held.view().len)));
        for mut held in [first, second].into_iter().flatten() {
            held.release();
        }
        let (Some(first), Some(second)) = (shown[0], shown[1]) else { return (false, false) };
        (first.0 != second.0, first.0 != second.0 && first.1 != second.1)
    }

    /// Calls a mutator with a view held, and without. What the held view points at is not looked
    /// at after the call: it may be gone.
    fn mutate(&self, mut mutator: Mutator<'_>, request: Option<Request>) -> Mutation {
        let mut moved = None;
        let held = request.and_then(|request| self.take(request)).map(|mut first| {
            let answer = (mutator.call)();
            match self.take(first.request) {
                Some(mut second) => {
                    moved = difference_of_memory(first.view(), second.view());
                    second.release();
                }
                None => moved = Some("it is refused now".to_owned()),
            }
            first.release();
            answer
        });
        Mutation { name: mutator.name, held, moved, free: (mutator.call)() }
    }

    fn references(&self) -> Option<u32> {
        // SAFETY: the subject is alive: at least the references of `HELD` are ours.
        unsafe { self.subject.references(self.subject.as_ptr()) }
    }

    fn take(&self, request: Request) -> Option<Held<'a>> {
        let references = self.references();
        let mut view = Box::new(preset());
        let answer = self.subject.ask(&mut view, request.bits());
        let subject = self.subject;
        (answer.status == 0).then(|| {
            let was = see(&view, true);
            Held { subject, view: Some(view), request, was, references }
        })
    }

    fn give_back(&self, view: &mut Py_buffer) {
        release(self.subject, view);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// How the memory of a view differs from that of another.
fn difference_of_memory(before: &Py_buffer, after: &Py_buffer) -> Option<String> {
    if before.buf != after.buf {
        return Some(format!("buf was {:p} and is {:p}", before.buf, after.buf));
    }
    (before.len != after.len).then(|| format!("len was {} and is {}", before.len, after.len))
}

/// Requests that get different fields: each granted one that differs in them from those before.
fn different(alone: &[Observation]) -> Vec<Request> {
    let mut some: Vec<&Observation> = Vec::new();
    let mut sorted: Vec<&Observation> = alone.iter().filter(|seen| seen.is_granted()).collect();
    sorted.sort_by_key(|seen| std::cmp::Reverse(seen.request.bits().count_ones()));
    for seen in sorted {
        if some.len() < 4 && !some.iter().any(|other| other.fields == seen.fields) {
            some.push(seen);
        }
    }
    // One request twice: two views may be alike.
    let again = some.first().map(|seen| seen.request);
    some.iter().map(|seen| seen.request).chain(again).collect()
}

/// One request, and its release. `counted` is the object whose references are counted, if it is
/// the one in `obj`.
fn observe(subject: &dyn Subject, flags: c_int, counted: *mut PyObject) -> Observation {
    let is_counted = !counted.is_null() && counted != preset().obj;
    let references = || match is_counted {
        // SAFETY: the subject, or the `obj` of a view that is held.
        true => unsafe { subject.references(counted) },
        false => None,
    };
    let start = references();
    let before = preset();
    let mut view = before;
    let answer = subject.ask(&mut view, flags);
    let is_granted = answer.status == 0;
    let fields = if is_granted { see(&view, false).fields } else { Fields::default() };
    let filled = view;
    let held = difference(start, references());
    if is_granted {
        release(subject, &mut view);
    }
    let after = difference(start, references());
    let tells = !is_granted || filled.obj == counted;
    Observation {
        request: Request::from_bits_retain(flags),
        answer,
        before,
        view: filled,
        is_subject: filled.obj == subject.as_ptr(),
        fields,
        references: held
            .zip(after)
            .filter(|_| tells)
            .map(|(held, after)| References { held, after }),
    }
}

/// Releases a granted view, unless `obj` was not written.
fn release(subject: &dyn Subject, view: &mut Py_buffer) {
    if view.obj != preset().obj {
        // SAFETY: granted and not released, or a copy of one; `obj` was written, so it is NULL or
        // a live object.
        unsafe { subject.release(view) };
    }
}

fn difference(before: Option<u32>, after: Option<u32>) -> Option<i32> {
    Some(after?.wrapping_sub(before?) as i32) // the other way round it is negative
}

impl Held<'_> {
    fn view(&self) -> &Py_buffer {
        self.view.as_deref().expect("it is not released")
    }

    fn release(&mut self) {
        if let Some(mut view) = self.view.take() {
            release(self.subject, &mut view);
        }
    }

    /// What is no longer as it was.
    fn difference(&self, with_contents: bool) -> Option<String> {
        let is = see(self.view(), with_contents);
        if is.numbers != self.was.numbers {
            return Some("the struct was written".to_owned());
        }
        if is.fields != self.was.fields {
            return Some("shape, strides, suboffsets or format have changed".to_owned());
        }
        let have_changed = with_contents && is.contents != self.was.contents;
        have_changed.then(|| "the items have changed".to_owned())
    }
}
