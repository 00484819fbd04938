"""What CPython's PyBuffer_* functions make of layouts, one line a layout, for layouts.rs to compare.

Reads the bytes of a memory and the bytes to copy into it, then lines `strided SHAPE STRIDES ITEMSIZE ORIGIN`, a view
whose first item lies ORIGIN bytes into the memory, and lines `rows SHAPE STRIDES ITEMSIZE SUBOFFSET ROW FIRST`, a view of
a table of pointers to rows of ROW bytes: the memory cut into pieces. There the first stride counts pointers, and FIRST is
the pointer to start at.

Answers with `CONTIGUOUS ADDRESSES TO_C TO_F TO_A` and, for strided ones, `FROM_C FROM_F STRIDES_C STRIDES_F`. Addresses are
relative to the first item of strided ones, and places in the memory for rows.
"""

import ctypes
import itertools
import os
import sys
from ctypes import byref, c_ssize_t, c_void_p, pythonapi

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out

from py_buffer import Py_buffer  # noqa: E402


def numbers(text):
    return [int(number) for number in text.split(",") if number != "-"]


def text(numbers):
    return ",".join(map(str, numbers)) or "-"


def view_of(buf, shape, strides, itemsize, suboffsets=None):
    array = c_ssize_t * len(shape)
    length = itemsize
    for extent in shape:
        length *= extent
    return Py_buffer(
        buf=buf,
        len=length,
        itemsize=itemsize,
        ndim=len(shape),
        format=b"%ds" % itemsize,
        shape=array(*shape),
        strides=array(*strides),
        suboffsets=array(*suboffsets) if suboffsets else None,
    )


def contiguous(view):
    return "".join(str(pythonapi.PyBuffer_IsContiguous(byref(view), order)) for order in (b"C", b"F", b"A"))


def addresses(view, shape):
    indices = (c_ssize_t * len(shape))()
    for indices[:] in itertools.product(*map(range, shape)):
        yield pythonapi.PyBuffer_GetPointer(byref(view), indices)


def to_contiguous(view, order):
    copy = ctypes.create_string_buffer(view.len + 1)
    if pythonapi.PyBuffer_ToContiguous(copy, byref(view), view.len, order) != 0:
        return "failed"
    return copy.raw[: view.len].hex() or "-"


def strided(memory, source, shape, strides, itemsize, origin):
    block = ctypes.create_string_buffer(memory, len(memory))
    buf = ctypes.addressof(block) + origin
    view = view_of(buf, shape, strides, itemsize)
    yield contiguous(view)
    yield text(address - buf for address in addresses(view, shape))
    for order in (b"C", b"F", b"A"):
        yield to_contiguous(view, order)
    for order in (b"C", b"F"):
        block.raw = memory
        status = pythonapi.PyBuffer_FromContiguous(byref(view), source, view.len, order)
        yield block.raw.hex() if status == 0 else "failed"
    for order in (b"C", b"F"):
        filled = (c_ssize_t * len(shape))()
        pythonapi.PyBuffer_FillContiguousStrides(len(shape), view.shape, filled, itemsize, order)
        yield text(filled)


def rows(memory, shape, strides, itemsize, suboffset, row, first):
    pieces = [ctypes.create_string_buffer(memory[at : at + row], row) for at in range(0, len(memory), row)]
    table = (c_void_p * len(pieces))(*map(ctypes.addressof, pieces))
    pointer = ctypes.sizeof(c_void_p)
    strides[0] *= pointer
    suboffsets = [suboffset] + [-1] * (len(shape) - 1)
    view = view_of(ctypes.addressof(table) + first * pointer, shape, strides, itemsize, suboffsets)
    places = {start + byte: at * row + byte for at, start in enumerate(table) for byte in range(row)}
    yield contiguous(view)
    yield text(places.get(address, "outside") for address in addresses(view, shape))
    for order in (b"C", b"F", b"A"):
        yield to_contiguous(view, order)


def main():
    memory, source = (bytes.fromhex(sys.stdin.readline()) for _ in range(2))
    for line in sys.stdin:
        kind, shape, strides, *rest = line.split()
        shape, strides, rest = numbers(shape), numbers(strides), map(int, rest)
        if kind == "strided":
            print(*strided(memory, source, shape, strides, *rest))
        else:
            print(*rows(memory, shape, strides, *rest))


main()
