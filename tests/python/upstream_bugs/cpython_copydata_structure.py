"""PyObject_CopyData copies between arrays of different shapes, reports success, and the target is wrong."""
import ctypes

import numpy as np

source = np.arange(6, dtype="i1").reshape(2, 3)
target = np.zeros((3, 2), dtype="i1", order="F")
status = ctypes.pythonapi.PyObject_CopyData(ctypes.py_object(target), ctypes.py_object(source))
print(f"returned {status}; {source.ravel().tolist()} became {target.ravel().tolist()}")
print("reproduced" if status == 0 and target.ravel().tolist() != source.ravel().tolist() else "not reproduced")
