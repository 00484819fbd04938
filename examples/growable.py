"""Uses the module growable, and asserts what it promises."""

import gc
import sys

import numpy as np

from growable import Samples


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


samples = Samples([1.0, 2.0])
before = sys.getrefcount(samples)

view = memoryview(samples)
items = np.asarray(samples)
items[0] = 5.0
samples.double()
check("zero copy", address(view) == address(items) and view.tolist() == [10.0, 4.0])
check("read-only", not view.readonly and items.flags.writeable)  # it is not
check(
    "refusal",
    raised(lambda: samples.append(3.0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)

view.release()
del view, items
gc.collect()
samples.append(3.0)
check("references", sys.getrefcount(samples) == before and len(samples) == 3)

items = np.asarray(samples)
del samples
gc.collect()
check("outlives its owner", items.tolist() == [10.0, 4.0, 3.0])
