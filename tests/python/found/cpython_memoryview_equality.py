"""A memoryview is not equal to itself, if struct does not read its format."""
# Seen on: 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0
import ctypes

view = memoryview(ctypes.c_wchar("a"))
print(f"format {view.format!r}, view == view is {view == view}")
print("reproduced" if not view == view else "not reproduced")
