"""Uses the module reexport, and asserts what it promises."""

import ctypes
import gc
import sys
import weakref

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


def address(object, flags=0x11C):
    """Where the memory is, by a request as a consumer in C sends it."""
    view = (ctypes.c_void_p * 32)()  # more than a Py_buffer takes
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, flags)
    buf = view[0]
    ctypes.pythonapi.PyBuffer_Release(view)
    return buf


source = bytearray(b"abcdefgh")
window = Window(source, 2, 6)
before = sys.getrefcount(window)

view = memoryview(window)
view[0] = ord("C")
check("zero copy", source == b"abCdefgh" and address(view) == address(source) + 2 and bytes(window) == b"Cdef")
check("read-only", not view.readonly and memoryview(Window(b"abc")).readonly)  # as the source is
check(
    "refusal",
    raised(lambda: source.append(0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)
assert raised(lambda: Window(3)).startswith("TypeError") and bytes(Window(b"abc", 5)) == b""
rows = memoryview(b"aabbcc").cast("B", (3, 2))
assert memoryview(Window(rows, 1)).tolist() == [[98, 98], [99, 99]]
assert bytes(Window(Window(b"abcdef", 1), 1, -1)) == b"cde"

view.release()
del view
gc.collect()
check("references", sys.getrefcount(window) == before)

view = memoryview(window)
del window
gc.collect()
check("outlives its owner", bytes(view) == b"Cdef")
view.release()
source.append(0)


class Source(bytearray):
    """Can be part of a cycle."""


cycle = Source(b"abc")
cycle.window = Window(cycle)
gone = weakref.ref(cycle)
del cycle
gc.collect()
assert gone() is None
