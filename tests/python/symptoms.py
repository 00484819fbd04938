"""Produces the messages that people search for, for the symptom index of the book. Prints each with the type of its exception.

With NumPy, and with the modules of the examples and of `common_mistakes` at hand. Those of Cython and of ml_dtypes are raised if
the module `typed` and this package can be imported.
"""

import array
import ctypes
import hashlib
import importlib.util
import io
import mmap
import os
import pickle
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
if "BUFFERPROCS_TYPED" in os.environ:
    sys.path.append(os.environ["BUFFERPROCS_TYPED"])

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
referenced = np.zeros(3)
HELD.append(referenced[:])

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

PROGRAMS += [
    lambda: held(mmap.mmap(-1, 8)).resize(100),
    lambda: referenced.resize(100),
    lambda: np.frombuffer(bytearray(8)).resize(2),
    lambda: ctypes.resize((ctypes.c_char * 8).from_buffer(bytearray(8)), 100),
    lambda: memoryview("abc"),
    lambda: io.BytesIO().write("abc"),
    lambda: b"".join(["a"]),
    lambda: io.BytesIO(b"abc").readinto(b"abc"),
    lambda: ctypes.c_char.from_buffer(memoryview(bytearray(6))[::2]),
    lambda: ctypes.c_double.from_buffer(bytearray(3)),
    lambda: mmap.mmap(-1, 8, access=mmap.ACCESS_READ).__setitem__(0, 1),
    lambda: pickle.PickleBuffer(every_second).raw(),
    lambda: memoryview(bytes(8)).cast("B", (2, 4)).cast("B", (4, 2)),
    lambda: memoryview(np.zeros(2, "U3"))[0],
    lambda: memoryview(np.array(3.0))[0],
    lambda: memoryview(b"abc")[3],
    lambda: memoryview(bytearray(3)).__setitem__(0, "a"),
    lambda: memoryview(bytearray(3)).__delitem__(0),
    lambda: hash(memoryview(bytes(8)).cast("i")),
    lambda: np.asarray(memoryview(ctypes.c_void_p())),
    lambda: np.asarray(memoryview((ctypes.POINTER(ctypes.c_int) * 2)())),
    lambda: np.ctypeslib.as_ctypes(np.zeros(2, "<M8[s]")),
    lambda: np.ctypeslib.as_ctypes(every_second),
    lambda: np.frombuffer(b"abc", "B", 4),
    lambda: np.ndarray((10,), "f8", buffer=bytearray(8)),
    lambda: constant.setflags(write=True),
    lambda: struct.unpack("<i", b"abc"),
    lambda: struct.unpack_from("<i", b"abc"),
    lambda: struct.calcsize("T{i}"),
    lambda: array.array("i").frombytes(b"abc"),
]

# `len` of a view is no message, and a heading all the same.
assert len(memoryview(bytes(8)).cast("i")) == 2
try:
    assert len(memoryview(np.array(3.0))) == 1 and sys.version_info < (3, 12)
except TypeError:
    assert sys.version_info >= (3, 12)

if importlib.util.find_spec("ml_dtypes"):
    import ml_dtypes

    PROGRAMS.append(lambda: memoryview(np.zeros(2, ml_dtypes.bfloat16)))

if importlib.util.find_spec("typed"):
    import typed

    PROGRAMS += [
        lambda: typed.doubles(np.zeros(3, "f4")),
        lambda: typed.pairs(np.zeros(3, [("a", "i4"), ("b", "f8"), ("c", "f8")])),
        lambda: typed.doubles(np.zeros((3, 3))),
        lambda: typed.doubles(constant),  # as above: read-only
    ]
    assert typed.sum_of(constant) == constant[0]

# NumPy hides a refusal: the address differs from run to run.
print(re.sub(" at 0x[0-9A-Fa-f]+", " at 0x…", repr(np.asarray(closed(mmap_file.MappedFile(__file__))))))

for number, program in enumerate(PROGRAMS):
    try:
        program()
        print(f"program {number} raised nothing")
    except Exception as error:
        text = str(error).replace("with an error set", "with an exception set")  # as 3.9 has it
        print(f"{type(error).__name__}: {text}".splitlines()[0])
