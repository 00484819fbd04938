"""Uses the module slots, and asserts what it promises."""

import ctypes
import gc
import sys

from slots import Line


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


line = Line(3)
before = sys.getrefcount(line)

view = memoryview(line)
assert (view.tolist(), view.format) == ([0, 1, 2], "i")
view[1] = 7
check("zero copy", address(view) == address(line) and memoryview(line)[1] == 7)
check("read-only", not view.readonly)  # it is not
check(
    "refusal",
    raised(lambda: line.resize(9)) == "BufferError: Existing exports of data: object cannot be re-sized",
)
assert raised(lambda: Line(0)) == "ValueError: a line needs items"

view.release()
del view
gc.collect()
line.resize(4)
check("references", sys.getrefcount(line) == before)

view = memoryview(line)
del line
gc.collect()
check("outlives its owner", view.tolist() == [0, 7, 2, 3])
