"""Produces the messages that people search for, for the symptom index of the book. Prints each with the type of its exception.

With NumPy, and with the modules of the examples and of `common_mistakes` at hand.
"""

import array
import ctypes
import hashlib
import io
import mmap
import os
import re
import struct
import sys

import bytes_readonly
import growable
import indirect
import matrix
import mmap_file
import numpy as np
import records
import common_mistakes

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from _testbuffer import ND_PIL, ndarray, py_buffer_to_contiguous
from py_buffer import Py_buffer, pythonapi

SIMPLE, WRITABLE, FORMAT, STRIDES, F_CONTIGUOUS, FULL_RO = 0x0, 0x1, 0x4, 0x18, 0x58, 0x11C

#: Views that are held.
HELD = []


def held(owner):
    HELD.append(memoryview(owner))
    return owner


def ask(exporter, flags):
    pythonapi.PyObject_GetBuffer(exporter, ctypes.byref(Py_buffer()), flags)


def released(view):
    view.release()
    return view


def closed(memory):
    memory.close()
    return memory


def lent_on():
    view = memoryview(bytearray(3))
    HELD.append(ndarray(view))
    return view


growing = common_mistakes.Growing([1.0])
every_second = np.arange(6.0)[::2]
constant = np.frombuffer(b"12345678")

PROGRAMS = [
    lambda: memoryview(3),
    lambda: held(bytearray(3)).append(1),
    lambda: held(array.array("i", [1])).append(1),
    lambda: held(mmap.mmap(-1, 8)).close(),
    lambda: lent_on().release(),
    lambda: released(memoryview(b"abc"))[0],
    lambda: memoryview(closed(mmap.mmap(-1, 8))),
    lambda: ask(b"abc", WRITABLE),
    lambda: ask(memoryview(b"abc"), WRITABLE),
    lambda: ask(memoryview(b"abc"), FORMAT),
    lambda: ask(memoryview(b"abcd")[::2], SIMPLE),
    lambda: ask(memoryview(bytes(6)).cast("B", (2, 3)), F_CONTIGUOUS),
    lambda: ask(memoryview(ndarray([1, 2], shape=[2], flags=ND_PIL)), STRIDES),
    lambda: ask(every_second, SIMPLE),
    lambda: ask(np.zeros((2, 3)), F_CONTIGUOUS),
    lambda: ask(constant, WRITABLE),
    lambda: py_buffer_to_contiguous(np.zeros(3, "M8[D]"), "C", FULL_RO),
    lambda: hashlib.sha1(every_second),
    lambda: b"".join([every_second]),
    lambda: struct.pack_into("B", b"abc", 0, 1),
    lambda: ctypes.c_char.from_buffer(b"abc"),
    lambda: memoryview(bytearray(8)).cast("<i"),
    lambda: memoryview(bytearray(8)).cast("i").cast("h"),
    lambda: memoryview(bytearray(7)).cast("i"),
    lambda: memoryview(bytearray(8))[::2].cast("i"),
    lambda: memoryview(bytearray(6)).cast("B", (2, 2)),
    lambda: memoryview(ctypes.c_int(1)).tolist(),
    lambda: memoryview(records.Points(1))[0],
    lambda: memoryview(np.zeros((2, 2), "B"))[0],
    lambda: memoryview(np.zeros((2, 2), "B"))[0:1, 0:1],
    lambda: memoryview(b"abc").__setitem__(0, 1),
    lambda: memoryview(bytearray(3)).__setitem__(0, 256),
    lambda: memoryview(bytearray(3)).__setitem__(slice(0, 2), b"abc"),
    lambda: hash(memoryview(bytearray(3))),
    lambda: memoryview(ndarray([1], shape=[1] * 65)),
    lambda: np.frombuffer(bytearray(7)),
    lambda: constant.__setitem__(0, 1.0),
    lambda: growing.each(lambda item: memoryview(growing)),
    lambda: memoryview(common_mistakes.Confused()),
    lambda: common_mistakes.first_f64(np.zeros(2, "i4")),
    lambda: ask(bytes_readonly.Blob(b"abc"), WRITABLE),
    lambda: ask(growable.Samples([1.0]), FORMAT),
    lambda: ask(matrix.Matrix(2, 3).T, SIMPLE),
    lambda: ask(indirect.Page([[1, 2], [3, 4]]), STRIDES),
]

# NumPy hides a refusal: the address differs from run to run.
print(re.sub(" at 0x[0-9A-Fa-f]+", " at 0x…", repr(np.asarray(closed(mmap_file.MappedFile(__file__))))))

for number, program in enumerate(PROGRAMS):
    try:
        program()
        print(f"program {number} raised nothing")
    except Exception as error:
        text = str(error).replace("with an error set", "with an exception set")  # as 3.9 has it
        print(f"{type(error).__name__}: {text}".splitlines()[0])
