"""memoryview and PyBuffer_IsContiguous disagree on a slice without items: one says that it is contiguous, the other refuses."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer, pythonapi

FULL_RO = 0x11C
empty, view = memoryview(b"abcdef")[3:3:2], Py_buffer()
pythonapi.PyObject_GetBuffer(empty, ctypes.byref(view), FULL_RO)
is_contiguous = bool(pythonapi.PyBuffer_IsContiguous(ctypes.byref(view), b"C"))
pythonapi.PyBuffer_Release(ctypes.byref(view))
print(f"PyBuffer_IsContiguous {is_contiguous}, memoryview.c_contiguous {empty.c_contiguous}")
try:
    b"".join([empty])
    print("not reproduced")
except (TypeError, BufferError) as error:
    print(f"{type(error).__name__}: {error}")
    print("reproduced" if is_contiguous and not empty.c_contiguous else "not reproduced")
