"""PyBuffer_FromContiguous writes into a read-only view: here into bytes."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer, pythonapi

FULL_RO = 0x11C
constant, view = bytes(bytearray(b"abc")), Py_buffer()
pythonapi.PyObject_GetBuffer(constant, ctypes.byref(view), FULL_RO)
status = pythonapi.PyBuffer_FromContiguous(ctypes.byref(view), b"XYZ", ctypes.c_ssize_t(3), ctypes.c_char(b"C"))
pythonapi.PyBuffer_Release(ctypes.byref(view))
print(f"returned {status}; the constant is {constant!r}")
print("reproduced" if constant == b"XYZ" else "not reproduced")
