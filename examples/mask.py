"""Uses the module mask, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from mask import above, sum_where


def check(what, holds):
    if not holds:
        raise AssertionError(what)
    print(what)


def raised(action):
    """The exception of a call, as text."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def address(object):
    return np.asarray(object).__array_interface__["data"][0]


def ask_writable(object):
    """The request of a consumer that wants to write."""
    view = (ctypes.c_char * 256)()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, 0x001)
    ctypes.pythonapi.PyBuffer_Release(view)


values = np.array([0.5, 1.5, 2.5, 3.5])
mask = above(values, 1.0)
assert mask.dtype == np.bool_ and values[mask].tolist() == [1.5, 2.5, 3.5]
mask &= values < 3.0
assert sum_where(values, mask) == 4.0
assert sum_where(values[::-1], values[::-1] > 3.0) == 3.5  # in any layout

# NumPy's own view of other bytes as flags: they count as true, and are no Rust `bool`.
odd = np.array([2, 0, 255, 1], np.uint8).view(np.bool_)
assert odd.tolist() == [True, False, True, True]
assert sum_where(values, odd) == 0.5 + 2.5 + 3.5

exporter = mask.base.obj
check("zero copy", address(exporter) == address(mask) and memoryview(exporter).format == "?")
check("read-only", mask.flags.writeable and sum_where(values, memoryview(mask).toreadonly()) == 4.0)
message = raised(lambda: sum_where(values, values))
check("refusal", message == 'TypeError: format is "d", expected "?": read the items as `f64`')

before = sys.getrefcount(values), sys.getrefcount(mask)
assert sum_where(values, mask) == 4.0
assert raised(lambda: sum_where(values, mask[:2])) == "ValueError: values and mask have different shapes"
gc.collect()
check("references", (sys.getrefcount(values), sys.getrefcount(mask)) == before)

flags = mask[1:]
del mask, exporter
gc.collect()
check("outlives its owner", flags.tolist() == [True, True, False])
