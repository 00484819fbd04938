"""A memoryview of a plain run of bytes has items of four bytes and the format "B".

The documentation says that the itemsize is to be taken for 1 where the shape is NULL.
"""
import array
import sys

if sys.version_info < (3, 12):
    print("does not apply: __buffer__ takes flags since 3.12")
    sys.exit()
view = array.array("i", [1, 2]).__buffer__(0)
print(f"format {view.format!r}, itemsize {view.itemsize}, shape {view.shape}, tolist {view.tolist()}")
print("reproduced" if (view.format, view.itemsize) == ("B", 4) else "not reproduced")
