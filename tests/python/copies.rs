//! Copies and suboffsets: what `copies.py` sees, and the chapters on both say.

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::observed::{self, Expected};

const EXPECTED: &Expected = &[
    ("to-contiguous-len-2-of-3", "ValueError"),
    ("to-contiguous-len-3-of-3", "0"),
    ("to-contiguous-len-4-of-3", "ValueError"),
    ("from-contiguous-too-long", "0 0102000003040000"),
    ("from-contiguous-half-an-item", "0 0102000000000000"),
    ("from-contiguous-read-only", "0 0102000003040000"),
    ("from-contiguous-half-an-item-packed", "0 0102030405000000"),
    ("copy-data-other-shape", "0 010203040506"),
    ("copy-data-other-items", "0 0102030405060708"),
    ("copy-data-longer-target", "0 0102030405060000"),
    ("copy-data-shorter-target", "BufferError 00000000"),
    ("copy-data-read-only-target", "BufferError 000000000000"),
    ("copy-data-other-ndim", "0 010006000000000000000000"),
    ("copy-data-reversed-onto-itself", "0 False"),
    ("memoryview-overlapping", "cdefef"),
    ("memoryview-tolist", "[[1, 2, 3], [4, 5, 6]]"),
    ("memoryview-tobytes", "010203040506"),
    ("memoryview-item", "6"),
    ("memoryview-rows-reversed", "[[4, 5, 6], [1, 2, 3]]"),
    ("memoryview-columns", "NotImplementedError"),
    ("memoryview-suboffsets", "(0, -1)"),
    ("memoryview-contiguous", "False"),
    ("memoryview-cast", "TypeError"),
    ("bytes-join", "TypeError"),
    ("contiguous", "[0, 0, 0]"),
    ("all-negative-contiguous", "0"),
    ("all-negative-memoryview", "(-1,) False"),
    ("numpy-asarray", "BufferError"),
];

pub fn compare(python: &Interpreter) -> Outcome {
    observed::compare(python, "copies.py", EXPECTED, &[])
}
