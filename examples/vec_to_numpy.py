"""Uses the module vec_to_numpy, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from vec_to_numpy import products, squares


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


items = squares(4)
assert items.dtype == np.float64 and items.tolist() == [0.0, 1.0, 4.0, 9.0]
items += 0.5  # it is the vector's own memory, and NumPy may write it

table = products(3, 4)
assert table.shape == (3, 4) and table[2].tolist() == [0, 2, 4, 6]

# `base` is the memoryview that NumPy holds, and its `obj` owns the vector.
exporter = items.base.obj
check("zero copy", address(exporter) == address(items) and memoryview(exporter)[3] == 9.5)
check("read-only", items.flags.writeable and not table.flags.writeable)
check(
    "refusal",
    raised(lambda: ask_writable(table.base.obj)) == "BufferError: WRITABLE was requested, the memory is read-only",
)

before = sys.getrefcount(exporter)
part = np.asarray(exporter)[1:]
assert sys.getrefcount(exporter) > before
del part
gc.collect()
check("references", sys.getrefcount(exporter) == before)

part = items[2:]
del items, exporter
gc.collect()
check("outlives its owner", part.tolist() == [4.5, 9.5])
