"""What memoryview does, for the chapter of that name: each rule is asserted below its name. Prints how many functions ran."""

import array
import ctypes
import os
import sys

import _testbuffer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from _testbuffer import ND_WRITABLE, PyBUF_FULL_RO, PyBUF_READ, PyBUF_SIMPLE, PyBUF_WRITE, get_contiguous, ndarray
from py_buffer import Py_buffer, pythonapi
from raised import raised


def asks_and_needs():
    # r[memoryview.request]
    seen = []
    if sys.version_info >= (3, 12):
        Asked = type("Asked", (), {"__buffer__": lambda self, flags: seen.append(int(flags)) or memoryview(b"")})
        memoryview(Asked())
        assert seen == [PyBUF_FULL_RO]
    assert memoryview(b"").readonly and not memoryview(bytearray()).readonly

    # r[memoryview.ndim]
    many = ndarray([1], shape=[1] * 65)
    assert raised(lambda: memoryview(many)) is ValueError

    # r[memoryview.shows]
    plain = memoryview(ndarray([1, 2, 3], shape=[3], format="B"))
    assert (plain.shape, plain.strides, plain.suboffsets) == ((3,), (1,), ())
    assert memoryview(ndarray(7, shape=[], format="B")).shape == ()


def shares():
    # r[memoryview.shares]
    owner = bytearray(b"abc")
    first = memoryview(owner)
    second = memoryview(first)
    assert second.obj is owner
    first.release()
    assert raised(lambda: owner.append(1)) is BufferError
    second.release()
    assert raised(lambda: owner.append(1)) is None


def releases():
    # r[memoryview.release]
    owner = bytearray(b"abc")
    view = memoryview(owner)
    part = view[1:]
    view.release()
    view.release()
    assert raised(lambda: owner.append(1)) is BufferError  # the part holds it
    part.release()
    assert raised(lambda: owner.append(1)) is None

    # r[memoryview.release-exported]
    view = memoryview(bytearray(b"abc"))
    holder = _testbuffer.ndarray(view)
    assert raised(view.release) is BufferError
    del holder
    assert raised(view.release) is None

    # r[memoryview.released]
    for call in (view.tobytes, view.tolist, lambda: view[0], lambda: len(view), lambda: view.obj, lambda: memoryview(view)):
        assert raised(call) is ValueError
    assert view == view and view != memoryview(b"abc") and "released" in repr(view)
    kept = memoryview(b"abc")
    assert hash(kept) == hash(b"abc")
    kept.release()
    assert hash(kept) == hash(b"abc") and raised(lambda: list(kept)) is not None


def casts():
    view = memoryview(bytearray(8))

    # r[memoryview.cast-format]
    assert view.cast("i").tolist() == [0, 0] and view.cast("@i").cast("B").nbytes == 8
    assert raised(lambda: view.cast("<i")) is ValueError
    assert raised(lambda: view.cast("i").cast("h")) is TypeError  # one side has to be bytes
    assert raised(lambda: view[:7].cast("i")) is TypeError
    assert memoryview(b"").cast("i").shape == (0,)
    assert raised(lambda: view[::2].cast("B")) is TypeError

    # r[memoryview.cast-shape]
    assert view.cast("B", (2, 4)).shape == (2, 4) and view.cast("d", ()).shape == ()
    assert raised(lambda: view.cast("B", (3, 3))) is TypeError
    assert raised(lambda: view.cast("B", (2, 4)).cast("B", (4, 2))) is TypeError
    assert raised(lambda: memoryview(b"").cast("B", (0,))) is TypeError
    assert raised(lambda: view.cast("B", (2, 4))[0:0].cast("B")) is TypeError


def reads_and_writes():
    # r[memoryview.no-axis]
    one = memoryview(ctypes.c_char(b"x")).cast("B").cast("B", ())
    assert one[()] == 120 and one.tolist() == 120 and one[...] == one
    assert raised(lambda: one[0]) is TypeError

    # r[memoryview.many-axes]
    grid = memoryview(bytearray(range(6))).cast("B", (2, 3))
    assert grid[1, 2] == 5 and grid[1:].shape == (1, 3)
    assert raised(lambda: grid[0]) is NotImplementedError
    assert raised(lambda: grid[0:1, 0:1]) is NotImplementedError
    assert raised(lambda: grid.__setitem__(slice(0, 1), grid[1:])) is NotImplementedError
    assert raised(lambda: grid[0, 0, 0]) is raised(lambda: grid[...]) is TypeError
    assert raised(lambda: grid[2, 0]) is IndexError

    # r[memoryview.assign-item]
    view = memoryview(bytearray(3))
    assert raised(lambda: view.__setitem__(0, 256)) is ValueError
    assert raised(lambda: view.__setitem__(0, "a")) is TypeError
    assert raised(lambda: memoryview(b"abc").__setitem__(0, 1)) is TypeError
    single = memoryview(bytearray(4)).cast("f")
    single[0] = 1e300
    assert single[0] == float("inf")

    # r[memoryview.assign-slice]
    view = memoryview(bytearray(b"abcdef"))
    view[0:4] = view[2:6]
    assert view.tobytes() == b"cdefef"
    assert raised(lambda: view.__setitem__(slice(0, 2), b"abc")) is ValueError
    assert raised(lambda: view.__setitem__(slice(0, 2), array.array("h", [1, 2]))) is ValueError


def copies_and_hashes():
    # r[memoryview.tobytes]
    fortran = memoryview(ndarray([1, 2, 3, 4], shape=[2, 2], strides=[1, 2], format="B"))
    assert fortran.tobytes() == b"\1\3\2\4" and fortran.tobytes("A") == b"\1\2\3\4"
    assert raised(lambda: fortran.tobytes("X")) is ValueError

    # r[memoryview.hash]
    assert hash(memoryview(b"abc")) == hash(b"abc")
    assert raised(lambda: hash(memoryview(bytearray(b"abc")))) is ValueError
    assert raised(lambda: hash(memoryview(bytearray(b"abc")).toreadonly())) is TypeError
    assert raised(lambda: hash(memoryview(array.array("i", [1])).toreadonly())) is ValueError


def lends():
    # r[memoryview.exports]
    owner, asked = memoryview(bytearray(b"abc")), Py_buffer()
    pythonapi.PyObject_GetBuffer(owner, ctypes.byref(asked), PyBUF_FULL_RO)
    assert asked.obj == id(owner) and raised(owner.release) is BufferError
    pythonapi.PyBuffer_Release(ctypes.byref(asked))
    assert raised(owner.release) is None

    # r[memoryview.empty-slice]
    nothing = memoryview(b"abcdef")[3:3:2]
    assert (nothing.nbytes, nothing.contiguous) == (0, False)
    assert raised(lambda: pythonapi.PyObject_GetBuffer(nothing, ctypes.byref(asked), PyBUF_SIMPLE)) is BufferError
    assert memoryview(b"abcdef")[3:3].contiguous


def from_c():
    from_memory = ctypes.pythonapi.PyMemoryView_FromMemory
    from_memory.restype = ctypes.py_object
    memory = ctypes.create_string_buffer(b"abc")

    # r[memoryview.from-memory]
    view = from_memory(memory, ctypes.c_ssize_t(3), PyBUF_WRITE)
    assert (view.obj, view.format, view.readonly, view.tobytes()) == (None, "B", False, b"abc")
    assert from_memory(memory, ctypes.c_ssize_t(3), PyBUF_READ).readonly

    # r[memoryview.from-buffer]
    owner, held = bytearray(b"abc"), Py_buffer()
    pythonapi.PyObject_GetBuffer(owner, ctypes.byref(held), PyBUF_SIMPLE)
    view = pythonapi.PyMemoryView_FromBuffer(ctypes.byref(held))
    assert view.obj is None and view.shape == (3,)
    assert raised(lambda: pythonapi.PyMemoryView_FromBuffer(ctypes.byref(Py_buffer()))) is ValueError  # buf is NULL
    view.release()
    assert held.obj == id(owner) and raised(lambda: owner.append(1)) is BufferError
    pythonapi.PyBuffer_Release(ctypes.byref(held))
    assert raised(lambda: owner.append(1)) is None

    # r[memoryview.get-contiguous]
    packed = ndarray([1, 2, 3, 4], shape=[4], flags=ND_WRITABLE, format="B")
    gaps = ndarray([1, 2, 3, 4], shape=[2], strides=[2], flags=ND_WRITABLE, format="B")
    assert get_contiguous(packed, PyBUF_WRITE, "C").obj is packed
    assert get_contiguous(gaps, PyBUF_READ, "C").tobytes() == b"\1\3"

    # r[memoryview.get-contiguous-writer]
    assert raised(lambda: get_contiguous(gaps, PyBUF_WRITE, "C")) is BufferError
    assert raised(lambda: get_contiguous(b"abc", PyBUF_WRITE, "C")) is BufferError


TESTS = (asks_and_needs, shares, releases, casts, reads_and_writes, copies_and_hashes, lends, from_c)
for test in TESTS:
    test()
print(f"{len(TESTS)} functions")
