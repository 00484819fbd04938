"""Uses the module records, and asserts what it promises."""

import gc
import sys

import numpy as np

from records import Points


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


points = Points(4)
before = sys.getrefcount(points)

items = np.asarray(points)
assert items.dtype.names == ("position", "flags", "group", "id")
assert [items.dtype.fields[name][1] for name in items.dtype.names] == Points.offsets()
assert items["position"].shape == (4, 3) and items["group"].tolist() == [-1] * 4
items["id"][1] = 77
check("zero copy", points.ids() == [0, 77, 2, 3] and address(memoryview(points)) == address(items))
check("read-only", items.flags.writeable and not memoryview(points).readonly)  # it is not
check(
    "refusal",
    raised(lambda: points.append(5)) == "BufferError: Existing exports of data: object cannot be re-sized",
)

# A part is a view of the whole: it counts.
rest = np.asarray(points.since(2))
rest["id"][0] = 22
assert points.ids() == [0, 77, 22, 3] and rest.dtype == items.dtype
del rest

# memoryview shows records and does not take them apart.
assert raised(lambda: memoryview(points)[0]).startswith("NotImplementedError")

del items
gc.collect()
points.append(5)
check("references", sys.getrefcount(points) == before and points.ids()[-1] == 5)

ids = np.asarray(points)["id"]
del points
gc.collect()
check("outlives its owner", ids.tolist() == [0, 77, 22, 3, 5])
