"""Which format strings CPython's and NumPy's exporters write, and who reads them, for the chapter on formats."""

import array
import ctypes
import struct
import sys
import warnings

import numpy

try:
    from numpy._core._internal import _dtype_from_pep3118 as from_pep3118
except ImportError:
    from numpy.core._internal import _dtype_from_pep3118 as from_pep3118


warnings.filterwarnings("ignore", "The 'u' type code is deprecated")


def refusal(call):
    try:
        return call()
    except Exception as error:
        return type(error).__name__


class Padded(ctypes.Structure):
    _fields_ = [("a", ctypes.c_byte), ("b", ctypes.c_int)]


class Either(ctypes.Union):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]


def sizes():
    for text in ("ib", "ib0i", "=bi", "T{ib}", "P", "=P", "=n"):
        yield "calcsize-" + text, refusal(lambda: struct.calcsize(text))
    for text in ("ib", "T{ib}", "T{b<i}", "bT{<i}", "b<T{@i}"):
        yield "numpy-" + text, from_pep3118(text).itemsize


def writers():
    ints = (ctypes.c_int * 2)(1, 2)
    yield "ctypes-int", memoryview(ints).format
    yield "ctypes-void-pointer", memoryview(ctypes.c_void_p()).format
    yield "ctypes-char-pointer", memoryview(ctypes.c_char_p()).format
    yield "ctypes-pointer", memoryview(ctypes.POINTER(ctypes.c_int)()).format
    yield "ctypes-function", memoryview(ctypes.CFUNCTYPE(None)()).format
    # The padding between fields is written since 3.12.
    padded = "T{<b:a:3x<i:b:}" if sys.version_info >= (3, 12) else "T{<b:a:<i:b:}"
    yield "ctypes-struct", memoryview(Padded()).format == padded
    yield "ctypes-struct-itemsize", memoryview(Padded()).itemsize
    yield "ctypes-union", "{0.format} {0.itemsize}".format(memoryview(Either()))
    text = memoryview(array.array("u", "ab"))
    yield "array-u", text.format == ("w" if text.itemsize == 4 else "u")
    for name, dtype in (
        ("i4", "=i4"),
        ("swapped-i4", ">i4" if sys.byteorder == "little" else "<i4"),
        ("f2", "f2"),
        ("bool", "?"),
        ("longdouble", "g"),
        ("complex", "c16"),
        ("str", "U3"),
        ("bytes", "S3"),
        ("object", "O"),
        ("packed-record", numpy.dtype([("a", "u1"), ("b", "i4")])),
        ("aligned-record", numpy.dtype([("a", "u1"), ("b", "i4")], align=True)),
        ("sub-array", numpy.dtype([("a", "i2", (2, 3))])),
    ):
        yield "numpy-" + name, memoryview(numpy.zeros(1, dtype)).format
    yield "numpy-datetime", refusal(lambda: memoryview(numpy.zeros(1, "M8[s]")).format)


def readers():
    ints = memoryview((ctypes.c_int * 2)(1, 2))
    yield "tolist-of-<i", refusal(ints.tolist)
    yield "tolist-after-cast", ints.cast("B").cast("i").tolist()
    yield "numpy-of-<i", numpy.asarray(ints).tolist()
    yield "<i-equals-i", ints == memoryview(array.array("i", [1, 2]))
    record = memoryview(numpy.zeros(1, [("a", "i4")]))
    yield "record-equals-itself", record == record
    yield "record-tolist", refusal(record.tolist)
    yield "record-in-numpy", numpy.asarray(record).dtype.names
    yield "half-tolist-by-version", refusal(memoryview(numpy.ones(1, "f2")).tolist) == (
        [1.0] if sys.version_info >= (3, 12) else "NotImplementedError"
    )
    yield "slice-and-tobytes-of-<i", ints[1:].tobytes().hex() == struct.pack("i", 2).hex()
    yield "longdouble-tolist", refusal(memoryview(numpy.ones(1, "g")).tolist)
    yield "numpy-of-array-u", numpy.asarray(array.array("u", "ab")).tolist()
    yield "numpy-of-ctypes-struct", refusal(lambda: numpy.asarray((Padded * 2)()).dtype.itemsize)
    yield "numpy-of-memoryview-of-ctypes-struct", refusal(lambda: numpy.asarray(memoryview((Padded * 2)())).dtype.itemsize)
    yield "complex-tolist", refusal(memoryview(numpy.ones(1, "c16")).tolist)


for group in (sizes, writers, readers):
    for name, answer in group():
        print(name, answer)
