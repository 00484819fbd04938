"""Uses the module consume, and asserts what it promises."""

import array
import gc
import sys

import numpy as np

from consume import checksum, holding, invert, largest, packed, scale, scale_diagonal, total


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
    return np.asarray(object).__array_interface__["data"][0]


matrix = np.arange(12.0).reshape(3, 4)
before = sys.getrefcount(matrix)

for view in [matrix, matrix.T, matrix[::-1, ::2], memoryview(matrix), array.array("d", [1, 2])]:
    assert total(view) == np.asarray(view).sum()
    assert largest(view) == np.asarray(view).max()
    assert packed(view) == np.asarray(view).tobytes()
scale_diagonal(matrix[:, ::-1], 10)
check("zero copy", matrix[0].tolist() == [0, 1, 2, 30] and matrix[1, 2] == 60)
scale(matrix[:, ::2], -1)
assert matrix[0].tolist() == [0, 1, -2, 30] and matrix[2].tolist() == [-8, 90, -10, 11]
check(
    "read-only",
    raised(lambda: scale_diagonal(np.frombuffer(bytes(8)), 2)).startswith("ValueError: buffer source array is read-only")
    and raised(lambda: scale_diagonal(memoryview(bytes(8)).cast("d"), 2)).startswith("BufferError"),
)
source = bytearray(16)
check(
    "refusal",
    raised(lambda: holding(source, lambda: source.append(0)))
    == "BufferError: Existing exports of data: object cannot be re-sized",
)
source.append(0)
assert raised(lambda: total(b"bytes")) == 'TypeError: format is "B", expected "d": read the items as `u8`'
assert raised(lambda: scale_diagonal(matrix[0], 2)) == "TypeError: ndim is 1, expected 2"
assert raised(lambda: total(1)).startswith("TypeError")

# Bytes, as `y*` and `w*` take them in C, except that the format is checked.
for data in [b"abc", bytearray(b"abc"), memoryview(b"xabc")[1:], np.frombuffer(b"abc", "u1")]:
    assert checksum(data) == 126145
invert(source)
assert source[:2] == b"\xff\xff"
assert raised(lambda: checksum(matrix)).startswith('TypeError: format is "d", expected "B"')
assert raised(lambda: checksum("text")) == "TypeError: a bytes-like object is required, not 'str'"
assert raised(lambda: checksum(memoryview(source)[::2])).startswith("BufferError")
assert raised(lambda: invert(b"abc")).startswith("BufferError")

del view
gc.collect()
check("references", sys.getrefcount(matrix) == before)


def without_a_name():
    """The buffer keeps the array alive although its last name is deleted."""
    kept = [np.arange(1000.0)]
    return holding(kept.pop(), lambda: gc.collect() >= 0)


check("outlives its owner", without_a_name())
