"""A void scalar of NumPy that cannot say its format refuses, and leaves itself in obj, without a reference."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

import numpy as np
from py_buffer import Py_buffer, pythonapi

FULL_RO = 0x11C
scalar, view = np.zeros(1, dtype="M8[D],i4")[0], Py_buffer()
before = sys.getrefcount(scalar)
try:
    pythonapi.PyObject_GetBuffer(scalar, ctypes.byref(view), FULL_RO)
    print("not reproduced")
except (BufferError, ValueError) as error:
    taken = sys.getrefcount(scalar) - before
    print(f"{type(error).__name__}; obj is {'the scalar' if view.obj == id(scalar) else 'another'}, {taken} references taken")
    print("reproduced" if view.obj == id(scalar) and taken == 0 else "not reproduced")
