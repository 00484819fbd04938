"""Uses the module growable, and asserts what it promises."""

import ctypes
import gc
import sys

from growable import Samples


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


samples = Samples([1.0, 2.0])
before = sys.getrefcount(samples)

view = memoryview(samples)
view[0] = 5.0
samples.double()
check("zero copy", address(view) == address(samples) and view.tolist() == [10.0, 4.0])
check("read-only", not view.readonly)  # it is not
check(
    "refusal",
    raised(lambda: samples.append(3.0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)
assert len(samples) == 2 and raised(lambda: samples.append("x")).startswith("TypeError")
assert raised(lambda: Samples([1, None])).startswith("TypeError")

view.release()
del view
gc.collect()
samples.append(3.0)
check("references", sys.getrefcount(samples) == before and len(samples) == 3)

view = memoryview(samples)
del samples
gc.collect()
check("outlives its owner", view.tolist() == [10.0, 4.0, 3.0])
