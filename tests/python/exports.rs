//! Exporters while they are exported: what `exports.py` sees, and the chapters on counting and on
//! writable memory say.

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::observed::{self, Expected};

const EXPECTED: &Expected = &[
    ("bytearray-append", "BufferError: Existing exports of data: object cannot be re-sized"),
    ("bytearray-append-after-release", "done"),
    ("array-append", "BufferError"),
    ("array-append-after-release", "done"),
    ("bytesio-write", "BufferError"),
    ("bytesio-write-after-release", "done"),
    ("bytesio-close", "BufferError"),
    ("bytesio-close-after-release", "done"),
    ("mmap-close", "BufferError"),
    ("mmap-close-after-release", "done"),
    ("items-may-change", "zyx"),
    ("by-nothing-bytearray-extend", "done"),
    ("by-nothing-bytearray-empty-slice", "done"),
    ("by-nothing-bytearray-delete-empty-slice", "done"),
    ("by-nothing-bytearray-times-1", "done"),
    ("by-nothing-array-extend", "done"),
    ("by-nothing-array-fromlist", "done"),
    ("by-nothing-array-frombytes", "done"),
    ("by-nothing-array-empty-slice", "BufferError"),
    ("by-nothing-array-delete-empty-slice", "BufferError"),
    ("by-nothing-bytesio-write", "BufferError"),
    ("a-slice-keeps-the-export", "BufferError"),
    ("released-for-good", "done"),
    ("ctypes-resize", "done"),
    ("numpy-resize", "ValueError"),
    ("numpy-resize-refcheck-false", "done"),
    ("memoryview-of-bytearray-readonly", "False"),
    ("memoryview-of-bytes-readonly", "True"),
    ("toreadonly-refuses", "TypeError"),
    ("toreadonly-sees-writes", "z"),
    ("setflags-leaves-views-writable", "1.5"),
    ("setflags-new-view-readonly", "True"),
    ("a-bool-of-2", "2"),
];

pub fn compare(python: &Interpreter) -> Outcome {
    observed::compare(python, "exports.py", EXPECTED, &[])
}
