"""Uses the module minimal, and asserts what it promises."""

import ctypes
import gc
import sys

from minimal import Blob


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


blob = Blob(b"bytes")
before = sys.getrefcount(blob)

view, other = memoryview(blob), memoryview(blob)
assert (view.shape, view.format, bytes(Blob(b""))) == ((5,), "B", b"")
check("zero copy", address(view) == address(other) == address(blob) and bytes(view) == b"bytes")
check("read-only", view.readonly)
check(
    "refusal",
    raised(lambda: address(blob, flags=0x001)) == "BufferError: WRITABLE was requested, the memory is read-only",
)

del view, other
gc.collect()
check("references", sys.getrefcount(blob) == before)

view = memoryview(blob)
del blob
gc.collect()
check("outlives its owner", bytes(view) == b"bytes")
