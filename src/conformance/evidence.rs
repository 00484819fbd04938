//! What was seen of an exporter: plain values, without a pointer that is still followed.

use std::borrow::Cow;
use std::ffi::CString;
use std::ops::Range;

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
    /// All items in C order, if no more were there than were expected, from the first view that
    /// leads to them.
    pub(super) contents: Option<Vec<u8>>,
    /// The same from a second view, while the first one is held.
    pub(super) contents_of_second: Option<Vec<u8>>,
    /// Each view has memory of its own: two that were held at once had different addresses.
    pub(super) memory_per_view: bool,
    /// And they had different lengths: the value changes by itself, so its size says nothing of
    /// another view.
    pub(super) size_per_view: bool,
    pub(super) claims: Claims,
    /// What the exporter answers to [`MOST`] whose items the target shows.
    pub(super) base: Option<[Observation; MOST.len()]>,
}

/// What the author of the exporter says.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) contents: Option<Vec<u8>>,
    pub(super) within: Option<Range<usize>>,
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
    pub(super) references: Option<References>,
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
    /// Its answer when no view was held any more.
    pub(super) free: Result<(), Exception>,
}

impl Mutation {
    /// Whether it does not work at all: it raises the same, other than a refusal, with a view
    /// held and without.
    pub(super) fn has_failed(&self) -> bool {
        matches!((&self.held, &self.free), (Some(Err(held)), Err(free))
            if !held.is_buffer_error && held.name == free.name)
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
