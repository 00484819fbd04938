//! What was seen of an exporter: plain values, without a pointer that is still followed.

use std::borrow::Cow;
use std::ffi::CString;
use std::ops::Range;

use super::checks::can_be_sent;
use super::memory::Missing;
use super::target::{Answer, Exception};
use crate::abi::{Py_buffer, Py_ssize_t};
use crate::layout::LayoutRef;
use crate::request::Request;

/// All that the checks look at.
pub(super) struct Evidence {
    /// Each of the 512 requests, with no view held. The place is the flags word.
    pub(super) alone: Vec<Observation>,
    /// Each request, while a view of all fields is held. Empty if no such view was granted.
    pub(super) beside: Vec<Observation>,
    /// Several views that were released in different orders.
    pub(super) release_orders: Vec<ReleaseOrder>,
    /// Views of which a byte copy was released.
    pub(super) copies: Vec<Copied>,
    pub(super) mutations: Vec<Mutation>,
    pub(super) reentrant_views: Vec<ReentrantView>,
    /// What changed in a view while it was held.
    pub(super) changed_views: Vec<ChangedView>,
    /// The items of the first view that leads to them, beside the expected ones. None if there are
    /// none expected, or not as many.
    pub(super) contents: Option<Compared>,
    /// Each view has memory of its own: two that were held at once had different addresses.
    pub(super) memory_per_view: bool,
    /// And they had different lengths: the value changes by itself, so its size says nothing of
    /// another view.
    pub(super) size_per_view: bool,
    /// A request that was sent twice, with no view held, got memory of another address.
    pub(super) buf_drifts: bool,
    /// And of another size: others change the object while it is examined.
    pub(super) size_drifts: bool,
    /// The expected items were read twice, and differed: others write them.
    pub(super) contents_change: bool,
    /// CPython fills the view, and not the exporter: it is a class of Python.
    pub(super) is_python_class: bool,
    /// The target itself holds a view of the memory.
    pub(super) holds_a_view: bool,
    /// Items that cannot be read, by the request whose view leads there.
    pub(super) missing: Vec<(Request, Missing)>,
    /// Releases while an exception was set.
    pub(super) pending: Vec<Pending>,
    /// Number of bytes of the items that were expected.
    pub(super) expected_len: Option<usize>,
    /// The memory in which all items lie, by the author.
    pub(super) within: Option<Range<usize>>,
    /// What the exporter answers to [`MOST`] whose items the target shows.
    pub(super) base: Option<[Observation; MOST.len()]>,
}

/// How items compare with those that were expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    /// The first byte that differs, and a digest of what is around it, to see whether it stays.
    Differs {
        at: usize,
        expected: u8,
        found: u8,
        digest: u64,
    },
}

/// One request, its answer, and what a release did.
pub(super) struct Observation {
    pub(super) request: Request,
    pub(super) answer: Answer,
    /// The struct as it was before the call.
    pub(super) before: Py_buffer,
    /// As the exporter left it. Pointers are there to be compared.
    pub(super) view: Py_buffer,
    /// `obj` is the object that was asked.
    pub(super) is_target: bool,
    pub(super) fields: Fields,
    /// What could not be read.
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) references: Option<References>,
    /// What the release reported and could not raise.
    pub(super) unraisable: Option<String>,
    /// The exception that the release left set.
    pub(super) left: Option<Exception>,
    /// The request was refused after the `__buffer__` of a class had granted it.
    pub(super) refused_after_buffer: bool,
}

/// Memory that a view leads to and that this process cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The field that leads to it; `items` for the items.
    pub(super) field: &'static str,
    /// What leads to which address.
    pub(super) text: String,
}

/// A release while an exception was set.
pub(super) struct Pending {
    pub(super) request: Request,
    /// What was set afterwards instead. None if it was still the same.
    pub(super) became: Option<String>,
}

/// The arrays of a view and its format, where they could be read.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) shape: Option<Vec<Py_ssize_t>>,
    pub(super) strides: Option<Vec<Py_ssize_t>>,
    pub(super) suboffsets: Option<Vec<Py_ssize_t>>,
    pub(super) format: Option<CString>,
}

/// References to the object in `obj`, or after a refusal to the one that was asked, relative to
/// those before the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct References {
    /// While the view was held; after a refusal as at the end.
    pub(super) held: i32,
    /// After the release.
    pub(super) after: i32,
}

/// The order in which views were released.
pub(super) struct ReleaseOrder {
    /// As in `first to last`.
    pub(super) order: &'static str,
    pub(super) releases: Vec<Release>,
}

/// The end of one view.
pub(super) struct Release {
    pub(super) request: Request,
    pub(super) unraisable: Option<String>,
    /// The difference in a view that is still held.
    pub(super) others: Option<String>,
}

/// The end of a view of which a byte copy was released.
pub(super) struct Copied {
    pub(super) request: Request,
    /// References to the target, relative to those before the request.
    pub(super) references: Option<i32>,
    pub(super) unraisable: Option<String>,
}

/// A view that was not at its end as it was granted.
pub(super) struct ChangedView {
    pub(super) request: Request,
    pub(super) difference: String,
}

/// What a mutator did.
pub(super) struct Mutation {
    pub(super) name: Cow<'static, str>,
    /// Its answer while a view was held. None if no view was granted.
    pub(super) held: Option<Result<(), Exception>>,
    /// How a view that was granted after it differs from the one that was held.
    pub(super) moved: Option<String>,
    /// A request with whose view it went through, though not with the first view; and how a view
    /// that was granted after it differs from that one.
    pub(super) through: Option<(Request, String)>,
    /// Its answer when no view was held any more.
    pub(super) free: Result<(), Exception>,
    /// It may put another value in place while a view is held.
    pub(super) replaces: bool,
    /// How the view that was held changed by it, if it replaces the value.
    pub(super) changed_view: Option<String>,
    /// Whether a view that was granted after both differs from one before.
    pub(super) has_effect: bool,
}

impl Mutation {
    /// Whether it does not work at all: without a view it raises something else than a refusal.
    /// What it raises with a view, it may raise for the same reason.
    pub(super) fn has_failed(&self) -> bool {
        let has_moved =
            matches!(self.held, Some(Ok(()))) && self.moved.is_some() || self.through.is_some();
        !has_moved && matches!(&self.free, Err(free) if !free.is_buffer_error)
    }

    /// Whether it was refused with a view held, and without.
    pub(super) fn is_refused_for_ever(&self) -> bool {
        let is_refusal = |raised: &Exception| raised.is_buffer_error;
        let was_refused = matches!(&self.held, Some(Err(raised)) if is_refusal(raised));
        was_refused && self.free.as_ref().is_err_and(is_refusal)
    }

    /// Whether it went through with a view held and without, and changed nothing.
    pub(super) fn does_nothing(&self) -> bool {
        matches!((&self.held, &self.free), (Some(Ok(())), Ok(()))) && !self.has_effect
    }
}

/// A view that was granted during a change.
pub(super) struct ReentrantView {
    pub(super) name: Cow<'static, str>,
    /// Address and size of what it shows. None if it, or the change, was refused.
    pub(super) seen: Option<(usize, usize)>,
    /// The same of a view that was granted after the change.
    pub(super) now: Option<(usize, usize)>,
}

impl Observation {
    /// The flags, as the report has them.
    pub(super) fn request_name(&self) -> String {
        super::report::request_name(self.request)
    }

    pub(super) fn is_granted(&self) -> bool {
        self.answer.status == 0
    }

    pub(super) fn asks(&self, flag: Request) -> bool {
        self.request.contains(flag)
    }

    /// Whether CPython itself refuses the word: `PyBUF_READ` is no request, since 3.13.
    pub(super) fn is_no_request(&self) -> bool {
        self.request == Request::from_bits_retain(crate::abi::PyBUF_READ)
    }

    /// How the items lie, as far as shape and strides tell. None without a shape, and if the
    /// numbers contradict each other.
    pub(super) fn layout(&self) -> Option<LayoutRef<'_>> {
        layout(&self.view, &self.fields)
    }
}

/// See [`Observation::layout`]. Without dimensions there is one item. Suboffsets that lead
/// nowhere are left out: what they do to contiguity is no second fault.
pub(super) fn layout<'a>(view: &Py_buffer, fields: &'a Fields) -> Option<LayoutRef<'a>> {
    let shape = match view.ndim {
        0 => &[],
        _ => fields.shape.as_deref()?,
    };
    let suboffsets = fields.suboffsets.as_deref();
    let followed = suboffsets.filter(|all| all.iter().any(|&suboffset| suboffset >= 0));
    LayoutRef::new(shape, fields.strides.as_deref(), followed, view.itemsize).ok()
}

impl Evidence {
    /// Requests that were granted, with no other view held.
    pub(super) fn granted(&self) -> impl Iterator<Item = &Observation> {
        self.alone.iter().filter(|seen| seen.is_granted())
    }

    /// Requests that were refused, with no other view held.
    pub(super) fn refused(&self) -> impl Iterator<Item = &Observation> {
        self.alone.iter().filter(|seen| !seen.is_granted() && !seen.is_no_request())
    }

    /// Requests that were granted, alone and beside another view.
    pub(super) fn granted_at_any_time(&self) -> impl Iterator<Item = &Observation> {
        self.all().filter(|seen| seen.is_granted())
    }

    /// Requests that were refused, alone and beside another view.
    pub(super) fn refused_at_any_time(&self) -> impl Iterator<Item = &Observation> {
        self.all().filter(|seen| !seen.is_granted() && !seen.is_no_request())
    }

    /// The requests with all their answers, alone and beside another view.
    pub(super) fn all(&self) -> impl Iterator<Item = &Observation> {
        self.alone.iter().chain(&self.beside)
    }

    /// What the exporter shows to those who ask for most. None if it grants no strides.
    pub(super) fn whole(&self) -> Option<&Observation> {
        whole(&self.alone)
    }
}

/// The requests for most, which show how all items lie.
pub(super) const MOST: [Request; 4] =
    [Request::FULL_RO, Request::FULL, Request::INDIRECT, Request::STRIDES];

/// The first of [`MOST`] that is granted and understood.
pub(super) fn whole(seen: &[Observation]) -> Option<&Observation> {
    let of = |request: &Request| seen.iter().find(|seen| seen.request == *request);
    MOST.iter().filter_map(of).find(|seen| seen.is_granted() && seen.layout().is_some())
}

/// The most views that are held at once.
const MOST_VIEWS: usize = 8;

/// Requests that get different fields: each granted one that differs in them from those before. The
/// last are those for the fewest fields, down to a run of bytes.
pub(super) fn different(alone: &[Observation]) -> Vec<Request> {
    let mut some: Vec<&Observation> = Vec::new();
    let mut sorted: Vec<&Observation> = alone.iter().filter(|seen| seen.is_granted()).collect();
    // First what a consumer can send.
    sorted.sort_by_key(|seen| {
        (!can_be_sent(seen.request), std::cmp::Reverse(seen.request.bits().count_ones()))
    });
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
