//! Asks and releases, and keeps what it sees. It judges nothing.

mod extra;
mod held;
mod mutate;

use std::time::{Duration, Instant};

use super::evidence::{
    ChangedView, Compared, Copied, Evidence, Fields, MOST, Observation, Pending, ReentrantView,
    Release, ReleaseOrder, different, whole,
};
use super::examination::{Examination, Step};
use super::memory::Memory;
use super::target::Target;
use super::view_state::{capture, compare, preset};
use crate::request::Request;
use extra::ExtraReferences;
use held::{Held, difference, give_back, observe, release};

/// The pauses before items are read again that differ from the expected ones.
const REREADS: [Duration; 4] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(60),
];

/// How often a change of items has to follow its cause.
const ROUNDS: usize = 8;

pub(super) struct Probe<'a> {
    target: &'a dyn Target,
    examination: Examination<'a>,
    memory: Memory,
}

impl<'a> Probe<'a> {
    pub(super) fn new(examination: Examination<'a>) -> Probe<'a> {
        let memory = Memory::open();
        Probe { target: examination.target, examination, memory }
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
                observe(target, &self.memory, flags, target.as_ptr())
            })
            .collect();
        let some = different(&alone);
        let shown = whole(&alone).map(|seen| seen.request);
        let first = shown.or_else(|| some.first().copied());
        let (buf_drifts, size_drifts) =
            first.map_or((false, false), |request| self.drifts(&alone[request.bits() as usize]));
        let (memory_per_view, size_per_view) =
            first.map_or((false, false), |request| self.differs_per_view(request));
        // Before anything else reads them.
        let mut missing = Vec::new();
        let mut read: Vec<Request> = some.iter().copied().chain(shown).collect();
        read.sort_by_key(|request| request.bits());
        read.dedup();
        for request in read {
            self.follow(Step::Reading(request));
            let lost = self.take(request).and_then(|mut held| {
                let lost = held.was.missing.take();
                held.release();
                lost
            });
            missing.extend(lost.map(|lost| (request, lost)));
        }
        let contents = shown.and_then(|request| self.contents(request));
        let mut changed_views = Vec::new();
        let beside = self.beside(&alone, &mut changed_views);
        self.follow(Step::Releases);
        let release_orders = vec![
            self.releases(&some, "from the first to the last", |_| 0),
            self.releases(&some, "from the last to the first", |left| left - 1),
            self.releases(&some, "from the middle", |left| left / 2),
        ];
        let pending = some.iter().filter_map(|&request| self.pending(request)).collect();
        self.follow(Step::Copies);
        let copies = some.iter().filter_map(|&request| self.copy(request)).collect();
        // Items that differ are read again, with time between: others may be writing them.
        let differs = matches!(contents, Some(Compared::Differs { .. }));
        let is_other = |request| {
            REREADS.iter().any(|&pause| {
                std::thread::sleep(pause);
                self.contents(request) != contents
            })
        };
        let contents_change = differs && shown.is_some_and(is_other);
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
            self.mutate(mutator, first, memory_per_view)
        });
        let mutations = mutations.collect();
        let base = self.examination.base.map(|base| {
            let base_of =
                |request: Request| observe(base, &self.memory, request.bits(), base.as_ptr());
            MOST.map(base_of)
        });
        Evidence {
            alone,
            beside,
            release_orders,
            copies,
            mutations,
            reentrant_views,
            changed_views,
            contents: contents.filter(|_| !contents_change),
            memory_per_view,
            size_per_view,
            buf_drifts,
            size_drifts,
            is_python_class: target.is_python_class(),
            holds_a_view: target.holds_a_view(),
            contents_change,
            missing,
            pending,
            expected_len: self.examination.contents.as_ref().map(|expected| expected.len()),
            within: self.examination.within.take(),
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
        let (mut difference, mut changed_items) = (None, None);
        let seen = (0..512)
            .map(|flags| {
                self.follow(Step::Beside(Request::from_bits_retain(flags)));
                let seen = observe(self.target, &self.memory, flags, held.view().obj);
                difference = difference.take().or_else(|| held.difference(&self.memory, false));
                if flags % 100 == 11 {
                    let changed = || held.difference(&self.memory, true);
                    changed_items = changed_items.take().or_else(changed);
                }
                seen
            })
            .collect();
        // Others may write the items at any time: only what happens each time is laid to the
        // requests.
        let changed_items = changed_items.or_else(|| held.difference(&self.memory, true));
        let is_caused = |_: &String| self.requests_change_items(held.request);
        let difference = difference.or_else(|| changed_items.filter(is_caused));
        changed_views
            .extend(difference.map(|difference| ChangedView { request: held.request, difference }));
        held.release();
        seen
    }

    /// Whether a view keeps its items as long as no request is sent, and loses them by requests,
    /// each time that it is tried.
    fn requests_change_items(&self, request: Request) -> bool {
        (0..ROUNDS).all(|_| {
            let Some(mut held) = self.take(request) else { return false };
            let start = Instant::now();
            for flags in [request.bits(); 16] {
                observe(self.target, &self.memory, flags, held.view().obj);
            }
            let is_changed = held.difference(&self.memory, true).is_some();
            let took = start.elapsed();
            held.release();
            is_changed && self.is_quiet(request, 2 * took)
        })
    }

    /// Whether a view keeps its items for some time in which no request is sent.
    fn is_quiet(&self, request: Request, time: Duration) -> bool {
        let Some(mut held) = self.take(request) else { return false };
        let start = Instant::now();
        while start.elapsed() < time {
            std::thread::yield_now();
        }
        let is_quiet = held.difference(&self.memory, true).is_none();
        held.release();
        is_quiet
    }

    /// As [`release_in_order`](Self::release_in_order). Items that have changed are laid to a
    /// release only if they change each time that it is tried, and at no other time.
    fn releases(
        &self,
        requests: &[Request],
        order: &'static str,
        next: fn(usize) -> usize,
    ) -> ReleaseOrder {
        let mut first = self.release_in_order(requests, order, next, false);
        let mut rounds = 0;
        while rounds < ROUNDS && first.releases.iter().any(|release| release.others.is_some()) {
            let again = self.release_in_order(requests, order, next, true);
            for (release, again) in first.releases.iter_mut().zip(again.releases) {
                release.others = release.others.take().filter(|_| again.others.is_some());
            }
            rounds += 1;
        }
        first
    }

    /// Takes some views at once and releases them in an order: `next` chooses among those that
    /// are left. With `is_careful`, views whose items others write are left out.
    fn release_in_order(
        &self,
        requests: &[Request],
        order: &'static str,
        next: fn(usize) -> usize,
        is_careful: bool,
    ) -> ReleaseOrder {
        let mut held: Vec<Held> =
            requests.iter().filter_map(|&request| self.take(request)).collect();
        let mut releases = Vec::new();
        while !held.is_empty() {
            let mut one = held.remove(next(held.len()));
            // Before the release, so that a view that had changed already is not laid to it.
            let steady: Vec<bool> = held
                .iter()
                .map(|other| match is_careful {
                    true => other.is_quiet(&self.memory),
                    false => other.difference(&self.memory, true).is_none(),
                })
                .collect();
            self.target.take_unraisable();
            one.release();
            let others = held.iter().zip(steady).filter(|(_, steady)| *steady);
            releases.push(Release {
                request: one.request,
                unraisable: self.target.take_unraisable(),
                others: others
                    .map(|(other, _)| other)
                    .find_map(|other| other.difference(&self.memory, true)),
            });
        }
        ReleaseOrder { order, releases }
    }

    /// Releases a view while an exception is set, as a consumer does that fails.
    fn pending(&self, request: Request) -> Option<Pending> {
        let mut held = self.take(request)?;
        if !self.target.set_raised() {
            return None;
        }
        // As it is when it is taken away again.
        let set = self.target.take_raised()?;
        self.target.set_raised();
        if let Some(mut view) = held.view.take() {
            give_back(self.target, &mut view);
        }
        let became = match self.target.take_raised() {
            None => Some(format!("{} was set before the release, and nothing after it", set.name)),
            Some(now) if now != set => {
                Some(format!("{} was set before the release, and {now} after it", set.name))
            }
            Some(_) => None,
        };
        self.target.take_unraisable();
        Some(Pending { request, became })
    }

    /// Whether a request that was answered gets memory of another address, and of another size,
    /// when it is sent again, with no view held: others change the object.
    fn drifts(&self, before: &Observation) -> (bool, bool) {
        let now = observe(self.target, &self.memory, before.request.bits(), self.target.as_ptr());
        let (was, is) = (&before.view, &now.view);
        (now.is_granted() && was.buf != is.buf, now.is_granted() && was.len != is.len)
    }

    /// Releases a byte copy of a view, at another address, while the struct that was filled holds
    /// something else.
    fn copy(&self, request: Request) -> Option<Copied> {
        let mut held = self.take(request)?;
        let filled = held.view.replace(Box::new(preset()));
        let mut copy = Box::new(*filled.expect("it was just taken"));
        self.target.take_unraisable();
        release(self.target, &mut copy);
        Some(Copied {
            request,
            references: difference(held.references, self.references()),
            unraisable: self.target.take_unraisable(),
        })
    }

    /// Compares all items with the expected ones, if there are as many. If those of a view are
    /// right, those of a second one beside it have to be right too.
    fn contents(&self, request: Request) -> Option<Compared> {
        let expected = self.examination.contents.as_ref()?;
        let first = self.take(request)?;
        let compared = compare(first.view(), &self.memory, expected);
        let second = self.take(request)?;
        let is_same =
            first.view().buf == second.view().buf && first.was.fields == second.was.fields;
        match compared {
            Some(Compared::Same) if !is_same => compare(second.view(), &self.memory, expected),
            compared => compared,
        }
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

    /// What a view shows of the memory, the items left out.
    fn shown(&self, request: Request) -> Option<(usize, isize, Fields)> {
        let held = self.take(request)?; // released by its drop
        Some((held.view().buf.addr(), held.view().len, held.was.fields.clone()))
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
            let was = capture(&view, &self.memory, true);
            Held { target, view: Some(view), request, was, references }
        })
    }
}
