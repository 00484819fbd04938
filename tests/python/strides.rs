//! Strides and contiguity in the wild: what `strides.py` sees, and the chapters on both say.

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::observed::{self, Expected};

const EXPECTED: &Expected = &[
    ("transposed", "(3, 2) (2, 6)"),
    ("reversed", "(2, 3) (-6, 2)"),
    ("broadcast", "(2, 3) (0, 2)"),
    ("broadcast-readonly", "True"),
    ("windows", "(5, 2) (2, 2)"),
    ("windows-in-memoryview", "[[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]"),
    ("field", "(3,) (5,)"),
    ("field-itemsize", "4"),
    ("field-misaligned", "1"),
    ("memoryview-65-dimensions", "ValueError"),
    ("one-row-c", "(1, 3, 1) (12, 4, 4)"),
    ("one-row-f", "(1, 3, 1) (4, 4, 12)"),
    ("columns-c", "ValueError"),
    ("columns-f", "(2, 3) (2, 4)"),
    ("columns-any", "(2, 3) (2, 4)"),
    ("columns-simple", "ValueError"),
    ("ctypes-rows-f", "(2, 3) None"),
    ("empty-slice", "(0,) (2,) False"),
];

pub fn compare(python: &Interpreter) -> Outcome {
    observed::compare(python, "strides.py", EXPECTED, &[])
}
