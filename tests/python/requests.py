"""What CPython's own exporters answer, one line a request, for requests.rs to compare.

Needs nothing but the standard library: ctypes calls the C API, and PyMemoryView_FromBuffer makes a memoryview of any
layout. Reads lines `NAME SHAPE STRIDES OFFSET READONLY` over twelve items of two bytes, answers the requests, and then
prints what the book says of CPython's exporters: `observed NAME RESULT`.
"""

import array
import ctypes
import os
import platform
import struct
import subprocess
import sys
from ctypes import POINTER, byref, c_ssize_t, c_void_p, pythonapi

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out

from py_buffer import Py_buffer  # noqa: E402

# memoryview's messages, and what this crate calls the same refusal.
REFUSALS = {
    "memoryview: underlying buffer is not writable": "NotWritable",
    "memoryview: underlying buffer is not C-contiguous": "NotCContiguous",
    "memoryview: underlying buffer is not Fortran contiguous": "NotFContiguous",
    "memoryview: underlying buffer is not contiguous": "NotContiguous",
    "memoryview: underlying buffer requires suboffsets": "NeedsSuboffsets",
    "memoryview: cannot cast to unsigned bytes if the format flag is present": "FormatWithoutShape",
    "Object is not writable.": "NotWritable",
}

SENTINEL = 0xA5A5A5A0


def numbers(array, ndim):
    return ",".join(str(array[i]) for i in range(ndim)) if array else "NULL"


def fields(view):
    return "granted len={} itemsize={} readonly={} ndim={} format={} shape={} strides={} suboffsets={}".format(
        view.len,
        view.itemsize,
        view.readonly,
        view.ndim,
        view.format.decode() if view.format else "NULL",
        numbers(view.shape, view.ndim),
        numbers(view.strides, view.ndim),
        numbers(view.suboffsets, view.ndim),
    )


def refusal(view, error):
    if isinstance(error, SystemError):
        return "SystemError"
    if not isinstance(error, BufferError):
        return repr(error)
    return "refused {} obj={}".format(REFUSALS.get(str(error), str(error)), "NULL" if not view.obj else "left")


def memoryview_answer(subject, flags):
    view = Py_buffer(obj=SENTINEL)
    try:
        pythonapi.PyObject_GetBuffer(subject, byref(view), flags)
    except (BufferError, SystemError) as error:
        return refusal(view, error)
    line = fields(view) if view.obj == id(subject) else "obj is another object"
    pythonapi.PyBuffer_Release(byref(view))
    return line if not view.obj else "obj is left after release"


def fill_info_answer(readonly, flags):
    view = Py_buffer(obj=SENTINEL)
    data = ctypes.create_string_buffer(b"abc", 3)
    try:
        pythonapi.PyBuffer_FillInfo(byref(view), None, ctypes.addressof(data), 3, readonly, flags)
    except (BufferError, SystemError) as error:
        return refusal(view, error)
    return fields(view)


def asked(exporter, flags):
    """The fields that any exporter gives, or its refusal."""
    view = Py_buffer(obj=SENTINEL)
    try:
        pythonapi.PyObject_GetBuffer(exporter, byref(view), flags)
    except (BufferError, SystemError, TypeError, ValueError) as error:
        return type(error).__name__ + (" obj=NULL" if not view.obj else " obj=left")
    line = fields(view)
    pythonapi.PyBuffer_Release(byref(view))
    return line


def buf_is_null(exporter):
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(exporter, byref(view), 0)
    null = not view.buf
    pythonapi.PyBuffer_Release(byref(view))
    return null


def memoryview_of(**changed):
    """What memoryview makes of a hand-made view of four bytes. May crash the interpreter."""
    data = ctypes.create_string_buffer(4)
    described = dict(buf=ctypes.addressof(data), len=4, itemsize=1, ndim=1)
    described.update(changed)
    try:
        return pythonapi.PyMemoryView_FromBuffer(byref(Py_buffer(**described)))
    except ValueError:
        return "ValueError"


def ends_the_interpreter(call):
    child = [sys.executable, "-IB", __file__, call]
    return subprocess.run(child, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0


def observations():
    plain = asked(b"abc", 0)
    yield "bytes-refusal", asked(b"abc", 0x1)
    yield "int-refusal", asked(5, 0)
    released = memoryview(b"abc")
    released.release()
    yield "released-memoryview-refusal", asked(released, 0)
    view = Py_buffer(len=-1)
    try:
        pythonapi.PyObject_GetBuffer(memoryview(b"abc"), byref(view), 0x1)
    except BufferError:
        yield "memoryview-refusal-leaves-len", view.len == -1
    yield "bytes-format-alone", asked(b"abc", 0x4)
    yield "array-format-alone", asked(array.array("H", [1, 2]), 0x4)
    yield "memoryview-format-alone", asked(memoryview(b"abc"), 0x4)
    yield "unknown-bits", all(
        asked(exporter, flags) == asked(exporter, 0)
        for exporter in (b"abc", bytearray(b"abc"), array.array("B", b"abc"), memoryview(b"abc"))
        for flags in (0x2, 0x10, 0x20, 0x40, 0x80, 0x400)
    )
    expected = "SystemError obj=left" if sys.version_info >= (3, 13) else plain
    yield "read-write-words", asked(b"abc", 0x100) == asked(b"abc", 0x200) == expected
    yield "ctypes-2d-simple", asked((ctypes.c_uint8 * 3 * 2)(), 0).replace("<B", "B")
    yield "empty-buf-null", any(map(buf_is_null, (b"", bytearray(), array.array("H"))))
    yield "empty-slice-contiguous", memoryview(b"abcdef")[3:3:2].c_contiguous
    yield "memoryview-buf-null", memoryview_of(buf=None)
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(b"abc", byref(view), 0x11C)
    inside = [ctypes.addressof(view) + Py_buffer.len.offset, ctypes.addressof(view) + Py_buffer.itemsize.offset]
    pointers = [ctypes.cast(pointer, c_void_p).value for pointer in (view.shape, view.strides)]
    pythonapi.PyBuffer_Release(byref(view))
    yield "fill-info-points-into-the-view", pointers == inside
    yield "ndim-2-without-shape-ends-the-interpreter", ends_the_interpreter("ndim-2")
    # Elsewhere a division by zero need not trap.
    if platform.machine().lower() in ("x86_64", "amd64"):
        yield "itemsize-0-ends-the-interpreter", ends_the_interpreter("itemsize-0")


def main():
    if sys.argv[1:] == ["ndim-2"]:
        return memoryview_of(ndim=2)
    if sys.argv[1:] == ["itemsize-0"]:
        return memoryview_of(itemsize=0)
    print("size", ctypes.sizeof(Py_buffer))
    data = struct.pack("12H", *range(12))
    memory = ctypes.create_string_buffer(data, len(data))
    for line in sys.stdin:
        name, shape, strides, offset, readonly = line.split()
        shape = [int(n) for n in shape.split(",") if n != "-"]
        strides = [int(n) for n in strides.split(",") if n != "-"]
        length = 2
        for extent in shape:
            length *= extent
        array = c_ssize_t * len(shape)
        shape_array, strides_array = array(*shape), array(*strides)
        base = Py_buffer(
            buf=ctypes.addressof(memory) + int(offset),
            len=length,
            itemsize=2,
            readonly=int(readonly),
            ndim=len(shape),
            format=b"H",
            shape=ctypes.cast(shape_array, POINTER(c_ssize_t)) if shape else None,
            strides=ctypes.cast(strides_array, POINTER(c_ssize_t)) if shape else None,
        )
        contiguous = [pythonapi.PyBuffer_IsContiguous(byref(base), order) for order in (b"C", b"F")]
        print(name, "contiguous", *contiguous)
        subject = pythonapi.PyMemoryView_FromBuffer(byref(base))
        for flags in range(0x200):
            print(name, "{:#05x}".format(flags), memoryview_answer(subject, flags))
    for readonly in (0, 1):
        for flags in range(0x200):
            print("fill_info", readonly, "{:#05x}".format(flags), fill_info_answer(readonly, flags))
    for name, result in observations():
        print("observed", name, result)


main()
