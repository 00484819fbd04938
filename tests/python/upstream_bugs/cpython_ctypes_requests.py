"""ctypes answers every request with the same fields: a format that was not requested, a shape for SIMPLE, no strides for STRIDES,
and memory in C order for a request of Fortran order."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer, pythonapi

SIMPLE, STRIDES, F_CONTIGUOUS = 0x0, 0x18, 0x58
seen = []
for flags in (SIMPLE, STRIDES, F_CONTIGUOUS):
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer((ctypes.c_int * 3 * 2)(), ctypes.byref(view), flags)
    seen.append((view.format, bool(view.shape), bool(view.strides)))
    pythonapi.PyBuffer_Release(ctypes.byref(view))
print(f"format, shape set, strides set: {seen}")
print("reproduced" if seen == [(b"<i", True, False)] * 3 else "not reproduced")
