"""Uses what chapters show in C."""

import array
import os
import sys
import tempfile
import warnings

from by_hand import Samples
from chapters import find_behind_pointers, find_last, pack, unpack, write_to
from rows import Page
from strided import Array
from unclean import length, length_of_view

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

# The two functions by hand. The checker looks at them too.
samples = Samples()
views = [memoryview(samples), memoryview(samples)]
assert views[0].tolist() == [10, 20, 30] and views[0].format == "H" and views[0].readonly and samples.exports() == 2
for view in views:
    view.release()
assert samples.exports() == 0

# Units with # and no PY_SSIZE_T_CLEAN.
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    assert length_of_view(b"abc") == 3 and not warned
    try:
        assert length(b"abc") == 3
        raised = None
    except SystemError as error:
        raised = str(error)
expected = "PY_SSIZE_T_CLEAN macro must be defined for '#' formats"
assert raised == (expected if (3, 10) <= sys.version_info < (3, 13) else None)
assert [warning.category for warning in warned] == ([DeprecationWarning] if sys.version_info < (3, 10) else [])
print("9 blocks")
