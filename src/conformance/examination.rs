//! An examination: the exporter, and the inputs of its author.

use std::borrow::Cow;
use std::ops::Range;

use super::target::{Exception, Target};
use crate::request::Request;

/// What is done to a target at the moment. If it ends the process, this is the last that was
/// heard of it.
///
/// ```
/// use bufferprocs::conformance::{Examination, Step};
/// use bufferprocs::Object;
///
/// let object = Object::new(vec![1u8, 2]);
/// let mut steps = Vec::new();
/// Examination::of(&object).follow(|step| steps.push(step)).run();
/// assert!(matches!(steps[0], Step::Alone(_)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// A request, with no view held.
    Alone(Request),
    /// A request, while another view is held.
    Beside(Request),
    /// The items of a view are read, which was granted for this request.
    Reading(Request),
    /// Several views are released one after the other.
    Releases,
    /// A byte copy of a view is released in its place.
    Copies,
    /// The mutator of this number is called.
    Mutator(usize),
    /// The call of this number that takes a view during a change.
    Reentry(usize),
}

/// An examination of one exporter. Its author's inputs make more rules checkable.
///
/// ```
/// use bufferprocs::conformance::Examination;
/// use bufferprocs::Object;
///
/// let object = Object::new(vec![1u8, 2, 3]);
/// let report = Examination::of(&object).contents([1, 2, 3]).run();
/// assert!(report.is_ok(), "{report}");
/// ```
#[allow(missing_debug_implementations)] // it holds what the caller gave to be called
pub struct Examination<'a> {
    pub(super) target: &'a dyn Target,
    pub(super) contents: Option<Cow<'a, [u8]>>,
    pub(super) within: Option<Range<usize>>,
    pub(super) base: Option<&'a dyn Target>,
    pub(super) mutators: Vec<Mutator<'a>>,
    pub(super) reentries: Vec<Reentry<'a>>,
    pub(super) follow: Box<dyn FnMut(Step) + 'a>,
}

/// A name, and what changes the exporter.
pub(super) struct Mutator<'a> {
    pub(super) name: Cow<'static, str>,
    pub(super) call: Box<dyn FnMut() -> Result<(), Exception> + 'a>,
    /// It puts another value in place, and views keep the old one.
    pub(super) replaces: bool,
}

/// A name, and the call that takes a view during a change. It returns the address and the size of
/// the memory that the view shows.
pub(super) struct Reentry<'a> {
    pub(super) name: Cow<'static, str>,
    pub(super) call: Box<dyn FnMut() -> Option<(usize, usize)> + 'a>,
}

impl<'a> Examination<'a> {
    /// Examines `target`.
    pub fn of(target: &'a dyn Target) -> Examination<'a> {
        Examination {
            target,
            contents: None,
            within: None,
            base: None,
            mutators: Vec::new(),
            reentries: Vec::new(),
            follow: Box::new(|_| {}),
        }
    }

    /// All items in C order, as bytes: what a consumer has to find.
    pub fn contents(mut self, contents: impl Into<Vec<u8>>) -> Self {
        self.contents = Some(Cow::Owned(contents.into()));
        self
    }

    /// As [`contents`](Self::contents), without a copy of them.
    ///
    /// ```
    /// use bufferprocs::conformance::Examination;
    /// use bufferprocs::Object;
    ///
    /// let expected = [1, 2, 3];
    /// let object = Object::new(expected.to_vec());
    /// assert!(Examination::of(&object).borrowed_contents(&expected).run().is_ok());
    /// ```
    pub fn borrowed_contents(mut self, contents: &'a [u8]) -> Self {
        self.contents = Some(Cow::Borrowed(contents));
        self
    }

    /// The addresses of the memory in which all items lie.
    pub fn within(mut self, memory: Range<usize>) -> Self {
        self.within = Some(memory);
        self
    }

    /// The exporter whose items the target shows, all of them and as they are.
    pub fn base(mut self, base: &'a dyn Target) -> Self {
        self.base = Some(base);
        self
    }

    /// Something that moves, resizes or frees the memory. It is called with a view held, which it
    /// has to refuse, and if it does, with views for other requests too. The last call comes
    /// without a view. Tell what closes the exporter last: after it no view is granted.
    pub fn mutate(
        mut self,
        name: impl Into<Cow<'static, str>>,
        call: impl FnMut() -> Result<(), Exception> + 'a,
    ) -> Self {
        let (name, call) = (name.into(), Box::new(call));
        self.mutators.push(Mutator { name, call, replaces: false });
        self
    }

    /// Something that puts another value in place of the one that is exported. It may go through
    /// while a view is held, and the view has to keep what it shows.
    ///
    /// ```
    /// use bufferprocs::conformance::Examination;
    /// use bufferprocs::{Object, Shared};
    ///
    /// let object = Object::new(Shared::from_vec(vec![1u8]));
    /// let samples = object.exported::<Vec<Shared<u8>>>().unwrap();
    /// let report = Examination::of(&object)
    ///     .replace("new", || Ok(*samples.try_mut()? = Shared::from_vec(vec![2, 3])))
    ///     .run();
    /// assert!(report.is_ok(), "{report}");
    /// ```
    pub fn replace(
        mut self,
        name: impl Into<Cow<'static, str>>,
        call: impl FnMut() -> Result<(), Exception> + 'a,
    ) -> Self {
        let (name, call) = (name.into(), Box::new(call));
        self.mutators.push(Mutator { name, call, replaces: true });
        self
    }

    /// Something that changes the memory, and requests a view during the change, as in a
    /// callback. Returns address and size in bytes of what the view shows, and keeps it until the
    /// next call; None if the request or the change was refused.
    pub fn reenter(
        mut self,
        name: impl Into<Cow<'static, str>>,
        call: impl FnMut() -> Option<(usize, usize)> + 'a,
    ) -> Self {
        self.reentries.push(Reentry { name: name.into(), call: Box::new(call) });
        self
    }

    /// Calls `follow` before each step.
    pub fn follow(mut self, follow: impl FnMut(Step) + 'a) -> Self {
        self.follow = Box::new(follow);
        self
    }
}
