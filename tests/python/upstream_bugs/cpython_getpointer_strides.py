"""PyBuffer_GetPointer follows strides that are NULL. The documentation says that NULL means a packed array."""
import subprocess
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

CODE = """
import ctypes, sys
sys.path.insert(0, sys.argv[1])
from py_buffer import Py_buffer, pythonapi
view, index = Py_buffer(), ctypes.c_ssize_t(1)
ND = 0x8
pythonapi.PyObject_GetBuffer(b"abc", ctypes.byref(view), ND)
ctypes.pythonapi.PyBuffer_GetPointer(ctypes.byref(view), ctypes.byref(index))
"""
status = subprocess.run([sys.executable, "-c", CODE, sys.path[0]], stderr=subprocess.DEVNULL).returncode
print(f"exit status {status}")
print("reproduced" if status not in (0, 1) else "not reproduced")
