"""Uses the module snapshot, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from snapshot import Readings


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


readings = Readings()
readings.append(1.0)
before = sys.getrefcount(readings)

early = memoryview(readings)
readings.append(2.0)
late = memoryview(readings)
check("zero copy", address(np.asarray(early)) == address(early) and (early.tolist(), late.tolist()) == ([1.0], [1.0, 2.0]))
assert address(early) != address(late)  # the one copy is made for the export
check("read-only", early.readonly and not np.asarray(late).flags.writeable)
check("refusal", raised(lambda: ask_writable(readings)) == "BufferError: WRITABLE was requested, the memory is read-only")

# A request while the log is locked is refused; it does not wait for ever.
assert raised(lambda: readings.append_from(lambda: memoryview(readings))) == "BufferError: the exporter is being modified"

early.release()
late.release()
del early, late
gc.collect()
check("references", sys.getrefcount(readings) == before)

items = np.asarray(readings)
del readings
gc.collect()
check("outlives its owner", items.tolist() == [1.0, 2.0])
