"""What struct and NumPy make of format strings, one line a string, for formats.rs to compare.

Reads each string as hex. Answers with what struct.calcsize says, and with NumPy's type as `KIND SIZE[EXTENTS]` without the space; `~` after
KIND is for the other byte order. A record is followed by `{ITEMSIZE|NAME@OFFSET=TYPE;...}`, with the name as hex. `-` stands for a string that is refused.
"""

import re
import struct
import sys

try:
    from numpy._core._internal import _dtype_from_pep3118
except ImportError:
    from numpy.core._internal import _dtype_from_pep3118


#: struct raises this for bytes that are not ASCII.
NOT_ASCII = struct.error if sys.version_info < (3, 14) else UnicodeEncodeError if sys.version_info < (3, 15) else ValueError


def calcsize(string):
    try:
        return struct.calcsize(string)
    except (struct.error, ValueError) as error:
        expected = struct.error if string.isascii() else NOT_ASCII
        assert type(error) is expected, (string, error)
        return "-"


def described(dtype):
    size, extents = dtype.itemsize, []
    while dtype.subdtype is not None:
        dtype, shape = dtype.subdtype
        extents += shape
    foreign = "~" if dtype.byteorder == (">" if sys.byteorder == "little" else "<") else ""
    head = "{}{}{}[{}]".format(dtype.kind, foreign, size, ",".join(map(str, extents)))
    if dtype.names is None:
        return head
    fields = "".join(
        "{}@{}={};".format(name.encode().hex(), dtype.fields[name][1], described(dtype.fields[name][0]))
        for name in dtype.names
    )
    return "{}{{{}|{}}}".format(head, dtype.itemsize, fields)


def numpy_type(string):
    try:
        dtype = _dtype_from_pep3118(string.decode())
    # It raises whatever the line raises at which it notices.
    except Exception:
        return "-"
    answer = described(dtype)
    # NumPy 2.0 lets the size of a `w` string overflow to less than 0, which newer ones refuse.
    return "-" if re.search("(^|=)[^=;]~?-", answer) else answer


def main():
    for line in sys.stdin:
        string = bytes.fromhex(line)
        print(calcsize(string), numpy_type(string))


if __name__ == "__main__":
    main()
