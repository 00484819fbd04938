"""What came with which Python: the rows of the appendix on Python versions. Each is asserted on this Python, to be there or to be absent.

A row is a version, a sentence, and a function that tells whether the sentence is true. None means that this Python cannot tell.
"""

import array
import collections.abc
import ctypes
import inspect
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from py_buffer import Py_buffer, pythonapi
from raised import raised

VERSION = sys.version_info[1]
FULL_RO, READ = 0x11C, 0x100


def address(exporter, flags=FULL_RO):
    view = Py_buffer()
    pythonapi.PyObject_GetBuffer(exporter, ctypes.byref(view), flags)
    found = view.buf
    pythonapi.PyBuffer_Release(ctypes.byref(view))
    return found


def has_function(name):
    return hasattr(ctypes.pythonapi, name)


def hashes_as_bytes_do():
    if not has_function("Py_HashBuffer"):
        return False
    function = ctypes.pythonapi.Py_HashBuffer
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_ssize_t], ctypes.c_ssize_t
    return function(b"abc", 3) == hash(b"abc") == hash(memoryview(b"abc"))


def views_an_address():
    memory = ctypes.create_string_buffer(b"abc", 3)
    function = getattr(ctypes, "memoryview_at", None)
    return function is not None and bytes(function(ctypes.addressof(memory), 3)) == b"abc"


def complex_codes():
    kinds = [getattr(ctypes, name, None) for name in ("c_float_complex", "c_double_complex", "c_longdouble_complex")]
    return "".join(memoryview(kind()).format.strip("<>") for kind in kinds if kind)


def resize_is_refused():
    owner = bytearray(b"abc")
    view = memoryview(owner)
    refused = raised(lambda: owner.resize(4))
    view.release()
    return refused is BufferError


def taking_is_refused():
    owner = bytearray(b"abc")
    view = memoryview(owner)
    refused = [raised(lambda: owner.take_bytes(count)) for count in (0, 1, 3)]
    view.release()
    return refused == [BufferError] * 3 and owner.take_bytes(1) == b"a"


def interpreters_share():
    try:
        from concurrent import interpreters
    except ImportError:
        return False
    owner = bytearray(b"abc")
    view = memoryview(owner)
    other = interpreters.create()
    other.prepare_main(view=view)
    other.exec("view[0] = 120")
    refused = raised(lambda: owner.append(1))
    other.close()
    del view
    return owner == b"xbc" and refused is BufferError


def from_bytes_asks():
    if VERSION < 12:
        return None  # a class of Python cannot tell what it was asked; see "who asks for what"
    seen = []
    Asked = type("Asked", (), {"__buffer__": lambda self, flags: seen.append(int(flags)) or memoryview(b"")})
    int.from_bytes(Asked(), "big")
    assert seen in ([0], [FULL_RO]), seen
    return seen == [0]


def empty_ones_are_aligned():
    pointer, largest = ctypes.sizeof(ctypes.c_void_p), max(struct.calcsize(code) for code in "qd")
    aligned = all(address(bytearray()) % pointer == 0 for _ in range(8))
    aligned = aligned and all(address(array.array(code)) % largest == 0 for code in "bhiqd")
    return aligned if VERSION >= 15 else None  # before, it is chance


def raises_of(format):
    return getattr(raised(lambda: struct.calcsize(format)), "__name__", None)


ROWS = [
    (12, "`__buffer__`, `__release_buffer__` and `collections.abc.Buffer` (PEP 688), and `inspect.BufferFlags` ([classes of Python](classes.md))", lambda: hasattr(bytes, "__buffer__") and hasattr(collections.abc, "Buffer") and hasattr(inspect, "BufferFlags")),
    (12, "`memoryview` reads half floats, `e`", lambda: raised(lambda: memoryview(bytearray(2)).cast("e").tolist()) is None),
    (13, "the flags `PyBUF_READ` and `PyBUF_WRITE` as a request raise `SystemError` ([r:api.read-write])", lambda: raised(lambda: address(b"abc", READ)) is SystemError),
    (14, "`struct` reads complex numbers, as `F` and `D`", lambda: raises_of("F") is None and raises_of("D") is None),
    (14, "`ctypes` has complex types; 3.14 writes them as `F D G`, and 3.15 as `Zf Zd Zg`", lambda: complex_codes() in ("FDG" if VERSION == 14 else "ZfZdZg",)),
    (14, "`struct` raises an error of another type than `struct.error` for bytes that are not ASCII: `UnicodeEncodeError`, and `ValueError` since 3.15", lambda: raises_of(b"\xe9") == ("UnicodeEncodeError" if VERSION == 14 else "ValueError")),
    (14, "`bytearray.resize`, which raises `BufferError` during an export ([r:exported.no-resize])", resize_is_refused),
    (14, "`memoryview[int]` for type checkers", lambda: raised(lambda: memoryview[int]) is None),
    (14, "`ctypes.memoryview_at`: a view of memory at an address", views_an_address),
    (14, "`Py_HashBuffer`: the hash that `bytes` and `memoryview` have for the same bytes", hashes_as_bytes_do),
    (14, "`concurrent.interpreters`: a `memoryview` that is passed to another interpreter shows the same memory, and both can write; the export counts", interpreters_share),
    (15, "`struct`, `memoryview` and its `cast` read complex numbers as `Zf` and `Zd`", lambda: raises_of("Zf") is None and raises_of("Zd") is None and raised(lambda: memoryview(bytearray(16)).cast("Zd").tolist()) is None),
    (15, "`array` has items of `e`, `Zf` and `Zd`; `array.typecodes` is a tuple", lambda: all(code in array.typecodes for code in ("e", "Zf", "Zd")) and isinstance(array.typecodes, tuple)),
    (15, "`int.from_bytes` requests `SIMPLE`, and not `FULL_RO` ([what consumers request](consumers.md))", from_bytes_asks),
    (15, "`bytearray.take_bytes`, which raises `BufferError` during an export, even for 0 bytes ([r:exported.no-resize])", lambda: hasattr(bytearray, "take_bytes") and taking_is_refused()),
    (15, "memory of `bytearray` and `array` is aligned even if it is empty", empty_ones_are_aligned),
    (15, "`PyBytesWriter` (PEP 782): memory to write before the `bytes` exist", lambda: has_function("PyBytesWriter_Create")),
]


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    for minor, sentence, is_so in ROWS:
        found = is_so()
        assert found is None or found == (VERSION >= minor), (minor, sentence, found)
        assert found is not None or VERSION < minor, sentence
        print(f"| 3.{minor} | {sentence} |")


main()
