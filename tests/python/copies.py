"""What CPython's copying functions check, and what consumers make of memory with suboffsets, for the chapters on both."""

import ctypes
import os
import subprocess
import sys
from ctypes import POINTER, byref, c_ssize_t, c_void_p, pythonapi

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out

from py_buffer import Py_buffer  # noqa: E402


class View:
    """A view made by hand, with what it points at."""

    def __init__(self, memory, shape, strides, format=b"B", itemsize=1, readonly=0, suboffsets=None, first=0):
        array = c_ssize_t * len(shape)
        self.kept = [memory] + [array(*numbers) for numbers in (shape, strides, suboffsets or shape)]
        length = itemsize
        for extent in shape:
            length *= extent
        pointers = [ctypes.cast(numbers, POINTER(c_ssize_t)) for numbers in self.kept[1:]]
        self.view = Py_buffer(
            buf=ctypes.addressof(memory) + first,
            len=length,
            itemsize=itemsize,
            readonly=readonly,
            ndim=len(shape),
            format=format,
            shape=pointers[0],
            strides=pointers[1],
            suboffsets=pointers[2] if suboffsets else None,
        )

    def memoryview(self):
        return pythonapi.PyMemoryView_FromBuffer(byref(self.view))


def memory(data):
    """The bytes, or as many zeros."""
    data = bytes(data)
    return ctypes.create_string_buffer(data, len(data))


def refusal(call):
    try:
        return call()
    except Exception as error:
        return type(error).__name__


def packed():
    source = View(memory(range(6)), (3,), (2,))
    target = memory(6)
    for length in (2, 3, 4):
        yield "to-contiguous-len-%d-of-3" % length, refusal(
            lambda: pythonapi.PyBuffer_ToContiguous(target, byref(source.view), length, b"C")
        )
    for name, length, readonly in (("too-long", 100, 0), ("half-an-item", 3, 0), ("read-only", 4, 1)):
        block = memory(8)
        items = View(block, (2,), (4,), format=b"H", itemsize=2, readonly=readonly)
        status = pythonapi.PyBuffer_FromContiguous(byref(items.view), memory(range(1, 101)), length, b"C")
        yield "from-contiguous-" + name, "{} {}".format(status, block.raw.hex())
    block = memory(8)
    items = View(block, (4,), (2,), format=b"H", itemsize=2)
    status = pythonapi.PyBuffer_FromContiguous(byref(items.view), memory(range(1, 6)).raw, 5, b"C")
    yield "from-contiguous-half-an-item-packed", "{} {}".format(status, block.raw.hex())


def between():
    def copied(source, target):
        status = refusal(lambda: pythonapi.PyObject_CopyData(target.memoryview(), source.memoryview()))
        return "{} {}".format(status, target.kept[0].raw.hex())

    six = memory(range(1, 7))
    yield "copy-data-other-shape", copied(View(six, (2, 3), (3, 1)), View(memory(6), (3, 2), (2, 1)))
    numbers = View(memory(8), (2,), (4,), format=b"I", itemsize=4)
    yield "copy-data-other-items", copied(View(memory(range(1, 9)), (8,), (1,)), numbers)
    yield "copy-data-longer-target", copied(View(six, (6,), (1,)), View(memory(8), (8,), (1,)))
    yield "copy-data-shorter-target", copied(View(six, (6,), (1,)), View(memory(4), (4,), (1,)))
    yield "copy-data-read-only-target", copied(View(six, (6,), (1,)), View(memory(6), (6,), (1,), readonly=1))
    spread = View(memory([1, 2, 3, 0, 4, 5, 6, 0]), (2, 3), (4, 1))
    yield "copy-data-other-ndim", copied(spread, View(memory(12), (6,), (2,)))
    block = memory(range(1, 7))
    status = pythonapi.PyObject_CopyData(
        View(block, (6,), (1,)).memoryview(), View(block, (6,), (-1,), first=5).memoryview()
    )
    yield "copy-data-reversed-onto-itself", "{} {}".format(status, block.raw == bytes([6, 5, 4, 3, 2, 1]))
    line = bytearray(b"abcdef")
    view = memoryview(line)
    view[0:4] = view[2:6]
    yield "memoryview-overlapping", line.decode()


def rows():
    """Two rows of three, behind a table of their addresses."""
    lines = [memory([1, 2, 3]), memory([4, 5, 6])]
    table = (c_void_p * 2)(*map(ctypes.addressof, lines))
    view = View(table, (2, 3), (ctypes.sizeof(c_void_p), 1), suboffsets=(0, -1))
    view.kept.append(lines)
    return view


def indirect():
    view = rows()
    m = view.memoryview()
    yield "memoryview-tolist", m.tolist()
    yield "memoryview-tobytes", m.tobytes().hex()
    yield "memoryview-item", m[1, 2]
    yield "memoryview-rows-reversed", m[::-1].tolist()
    yield "memoryview-columns", refusal(lambda: m[:, 1:])
    yield "memoryview-suboffsets", m.suboffsets
    yield "memoryview-contiguous", m.contiguous
    yield "memoryview-cast", refusal(lambda: m.cast("B"))
    yield "bytes-join", refusal(lambda: b"".join([m]))
    yield "contiguous", [pythonapi.PyBuffer_IsContiguous(byref(view.view), order) for order in (b"C", b"F", b"A")]
    line = View(memory(range(3)), (3,), (1,), suboffsets=(-1,))
    yield "all-negative-contiguous", pythonapi.PyBuffer_IsContiguous(byref(line.view), b"C")
    shown = line.memoryview()
    yield "all-negative-memoryview", "{} {}".format(shown.suboffsets, shown.contiguous)
    child = [sys.executable, "-IB", __file__, "numpy"]
    yield "numpy-asarray", subprocess.run(child, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().strip()


def main():
    if sys.argv[1:] == ["numpy"]:
        import numpy

        try:
            print(numpy.asarray(rows().memoryview()).tolist())
        except Exception as error:
            print(type(error).__name__)
        return
    for group in (packed, between, indirect):
        for name, answer in group():
            print(name, answer)


main()
