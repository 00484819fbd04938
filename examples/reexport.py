"""Uses the module reexport, and asserts what it promises."""

import gc
import sys
import weakref

import numpy as np

from reexport import Window


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


source = bytearray(b"abcdefgh")
before = sys.getrefcount(source)
window = Window(source, 2, -2)

view = memoryview(window)
view[0] = ord("C")
check("zero copy", source == b"abCdefgh" and address(view) == address(source) + 2)
check("read-only", not view.readonly and memoryview(Window(b"abc")).readonly)  # as the source is
# The window holds a view of the source, so the source is exported as long as the window lives.
check(
    "refusal",
    raised(lambda: source.append(0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)
assert raised(lambda: Window(1)).startswith("TypeError")

matrix = np.arange(12.0).reshape(4, 3)
rows = np.asarray(Window(matrix[:, ::-1], 1, 3))
assert rows.tolist() == matrix[1:3, ::-1].tolist()

view.release()
del view, window
gc.collect()
check("references", sys.getrefcount(source) == before)
source.append(0)


class Bytes(bytearray):
    pass


# An object that refers to its own window is collected.
cycle = Bytes(b"abc")
cycle.window = Window(cycle)
alive = weakref.ref(cycle)
del cycle
gc.collect()
assert alive() is None

del matrix
gc.collect()
check("outlives its owner", rows.tolist() == [[5, 4, 3], [8, 7, 6]])
