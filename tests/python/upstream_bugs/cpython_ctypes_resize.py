"""ctypes.resize moves the memory under a view."""
import ctypes

array = (ctypes.c_char * 8)()
view = memoryview(array)
before = ctypes.addressof(array)
ctypes.resize(array, 1 << 20)
after = ctypes.addressof(array)
print(f"a view is held, and the array is {'somewhere else' if before != after else 'where it was'}")
print("reproduced" if before != after else "not reproduced")
