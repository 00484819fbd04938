"""An empty bitarray shows buf NULL, which PyMemoryView_FromBuffer refuses."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import ctypes

from py_buffer import Py_buffer, pythonapi

try:
    import bitarray
except ImportError:
    print("does not apply: there is no bitarray here")
    sys.exit()
view, SIMPLE = Py_buffer(), 0x0
pythonapi.PyObject_GetBuffer(bitarray.bitarray(), ctypes.byref(view), SIMPLE)
print(f"buf is {view.buf}")
print("reproduced" if view.buf is None else "not reproduced")
pythonapi.PyBuffer_Release(ctypes.byref(view))
