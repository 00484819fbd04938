"""ctypes.resize moves the memory under a view."""
# Seen on: 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0
import ctypes

array = (ctypes.c_char * 8)()
view = memoryview(array)
before = ctypes.addressof(array)
ctypes.resize(array, 1 << 20)
after = ctypes.addressof(array)
print(f"a view is held, and the array is {'somewhere else' if before != after else 'where it was'}")
print("reproduced" if before != after else "not reproduced")
