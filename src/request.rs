//! What a consumer asks for: the flags word of `PyObject_GetBuffer`, as a set.
//!
//! The flags nest. `INDIRECT` contains `STRIDES`, `STRIDES` contains `ND`, and each contiguity flag
//! contains `STRIDES`, so a request has a flag only if *all* of its bits are set.
//! [`Request::contains`] tests exactly that. A bare `flags & PyBUF_STRIDES != 0` is true for a
//! request of `ND`, and is the classic bug.
//!
//! ```
//! use bufferprocs::Request;
//!
//! let request = Request::from_bits_retain(0x8);
//! assert!(request.contains(Request::ND));
//! assert!(!request.contains(Request::STRIDES));
//! assert!(request.intersects(Request::STRIDES)); // the bug: one shared bit is not the flag
//! ```

use std::ffi::c_int;

use crate::abi;

bitflags::bitflags! {
    /// A request: which fields of the view the consumer wants, and what the memory must be like.
    ///
    /// Bits that no Python version defines are kept and ignored, as CPython's own exporters do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Request: c_int {
        /// Memory the consumer may write, or a refusal. Combines with everything.
        #[doc(alias = "PyBUF_WRITABLE")]
        const WRITABLE = abi::PyBUF_WRITABLE;
        /// The `format` field. Not to be asked for without [`ND`](Self::ND).
        #[doc(alias = "PyBUF_FORMAT")]
        const FORMAT = abi::PyBUF_FORMAT;
        /// The `shape` field, over memory packed in C order.
        #[doc(alias = "PyBUF_ND")]
        const ND = abi::PyBUF_ND;
        /// The `shape` and `strides` fields, over memory of any stride.
        #[doc(alias = "PyBUF_STRIDES")]
        const STRIDES = abi::PyBUF_STRIDES;
        /// As [`STRIDES`](Self::STRIDES), and packed in C order (last index fastest).
        #[doc(alias = "PyBUF_C_CONTIGUOUS")]
        const C_CONTIGUOUS = abi::PyBUF_C_CONTIGUOUS;
        /// As [`STRIDES`](Self::STRIDES), and packed in Fortran order (first index fastest).
        #[doc(alias = "PyBUF_F_CONTIGUOUS")]
        const F_CONTIGUOUS = abi::PyBUF_F_CONTIGUOUS;
        /// As [`STRIDES`](Self::STRIDES), and packed in either order.
        #[doc(alias = "PyBUF_ANY_CONTIGUOUS")]
        const ANY_CONTIGUOUS = abi::PyBUF_ANY_CONTIGUOUS;
        /// As [`STRIDES`](Self::STRIDES), and the consumer follows `suboffsets`.
        #[doc(alias = "PyBUF_INDIRECT")]
        const INDIRECT = abi::PyBUF_INDIRECT;

        // The flags word comes from C: bits that we do not know must survive.
        const _ = !0;
    }
}

impl Request {
    /// One run of bytes and nothing else: no flag at all.
    ///
    /// It is a constant and not a flag because `contains(SIMPLE)` would be true of every request.
    #[doc(alias = "PyBUF_SIMPLE")]
    pub const SIMPLE: Request = Request::from_bits_retain(abi::PyBUF_SIMPLE);
    /// [`ND`](Self::ND) and [`WRITABLE`](Self::WRITABLE).
    #[doc(alias = "PyBUF_CONTIG")]
    pub const CONTIG: Request = Request::from_bits_retain(abi::PyBUF_CONTIG);
    /// [`ND`](Self::ND).
    #[doc(alias = "PyBUF_CONTIG_RO")]
    pub const CONTIG_RO: Request = Request::from_bits_retain(abi::PyBUF_CONTIG_RO);
    /// [`STRIDES`](Self::STRIDES) and [`WRITABLE`](Self::WRITABLE).
    #[doc(alias = "PyBUF_STRIDED")]
    pub const STRIDED: Request = Request::from_bits_retain(abi::PyBUF_STRIDED);
    /// [`STRIDES`](Self::STRIDES).
    #[doc(alias = "PyBUF_STRIDED_RO")]
    pub const STRIDED_RO: Request = Request::from_bits_retain(abi::PyBUF_STRIDED_RO);
    /// [`STRIDES`](Self::STRIDES), [`WRITABLE`](Self::WRITABLE) and [`FORMAT`](Self::FORMAT).
    #[doc(alias = "PyBUF_RECORDS")]
    pub const RECORDS: Request = Request::from_bits_retain(abi::PyBUF_RECORDS);
    /// [`STRIDES`](Self::STRIDES) and [`FORMAT`](Self::FORMAT).
    #[doc(alias = "PyBUF_RECORDS_RO")]
    pub const RECORDS_RO: Request = Request::from_bits_retain(abi::PyBUF_RECORDS_RO);
    /// [`INDIRECT`](Self::INDIRECT), [`WRITABLE`](Self::WRITABLE) and [`FORMAT`](Self::FORMAT).
    #[doc(alias = "PyBUF_FULL")]
    pub const FULL: Request = Request::from_bits_retain(abi::PyBUF_FULL);
    /// [`INDIRECT`](Self::INDIRECT) and [`FORMAT`](Self::FORMAT): everything, read-only accepted.
    /// `memoryview(x)` sends it.
    #[doc(alias = "PyBUF_FULL_RO")]
    pub const FULL_RO: Request = Request::from_bits_retain(abi::PyBUF_FULL_RO);

    /// The requests that CPython's documentation gives a name, with their names, from the least to
    /// the most asked for.
    pub const NAMED: [(&'static str, Request); 14] = [
        ("SIMPLE", Request::SIMPLE),
        ("WRITABLE", Request::WRITABLE),
        ("CONTIG_RO", Request::CONTIG_RO),
        ("CONTIG", Request::CONTIG),
        ("STRIDED_RO", Request::STRIDED_RO),
        ("STRIDED", Request::STRIDED),
        ("RECORDS_RO", Request::RECORDS_RO),
        ("RECORDS", Request::RECORDS),
        ("C_CONTIGUOUS", Request::C_CONTIGUOUS),
        ("F_CONTIGUOUS", Request::F_CONTIGUOUS),
        ("ANY_CONTIGUOUS", Request::ANY_CONTIGUOUS),
        ("INDIRECT", Request::INDIRECT),
        ("FULL_RO", Request::FULL_RO),
        ("FULL", Request::FULL),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(flags: c_int, contains: &[Request], lacks: &[Request]) {
        let request = Request::from_bits_retain(flags);
        assert_eq!(request.bits(), flags, "every bit survives");
        for &flag in contains {
            assert!(request.contains(flag), "{flags:#x} asks for {flag:?}");
        }
        for &flag in lacks {
            assert!(!request.contains(flag), "{flags:#x} does not ask for {flag:?}");
        }
    }

    #[test]
    fn a_flag_is_asked_for_when_all_of_its_bits_are_there() {
        use Request as R;
        case(0x000, &[R::SIMPLE], &[R::WRITABLE, R::FORMAT, R::ND, R::STRIDES]);
        case(0x008, &[R::ND], &[R::STRIDES, R::C_CONTIGUOUS, R::INDIRECT]);
        case(0x010, &[], &[R::ND, R::STRIDES]);
        case(0x018, &[R::ND, R::STRIDES], &[R::C_CONTIGUOUS, R::INDIRECT]);
        case(0x038, &[R::STRIDES, R::C_CONTIGUOUS], &[R::F_CONTIGUOUS, R::ANY_CONTIGUOUS]);
        case(0x100, &[], &[R::ND, R::STRIDES, R::INDIRECT]);
        case(0x11c, &[R::FULL_RO, R::RECORDS_RO, R::INDIRECT], &[R::WRITABLE, R::FULL]);
    }

    #[test]
    fn unknown_and_negative_words_survive() {
        for flags in [0x2, 0x400, -1, c_int::MIN, c_int::MAX] {
            case(flags, &[], &[]);
        }
    }
}
