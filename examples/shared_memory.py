"""Uses the module shared_memory, and asserts what it promises."""

import gc
import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from shared_memory import Totals


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


# A program of its own, as a worker or another application would be.
OTHER_PROCESS = """
import sys
from multiprocessing import resource_tracker, shared_memory

if sys.version_info >= (3, 13):
    block = shared_memory.SharedMemory(sys.argv[1], track=False)
else:
    block = shared_memory.SharedMemory(sys.argv[1])
    if sys.platform != "win32":  # or the block would be removed when this process ends
        resource_tracker.unregister("/" + sys.argv[1].lstrip("/"), "shared_memory")
with block.buf.cast("d") as numbers:
    numbers[0] += 10.0
block.close()
"""


block = SharedMemory(create=True, size=32)
numbers = block.buf.cast("d")  # bytes as numbers: a block may be larger than what was requested
totals = Totals(numbers)
totals.add(0.5)

subprocess.run([sys.executable, "-c", OTHER_PROCESS, block.name], check=True)
totals.add(0.5)
check("zero copy", numbers[:4].tolist() == [11.0, 1.0, 1.0, 1.0] and address(numbers) == address(block.buf))
check(
    "read-only",
    raised(lambda: Totals(numbers.toreadonly())) == "BufferError: memoryview: underlying buffer is not writable",
)

# Rust holds a view, and so does `numbers`. The block cannot be unmapped under them.
check("refusal", raised(numbers.release) == "BufferError: memoryview has 1 exported buffer")
before = sys.getrefcount(numbers)
totals.close()
gc.collect()
check("references", sys.getrefcount(numbers) == before - 1)
assert raised(lambda: totals.add(1.0)) == "ValueError: the memory is closed"

totals = Totals(numbers)
del numbers
gc.collect()
totals.add(1.0)
check("outlives its owner", block.buf.cast("d")[0] == 12.0)
assert raised(block.close) == "BufferError: cannot close exported pointers exist"
totals.close()
gc.collect()
block.close()
block.unlink()

