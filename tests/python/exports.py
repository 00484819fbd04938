"""Tries CPython's and NumPy's exporters while views of them are held, for the chapters on counting and on writable memory."""

import array
import ctypes
import io
import mmap
import sys

import numpy


def refusal(call):
    """The error's type and text, or `done`."""
    try:
        call()
    except Exception as error:
        return "{}: {}".format(type(error).__name__, error)
    return "done"


def growing():
    for name, exporter, change in (
        ("bytearray-append", bytearray(b"abc"), lambda e: e.append(1)),
        ("array-append", array.array("B", b"abc"), lambda e: e.append(1)),
        ("bytesio-write", io.BytesIO(b"abc"), lambda e: e.write(b"x")),
        ("bytesio-close", io.BytesIO(b"abc"), lambda e: e.close()),
        ("mmap-close", mmap.mmap(-1, 16), lambda e: e.close()),
    ):
        view = exporter.getbuffer() if isinstance(exporter, io.BytesIO) else memoryview(exporter)
        answer = refusal(lambda: change(exporter))
        yield name, answer.split(":")[0] if name != "bytearray-append" else answer
        view.release()
        yield name + "-after-release", refusal(lambda: change(exporter))


def while_exported():
    exporter = bytearray(b"abc")
    view = memoryview(exporter)
    exporter[0] = 122
    exporter[1:3] = b"yx"
    yield "items-may-change", view.tobytes().decode()
    numbers, stream = array.array("B", b"abc"), io.BytesIO(b"abc")
    held = [memoryview(numbers), stream.getbuffer()]
    nothing = slice(0, 0)
    for name, change in (
        ("bytearray-extend", lambda: exporter.extend(b"")),
        ("bytearray-empty-slice", lambda: exporter.__setitem__(nothing, b"")),
        ("bytearray-delete-empty-slice", lambda: exporter.__delitem__(nothing)),
        ("bytearray-times-1", lambda: exporter.__imul__(1)),
        ("array-extend", lambda: numbers.extend([])),
        ("array-fromlist", lambda: numbers.fromlist([])),
        ("array-frombytes", lambda: numbers.frombytes(b"")),
        ("array-empty-slice", lambda: numbers.__setitem__(nothing, array.array("B"))),
        ("array-delete-empty-slice", lambda: numbers.__delitem__(nothing)),
        ("bytesio-write", lambda: stream.write(b"")),
    ):
        yield "by-nothing-" + name, refusal(change).split(":")[0]
    for one in held:
        one.release()
    part = view[:1]
    view.release()
    yield "a-slice-keeps-the-export", refusal(lambda: exporter.append(1)).split(":")[0]
    part.release()
    yield "released-for-good", refusal(lambda: exporter.append(1))


def uncounted():
    """The views are not read after the change: their memory may be gone."""
    block = (ctypes.c_char * 4)()
    view = memoryview(block)
    yield "ctypes-resize", refusal(lambda: ctypes.resize(block, 100000))
    view.release()
    numbers = numpy.zeros(4)
    view = memoryview(numbers)
    yield "numpy-resize", refusal(lambda: numbers.resize(100000)).split(":")[0]
    yield "numpy-resize-refcheck-false", refusal(lambda: numbers.resize(100000, refcheck=False))
    view.release()


def writable():
    exporter = bytearray(b"abc")
    view = memoryview(exporter)
    yield "memoryview-of-bytearray-readonly", view.readonly
    yield "memoryview-of-bytes-readonly", memoryview(b"abc").readonly
    constant = view.toreadonly()
    yield "toreadonly-refuses", refusal(lambda: constant.__setitem__(0, 1)).split(":")[0]
    exporter[0] = 122
    yield "toreadonly-sees-writes", chr(constant[0])
    numbers = numpy.zeros(2)
    view = memoryview(numbers)
    numbers.setflags(write=False)
    view[0] = 1.5
    yield "setflags-leaves-views-writable", numbers[0]
    yield "setflags-new-view-readonly", memoryview(numbers).readonly
    flags = (ctypes.c_bool * 1)()
    memoryview(flags).cast("B")[0] = 2
    yield "a-bool-of-2", memoryview(flags).cast("B")[0]


for group in (growing, while_exported, uncounted, writable):
    for name, answer in group():
        print(name, answer)
sys.stdout.flush()
