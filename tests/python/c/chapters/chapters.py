"""Uses what chapters show in C."""

import array
import os
import tempfile

from chapters import find_behind_pointers, find_last, pack, unpack, write_to
from rows import Page
from strided import Array

numbers = array.array("i", range(6))
every_second = memoryview(numbers)[::2]

handle, path = tempfile.mkstemp()
os.close(handle)
assert write_to(numbers, path) == 24 and open(path, "rb").read() == numbers.tobytes()
assert write_to(every_second, path) == 0  # it is not contiguous
os.remove(path)

assert pack(every_second) == array.array("i", [0, 2, 4]).tobytes()
unpack(every_second, array.array("i", [7, 8, 9]).tobytes())
assert numbers.tolist() == [7, 1, 8, 3, 9, 5]
for wrong, kind in [((every_second, b"short"), ValueError), ((b"abc", b"xyz"), BufferError)]:
    try:
        unpack(*wrong)
    except kind:
        continue
    raise AssertionError(wrong)
array_of_3 = Array((2, 3, 4))
for view in [numbers, every_second, array_of_3, array_of_3.T, array_of_3[::-1]]:
    assert find_last(view)
assert find_behind_pointers(Page((b"first", b"other"))) == ord("t")
try:
    find_last(Page((b"first",)))
except BufferError:
    pass
else:
    raise AssertionError("the request has no INDIRECT")
print("7 blocks")
