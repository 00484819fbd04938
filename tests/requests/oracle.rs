//! The declarative oracle of requests, written without reading `grant`. The exporters in C are
//! compared with it too, by `tests/python/c_header.rs`.

use std::ffi::c_int;

use bufferprocs::BufferError;

pub const W: c_int = 0x01;
pub const FORMAT: c_int = 0x04;
pub const ND: c_int = 0x08;
pub const STRIDES: c_int = 0x18;
pub const C: c_int = 0x38;
pub const F: c_int = 0x58;
pub const ANY: c_int = 0x98;
pub const INDIRECT: c_int = 0x118;

/// What decides about a request.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub readonly: bool,
    pub c: bool,
    pub f: bool,
    pub suboffsets: bool,
    pub bare_format: bool,
    pub knows_shape: bool,
    pub knows_strides: bool,
    pub knows_format: bool,
}

/// The refusal that a request meets first, or None. Clauses in the order of CPython's memoryview.
pub fn refusal(of: Facts, flags: c_int) -> Option<BufferError> {
    let asks = |flag| flags & flag == flag;
    [
        (asks(W) && of.readonly, BufferError::NotWritable),
        (asks(C) && !of.c, BufferError::NotCContiguous),
        (asks(F) && !of.f, BufferError::NotFContiguous),
        (asks(ANY) && !(of.c || of.f), BufferError::NotContiguous),
        (of.suboffsets && !asks(INDIRECT), BufferError::NeedsSuboffsets),
        (!asks(STRIDES) && !of.c, BufferError::NeedsStrides),
        (asks(FORMAT) && !asks(ND) && !of.bare_format, BufferError::FormatWithoutShape),
        (asks(ND) && !of.knows_shape, BufferError::NoShape),
        (asks(STRIDES) && !of.knows_strides, BufferError::NoStrides),
        (asks(FORMAT) && !of.knows_format, BufferError::NoFormat),
    ]
    .into_iter()
    .find_map(|(refused, error)| refused.then_some(error))
}

/// Acceptance once more, as one sentence and without an order.
pub fn accepted(of: Facts, flags: c_int) -> bool {
    let asks = |flag| flags & flag == flag;
    (!asks(W) || !of.readonly)
        && (asks(STRIDES) || of.c)
        && (!asks(C) || of.c)
        && (!asks(F) || of.f)
        && (!asks(ANY) || of.c || of.f)
        && (!asks(FORMAT) || asks(ND) || of.bare_format)
        && (asks(INDIRECT) || !of.suboffsets)
        && (!asks(ND) || of.knows_shape)
        && (!asks(STRIDES) || of.knows_strides)
        && (!asks(FORMAT) || of.knows_format)
}
