"""What the functions of the C API do, for the chapter on them: each rule is asserted below its name. Prints how many functions ran."""

import array
import ctypes
import gc
import io
import mmap
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from _testbuffer import ND_FORTRAN as FORTRAN, ND_PIL as PIL, ndarray
from py_buffer import Py_buffer, pythonapi
from raised import raised

SIMPLE, WRITABLE, FORMAT, ND, STRIDES, FULL_RO = 0x0, 0x1, 0x4, 0x8, 0x18, 0x11C
READ, WRITE = 0x100, 0x200


def get(exporter, flags):
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(exporter, ctypes.byref(view), flags)
    return view


def release(view):
    pythonapi.PyBuffer_Release(ctypes.byref(view))


def fill_info(readonly, flags, exporter=None):
    memory, view = ctypes.create_string_buffer(8), Py_buffer()
    exporter = None if exporter is None else id(exporter)
    pythonapi.PyBuffer_FillInfo(ctypes.byref(view), exporter, ctypes.addressof(memory), 8, readonly, flags)
    return view


def asks():
    # r[api.check]
    check = pythonapi.PyObject_CheckBuffer
    check.argtypes = [ctypes.py_object]
    assert (check(b""), check(3)) == (1, 0)
    released = memoryview(b"")
    released.release()
    assert check(released) == 1 and raised(lambda: get(released, SIMPLE)) is ValueError

    # r[api.no-slot]
    view = Py_buffer()
    view.obj = 0xA5
    assert raised(lambda: pythonapi.PyObject_GetBuffer(3, ctypes.byref(view), SIMPLE)) is TypeError
    assert view.obj == 0xA5  # untouched

    # r[api.null-view]
    for exporter in (b"abc", bytearray(3), array.array("B"), io.BytesIO(b"abc").getbuffer().obj, mmap.mmap(-1, 8)):
        assert raised(lambda: pythonapi.PyObject_GetBuffer(exporter, None, SIMPLE)) is BufferError

    # r[api.read-write]
    expected = SystemError if sys.version_info >= (3, 13) else None
    assert raised(lambda: get(b"abc", READ)) is expected
    assert raised(lambda: get(bytearray(3), WRITE)) is expected


def releases():
    # r[api.release]
    owner = bytearray(b"abc")
    before = sys.getrefcount(owner)
    view = get(owner, SIMPLE)
    assert sys.getrefcount(owner) == before + 1 and view.obj == id(owner)
    release(view)
    assert sys.getrefcount(owner) == before and view.obj is None
    assert raised(lambda: owner.append(1)) is None

    # r[api.release-null]
    assert view.obj is None
    release(view)  # the same struct once more
    assert sys.getrefcount(owner) == before and raised(lambda: owner.append(1)) is None

    # r[api.release-obj]
    view = get(owner, SIMPLE)
    kept, view.obj = view.obj, None
    release(view)
    assert raised(lambda: owner.append(1)) is BufferError  # an export that no code ends
    view.obj = kept
    release(view)
    assert raised(lambda: owner.append(1)) is None


def fills():
    # r[api.fill-info]
    view = fill_info(0, STRIDES | FORMAT | WRITABLE)
    assert (view.len, view.itemsize, view.readonly, view.ndim, view.format) == (8, 1, 0, 1, b"B")
    assert (view.shape[0], view.strides[0], bool(view.suboffsets), view.internal) == (8, 1, False, None)
    view = fill_info(0, SIMPLE)
    assert (view.format, bool(view.shape), bool(view.strides)) == (None, False, False)
    assert fill_info(0, FORMAT).format == b"B"  # which memoryview refuses

    # r[api.fill-info-readonly]
    assert raised(lambda: fill_info(1, WRITABLE)) is BufferError
    assert raised(lambda: fill_info(1, SIMPLE)) is None
    assert raised(lambda: fill_info(2, WRITABLE)) is None  # only 1 is read-only

    # r[fill-info.arguments]
    owner = bytes(bytearray(8))  # an object of its own, without a release slot
    before = sys.getrefcount(owner)
    view = fill_info(1, SIMPLE, exporter=owner)
    assert view.obj == id(owner) and sys.getrefcount(owner) == before + 1
    release(view)
    assert sys.getrefcount(owner) == before
    assert fill_info(1, SIMPLE).obj is None  # with NULL nothing keeps the memory alive
    request = STRIDES | WRITABLE
    assert raised(lambda: fill_info(1, request, exporter=owner)) is BufferError
    assert fill_info(1, request & ~WRITABLE).readonly == 1  # with other flags it grants what it must refuse


def measures():
    # r[api.size-from-format]
    size = pythonapi.PyBuffer_SizeFromFormat
    size.argtypes, size.restype = [ctypes.c_char_p], ctypes.c_ssize_t
    assert (size(b"i"), size(b"ib"), size(b"=ib"), size(b"")) == (4, 5, 5, 0)
    assert raised(lambda: size(b"T{i}")).__name__ == "error"  # struct.error

    # r[api.get-pointer]
    def pointer(exporter, *indices):
        view = get(exporter, FULL_RO)
        found = pythonapi.PyBuffer_GetPointer(ctypes.byref(view), (ctypes.c_ssize_t * len(indices))(*indices))
        first, item = view.buf, ctypes.string_at(found, view.itemsize)
        release(view)
        return found - first, item[0]

    columns = ndarray(list(range(6)), shape=[2, 3], format="B", flags=FORTRAN)
    assert pointer(columns, 1, 2) == (1 * 1 + 2 * 2, 5)  # by the strides
    rows = ndarray(list(range(6)), shape=[2, 3], format="B", flags=PIL)
    assert pointer(rows, 1, 2)[1] == 5  # through the pointer to the row

    # r[api.struct-reads]
    for format in (b"T{i:x:}", b"(2)i", b"O", b"g", b"w", b"&i", b"t", b"i:x:"):
        assert raised(lambda: size(format)).__name__ == "error"
    for format, since in ((b"F", 14), (b"D", 14), (b"Zf", 15), (b"Zd", 15)):
        assert (raised(lambda: size(format)) is None) == (sys.version_info >= (3, since))

    # r[format.dialects]
    order = "<" if sys.byteorder == "little" else ">"
    assert memoryview(ctypes.c_int(1)).format == order + "i"
    assert memoryview(ctypes.c_void_p()).format == order + "P"
    assert memoryview(ctypes.c_char_p()).format == order + "z"
    assert memoryview(ctypes.POINTER(ctypes.c_int)()).format == "&" + order + "i"
    assert memoryview(ctypes.CFUNCTYPE(None)()).format == "X{}"  # no order at all
    assert memoryview(type("Either", (ctypes.Union,), {"_fields_": [("x", ctypes.c_double)]})()).format == "B"
    for format in (order + "P", order + "z", "&" + order + "i", "X{}"):
        assert raised(lambda: size(format.encode())).__name__ == "error"  # struct reads none of the four
    assert [memoryview(array.array(code)).format for code in "bBhHiIlLqQfd"] == list("bBhHiIlLqQfd")

    # r[api.slots]
    class Sub(bytearray):
        pass

    assert raised(lambda: get(Sub(b"abc"), WRITABLE)) is None
    owner = Sub(b"abc")
    view = memoryview(owner)
    assert raised(lambda: owner.append(1)) is BufferError
    view.release()
    assert raised(lambda: owner.append(1)) is None


def errors():
    # r[api.errors]
    released, closed = memoryview(b"abc"), __import__("mmap").mmap(-1, 8)
    released.release()
    closed.close()
    assert raised(lambda: get(b"abc", WRITABLE)) is BufferError  # refused
    assert raised(lambda: get(ndarray([1, 2], shape=[2]), FORMAT)) is BufferError
    assert raised(lambda: get(3, SIMPLE)) is TypeError  # no exporter
    assert raised(lambda: get(released, SIMPLE)) is ValueError  # closed
    assert raised(lambda: get(closed, SIMPLE)) is ValueError

    # r[api.argument-parsing]
    from_buffer, pack = ctypes.c_char.from_buffer, __import__("struct").pack_into
    assert raised(lambda: pack("B", b"abc", 0, 1)) is TypeError  # w* hides the BufferError
    gaps = memoryview(bytearray(8))[::2]
    assert raised(lambda: __import__("struct").unpack("i", gaps)) is BufferError  # y* does not
    assert raised(lambda: from_buffer(b"abc")) is TypeError  # granted, and found to be read-only
    assert raised(lambda: from_buffer(gaps)) is TypeError  # granted, and found to have gaps
    assert raised(lambda: b"".join([array.array("i", [1]), 3])) is TypeError


def copies():
    # r[api.copy-data-requests]
    copy = pythonapi.PyObject_CopyData
    target = bytearray(4)
    assert copy(target, b"abc") == 0 and target == b"abc\0"  # the source may be read-only, the rest stays
    assert raised(lambda: copy(b"abc", target)) is BufferError  # the target may not
    assert raised(lambda: copy(bytearray(2), b"abc")) is BufferError
    assert raised(lambda: copy(target, 3)) is raised(lambda: copy(3, target)) is TypeError

    # r[api.fill-strides]
    def strides(shape, itemsize, order):
        extents, filled = (ctypes.c_ssize_t * len(shape))(*shape), (ctypes.c_ssize_t * len(shape))()
        pythonapi.PyBuffer_FillContiguousStrides(len(shape), extents, filled, itemsize, order)
        return list(filled)

    assert (strides([2, 3], 4, b"C"), strides([2, 3], 4, b"F")) == ([12, 4], [4, 8])
    assert strides([2, 3], 4, b"x") == [12, 4]


def changes():
    # r[exports.same-size]
    owner = bytearray(b"abc")
    view = memoryview(owner)
    owner[:] = b"xyz"
    owner.reverse()
    assert view.tobytes() == b"zyx"
    assert raised(lambda: owner.extend(b"!")) is BufferError and view.tobytes() == b"zyx"

    # r[release.in-collection]
    class Holder:
        pass

    holder, owner = Holder(), bytearray(b"abc")
    holder.itself, holder.view = holder, memoryview(owner)
    del holder
    gc.collect()
    assert raised(lambda: owner.append(1)) is None


TESTS = (asks, releases, fills, measures, errors, copies, changes)
for test in TESTS:
    test()
print(f"{len(TESTS)} functions")
