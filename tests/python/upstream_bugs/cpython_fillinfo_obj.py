"""PyBuffer_FillInfo refuses, and leaves obj as it was. The documentation says that obj is set to NULL.

So it is with all who leave the filling to it: bytes, mmap, and most exporters written over PyO3.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer, pythonapi

view = Py_buffer()
view.obj = 0xA5A5
try:
    pythonapi.PyObject_GetBuffer(b"abc", ctypes.byref(view), 1)
except BufferError as error:
    print(f"{error}; obj is {view.obj:#x}" if view.obj else f"{error}; obj is NULL")
    print("reproduced" if view.obj else "not reproduced")
