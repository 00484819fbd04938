"""Items of every day, read and written by the crate as each type of Rust, beside what Python reads: for each type a row of the
table in the book, which names the format that each exporter has for it."""

import array
import ctypes
import random
import struct
import sys

import numpy as np
from bridge import read_items, write_items


def halves(bits):
    return struct.unpack(f"{len(bits)}e", struct.pack(f"{len(bits)}H", *bits))


def of_struct(format, values):
    return memoryview(bytearray(struct.pack(f"{len(values)}{format}", *values))).cast(format)


def ordered(type, values):
    """An array of ctypes in the byte order that is not this machine's."""
    swapped = type.__ctype_be__ if sys.byteorder == "little" else type.__ctype_le__
    return (swapped * len(values))(*values)


OTHER, ORDER = (">", "Big") if sys.byteorder == "little" else ("<", "Little")

#: The type of Rust, values, and how NumPy, array, ctypes and struct (by memoryview.cast) hold them.
ROWS = [
    ("bool", [True, False, True], "?", None, ctypes.c_bool, "?"),
    ("u8", [0, 7, 255], "u1", "B", ctypes.c_uint8, "B"),
    ("i8", [-128, 7, 127], "i1", "b", ctypes.c_int8, "b"),
    ("u16", [0, 7, 65535], "u2", "H", ctypes.c_uint16, "H"),
    ("i16", [-32768, 7], "i2", "h", ctypes.c_int16, "h"),
    ("u32", [0, 7, 2**32 - 1], "u4", "I", ctypes.c_uint32, "I"),
    ("i32", [-(2**31), 7], "i4", "i", ctypes.c_int32, "i"),
    ("u64", [0, 7, 2**64 - 1], "u8", "Q", ctypes.c_uint64, "Q"),
    ("i64", [-(2**63), 7], "i8", "q", ctypes.c_int64, "q"),
    ("f32", [0.5, -1.25, float("inf")], "f4", "f", ctypes.c_float, "f"),
    ("f64", [0.5, -1.25, 1e300], "f8", "d", ctypes.c_double, "d"),
    ("Half", [0.5, -1.25, 65504.0], "f2", None, None, None),
    ("Complex<f32>", [1.5 + 2j, -0.5j], "c8", None, None, None),
    ("Complex<f64>", [1.5 + 2j, 1e300 - 0.5j], "c16", None, None, None),
    (f"{ORDER}Endian<i32>", [1, -2, 2**31 - 1], OTHER + "i4", None, ctypes.c_int32, None),
    (f"{ORDER}Endian<f64>", [1.5, -2.25], OTHER + "f8", None, ctypes.c_double, None),
    ("[u8; 5]", [b"abc\0\0", b"abcde"], "S5", None, None, None),
    ("Ucs4<5>", ["abc", "Grüße"], "U5", None, None, None),
]


def exporters(name, values, numpy, code, kind, by_struct):
    swapped = name.startswith(ORDER)
    yield "NumPy", np.array(values, numpy)
    yield "array", None if code is None else array.array(code, values)
    if kind is None:
        yield "ctypes", None
    else:
        yield "ctypes", ordered(kind, values) if swapped else (kind * len(values))(*values)
    yield "struct", None if by_struct is None else of_struct(by_struct, values)


def in_python(name, exporter):
    """What Python reads."""
    if name == "[u8; 5]":
        return [bytes(item).ljust(5, b"\0") for item in exporter.tolist()]
    if hasattr(exporter, "tolist"):
        return exporter.tolist()
    return list(exporter)


def in_rust(name, exporter):
    """What the crate reads, in every way that it can."""
    items = read_items(exporter, name)
    return list(halves(items)) if name == "Half" else items


def to_rust(name, values):
    return list(struct.unpack(f"{len(values)}H", struct.pack(f"{len(values)}e", *values))) if name == "Half" else values


def check(name, exporter):
    expected = in_python(name, exporter)
    assert in_rust(name, exporter) == expected, (name, exporter, expected)
    write_items(exporter, name, to_rust(name, expected[::-1]))
    assert in_python(name, exporter) == expected[::-1], (name, exporter, expected)


def refused(action):
    try:
        action()
    except TypeError as error:
        return str(error)
    raise AssertionError("it should have been refused")


def main():
    for name, values, *sources in ROWS:
        cells = []
        for _, exporter in exporters(name, values, *sources):
            if exporter is None:
                cells.append("–")
                continue
            check(name, exporter)
            cells.append(f"`{memoryview(exporter).format}`")
        print(f"| `{name}` | {' | '.join(cells)} |")

    # Every layout of NumPy's: strides, also negative ones, other orders, no dimension, no items.
    count = 0
    choose = random.Random(1)
    for name, values, numpy, *_ in ROWS:
        for _ in range(40):
            shape = [choose.randint(0, 4) for _ in range(choose.randint(0, 3))]
            whole = np.zeros(shape, numpy)
            whole[...] = np.resize(np.array(values, numpy), shape)
            axes = list(range(whole.ndim))
            choose.shuffle(axes)
            view = whole.transpose(axes)[(..., *(slice(None, None, choose.choice([1, -1, 2])) for _ in axes))]
            items = [item for item in in_python(name, view.flatten())]
            assert in_rust(name, view) == items, (name, view)
            write_items(view, name, to_rust(name, items[::-1]))
            assert in_python(name, view.flatten()) == items[::-1], (name, view)
            count += 1

    # Any byte of a truth value is one, and only 0 is false.
    assert read_items(np.frombuffer(bytes([0, 1, 2, 255]), "?"), "bool") == [False, True, True, True]
    # Sub-arrays of sub-arrays, as NumPy writes them, and as ctypes writes arrays in a struct.
    grid = np.zeros(2, [("grid", "(2,3)i2")])
    grid["grid"] = np.arange(12).reshape(2, 2, 3)
    assert refused(lambda: read_items(grid, "[[i16; 3]; 2]")).endswith("read the items as a `record!` with the same fields")

    # Items of another type are refused, with the type that reads them.
    for exporter, name, expected in [
        (array.array("i", [1]), "u32", 'format is "i", expected "I": read the items as `i32`'),
        (np.zeros(1, OTHER + "i4"), "i32", f'format is "{OTHER}i", expected "i": read the items as `item::{ORDER}Endian<i32>`'),
        (np.zeros(1, "c8"), "f32", 'format is "Zf", expected "f": read the items as `item::Complex<f32>`'),
        (np.zeros(1, "S7"), "[u8; 5]", 'format is "7s", expected "(5)B": read the items as `[u8; 7]`'),
        (np.zeros(1, "O"), "u64", 'format is "O", expected "Q": the items hold addresses, which are not read'),
        (np.zeros(1, "g"), "f64", 'format is "g", expected "d"'),
    ]:
        message = refused(lambda: read_items(exporter, name))
        assert message == expected, (message, expected)
    print(f"{count} layouts", file=sys.stderr)


sys.stdout.reconfigure(encoding="utf-8")
main()
