"""Uses the module dates, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from dates import Events, earliest


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


DAY = 86400 * 10**9
events = Events([DAY, 2 * DAY])
before = sys.getrefcount(events)

times = events.times
assert times.dtype == np.dtype("datetime64[ns]") and times[0] == np.datetime64("1970-01-02")
times[1] = np.datetime64("1970-01-11")  # 10 days
check("zero copy", address(times) == address(events) and memoryview(events).tolist() == [DAY, 10 * DAY])
check("read-only", times.flags.writeable and memoryview(events).format == "q")

# The same array cannot pass on what its integers mean: the protocol has no format for dates.
assert raised(lambda: memoryview(times)) == "ValueError: cannot include dtype 'M' in a buffer"
check(
    "refusal",
    raised(lambda: events.append(0)) == "BufferError: Existing exports of data: object cannot be re-sized",
)

# Another unit is converted, and a missing date is no date.
assert earliest(times) == DAY
assert earliest(np.array(["1970-01-03", "NaT"], "datetime64[D]")) == 2 * DAY
assert earliest(np.array(["NaT"], "datetime64[s]")) is None

del times
gc.collect()
events.append(3 * DAY)
check("references", sys.getrefcount(events) == before)

times = events.times
del events
gc.collect()
check("outlives its owner", times.astype("datetime64[D]").tolist()[2].isoformat() == "1970-01-04")
