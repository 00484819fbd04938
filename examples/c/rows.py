"""Uses the module rows, and asserts what it promises."""

import ctypes
import gc
import sys

from rows import Page


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


page = Page((b"first", b"other"))
before = sys.getrefcount(page)

view = memoryview(page)
pointer = ctypes.sizeof(ctypes.c_void_p)
assert (view.shape, view.strides, view.suboffsets) == ((2, 5), (pointer, 1), (0, -1))
view[0, 0] = ord("F")
first_row = ctypes.c_void_p.from_address(address(page)).value  # what the table points at
check("zero copy", address(view) == address(page) and ctypes.string_at(first_row, 5) == b"First")
check("read-only", not view.readonly)  # it is not
check(
    "refusal",
    raised(lambda: address(page, flags=0x18)) == "BufferError: the memory has suboffsets, INDIRECT was not requested"
    and raised(lambda: page.append(b"third")) == "BufferError: Existing exports of data: object cannot be re-sized",
)

view.release()
del view
gc.collect()
page.append(b"third")
check("references", sys.getrefcount(page) == before)
assert raised(lambda: page.append(b"four")) == "ValueError: the rows differ in length"
assert raised(lambda: page.append(3)).startswith("TypeError")

view = memoryview(page)
del page
gc.collect()
check("outlives its owner", bytes(view) == b"Firstotherthird")
