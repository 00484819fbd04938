"""ndarray.resize(refcheck=False) moves the memory under a view."""
import numpy as np

array = np.zeros(3)
view = memoryview(array)
before = array.ctypes.data
array.resize(1 << 20, refcheck=False)
print(f"a view is held, and the array is {'somewhere else' if array.ctypes.data != before else 'where it was'}")
print("reproduced" if array.ctypes.data != before else "not reproduced")
