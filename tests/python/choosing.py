"""Ways to share an array: what each can say and what it cannot, by the libraries that have it.

Standard input is empty; prints the number of functions that ran.
"""

import array
import ctypes
import struct
import sys

import ml_dtypes
import numpy as np
import pyarrow as pa
from ways import Samples, add_arrays, add_buffers, squares

BUSY = "BufferError: Existing exports of data: object cannot be re-sized"
BFLOATS = np.ones(3, ml_dtypes.bfloat16)
DATES = np.array(["2026-11-29", "2026-11-30"], "datetime64[D]")
FUNCTIONS = []


def run(function):
    function()
    FUNCTIONS.append(function.__name__)


def raised(action):
    """The exception of a call, as text."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


@run
def buffer_protocol():
    samples = Samples([1.0, 2.0])
    items = np.asarray(samples)
    items[0] = 5.0  # NumPy writes the vector itself
    assert memoryview(samples).tolist() == [5.0, 2.0]
    # The owner knows that somebody looks at the memory, and does not move it.
    assert raised(lambda: samples.append(3.0)) == BUSY
    del items
    samples.append(3.0)

    # Any exporter will do as an argument, in any layout: NumPy is not needed.
    target = array.array("d", [1.0, 1.0, 1.0])
    add_buffers(target, memoryview(samples)[::-1])
    assert target.tolist() == [4.0, 3.0, 6.0]

    # There is no format for these.
    assert raised(lambda: memoryview(BFLOATS)) == "ValueError: cannot include dtype 'E' in a buffer"
    assert raised(lambda: memoryview(DATES)) == "ValueError: cannot include dtype 'M' in a buffer"


@run
def buffers_of_records():
    # Fields at any offset, and distances that are no multiple of the item.
    records = np.zeros(3, [("kind", "u1"), ("value", "<f4")])
    assert memoryview(records).format == "T{B:kind:=f:value:}"
    assert memoryview(records["value"]).strides == (5,)
    assert raised(lambda: np.from_dlpack(records)).startswith("BufferError: DLPack only supports ")
    assert raised(lambda: np.from_dlpack(records["value"])).startswith("BufferError: DLPack only supports strides ")


@run
def rust_numpy():
    items = squares(4)  # an array of NumPy that owns the Rust vector
    add_arrays(items, np.ones(4))
    assert type(items) is np.ndarray and items.tolist() == [1.0, 2.0, 5.0, 10.0]
    # Two borrows of one array are refused, if one of them writes.
    assert "already" in raised(lambda: add_arrays(items, items)).lower()
    # Other exporters are refused too: it is about arrays of NumPy.
    assert raised(lambda: add_arrays(items, array.array("d", [1.0] * 4))).startswith("TypeError: ")


@run
def dlpack():
    samples = Samples([1.0, 2.0])
    tensor = np.from_dlpack(samples)  # other libraries have a function of this name too
    tensor[1] = 7.0
    assert memoryview(samples).tolist() == [1.0, 7.0]
    # NumPy made the capsule, and holds a buffer until its deleter is called.
    assert raised(lambda: samples.append(3.0)) == BUSY
    del tensor
    samples.append(3.0)

    # Each array says where its memory is. (1, 0) is the CPU.
    assert np.ones(2).__dlpack_device__() == (1, 0)
    assert raised(lambda: np.from_dlpack(DATES)).startswith("BufferError: DLPack only supports ")


@run
def dlpack_of_readonly_memory():
    constant = np.ones(2)
    constant.flags.writeable = False
    # A flag of DLPack 1.0 says so. A consumer of an older version is refused.
    assert not np.from_dlpack(constant).flags.writeable
    assert raised(lambda: constant.__dlpack__()).startswith("BufferError: Cannot export readonly array")


@run
def dlpack_of_bfloat16():
    # The standard has the type. NumPy passes it on since 2.5, if a package registers its dtype.
    assert raised(lambda: np.from_dlpack(BFLOATS)).startswith("BufferError: DLPack only supports ")
    if hasattr(np.dtypes, "register_dlpack_dtype"):
        np.dtypes.register_dlpack_dtype((4, 16), np.dtype(ml_dtypes.bfloat16))
        assert np.from_dlpack(BFLOATS).dtype == BFLOATS.dtype
    else:
        assert tuple(int(part) for part in np.__version__.split(".")[:2]) < (2, 5)


@run
def arrow():
    column = pa.array([1.0, None, 3.0])
    assert column.null_count == 1 and column.to_pylist() == [1.0, None, 3.0]
    assert pa.array(DATES).type == pa.date32()  # dates, times with zones, strings, lists, …
    # Consumers may read only, and one dimension is all there is.
    assert not np.asarray(pa.array([1.0, 2.0])).flags.writeable
    assert "only handle 1-dimensional arrays" in raised(lambda: pa.array(np.ones((2, 3))))
    # A capsule for the type, and one for the memory.
    schema, memory = column.__arrow_c_array__()
    assert "arrow_schema" in repr(schema) and "arrow_array" in repr(memory)


@run
def arrow_layout():
    # No strides: a slice with a step is copied. A flag takes a bit, not a byte.
    items = np.arange(6.0)
    assert pa.array(items).buffers()[1].address == items.ctypes.data
    assert pa.array(items[::2]).buffers()[1].address != items.ctypes.data
    assert pa.array([True] * 9).buffers()[1].size == 2
    assert "Unsupported numpy type" in raised(lambda: pa.array(BFLOATS)) and not hasattr(pa, "bfloat16")


@run
def arrow_over_a_buffer():
    # A column over the memory of an exporter, which stays exported as long as the column lives.
    samples = Samples([1.0, 2.0])
    column = pa.Array.from_buffers(pa.float64(), 2, [None, pa.py_buffer(samples)])
    assert column.to_pylist() == [1.0, 2.0]
    assert raised(lambda: samples.append(3.0)) == BUSY


class ArrayInterface:
    """Dates in memory of another object."""

    def __init__(self, data):
        self.data = data

    @property
    def __array_interface__(self):
        return {"version": 3, "shape": (2,), "typestr": "<M8[D]", "data": self.data}


@run
def array_interface():
    owner = bytearray(16)
    # A memoryview as `data` holds a buffer, so the owner cannot move the memory.
    dates = np.asarray(ArrayInterface(memoryview(owner)))
    assert dates.dtype == DATES.dtype
    assert raised(lambda: owner.append(0)) == BUSY
    del dates

    # An address as `data` holds nothing: the owner moves its memory, and the array is left behind.
    address = ctypes.addressof(ctypes.c_char.from_buffer(owner))
    dates = np.asarray(ArrayInterface((address, False)))
    owner.extend(bytes(1000))  # no error, and from here on `dates` must not be read
    del dates

    # A type of another package is anonymous bytes.
    assert BFLOATS.__array_interface__["typestr"] in ("<V2", "|V2")


@run
def complex_formats():
    # NumPy's format since ever; struct has `F` and `D` since 3.14, and these since 3.15.
    assert memoryview(np.zeros(1, "c16")).format == "Zd"
    known = [format for format in ("D", "Zd") if not raised(lambda: struct.calcsize(format)).startswith("error")]
    version = sys.version_info[:2]
    assert known == ([] if version < (3, 14) else ["D"] if version < (3, 15) else ["D", "Zd"])


print(f"{len(FUNCTIONS)} functions")
