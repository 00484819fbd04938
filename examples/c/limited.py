"""Uses the module limited, and asserts what it promises."""

import ctypes
import gc
import sys

from limited import Image


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


image = Image(4, 6)
before = sys.getrefcount(image)

view = memoryview(image)
assert (view.shape, view.strides, view.format) == ((4, 6, 3), (18, 3, 1), "B")
view[1, 2, 0] = 255
check("zero copy", address(view) == address(image) and bytes(image)[18 + 6] == 255)
check("read-only", not view.readonly)  # it is not
check(
    "refusal",
    raised(lambda: image.resize(1, 1)) == "BufferError: Existing exports of data: object cannot be re-sized",
)
assert raised(lambda: Image(0, 1)) == "ValueError: an image needs a height and a width"

view.release()
del view
gc.collect()
image.resize(2, 2)
check("references", sys.getrefcount(image) == before and memoryview(image).shape == (2, 2, 3))

view = memoryview(image)
del image
gc.collect()
view[1, 1, 1] = 7
check("outlives its owner", sum(bytes(view)) == 7)
