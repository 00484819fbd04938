"""Uses the module strided, and asserts what it promises."""

import ctypes
import gc
import sys

from strided import Array


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


array = Array((2, 3, 4))
before = sys.getrefcount(array)

view = memoryview(array)
assert (view.shape, view.strides, view.format) == ((2, 3, 4), (96, 32, 8), "d")
transposed, flipped = memoryview(array.T), memoryview(array[::-1])
assert (transposed.shape, transposed.strides) == ((4, 3, 2), (8, 32, 96))
assert (flipped.shape, flipped.strides) == ((2, 3, 4), (-96, 32, 8))
assert transposed.tolist() == [[[view[i, j, k] for i in range(2)] for j in range(3)] for k in range(4)]
assert flipped.tolist() == view.tolist()[::-1] and memoryview(array[5:]).nbytes == 0
assert memoryview(Array(())).tolist() == 0.0
transposed[3, 2, 1] = 100.0
check("zero copy", address(transposed) == address(view) == address(flipped) - 96 and view[1, 2, 3] == 100.0)
check("read-only", not view.readonly and not flipped.readonly)  # it is not
check(
    "refusal",
    raised(lambda: address(array.T, flags=0x8)) == "BufferError: the memory is not C-contiguous, STRIDES was not requested",
)
assert raised(lambda: Array((1, -1))) == "ValueError: an extent is negative or too large"
assert raised(lambda: Array((1,) * 65)) == "ValueError: more than 64 dimensions"
assert raised(lambda: Array((2**40, 2**40))) == "ValueError: an extent is negative or too large"

del view, flipped
transposed.release()
del transposed
gc.collect()
check("references", sys.getrefcount(array) == before)

part = array[1:]
del array
view = memoryview(part)
del part
gc.collect()
check("outlives its owner", view[0, 2, 3] == 100.0)
