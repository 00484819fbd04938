"""What the chapter on C++ and Cython says of the frameworks, by plain requests and without the checker. Prints how many facts."""

import ctypes
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import cffi
import cython_grid
import nanobind_grid
import pybind11_grid
from py_buffer import Py_buffer, pythonapi

SIMPLE, WRITABLE, FORMAT, CONTIG_RO, C_CONTIGUOUS, F_CONTIGUOUS = 0x0, 0x1, 0x4, 0x8, 0x38, 0x58
facts = 0


def fact(is_so):
    global facts
    facts += 1
    assert is_so, f"fact {facts}"


def granted(exporter, flags):
    """The fields of a view that is released again: its address, shape, strides and format."""
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(exporter, ctypes.byref(view), flags)
    shape = view.shape[: view.ndim] if view.shape else None
    strides = view.strides[: view.ndim] if view.strides else None
    fields = (view.buf, shape, strides, view.format)
    pythonapi.PyBuffer_Release(ctypes.byref(view))
    return fields


def refusal(call):
    """The type and the message of what `call` raises."""
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def address(exporter):
    return granted(exporter, SIMPLE)[0]


# pybind11: the memory moves under a view.
plain = pybind11_grid.Plain(2, 3)
view = memoryview(plain)
was = address(plain)
plain.resize(200, 300)
fact(address(plain) != was)
view.release()
counted = pybind11_grid.Counted(2, 3)
with memoryview(counted):
    fact(refusal(lambda: counted.resize(200, 300)).startswith("BufferError: Existing exports"))
counted.resize(200, 300)
fact(memoryview(counted).shape == (200, 300))
# Read-only memory is refused as writable; both orders at once are granted for one of them.
fact(refusal(lambda: granted(pybind11_grid.ReadOnly(2, 3), WRITABLE)).startswith("BufferError: Writable buffer"))
fact(refusal(lambda: granted(plain, F_CONTIGUOUS)).startswith("BufferError: Fortran-contiguous"))
fact(granted(plain, F_CONTIGUOUS | C_CONTIGUOUS)[1] == [200, 300])

# nanobind: an array of two rows passes for one in Fortran order.
grid = nanobind_grid.Plain(2, 3)
array = grid.array()
fact(granted(array, F_CONTIGUOUS)[1:3] == ([2, 3], [24, 8]))
# The array keeps the address that the memory had.
grid.resize(200, 300)
fact(address(array) != address(grid.array()))
fact(memoryview(array).shape == (2, 3))
# Python's memoryview of it answers by itself, which `nb::memview` returns.
view = nanobind_grid.Plain(2, 3).view()
fact(type(view) is memoryview and view.shape == (2, 3))
fact(refusal(lambda: granted(view, F_CONTIGUOUS)).startswith("BufferError: "))
# A view of ctypes has no strides, also where they are requested. nanobind reads them.
code = "import ctypes, nanobind_grid; nanobind_grid.packed((ctypes.c_ubyte * 4)())"
environment = {**os.environ, "PYTHONPATH": sys.path[1]}
done = subprocess.run([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
fact(done.returncode == -signal.SIGSEGV)
fact(pybind11_grid.packed((ctypes.c_ubyte * 4)(1, 2, 3, 4)) == b"\1\2\3\4")
fact(cython_grid.packed((ctypes.c_ubyte * 4)(1, 2, 3, 4)) == b"\1\2\3\4")

# Cython's array: any order is granted, and requests for plain bytes get them in the wrong one.
fact(granted(cython_grid.array(2, 3), F_CONTIGUOUS)[1:3] == ([2, 3], [24, 8]))
columns = cython_grid.array(2, 3, "fortran")
fact(b"".join([columns]) != memoryview(columns).tobytes())
fact(granted(columns, C_CONTIGUOUS)[1:3] == ([2, 3], [8, 16]))
fact(granted(columns, CONTIG_RO)[2] == [8, 16])  # strides, which were not requested
# Its typed memoryview, as an object.
turned = cython_grid.typed_view(cython_grid.Grid(2, 3)).T
fact(b"".join([turned]) != memoryview(turned).tobytes())
frozen = cython_grid.readonly_view(cython_grid.Grid(2, 3, True))
fact(refusal(lambda: granted(frozen, WRITABLE)).startswith("ValueError: Cannot create writable"))
# `const` is a promise of the code, and not of the object that it becomes.
fact(not memoryview(cython_grid.readonly_view(cython_grid.Grid(2, 3))).readonly)
# Python's memoryview of it answers by itself.
fact(refusal(lambda: granted(memoryview(turned), SIMPLE)).startswith("BufferError: "))
readonly = cython_grid.python_view(cython_grid.Grid(2, 3))
fact(type(readonly) is memoryview and readonly.readonly and readonly.shape == (2, 3))

# cffi: bytes, of one dimension.
ffi = cffi.FFI()
items = memoryview(ffi.buffer(ffi.new("double[2][3]")))
fact((items.format, items.shape) == ("B", (48,)))
print(f"{facts} facts")
