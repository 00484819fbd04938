//! Calls of what changes the memory.

use super::super::evidence::Mutation;
use super::super::examination::Mutator;
use super::Probe;
use super::held::difference_of_memory;
use crate::request::Request;

/// The requests that get the fewest fields, and a writable view: some exporters count the views of
/// one way through their code alone.
const OTHERS: [Request; 2] = [Request::SIMPLE, Request::FULL];

impl Probe<'_> {
    /// Calls a mutator with a view held, and without. If it is refused with the first view, it is
    /// called with others too. The memory of the held view is not read after the call, because it
    /// may be freed.
    pub(super) fn mutate(
        &self,
        mut mutator: Mutator<'_>,
        request: Option<Request>,
        per_view: bool,
    ) -> Mutation {
        let (mut moved, mut changed_view) = (None, None);
        let before = request.and_then(|request| self.shown(request));
        let held = request.and_then(|request| self.take(request)).map(|mut first| {
            // Compared with a second view of before, since a second one may differ by itself.
            let before = self.shown(first.request);
            let is_quiet = mutator.replaces && first.is_quiet(&self.memory);
            let answer = (mutator.call)();
            if is_quiet {
                changed_view = first.difference(&self.memory, true);
            }
            let after = self.shown(first.request);
            moved = before.and_then(|before| match after {
                Some(after) => difference_of_memory((before.0, before.1), (after.0, after.1)),
                None => Some("it is refused now".to_owned()),
            });
            first.release();
            answer
        });
        let was_refused = matches!(&held, Some(Err(raised)) if raised.is_buffer_error);
        let through = match was_refused && !mutator.replaces && !per_view {
            true => self.goes_through(&mut mutator, request),
            false => None,
        };
        let free = (mutator.call)();
        // Not after a refusal: a mutator that closes the exporter is the last that it survives.
        let has_gone_through = matches!(held, Some(Ok(()))) && moved.is_none() && free.is_ok();
        let has_effect = per_view
            || !has_gone_through
            || before != request.and_then(|request| self.shown(request));
        let Mutator { name, replaces, .. } = mutator;
        Mutation { name, held, moved, through, free, replaces, changed_view, has_effect }
    }

    /// The first request with whose view the mutator goes through and changes the memory. Views
    /// with memory of their own are left out.
    fn goes_through(
        &self,
        mutator: &mut Mutator<'_>,
        first: Option<Request>,
    ) -> Option<(Request, String)> {
        let others = OTHERS.into_iter().filter(|&request| Some(request) != first);
        others.filter(|&request| !self.differs_per_view(request).0).find_map(|request| {
            let mut held = self.take(request)?;
            let before = self.shown(request);
            let answer = (mutator.call)();
            let after = self.shown(request);
            held.release();
            let moved = match (before?, after) {
                (before, Some(after)) => {
                    difference_of_memory((before.0, before.1), (after.0, after.1))
                }
                (_, None) => Some("it is refused now".to_owned()),
            };
            answer.ok().and(moved).map(|moved| (request, moved))
        })
    }
}
