"""A memoryview is not equal to itself, if struct does not read its format."""
import ctypes

view = memoryview(ctypes.c_wchar("a"))
print(f"format {view.format!r}, view == view is {view == view}")
print("reproduced" if not view == view else "not reproduced")
