"""A scalar of NumPy leaves the field internal unwritten."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

import numpy as np
from py_buffer import Py_buffer, pythonapi

view = Py_buffer()
ctypes.memset(ctypes.byref(view), 0xA5, ctypes.sizeof(view))
unwritten = view.internal
SIMPLE = 0x0
pythonapi.PyObject_GetBuffer(np.float64(1), ctypes.byref(view), SIMPLE)
print(f"internal is {view.internal:#x}" if view.internal else "internal is NULL")
print("reproduced" if view.internal == unwritten else "not reproduced")
