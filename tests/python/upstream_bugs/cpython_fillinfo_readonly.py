"""PyBuffer_FillInfo grants WRITABLE on memory that is read-only, if readonly is not exactly 1."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer

fill_info = ctypes.pythonapi.PyBuffer_FillInfo
memory, view = ctypes.create_string_buffer(8), Py_buffer()
WRITABLE = 1
status = fill_info(ctypes.byref(view), None, memory, ctypes.c_ssize_t(8), 2, WRITABLE)
print(f"returned {status}, readonly is {view.readonly}")
print("reproduced" if status == 0 and view.readonly == 2 else "not reproduced")
