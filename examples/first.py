"""Uses the module first, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from first import Cloud


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


cloud = Cloud(3)
before = sys.getrefcount(cloud)

points = np.asarray(cloud)
assert points.dtype.names == ("x", "y", "id") and points["y"].tolist() == [0, 1, 2]
check("zero copy", address(points) == address(memoryview(cloud)))
check("read-only", not points.flags.writeable)
check("refusal", raised(lambda: ask_writable(cloud)) == "BufferError: WRITABLE was requested, the memory is read-only")

del points
gc.collect()
check("references", sys.getrefcount(cloud) == before)

points = np.asarray(cloud)
del cloud
gc.collect()
check("outlives its owner", points["id"].tolist() == [0, 1, 2])
