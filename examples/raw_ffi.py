"""Uses the module raw_ffi, and asserts what it promises."""

import gc
import sys

import numpy as np

from raw_ffi import Samples


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


samples = Samples()
samples.append(5.0)
samples.append(2.0)
before = sys.getrefcount(samples)

view = memoryview(samples)
items = np.asarray(samples)
items[0] = 10.0
check("zero copy", address(view) == address(items) and view.tolist() == [10.0, 2.0])
check("read-only", not view.readonly and items.flags.writeable)  # it is not
check(
    "refusal",
    raised(lambda: samples.append(3.0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)

view.release()
del view, items
gc.collect()
samples.append(3.0)
check("references", sys.getrefcount(samples) == before)

items = np.asarray(samples)
del samples
gc.collect()
check("outlives its owner", items.tolist() == [10.0, 2.0, 3.0])
