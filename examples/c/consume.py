"""Uses the module consume, and asserts what it promises."""

import array
import gc
import struct
import sys

import rows
import strided
from consume import holding, packed, scale, total


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


values = array.array("d", range(12))
before = sys.getrefcount(values)

table = memoryview(values).cast("B").cast("d", (3, 4))
for view in [values, memoryview(values)[::-3], table, memoryview(values)[:0]]:
    items = memoryview(view)
    assert packed(view) == items.tobytes()
    assert total(view) == sum(struct.unpack(f"{items.nbytes // 8}d", items.tobytes()))
scale(memoryview(values)[::2], -1)
check("zero copy", values.tolist()[:4] == [0, 1, -2, 3])
check(
    "read-only",
    raised(lambda: scale(memoryview(bytes(8)).cast("d"), 2)).startswith("BufferError"),
)
source = bytearray(16)
check(
    "refusal",
    raised(lambda: holding(source, lambda: source.append(0)))
    == "BufferError: Existing exports of data: object cannot be re-sized",
)
source.append(0)
assert raised(lambda: total(b"bytes")) == 'TypeError: format is "B", expected "d"'
assert raised(lambda: total(1)).startswith("TypeError")

# All layouts: what each item is reached by is the exporter's business.
array_of_3 = strided.Array((2, 3, 4))
parts = [array_of_3, array_of_3.T, array_of_3[::-1], array_of_3.T[1::2], array_of_3[:0], strided.Array(())]
for part in parts:
    items = memoryview(part).tobytes()
    assert packed(part) == items and total(part) == sum(struct.unpack(f"{len(items) // 8}d", items))
page = rows.Page((struct.pack("2d", 1, 2), struct.pack("2d", 3, 4)))
assert packed(page) == struct.pack("4d", 1, 2, 3, 4)
assert raised(lambda: total(page)) == 'TypeError: format is "B", expected "d"'

del view, items, table
gc.collect()
check("references", sys.getrefcount(values) == before)


def without_a_name():
    """The view keeps the array alive although its last name goes during the call."""
    kept = [array.array("d", [1.0])]
    return holding(kept.pop(), lambda: gc.collect() >= 0)


check("outlives its owner", without_a_name())
