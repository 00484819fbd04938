"""Who reads which format. For each format a row of the table in the book, and what memoryview makes of it, for the table by version."""

import struct
import sys

import numpy as np
import common_mistakes

#: The format, the bytes of an item, and what it is.
FORMATS = [
    ("B", 1, "unsigned byte"),
    ("b", 1, "signed byte"),
    ("c", 1, "character"),
    ("?", 1, "truth value"),
    ("h", 2, "C short"),
    ("H", 2, "unsigned"),
    ("i", 4, "C int"),
    ("I", 4, "unsigned"),
    ("q", 8, "C long long"),
    ("Q", 8, "unsigned"),
    ("n", struct.calcsize("n"), "Py_ssize_t"),
    ("N", struct.calcsize("N"), "size_t"),
    ("e", 2, "half"),
    ("f", 4, "float"),
    ("d", 8, "double"),
    ("Zf", 8, "complex of two floats"),
    ("Zd", 16, "complex of two doubles"),
    ("F", 8, "complex of two floats, in 3.14"),
    ("@i", 4, "native, said"),
    ("=i", 4, "standard, native order"),
    ("<i", 4, "little-endian"),
    (">i", 4, "big-endian"),
    ("4B", 4, "four bytes"),
    ("(2,2)B", 4, "a sub-array"),
    ("4s", 4, "a string"),
    ("4x", 4, "padding"),
    ("1w", 4, "a character of four bytes"),
    ("ii", 8, "two fields without a name"),
    ("T{i:x:i:y:}", 8, "a record"),
    ("T{B:a:3xi:b:}", 8, "a record with padding"),
    ("O", struct.calcsize("P"), "an object"),
    ("P", struct.calcsize("P"), "an address"),
    ("&i", struct.calcsize("P"), "a pointer, as ctypes has it"),
    ("z", 8, "no format at all"),
]


def by_memoryview(exporter):
    """The type of an item, or a dash for one that is not read, or ≠ if such a view is also unequal to itself."""
    view = memoryview(exporter)
    try:
        item = type(view.tolist()[0]).__name__
    except NotImplementedError:
        return "–" if view == view else "≠"
    assert view == view
    return item


def by_numpy(exporter):
    try:
        dtype = np.asarray(exporter).dtype
    except (ValueError, BufferError, RuntimeError, NotImplementedError):
        return "–"
    # Named by what is in it, not by the alias: C long is one of two types.
    return "record" if dtype.names else f"{dtype.byteorder if dtype.byteorder == '>' else ''}{dtype.name}"


def code(name):
    """The name of a type for the page, where angle brackets would be HTML."""
    return f"`{name}`" if "<" in name or "[" in name else name


def rows(format, itemsize, what):
    exporter = common_mistakes.Formatted(format, itemsize)
    pyo3, ours = (", ".join(map(code, names)) or "–" for names in common_mistakes.read_as(exporter))
    print(f"`{format}`\t{by_memoryview(exporter)}")
    print(f"| `{format}` | {what} | {by_numpy(exporter)} | {pyo3} | {ours} |")


sys.stdout.reconfigure(encoding="utf-8")
for entry in FORMATS:
    rows(*entry)
