//! Format strings in the wild: what `dialects.py` sees, and the chapter on formats says.

use crate::Outcome;
use crate::interpreter::Interpreter;
use crate::observed::{self, Expected, Since};

const EXPECTED: &Expected = &[
    ("calcsize-ib", "5"),
    ("calcsize-ib0i", "8"),
    ("calcsize-=bi", "5"),
    ("calcsize-T{ib}", "error"),
    ("calcsize-P", "8"),
    ("calcsize-=P", "error"),
    ("calcsize-=n", "error"),
    ("numpy-ib", "8"),
    ("numpy-T{ib}", "8"),
    ("numpy-T{b<i}", "5"),
    ("numpy-bT{<i}", "5"),
    ("numpy-b<T{@i}", "8"),
    ("ctypes-int", "<i"),
    ("ctypes-void-pointer", "<P"),
    ("ctypes-char-pointer", "<z"),
    ("ctypes-pointer", "&<i"),
    ("ctypes-function", "X{}"),
    ("ctypes-struct", "True"),
    ("ctypes-struct-itemsize", "8"),
    ("ctypes-union", "B 8"),
    ("array-u", "True"),
    ("numpy-i4", "i"),
    ("numpy-swapped-i4", ">i"),
    ("numpy-f2", "e"),
    ("numpy-bool", "?"),
    ("numpy-longdouble", "g"),
    ("numpy-complex", "Zd"),
    ("numpy-str", "3w"),
    ("numpy-bytes", "3s"),
    ("numpy-object", "O"),
    ("numpy-packed-record", "T{B:a:=i:b:}"),
    ("numpy-aligned-record", "T{B:a:xxxi:b:}"),
    ("numpy-sub-array", "T{(2,3)h:a:}"),
    ("numpy-datetime", "ValueError"),
    ("tolist-of-<i", "NotImplementedError"),
    ("tolist-after-cast", "[1, 2]"),
    ("numpy-of-<i", "[1, 2]"),
    ("<i-equals-i", "True"),
    ("record-equals-itself", "False"),
    ("record-tolist", "NotImplementedError"),
    ("record-in-numpy", "('a',)"),
    ("half-tolist-by-version", "True"),
    ("slice-and-tobytes-of-<i", "True"),
    ("longdouble-tolist", "NotImplementedError"),
    ("numpy-of-array-u", "['a', 'b']"),
    ("numpy-of-ctypes-struct", "8"),
    ("numpy-of-memoryview-of-ctypes-struct", "8"),
    ("complex-tolist", "NotImplementedError"),
];

/// `memoryview` reads complex items since 3.15.
const SINCE: &Since = &[(15, "complex-tolist", "[(1+0j)]")];

pub fn compare(python: &Interpreter) -> Outcome {
    observed::compare(python, "dialects.py", EXPECTED, SINCE)
}
