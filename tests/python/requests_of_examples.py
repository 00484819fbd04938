"""Every request to every class of the examples, beside CPython's own exporter over the same memory.

Standard input is empty; prints a line for each object. `_testbuffer.ndarray` holds a view of the object and answers requests by
it, as an exporter has to: what it grants of the object's memory, the object has to grant itself, field by field.
"""

import ctypes
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import _testbuffer
import bytes_readonly
import columns
import dates
import first
import foreign_types
import growable
import image
import indirect
import mask
import matrix
import mmap_file
import numpy as np
import parts
import raw_ffi
import records
import reexport
import snapshot
import vec_to_numpy
from py_buffer import Py_buffer, pythonapi

FULL, FULL_RO, ND = 0x11D, 0x11C, 0x8
PATTERN = 0x5A


def fields(array, count):
    return [array[axis] for axis in range(count)] if array else None


def answer(object, flags, move, is_ours=True):
    """What a request gets: the fields, or the exception. `move` is taken off `buf`, where memory is made for each view."""
    view = Py_buffer()
    ctypes.memset(ctypes.byref(view), PATTERN, ctypes.sizeof(view))
    before = sys.getrefcount(object)
    untouched = Py_buffer.from_buffer_copy(view)
    try:
        pythonapi.PyObject_GetBuffer(object, ctypes.byref(view), flags)
    except BufferError:
        assert view.obj is None, f"flags {flags:#x}: obj is left on refusal"
        view.obj = untouched.obj
        # ndarray fills the view before it decides.
        assert not is_ours or bytes(view) == bytes(untouched), f"flags {flags:#x}: a refusal wrote more than obj"
        assert sys.getrefcount(object) == before, f"flags {flags:#x}: a refusal kept a reference"
        return "BufferError"
    except SystemError:
        # PyBUF_READ is no request: CPython itself refuses it since 3.13.
        assert flags == 0x100 and bytes(view) == bytes(untouched) and sys.getrefcount(object) == before
        return "SystemError"
    assert view.obj == id(object), f"flags {flags:#x}: obj is another object"
    assert sys.getrefcount(object) == before + 1, f"flags {flags:#x}: the view has no reference"
    seen = (
        view.buf if move else None,
        view.len,
        view.itemsize,
        view.readonly,
        view.ndim,
        view.format,
        fields(view.shape, view.ndim),
        fields(view.strides, view.ndim),
        fields(view.suboffsets, view.ndim),
    )
    # The view that is released may be a copy of the one that was filled.
    copy = Py_buffer.from_buffer_copy(view)
    pythonapi.PyBuffer_Release(ctypes.byref(copy))
    assert copy.obj is None and sys.getrefcount(object) == before, f"flags {flags:#x}: the release kept a reference"
    return seen


def compare(name, object, move=True):
    readonly = memoryview(object).readonly
    reference = _testbuffer.ndarray(object, getbuf=FULL_RO if readonly else FULL)
    granted = 0
    for flags in range(512):
        ours, theirs = answer(object, flags, move), answer(reference, flags, move, is_ours=False)
        assert ours == theirs, f"{name}, flags {flags:#x}: {ours}, _testbuffer.ndarray {theirs}"
        granted += isinstance(ours, tuple)
    del reference
    print(f"{name} {granted} of 512 granted")


samples = growable.Samples([1.0, 2.0, 3.0])
raw = raw_ffi.Samples()
raw.append(1.0)
readings = snapshot.Readings()
readings.append(1.0)
square = matrix.Matrix(3, 4)
handle, path = tempfile.mkstemp()
os.write(handle, b"file")
os.close(handle)
file = mmap_file.MappedFile(path)

compare("bytes_readonly", bytes_readonly.Blob(b"abc"))
# `base` of an array is NumPy's memoryview, and its `obj` the exporter.
compare("columns-ids", columns.Particles([1.0], [7]).ids.base.obj)
compare("columns-masses", columns.Particles([1.0], [7]).masses.base.obj)
compare("dates", dates.Events([1, 2]))
compare("first", first.Cloud(3))
compare("foreign_types", foreign_types.Blob(b"abc"))
compare("foreign_types-of-an-enum", foreign_types.Sequence("GAT"))
compare("foreign_types-of-a-match", foreign_types.Series("waves", 3))
compare("growable", samples)
compare("image", image.Image(2, 3))
compare("indirect", indirect.Page([[1, 2], [3, 4]]))
compare("mask", mask.above(np.ones(3), 0.5).base.obj)
compare("matrix", square)
compare("matrix-transposed", square.T)
compare("matrix-rows-reversed", square[::-2])
compare("matrix-one-row", square[1:2])
compare("mmap_file", file)
compare("parts", parts.Image(3, 4))
compare("parts-tile", parts.Image(3, 4).tile((1, 3), (0, 2)).obj)
compare("raw_ffi", raw)
compare("records", records.Points(2))
compare("reexport", reexport.Window(b"abcdef", 1, 3))
compare("reexport-of-numpy", reexport.Window(np.arange(12.0).reshape(4, 3)[:, ::-1], 1, 3))
compare("snapshot", readings, move=False)

compare("vec_to_numpy", vec_to_numpy.squares(3).base.obj)
compare("vec_to_numpy-in-two-dimensions", vec_to_numpy.products(2, 3).base.obj)

empty = growable.Samples([])
compare("empty", empty)
del file
os.remove(path)
