"""Uses the module parts, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from parts import Image


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


def ask_writable(object):
    """The request of a consumer that wants to write."""
    view = (ctypes.c_char * 256)()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, 0x001)
    ctypes.pythonapi.PyBuffer_Release(view)


image = Image(4, 5)
before = sys.getrefcount(image)

rows = image.rows(1, 3)
tile = np.asarray(image.tile((1, 3), (-2, 5)))
assert rows.shape == (2, 5) and rows.obj is image
assert tile.shape == (2, 2) and tile.strides == (5, 1) and tile.tolist() == [[8, 9], [13, 14]]
tile[0, 0] = 100
check("zero copy", memoryview(image)[1, 3] == rows[0, 3] == 100 and address(tile) == address(image) + 8)
check("read-only", not rows.readonly and tile.flags.writeable)

# A memoryview cannot do the second one by itself.
assert raised(lambda: memoryview(image)[1:3, 3:5]).startswith("NotImplementedError: ")
check("refusal", raised(lambda: ask_writable(rows.toreadonly())).startswith("BufferError: "))

del rows, tile
gc.collect()
check("references", sys.getrefcount(image) == before)

tile = image.tile((0, 1), (0, 3))
del image
gc.collect()
check("outlives its owner", tile.tolist() == [[0, 1, 2]])
