"""Uses the module bytes_readonly, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from bytes_readonly import Blob


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


blob = Blob(b"read-only bytes")
before = sys.getrefcount(blob)

view = memoryview(blob)
items = np.asarray(blob)
check("zero copy", address(view) == address(items) == address(blob.whole()) == address(blob.after(5)) - 5)
check("read-only", view.readonly and not items.flags.writeable)
check("refusal", raised(lambda: ask_writable(blob)) == "BufferError: WRITABLE was requested, the memory is read-only")
assert bytes(blob.after(10)) == b"bytes" and bytes(blob.whole()) == bytes(blob)

del view, items
gc.collect()
check("references", sys.getrefcount(blob) == before)

rest = blob.after(5)
view = memoryview(blob)
del blob
gc.collect()
check("outlives its owner", bytes(view) == b"read-only bytes" and bytes(rest) == b"only bytes")
