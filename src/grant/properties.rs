//! What a decision depends on, in one word too, and the decisions that the word allows at once.

use std::ffi::c_int;

use crate::request::Request;

/// What the decision depends on.
///
/// ```
/// use bufferprocs::grant::{ViewProperties, grant};
/// use bufferprocs::{BufferError, Request};
///
/// let columns = ViewProperties { f_contiguous: true, ndim: 2, ..Default::default() };
/// assert_eq!(grant(&columns, Request::SIMPLE), Err(BufferError::NeedsStrides));
/// assert!(grant(&columns, Request::F_CONTIGUOUS).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ViewProperties {
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
    /// No code writes the memory. No request depends on it: it says how the memory may be
    /// read.
    pub immutable: bool,
    /// The shape is not known: the exporter shows a buffer that was requested without.
    pub missing_shape: bool,
    /// The strides are not known.
    pub missing_strides: bool,
    /// The format is not known.
    pub missing_format: bool,
}

impl ViewProperties {
    /// The properties in one word, which is never 0, to be read without a hold on the exporter.
    pub(crate) fn to_word(self) -> usize {
        let properties = [
            (IS_SET, true),
            (READONLY, self.readonly),
            (C_CONTIGUOUS, self.c_contiguous),
            (F_CONTIGUOUS, self.f_contiguous),
            (SUBOFFSETS, self.suboffsets),
            (BARE_FORMAT, self.bare_format),
            (IMMUTABLE, self.immutable),
            (MISSING_SHAPE, self.missing_shape),
            (MISSING_STRIDES, self.missing_strides),
            (MISSING_FORMAT, self.missing_format),
        ];
        let low =
            properties.iter().fold(0, |word, &(place, is_so)| word | usize::from(is_so) << place);
        low | self.ndim << NDIM
    }

    /// The properties in a word made by [`to_word`](Self::to_word).
    pub(crate) fn from_word(word: usize) -> ViewProperties {
        let is_so = |place: u32| word >> place & 1 == 1;
        ViewProperties {
            readonly: is_so(READONLY),
            c_contiguous: is_so(C_CONTIGUOUS),
            f_contiguous: is_so(F_CONTIGUOUS),
            suboffsets: is_so(SUBOFFSETS),
            bare_format: is_so(BARE_FORMAT),
            immutable: is_so(IMMUTABLE),
            missing_shape: is_so(MISSING_SHAPE),
            missing_strides: is_so(MISSING_STRIDES),
            missing_format: is_so(MISSING_FORMAT),
            ndim: word >> NDIM,
        }
    }
}

// Places in a properties word.
const IS_SET: u32 = 0; // always 1, so that no word is 0
const READONLY: u32 = 1;
const C_CONTIGUOUS: u32 = 2;
const F_CONTIGUOUS: u32 = 3;
const SUBOFFSETS: u32 = 4;
const BARE_FORMAT: u32 = 5;
const IMMUTABLE: u32 = 6;
const MISSING_SHAPE: u32 = 7;
const MISSING_STRIDES: u32 = 8;
const MISSING_FORMAT: u32 = 9;
const NDIM: u32 = 10; // and all above

/// Of these places only [`IS_SET`] may be set where a request gets every field.
const KNOWN: usize = 1 << IS_SET | 1 << MISSING_SHAPE | 1 << MISSING_STRIDES | 1 << MISSING_FORMAT;

/// The place of the property that refuses a request for writable memory.
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

/// Whether a request gets every field, by the properties in `word`: what [`grant`](super::grant)
/// says at greater length, for the requests that ask for all fields and no order, as `memoryview`
/// and NumPy do.
#[inline(always)]
pub(crate) fn grants_all(word: usize, request: Request) -> bool {
    asked_for(request) == Request::FULL_RO.bits()
        && word & (KNOWN | refuses_writing(request)) == 1 << IS_SET
}

/// The same for requests of all fields but suboffsets, where there are none.
#[inline(always)]
pub(crate) fn grants_records(word: usize, request: Request) -> bool {
    asked_for(request) == Request::RECORDS_RO.bits()
        && word & (KNOWN | 1 << SUBOFFSETS | refuses_writing(request)) == 1 << IS_SET
}

/// Whether a request gets a run of bytes and no field beyond: as `SIMPLE`, which is what most C
/// code asks for.
#[inline(always)]
pub(crate) fn grants_simple(word: usize, request: Request) -> bool {
    let run = 1 << C_CONTIGUOUS;
    asked_for(request) == Request::SIMPLE.bits()
        && word & (run | 1 << SUBOFFSETS | refuses_writing(request)) == run
}

#[cfg(test)]
mod tests {
    use super::super::{Grant, grant};
    use super::*;

    fn all_properties() -> impl Iterator<Item = ViewProperties> {
        (0..512).flat_map(|kind| {
            let is = move |place: u32| kind >> place & 1 == 1;
            [0, 1, 2, 64].map(|ndim| ViewProperties {
                readonly: is(0),
                c_contiguous: is(1),
                f_contiguous: is(2),
                suboffsets: is(3),
                bare_format: is(4),
                immutable: is(5),
                missing_shape: is(6),
                missing_strides: is(7),
                missing_format: is(8),
                ndim,
            })
        })
    }

    #[test]
    fn properties_survive_in_a_word() {
        for properties in all_properties() {
            assert_ne!(properties.to_word(), 0);
            assert_eq!(ViewProperties::from_word(properties.to_word()), properties);
        }
    }

    /// The shorter decision never grants what the longer one refuses, and is taken for the usual
    /// requests to an exporter that knows all of itself.
    #[test]
    fn the_shorter_decision_is_the_longer_one() {
        for properties in all_properties() {
            let dimensions = properties.ndim > 0;
            let everything = Grant {
                ndim: properties.ndim,
                format: true,
                shape: dimensions,
                strides: dimensions,
                suboffsets: properties.suboffsets,
            };
            let (format, shape, strides) = (false, false, false);
            let run = Grant { ndim: 1, format, shape, strides, suboffsets: false };
            let word = properties.to_word();
            for bits in 0..1024 {
                let request = Request::from_bits_retain(bits);
                let all = grants_all(word, request) || grants_records(word, request);
                for (taken, expected) in [(all, everything), (grants_simple(word, request), run)] {
                    if taken {
                        assert_eq!(
                            grant(&properties, request),
                            Ok(expected),
                            "{properties:?}, {request:?}"
                        );
                    }
                }
            }
            let all = !(properties.missing_shape
                || properties.missing_strides
                || properties.missing_format);
            assert_eq!(grants_all(word, Request::FULL_RO), all);
            assert_eq!(grants_all(word, Request::FULL), all && !properties.readonly);
            assert_eq!(grants_records(word, Request::RECORDS_RO), all && !properties.suboffsets);
            let run = properties.c_contiguous && !properties.suboffsets;
            assert_eq!(grants_simple(word, Request::SIMPLE), run);
            assert_eq!(grants_simple(word, Request::WRITABLE), run && !properties.readonly);
        }
        for grants in [grants_all, grants_records, grants_simple] {
            for request in [Request::FULL_RO, Request::RECORDS_RO, Request::SIMPLE] {
                assert!(!grants(0, request), "there is nothing to show");
            }
        }
    }
}
