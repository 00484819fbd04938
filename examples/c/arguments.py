"""Uses the module arguments, and asserts what it promises."""

import array
import gc
import sys

from arguments import checksum, encode, first_line, holding, invert, join, mask, measure, not_holding
from growable import Samples
from strided import Array


def check(what, holds):
    if not holds:
        raise AssertionError(what)
    print(what)


def raised(action):
    """The exception of a call, as text."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


# y*, w*: any items, in one piece. They are taken as bytes, whatever their format.
for data in [b"abc", bytearray(b"abc"), memoryview(b"xabc")[1:], array.array("b", b"abc")]:
    assert checksum(data) == checksum(b"abc") == 126145
assert checksum(array.array("d", [1.0])) == checksum(Samples([1.0])) == checksum(b"\0\0\0\0\0\0\xf0\x3f")
assert checksum(Array((2, 3))) == checksum(array.array("d", range(6))) and checksum(b"") == 1
target = bytearray(b"abc")
before = sys.getrefcount(target)
invert(target)
check("zero copy", target == bytes(255 - byte for byte in b"abc"))
invert(memoryview(target)[1:])
assert target == b"\x9ebc"

# What they refuse, and with which words.
every_second = memoryview(bytearray(6))[::2]
assert raised(lambda: checksum("text")) == "TypeError: a bytes-like object is required, not 'str'"
assert raised(lambda: checksum(None)) == "TypeError: a bytes-like object is required, not 'NoneType'"
assert raised(lambda: checksum(every_second)) == "BufferError: memoryview: underlying buffer is not C-contiguous"
check(
    "read-only",
    raised(lambda: invert(b"abc")) == "TypeError: invert() argument 1 must be read-write bytes-like object, not bytes",
)
assert raised(lambda: invert(every_second)) == (
    "TypeError: invert() argument 1 must be read-write bytes-like object, not memoryview"
)

# s*, z*: a str too, and None.
assert measure("äb") == 3 and measure(b"ab") == 2 and measure(array.array("d", [1.0])) == 8
assert raised(lambda: measure("\ud800")).startswith("UnicodeEncodeError: 'utf-8' codec can't encode")
assert raised(lambda: measure(None)) == "TypeError: a bytes-like object is required, not 'NoneType'"
assert join(b"ab") == join(b"ab", None) == b"ab" and join(b"ab", "ä") == join(b"ab", b"\xc3\xa4")

# Errors of later arguments: nothing stays held.
for wrong, message in [
    ((target, 3), "TypeError: a bytes-like object is required, not 'int'"),
    ((target, b"key", "x"), "TypeError: 'str' object cannot be interpreted as an integer"),
    ((target, b""), "ValueError: mask() needs a key, and a start that is not negative"),
    ((target, b"key", -1), "ValueError: mask() needs a key, and a start that is not negative"),
]:
    assert raised(lambda: mask(*wrong)) == message
    target.append(0)
    target.pop()
mask(target, b"\x9e", 0)
assert target == bytes([0, 0x9E ^ 0x62, 0x9E ^ 0x63])
mask(target, target)
assert target == bytes(3)

# While the view is held, the exporter does not resize.
check(
    "refusal",
    raised(lambda: holding(target, lambda: target.append(0)))
    == "BufferError: Existing exports of data: object cannot be re-sized",
)
target.append(0)

# y#: a pointer without a view.
assert first_line(b"one\ntwo") == b"one" and first_line(b"") == b""
assert raised(lambda: first_line(target)) == (
    "TypeError: first_line() argument 1 must be read-only bytes-like object, not bytearray"
)
assert raised(lambda: first_line(memoryview(b"abc"))).endswith("must be read-only bytes-like object, not memoryview")
assert raised(lambda: first_line(Samples([1.0]))).endswith("must be read-only bytes-like object, not growable.Samples")
assert raised(lambda: first_line("text")) == "TypeError: a bytes-like object is required, not 'str'"
# It looks at the slot that releases, and not at `readonly`: this one is writable.
assert not memoryview(Array((1,))).readonly and first_line(Array((1,))) == bytes(8)


class Lender:
    """Since 3.12 this is an exporter. Its type has no slot that releases."""

    def __init__(self):
        self.items = bytearray(b"items")

    def __buffer__(self, flags):
        return memoryview(self.items)


lender = Lender()
if sys.version_info >= (3, 12):
    assert raised(lambda: holding(lender, lambda: lender.items.append(0))).startswith("BufferError")
    # y# takes it, and the bytes move while the function has a pointer to them.
    assert raised(lambda: not_holding(lender, lambda: lender.items.extend(bytes(10_000)))) == "nothing"
    assert len(lender.items) == 10_005
else:
    assert raised(lambda: checksum(lender)) == "TypeError: a bytes-like object is required, not 'Lender'"

# et#: an encoding.
assert encode("äb") == b"\xe4b" and encode(b"\xff") == encode(bytearray(b"\xff")) == b"\xff"
assert raised(lambda: encode("€")).startswith("UnicodeEncodeError: 'latin-1' codec can't encode")
assert raised(lambda: encode(memoryview(b"x"))) == (
    "TypeError: encode() argument 1 must be str, bytes or bytearray, not memoryview"
)

del wrong
gc.collect()
check("references", sys.getrefcount(target) == before)


def without_a_name():
    """The view keeps the array alive although its last name goes during the call."""
    kept = [bytearray(b"abc")]
    return holding(kept.pop(), lambda: gc.collect() >= 0)


check("outlives its owner", without_a_name())
