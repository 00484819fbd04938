"""Uses the module mmap_file, and asserts what it promises."""

import ctypes
import gc
import os
import sys
import tempfile

import numpy as np

from mmap_file import MappedFile


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


handle, path = tempfile.mkstemp()
os.write(handle, b"contents of a file")
os.close(handle)
file = MappedFile(path)
before = sys.getrefcount(file)

view = memoryview(file)
items = np.frombuffer(file, "u1")
check("zero copy", address(view) == address(items) and bytes(view) == b"contents of a file")
check("read-only", view.readonly and not items.flags.writeable)
check(
    "refusal",
    raised(file.close) == "BufferError: Existing exports of data: object cannot be re-sized"
    and raised(lambda: ask_writable(file)) == "BufferError: WRITABLE was requested, the memory is read-only",
)

view.release()
del view, items
gc.collect()
check("references", sys.getrefcount(file) == before)
other = MappedFile(path)
other.close()
assert raised(lambda: memoryview(other)) == "ValueError: the exporter is closed"

view = memoryview(file)
del file
gc.collect()
check("outlives its owner", bytes(view[:8]) == b"contents")
view.release()
del view
gc.collect()
os.remove(path)
