"""A union of ctypes shows items of eight bytes with the format "B"."""
import ctypes
import struct


class Either(ctypes.Union):
    _fields_ = [("number", ctypes.c_double), ("word", ctypes.c_int)]


view = memoryview(Either())
print(f"format {view.format!r} has {struct.calcsize(view.format)} byte, itemsize is {view.itemsize}")
print("reproduced" if struct.calcsize(view.format) != view.itemsize else "not reproduced")
