"""Uses the module snapshot, and asserts what it promises."""

import ctypes
import gc
import sys

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


def address(object, flags=0x11C):
    """Where the memory is, by a request as a consumer in C sends it."""
    view = (ctypes.c_void_p * 32)()  # more than a Py_buffer takes
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, flags)
    buf = view[0]
    ctypes.pythonapi.PyBuffer_Release(view)
    return buf


readings = Readings()
readings.append(1.0)
before = sys.getrefcount(readings)

early = memoryview(readings)
readings.append(2.0)
late = memoryview(readings)
assert (early.tolist(), late.tolist()) == ([1.0], [1.0, 2.0])
# One copy for each view, and no other.
check("zero copy", address(early) != address(late) and address(early[:]) == address(early))
check("read-only", early.readonly)
check(
    "refusal",
    raised(lambda: address(readings, flags=0x1)) == "BufferError: WRITABLE was requested, the memory is read-only",
)
assert raised(lambda: readings.append("x")).startswith("TypeError") and bytes(Readings()) == b""

early.release()
del early, late
gc.collect()
check("references", sys.getrefcount(readings) == before)

view = memoryview(readings)
del readings
gc.collect()
check("outlives its owner", view.tolist() == [1.0, 2.0])
