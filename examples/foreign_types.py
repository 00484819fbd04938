"""Uses the module foreign_types, and asserts what it promises."""

import gc
import sys

import numpy as np

from foreign_types import Blob, Sequence, Series


def check(what, holds):
    if not holds:
        raise AssertionError(what)
    print(what)


def raised(action):
    """The exception of a call, as text."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def address(object):
    return np.frombuffer(object, "u1").__array_interface__["data"][0]


text = b"a text of some length"
blob = Blob(text)
assert blob == Blob(bytearray(text)) and hash(blob) == hash(Blob(text)) and blob.starts_with(b"a text")
assert memoryview(blob.part(2, 6)) == b"text" and raised(lambda: blob.part(2, 99)) == "ValueError: no such part"
check("zero copy", address(blob) == address(text) and address(blob.part(2, 6)) == address(text) + 2)

sequence = Sequence("GATTACA")
assert np.asarray(sequence).tolist() == [2, 0, 3, 3, 0, 1, 0]
assert raised(lambda: Sequence("GAX")) == "ValueError: 'X' is no base"
check("read-only", memoryview(sequence).readonly and memoryview(blob).readonly)

for kind, dtype in {"floats": "f8", "waves": "c16", "flags": "?"}.items():
    items = np.asarray(Series(kind, 3))
    assert (items.dtype, items.shape) == (dtype, (3,))

series = Series("waves", 2)
before = sys.getrefcount(series)
waves = np.asarray(series)
waves *= 2
assert np.asarray(series).tolist() == [2j, 2j]
check(
    "refusal",
    raised(series.clear) == "BufferError: Existing exports of data: object cannot be re-sized",
)
del waves
gc.collect()
series.clear()
check("references", sys.getrefcount(series) == before and len(memoryview(series)) == 0)

# The blob holds the view of `text`, and each part holds the memory.
references = sys.getrefcount(text)
part = memoryview(Blob(text).part(2, 6))
assert sys.getrefcount(text) == references + 1
view = memoryview(sequence)
del sequence
gc.collect()
check("outlives its owner", bytes(part) == b"text" and bytes(view) == b"\2\0\3\3\0\1\0")
