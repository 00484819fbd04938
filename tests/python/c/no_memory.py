"""Makes one allocation fail at a time, while the examples are used: that is a MemoryError, and nothing else.

Prints `N failures`, or `absent` for an interpreter without `_testcapi`.
"""

import gc
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

try:
    import _testcapi
except ImportError:
    print("absent")
    sys.exit()

import arguments
import growable
import minimal
import records
import reexport
import rows
import snapshot
import strided

samples = growable.Samples((1.0, 2.0, 3.0, 4.0))
page = rows.Page((b"first",))
readings = snapshot.Readings()
readings.append(1.0)
array = strided.Array((2, 3))
source = bytearray(1000)
numbers, shape, table = (1.0,) * 100, (100, 100), (bytes(1000),) * 3

# Each makes objects, and what is made goes at once.
CALLS = {
    "minimal.Blob": lambda: minimal.Blob(source),
    "growable.Samples": lambda: growable.Samples(numbers),
    "growable.append": lambda: samples.append(5.0),
    "strided.Array": lambda: strided.Array(shape),
    "strided.T": lambda: array.T,
    "records.Cloud": lambda: records.Cloud(100),
    "rows.Page": lambda: rows.Page(table),
    "rows.append": lambda: page.append(b"other"),
    "reexport.Window": lambda: reexport.Window(source),
    "snapshot.append": lambda: readings.append(2.0),
    "snapshot.view": lambda: memoryview(readings),
    "arguments.join": lambda: arguments.join(source, source),
    "arguments.encode": lambda: arguments.encode("text" * 100),
    "arguments.checksum": lambda: arguments.checksum(source),
}


def fail_at(place, call):
    """Whether the allocation of this number, the first of the call being 1, was one that failed."""
    _testcapi.set_nomemory(place - 1, place)
    try:
        call()
    except MemoryError:
        return True
    finally:
        _testcapi.remove_mem_hooks()
    return False


total = 0
gc.disable()
for name, call in CALLS.items():
    before = len(samples), memoryview(page).shape, memoryview(readings).shape
    failures = 0
    for place in range(1, 30):
        failed = fail_at(place, call)
        failures += failed
        after = len(samples), memoryview(page).shape, memoryview(readings).shape
        # A call that failed changed nothing.
        assert not failed or after == before, f"{name}, allocation {place}: {before} became {after}"
        before = after
    assert failures > 0, f"{name}: no allocation failed"
    total += failures
# The objects are as good as before.
samples.append(7.0)
assert memoryview(samples)[len(samples) - 1] == 7.0 and memoryview(page)[0, 0] == ord("f")
print(f"{total} failures")
