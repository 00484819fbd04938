"""A union of ctypes shows items of eight bytes with the format "B"."""
# Seen on: 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0
import ctypes
import struct


class Either(ctypes.Union):
    _fields_ = [("number", ctypes.c_double), ("word", ctypes.c_int)]


view = memoryview(Either())
print(f"format {view.format!r} has {struct.calcsize(view.format)} byte, itemsize is {view.itemsize}")
print("reproduced" if struct.calcsize(view.format) != view.itemsize else "not reproduced")
