"""Strides and contiguity as NumPy, ctypes and memoryview have them, for the chapters on both."""

import ctypes
import os
import sys
from ctypes import byref, pythonapi

import numpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out

from py_buffer import Py_buffer  # noqa: E402

STRIDES, C, F, ANY = 0x18, 0x38, 0x58, 0x98


def asked(exporter, flags):
    """Shape and strides that are granted, or the error's type."""
    view = Py_buffer()
    try:
        pythonapi.PyObject_GetBuffer(exporter, byref(view), flags)
    except Exception as error:
        return type(error).__name__
    shape, strides = (
        tuple(numbers[i] for i in range(view.ndim)) if numbers else None for numbers in (view.shape, view.strides)
    )
    pythonapi.PyBuffer_Release(byref(view))
    return "{} {}".format(shape, strides)


def strides():
    numbers = numpy.arange(6, dtype="i2").reshape(2, 3)
    yield "transposed", asked(numbers.T, STRIDES)
    yield "reversed", asked(numbers[::-1], STRIDES)
    yield "broadcast", asked(numpy.broadcast_to(numbers[0], (2, 3)), STRIDES)
    yield "broadcast-readonly", memoryview(numpy.broadcast_to(numbers[0], (2, 3))).readonly
    windows = numpy.lib.stride_tricks.as_strided(numbers, (5, 2), (2, 2))
    yield "windows", asked(windows, STRIDES)
    yield "windows-in-memoryview", memoryview(windows).tolist()
    records = numpy.zeros(3, [("a", "u1"), ("b", "i4")])
    yield "field", asked(records["b"], STRIDES)
    yield "field-itemsize", memoryview(records["b"]).itemsize
    yield "field-misaligned", (records["b"].__array_interface__["data"][0] - records.__array_interface__["data"][0]) % 4
    try:
        memoryview(bytes(1)).cast("B", [1] * 65)
    except Exception as error:
        yield "memoryview-65-dimensions", type(error).__name__


def contiguity():
    one_row = numpy.zeros((1, 3, 1), "i4")
    yield "one-row-c", asked(one_row, C)
    yield "one-row-f", asked(one_row, F)
    columns = numpy.zeros((2, 3), "i2", order="F")
    yield "columns-c", asked(columns, C)
    yield "columns-f", asked(columns, F)
    yield "columns-any", asked(columns, ANY)
    yield "columns-simple", asked(columns, 0)
    rows = (ctypes.c_int16 * 3 * 2)()
    yield "ctypes-rows-f", asked(rows, F)
    yield "empty-slice", "{0.shape} {0.strides} {0.contiguous}".format(memoryview(b"abcdef")[3:3:2])


for group in (strides, contiguity):
    for name, answer in group():
        print(name, answer)
