//! Asks and releases, and keeps what it sees. It judges nothing.

use std::ffi::c_int;

use super::evidence::{
    ChangedView, Copied, Evidence, Fields, MOST, Mutation, Observation, ReentrantView, References,
    Release, ReleaseOrder, whole,
};
use super::examination::{Examination, Mutator, Step};
use super::target::Target;
use super::view_state::{ViewState, capture, capture_at_most, preset};
use crate::abi::{Py_buffer, PyObject};
use crate::request::Request;

/// References taken beforehand: more than an exporter can drop that drops one too many for each
/// view.
const HELD: u32 = 1 << 13;

pub(super) struct Probe<'a> {
    target: &'a dyn Target,
    examination: Examination<'a>,
}

/// References to a target that are taken beforehand. They are given back in any case: foreign
/// code that the examination calls may panic.
struct ExtraReferences<'a> {
    target: &'a dyn Target,
    /// References to it before.
    before: Option<u32>,
}

impl<'a> ExtraReferences<'a> {
    fn take(target: &'a dyn Target) -> ExtraReferences<'a> {
        // SAFETY: the target is alive.
        let before = unsafe { target.references(target.as_ptr()) };
        target.take_references(HELD);
        ExtraReferences { target, before }
    }
}

impl Drop for ExtraReferences<'_> {
    fn drop(&mut self) {
        // SAFETY: the target is alive, also if its exporter dropped references that were not its
        // own.
        let after = unsafe { self.target.references(self.target.as_ptr()) };
        let lost = difference(self.before, after).unwrap_or(HELD as i32) - HELD as i32;
        // SAFETY: they were taken above; those that the exporter dropped are gone.
        unsafe { self.target.drop_references(HELD.saturating_add_signed(lost.min(0))) };
    }
}

/// A view that is held, at an address that does not change: its arrays may be part of the struct
/// itself. It is released in any case.
struct Held<'a> {
    target: &'a dyn Target,
    /// None once it is released.
    view: Option<Box<Py_buffer>>,
    request: Request,
    was: ViewState,
    /// References to the target before the request.
    references: Option<u32>,
}

impl<'a> Probe<'a> {
    pub(super) fn new(examination: Examination<'a>) -> Probe<'a> {
        Probe { target: examination.target, examination }
    }

    pub(super) fn collect(mut self) -> Evidence {
        let _extra = ExtraReferences::take(self.target);
        self.run()
    }

    fn run(&mut self) -> Evidence {
        let target = self.target;
        target.take_unraisable(); // not caused by this examination
        let alone: Vec<_> = (0..512)
            .map(|flags| {
                self.follow(Step::Alone(Request::from_bits_retain(flags)));
                observe(target, flags, target.as_ptr())
            })
            .collect();
        let mut changed_views = Vec::new();
        let beside = self.beside(&alone, &mut changed_views);
        let some = different(&alone);
        self.follow(Step::Releases);
        let release_orders = vec![
            self.release_in_order(&some, "from the first to the last", |_| 0),
            self.release_in_order(&some, "from the last to the first", |left| left - 1),
            self.release_in_order(&some, "from the middle", |left| left / 2),
        ];
        self.follow(Step::Copies);
        let copies = some.iter().filter_map(|&request| self.copy(request)).collect();
        let first = whole(&alone).map(|seen| seen.request);
        let (contents, contents_of_second) =
            first.map_or((None, None), |request| self.contents(request));
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
            ReentrantView { name: reentry.name, seen, now }
        });
        let reentrant_views = reentries.collect();
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
            release_orders,
            copies,
            mutations,
            reentrant_views,
            changed_views,
            contents,
            contents_of_second,
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
    fn beside(
        &mut self,
        alone: &[Observation],
        changed_views: &mut Vec<ChangedView>,
    ) -> Vec<Observation> {
        let first = whole(alone).or_else(|| alone.iter().find(|seen| seen.is_granted()));
        let Some(mut held) = first.and_then(|seen| self.take(seen.request)) else {
            return Vec::new();
        };
        let mut difference = None;
        let seen = (0..512)
            .map(|flags| {
                self.follow(Step::Beside(Request::from_bits_retain(flags)));
                let seen = observe(self.target, flags, held.view().obj);
                difference = difference.take().or_else(|| held.difference(false));
                seen
            })
            .collect();
        let difference = difference.or_else(|| held.difference(true));
        changed_views
            .extend(difference.map(|difference| ChangedView { request: held.request, difference }));
        held.release();
        seen
    }

    /// Takes some views at once and releases them in an order: `next` chooses among those that
    /// are left.
    fn release_in_order(
        &self,
        requests: &[Request],
        order: &'static str,
        next: fn(usize) -> usize,
    ) -> ReleaseOrder {
        let mut held: Vec<Held> =
            requests.iter().filter_map(|&request| self.take(request)).collect();
        let mut releases = Vec::new();
        while !held.is_empty() {
            let mut one = held.remove(next(held.len()));
            // Before the release, so that a view that had changed already is not laid to it.
            let steady: Vec<bool> =
                held.iter().map(|other| other.difference(true).is_none()).collect();
            self.target.take_unraisable();
            one.release();
            let others = held.iter().zip(steady).filter(|(_, steady)| *steady);
            releases.push(Release {
                request: one.request,
                unraisable: self.target.take_unraisable(),
                others: others.map(|(other, _)| other).find_map(|other| other.difference(true)),
            });
        }
        ReleaseOrder { order, releases }
    }

    /// Releases a byte copy of a view, at another address, while the struct that was filled holds
    /// something else.
    fn copy(&self, request: Request) -> Option<Copied> {
        let mut held = self.take(request)?;
        let filled = held.view.replace(Box::new(preset()));
        let mut copy = Box::new(*filled.expect("it was just taken"));
        self.target.take_unraisable();
        self.give_back(&mut copy);
        Some(Copied {
            request,
            references: difference(held.references, self.references()),
            unraisable: self.target.take_unraisable(),
        })
    }

    /// All items of a view and of a second one, if there are as many as were expected: they have to
    /// be compared to the last.
    fn contents(&self, request: Request) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let Some(expected) = &self.examination.claims.contents else { return (None, None) };
        let shown = |held: &Held| capture_at_most(held.view(), Some(expected.len())).contents;
        let first = self.take(request);
        let contents = first.as_ref().and_then(shown);
        let second = self.take(request);
        (contents, second.as_ref().and_then(shown))
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

    /// Calls a mutator with a view held, and without. The memory of the held view is not read after
    /// the call, because it may be freed.
    fn mutate(&self, mut mutator: Mutator<'_>, request: Option<Request>) -> Mutation {
        let mut moved = None;
        let held = request.and_then(|request| self.take(request)).map(|mut first| {
            // Compared with a second view of before, since a second one may differ by itself.
            let before = self.memory_of_second(first.request);
            let answer = (mutator.call)();
            let after = self.memory_of_second(first.request);
            moved = before.and_then(|before| match after {
                Some(after) => difference_of_memory(before, after),
                None => Some("it is refused now".to_owned()),
            });
            first.release();
            answer
        });
        Mutation { name: mutator.name, held, moved, free: (mutator.call)() }
    }

    /// Address and length of a view that is taken and released. None if it is refused.
    fn memory_of_second(&self, request: Request) -> Option<(usize, isize)> {
        let mut held = self.take(request)?;
        let shown = (held.view().buf.addr(), held.view().len);
        held.release();
        Some(shown)
    }

    fn references(&self) -> Option<u32> {
        // SAFETY: the target is alive: at least the references of `HELD` are ours.
        unsafe { self.target.references(self.target.as_ptr()) }
    }

    fn take(&self, request: Request) -> Option<Held<'a>> {
        let references = self.references();
        let mut view = Box::new(preset());
        let answer = self.target.get_buffer(&mut view, request.bits());
        let target = self.target;
        (answer.status == 0).then(|| {
            let was = capture(&view, true);
            Held { target, view: Some(view), request, was, references }
        })
    }

    fn give_back(&self, view: &mut Py_buffer) {
        release(self.target, view);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// How the memory of a view, by address and length, differs from that of another.
fn difference_of_memory(before: (usize, isize), after: (usize, isize)) -> Option<String> {
    if before.0 != after.0 {
        return Some(format!("buf was {:#x} and is {:#x}", before.0, after.0));
    }
    (before.1 != after.1).then(|| format!("len was {} and is {}", before.1, after.1))
}

/// The most views that are held at once.
const MOST_VIEWS: usize = 8;

/// Requests that get different fields: each granted one that differs in them from those before. The
/// last are those for the fewest fields, down to a run of bytes.
fn different(alone: &[Observation]) -> Vec<Request> {
    let mut some: Vec<&Observation> = Vec::new();
    let mut sorted: Vec<&Observation> = alone.iter().filter(|seen| seen.is_granted()).collect();
    sorted.sort_by_key(|seen| std::cmp::Reverse(seen.request.bits().count_ones()));
    for seen in sorted {
        let is_alike =
            |other: &&Observation| other.fields == seen.fields && other.view.ndim == seen.view.ndim;
        if some.len() + 1 < MOST_VIEWS && !some.iter().any(is_alike) {
            some.push(seen);
        }
    }
    // One request twice: two views may be alike.
    let again = some.first().map(|seen| seen.request);
    some.iter().map(|seen| seen.request).chain(again).collect()
}

/// One request, and its release. `counted` is the object whose references are counted, if it is
/// the one in `obj`.
fn observe(target: &dyn Target, flags: c_int, counted: *mut PyObject) -> Observation {
    let is_counted = !counted.is_null() && counted != preset().obj;
    let references = || match is_counted {
        // SAFETY: the target, or the `obj` of a view that is held.
        true => unsafe { target.references(counted) },
        false => None,
    };
    let start = references();
    let before = preset();
    let mut view = before;
    let answer = target.get_buffer(&mut view, flags);
    let is_granted = answer.status == 0;
    let fields = if is_granted { capture(&view, false).fields } else { Fields::default() };
    let filled = view;
    let held = difference(start, references());
    if is_granted {
        release(target, &mut view);
    }
    let after = difference(start, references());
    let tells = !is_granted || filled.obj == counted;
    Observation {
        request: Request::from_bits_retain(flags),
        answer,
        before,
        view: filled,
        is_target: filled.obj == target.as_ptr(),
        fields,
        references: held
            .zip(after)
            .filter(|_| tells)
            .map(|(held, after)| References { held, after }),
    }
}

/// Releases a granted view, unless `obj` was not written.
fn release(target: &dyn Target, view: &mut Py_buffer) {
    if view.obj != preset().obj {
        // SAFETY: granted and not released, or a copy of one; `obj` was written, so it is NULL or
        // a live object.
        unsafe { target.release(view) };
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
            release(self.target, &mut view);
        }
    }

    /// What is no longer as it was.
    fn difference(&self, with_contents: bool) -> Option<String> {
        let is = capture(self.view(), with_contents);
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
