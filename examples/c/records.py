"""Uses the module records, and asserts what it promises."""

import ctypes
import gc
import struct
import sys

from records import Cloud


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


cloud = Cloud(3)
before = sys.getrefcount(cloud)

view = memoryview(cloud)
assert (view.shape, view.itemsize, view.format) == ((3,), 24, "T{f:x:f:y:H:kind:6xd:weight:}")
layout = struct.Struct("ffH6xd")  # as in the format
assert [layout.unpack_from(view.tobytes(), 24 * index)[1] for index in range(3)] == [0, 1, 2]
memory = (ctypes.c_char * view.nbytes).from_buffer(cloud)
layout.pack_into(memory, 24, 1.5, 2.5, 7, 4.0)
check("zero copy", address(view) == ctypes.addressof(memory) and cloud.weight() == 5.0)
check("read-only", not view.readonly)  # it is not
check("refusal", raised(lambda: address(cloud, flags=0x4)) == "BufferError: FORMAT was requested without ND")

del memory
view.release()
del view
gc.collect()
check("references", sys.getrefcount(cloud) == before)

view = memoryview(cloud)
del cloud
gc.collect()
check("outlives its owner", layout.unpack_from(view.tobytes(), 24) == (1.5, 2.5, 7, 4.0))
