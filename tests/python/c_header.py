"""What `buffer_fill.h` answers to every request, for the layouts of standard input.

A line of input is `ITEMSIZE FORMAT READONLY SHAPE STRIDES SUBOFFSETS`. A line of output has all 512 answers: a letter for each,
and the answers that the letters mean. The last lines say how many layouts were compared with CPython's `PyBuffer_IsContiguous`
and with `_testbuffer.ndarray`, if BUFFERPROCS_NDARRAY is set, and how many wrong descriptions were tried.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from header import Described, answers
from py_buffer import Py_buffer, pythonapi

BESIDE_NDARRAY = "BUFFERPROCS_NDARRAY" in os.environ
try:
    import _testbuffer
except ImportError:
    _testbuffer = None

FULL, FULL_RO = 0x11D, 0x11C


def numbers(text):
    return None if text == "-" else tuple(map(int, filter(None, text.split(","))))


def is_contiguous(exporter):
    """CPython's opinion of the two orders, by the view with all fields."""
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(exporter, ctypes.byref(view), FULL_RO)
    orders = [pythonapi.PyBuffer_IsContiguous(ctypes.byref(view), order) for order in (b"C", b"F")]
    pythonapi.PyBuffer_Release(ctypes.byref(view))
    return orders


def granted(all_answers):
    """What is the same for all exporters: the fields, or that there are none."""
    return ["refused" if answer.startswith("BufferError") else answer for answer in all_answers]


def end_at_once(report):
    """A release too many, of thousands of requests, is not to be reported thousands of times."""
    print(report.exc_value, flush=True)
    os._exit(3)


def layouts():
    sys.unraisablehook = end_at_once
    contiguous = beside_ndarray = 0
    for line in sys.stdin:
        itemsize, format, readonly, *parts = line.split()
        shape, strides, suboffsets = map(numbers, parts)
        described = Described(
            True, int(itemsize), None if format == "-" else format, readonly == "1", len(shape), shape, strides, suboffsets
        )
        all_answers = answers(described)
        assert described.views == 0, line
        orders = [not answers_of.startswith("BufferError: ") for answers_of in (all_answers[0x38], all_answers[0x58])]
        if suboffsets is None or max(suboffsets, default=-1) < 0:
            assert orders == [bool(order) for order in is_contiguous(described)], line
            contiguous += 1
        if BESIDE_NDARRAY and _testbuffer:
            reference = _testbuffer.ndarray(described, getbuf=FULL_RO if readonly == "1" else FULL)
            theirs = granted(answers(reference))
            ours = granted(all_answers)
            for flags in range(512):
                assert ours[flags] == theirs[flags], f"{line} {flags:#x}: {ours[flags]}, ndarray {theirs[flags]}"
            del reference
            beside_ndarray += 1
        assert described.views == 0, line
        different = sorted(set(all_answers))
        letters = "".join(chr(ord("A") + different.index(answer)) for answer in all_answers)
        print(letters, *different, sep="|")
    print(f"contiguous {contiguous}")
    print(f"ndarray {beside_ndarray if _testbuffer else 'absent'}")


def raised(action):
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def counts():
    """The count: a table of calls and what each raises."""
    described = Described(True, 1, None, False, 1, (3,), None, None)
    exported = "BufferError: Existing exports of data: object cannot be re-sized"
    changing = "BufferError: the exporter is being modified"
    view = memoryview(described)
    more = memoryview(described)
    assert (described.views, raised(described.begin_change)) == (2, exported)
    more.release()
    assert raised(described.begin_change) == exported and bytes(view) == bytes(3)
    view.release()
    described.begin_use()
    assert raised(described.begin_change) == exported and described.views == 1
    assert described.end_use() == 0
    described.begin_change()
    assert raised(described.begin_change) == raised(described.begin_use) == raised(lambda: memoryview(described)) == changing
    assert set(answers(described)) == {changing}  # and nothing but obj was written
    described.end_change()
    described.end_change()  # one too many changes nothing
    assert described.views == 0 and described.end_use() == -1 and described.views == 0
    described.views = sys.maxsize
    assert raised(lambda: memoryview(described)) == "BufferError: too many exports" and described.views == sys.maxsize
    described.views = sys.maxsize - 1
    memoryview(described).release()
    assert described.views == sys.maxsize - 1
    # A release too many is reported, and leaves the exception that is set as it was.
    described.views, reported = 0, []
    sys.unraisablehook = lambda report: reported.append(f"{report.exc_type.__name__}: {report.exc_value}")
    assert raised(lambda: described.release(KeyError)) == "KeyError: " and described.views == 0
    sys.unraisablehook = sys.__unraisablehook__
    assert reported == ["SystemError: a view was released that is not held"], reported


WRONG = [
    (("ndim is not in the range 0 to 64"), (True, 1, None, False, -1, None, None, None)),
    (("ndim is not in the range 0 to 64"), (True, 1, None, False, 65, (1,) * 65, (1,) * 65, None)),
    (("itemsize is less than 1"), (True, 0, "B", False, 1, (3,), None, None)),
    (("itemsize is less than 1"), (True, -1, "B", False, 1, (3,), None, None)),
    (("format is NULL, which means bytes, and itemsize is not 1"), (True, 2, None, False, 1, (3,), None, None)),
    (("shape or strides are NULL"), (True, 1, None, False, 1, None, None, None)),
    (("shape or strides are NULL"), (True, 1, None, False, 2, (1, 1), None, None)),
    (("shape or strides are NULL"), (True, 1, None, False, 2, None, (1, 1), None)),
    (("an extent of the shape is negative"), (True, 1, None, False, 2, (0, -1), (1, 1), None)),
    (("the product of shape and itemsize is too large"), (True, 2, "H", False, 1, (sys.maxsize // 2 + 1,), None, None)),
    (("the product of shape and itemsize is too large"), (True, 1, "B", False, 2, (2**40, 2**40), (1, 1), None)),
    (("buf is NULL"), (False, 1, None, False, 1, (1,), None, None)),
    (("buf is NULL"), (False, 1, None, False, 0, None, None, None)),
]


def descriptions():
    for message, words in WRONG:
        assert raised(lambda: Described(*words)) == f"ValueError: {message}", (message, words)
    # No items need no memory, but there is an address.
    for shape, strides in [((0,), None), ((2**40, 0, 2**40), (1, 1, 1))]:
        empty = Described(False, 1, None, False, len(shape), shape, strides, None)
        assert not any("buf=NULL" in answer for answer in answers(empty)) and empty.buf is None
        assert memoryview(empty).nbytes == 0
    assert Described(True, 2, "H", False, 1, (sys.maxsize // 2,), None, None)


layouts()
counts()
descriptions()
print(f"wrong descriptions {len(WRONG)}")
