//! What a decision depends on, in one word too, and the decisions that the word allows at once.

use std::ffi::c_int;

use crate::request::Request;

/// What the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Consumers may not write.
    pub readonly: bool,
    /// The items lie packed in C order.
    pub c_contiguous: bool,
    /// The items lie packed in Fortran order.
    pub f_contiguous: bool,
    /// Some items are reached through pointers. Then they lie packed in neither order.
    pub suboffsets: bool,
    /// Number of dimensions.
    pub ndim: usize,
    /// `FORMAT` without `ND` is answered and not refused.
    pub bare_format: bool,
    /// Nobody at all writes the memory. No request depends on it: it says how the memory may be
    /// read.
    pub frozen: bool,
    /// The shape is not known: the exporter shows a buffer that was requested without.
    pub lacks_shape: bool,
    /// The strides are not known.
    pub lacks_strides: bool,
    /// The format is not known.
    pub lacks_format: bool,
}

impl Facts {
    /// The facts in one word, which is never 0, to be read without a hold on the exporter.
    pub(crate) fn to_word(self) -> usize {
        let facts = [
            (SHOWN, true),
            (READONLY, self.readonly),
            (C_CONTIGUOUS, self.c_contiguous),
            (F_CONTIGUOUS, self.f_contiguous),
            (SUBOFFSETS, self.suboffsets),
            (BARE_FORMAT, self.bare_format),
            (FROZEN, self.frozen),
            (LACKS_SHAPE, self.lacks_shape),
            (LACKS_STRIDES, self.lacks_strides),
            (LACKS_FORMAT, self.lacks_format),
        ];
        let low = facts.iter().fold(0, |word, &(place, is_so)| word | usize::from(is_so) << place);
        low | self.ndim << NDIM
    }

    /// The facts in a word made by [`to_word`](Self::to_word).
    pub(crate) fn from_word(word: usize) -> Facts {
        let is_so = |place: u32| word >> place & 1 == 1;
        Facts {
            readonly: is_so(READONLY),
            c_contiguous: is_so(C_CONTIGUOUS),
            f_contiguous: is_so(F_CONTIGUOUS),
            suboffsets: is_so(SUBOFFSETS),
            bare_format: is_so(BARE_FORMAT),
            frozen: is_so(FROZEN),
            lacks_shape: is_so(LACKS_SHAPE),
            lacks_strides: is_so(LACKS_STRIDES),
            lacks_format: is_so(LACKS_FORMAT),
            ndim: word >> NDIM,
        }
    }
}

// Places in a facts word.
const SHOWN: u32 = 0; // always 1, so that no word is 0
const READONLY: u32 = 1;
const C_CONTIGUOUS: u32 = 2;
const F_CONTIGUOUS: u32 = 3;
const SUBOFFSETS: u32 = 4;
const BARE_FORMAT: u32 = 5;
const FROZEN: u32 = 6;
const LACKS_SHAPE: u32 = 7;
const LACKS_STRIDES: u32 = 8;
const LACKS_FORMAT: u32 = 9;
const NDIM: u32 = 10; // and all above

/// Of these places only [`SHOWN`] may be set where a request gets every field.
const KNOWN: usize = 1 << SHOWN | 1 << LACKS_SHAPE | 1 << LACKS_STRIDES | 1 << LACKS_FORMAT;

/// Who would write is refused by the fact that stands at this place.
#[inline(always)]
fn refuses_writing(request: Request) -> usize {
    usize::from(request.bits() & Request::WRITABLE.bits() != 0) << READONLY
}

/// The fields and orders that a request asks for.
#[inline(always)]
fn asked_for(request: Request) -> c_int {
    let orders = Request::C_CONTIGUOUS | Request::F_CONTIGUOUS | Request::ANY_CONTIGUOUS;
    request.bits() & (orders | Request::FULL_RO).bits()
}

/// Whether a request gets every field, by the facts in `word`: what [`grant`](super::grant) says
/// at greater length, for the requests that ask for all fields and no order, as `memoryview` and
/// NumPy do.
#[inline(always)]
pub(crate) fn grants_all(word: usize, request: Request) -> bool {
    asked_for(request) == Request::FULL_RO.bits()
        && word & (KNOWN | refuses_writing(request)) == 1 << SHOWN
}

/// The same for requests of all fields but suboffsets, where there are none.
#[inline(always)]
pub(crate) fn grants_records(word: usize, request: Request) -> bool {
    asked_for(request) == Request::RECORDS_RO.bits()
        && word & (KNOWN | 1 << SUBOFFSETS | refuses_writing(request)) == 1 << SHOWN
}

/// Whether a request gets a run of bytes and no field beyond: as `SIMPLE`, which is what most C
/// code asks for.
#[inline(always)]
pub(crate) fn grants_run(word: usize, request: Request) -> bool {
    let run = 1 << C_CONTIGUOUS;
    asked_for(request) == Request::SIMPLE.bits()
        && word & (run | 1 << SUBOFFSETS | refuses_writing(request)) == run
}

#[cfg(test)]
mod tests {
    use super::super::{Grant, grant};
    use super::*;

    fn all_facts() -> impl Iterator<Item = Facts> {
        (0..512).flat_map(|kind| {
            let is = move |place: u32| kind >> place & 1 == 1;
            [0, 1, 2, 64].map(|ndim| Facts {
                readonly: is(0),
                c_contiguous: is(1),
                f_contiguous: is(2),
                suboffsets: is(3),
                bare_format: is(4),
                frozen: is(5),
                lacks_shape: is(6),
                lacks_strides: is(7),
                lacks_format: is(8),
                ndim,
            })
        })
    }

    #[test]
    fn facts_survive_in_a_word() {
        for facts in all_facts() {
            assert_ne!(facts.to_word(), 0);
            assert_eq!(Facts::from_word(facts.to_word()), facts);
        }
    }

    /// The shorter decision never grants what the longer one refuses, and is taken for the usual
    /// requests to an exporter that knows all of itself.
    #[test]
    fn the_shorter_decision_is_the_longer_one() {
        for facts in all_facts() {
            let dimensions = facts.ndim > 0;
            let everything = Grant {
                ndim: facts.ndim,
                format: true,
                shape: dimensions,
                strides: dimensions,
                suboffsets: facts.suboffsets,
            };
            let (format, shape, strides) = (false, false, false);
            let run = Grant { ndim: 1, format, shape, strides, suboffsets: false };
            let word = facts.to_word();
            for bits in 0..1024 {
                let request = Request::from_bits_retain(bits);
                let all = grants_all(word, request) || grants_records(word, request);
                for (taken, expected) in [(all, everything), (grants_run(word, request), run)] {
                    if taken {
                        assert_eq!(grant(&facts, request), Ok(expected), "{facts:?}, {request:?}");
                    }
                }
            }
            let all = !(facts.lacks_shape || facts.lacks_strides || facts.lacks_format);
            assert_eq!(grants_all(word, Request::FULL_RO), all);
            assert_eq!(grants_all(word, Request::FULL), all && !facts.readonly);
            assert_eq!(grants_records(word, Request::RECORDS_RO), all && !facts.suboffsets);
            let run = facts.c_contiguous && !facts.suboffsets;
            assert_eq!(grants_run(word, Request::SIMPLE), run);
            assert_eq!(grants_run(word, Request::WRITABLE), run && !facts.readonly);
        }
        for grants in [grants_all, grants_records, grants_run] {
            for request in [Request::FULL_RO, Request::RECORDS_RO, Request::SIMPLE] {
                assert!(!grants(0, request), "there is nothing to show");
            }
        }
    }
}
