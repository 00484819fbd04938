"""Which format who reads: a row of the table in the book for each."""

import struct
import sys

import numpy as np
import usual

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
    ("Zf", 8, "complex, as NumPy has it"),
    ("Zd", 16, "complex, as NumPy has it"),
    ("F", 8, "complex, as struct of 3.14 has it"),
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
    view = memoryview(exporter)
    try:
        item = type(view.tolist()[0]).__name__
    except NotImplementedError:
        item = "–"
    return item, "yes" if view == view else "no"


def by_numpy(exporter):
    try:
        dtype = np.asarray(exporter).dtype
    except (ValueError, BufferError, RuntimeError, NotImplementedError):
        return "–"
    # Named by what is in it, not by the alias: C long is one of two types.
    return "record" if dtype.names else f"{dtype.byteorder if dtype.byteorder == '>' else ''}{dtype.name}"


def row(format, itemsize, what):
    exporter = usual.Formatted(format, itemsize)
    item, equal = by_memoryview(exporter)
    pyo3, ours = (", ".join(names) or "–" for names in usual.read_as(exporter))
    return f"| `{format}` | {what} | {item} | {equal} | {by_numpy(exporter)} | {pyo3} | {ours} |"


sys.stdout.reconfigure(encoding="utf-8")
for entry in FORMATS:
    print(row(*entry))
