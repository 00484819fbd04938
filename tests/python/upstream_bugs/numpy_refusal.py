"""NumPy refuses a request with ValueError, and leaves obj as it was. The protocol asks for BufferError, and for NULL."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

import numpy as np
from py_buffer import Py_buffer, pythonapi

view = Py_buffer()
view.obj = 0xA5A5
SIMPLE = 0x0
try:
    pythonapi.PyObject_GetBuffer(np.zeros(6)[::2], ctypes.byref(view), SIMPLE)
    print("not reproduced")
except (BufferError, ValueError) as error:
    print(f"{type(error).__name__}: {error}; obj is {view.obj:#x}")
    print("reproduced" if type(error) is ValueError and view.obj == 0xA5A5 else "not reproduced")
