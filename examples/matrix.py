"""Uses the module matrix, and asserts what it promises."""

import gc
import sys

import numpy as np

from matrix import Matrix


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


matrix = Matrix(3, 4)
before = sys.getrefcount(matrix)

items = np.asarray(matrix)
assert items.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
flipped, transposed = np.asarray(matrix[::-1]), np.asarray(matrix.T)
assert (flipped.strides, transposed.strides) == ((-32, 8), (8, 32))
assert flipped.tolist() == items[::-1].tolist() and transposed.tolist() == items.T.tolist()
assert np.asarray(matrix.T[1:3].T[::2]).tolist() == items[::2, 1:3].tolist()
assert np.asarray(matrix[5:]).shape == (0, 4)
transposed[3, 2] = 100
check("zero copy", address(transposed) == address(items) == address(flipped) - 64 and items[2, 3] == flipped[0, 3] == 100)
check("read-only", not memoryview(matrix.T).readonly and flipped.flags.writeable)  # it is not
check(
    "refusal",
    raised(lambda: np.frombuffer(matrix.T)) == "BufferError: memoryview: underlying buffer is not C-contiguous",
)

del items, flipped
gc.collect()
check("references", sys.getrefcount(matrix) == before)
matrix.clear()
del matrix
gc.collect()
check("outlives its owner", transposed.tolist() == [[0] * 3] * 4)
