"""Who asks for what: a row of the table in the book for each consumer. All are given objects of one class, which remembers."""

import array
import binascii
import ctypes
import hashlib
import io
import mmap
import os
import pickle
import re
import struct
import sys
import tempfile
import zlib

import numpy as np
import common_mistakes

NAMES = {0x0: "SIMPLE", 0x1: "WRITABLE", 0x8: "CONTIG_RO", 0x9: "CONTIG", 0x98: "ANY_CONTIGUOUS", 0x11C: "FULL_RO", 0x11D: "FULL"}

#: A text for the table, and the calls that it covers. `x` has eight bytes, all zero.
CONSUMERS = [
    ("`memoryview(x)`", lambda x: memoryview(x)),
    ("`bytes(x)`, `bytearray(x)`", lambda x: (bytes(x), bytearray(x))),
    ('`b"".join([x])`, `b"a" + x`', lambda x: (b"".join([x]), b"a" + x)),
    ("`bytearray.extend(x)`, `+= x`", lambda x: (bytearray().extend(x), bytearray().__iadd__(x))),
    ("`bytearray[:] = x`", lambda x: bytearray(8).__setitem__(slice(None), x)),
    ('`b"abc".find(x)`, `.startswith(x)` of `bytes`', lambda x: b"abc".find(x)),
    ("`memoryview == x`, `memoryview[:] = x`", lambda x: (memoryview(b"") == x, memoryview(bytearray(8)).__setitem__(slice(None), x))),
    ("`str(x, 'utf-8')`, `int(x)`", lambda x: (str(x, "utf-8"), raises(ValueError, int, x))),
    ("`int.from_bytes(x, 'big')`", lambda x: int.from_bytes(x, "big")),
    ("`re.search(b'.', x)`", lambda x: re.search(b".", x)),
    ("`struct.unpack('q', x)`", lambda x: struct.unpack("q", x)),
    ("`struct.pack_into('q', x, 0, 0)`", lambda x: struct.pack_into("q", x, 0, 0)),
    ("`array.frombytes(x)`", lambda x: array.array("B").frombytes(x)),
    ("`hashlib.sha1(x)`, `zlib.crc32(x)`, `binascii.hexlify(x)`", lambda x: (hashlib.sha1(x), zlib.crc32(x), binascii.hexlify(x))),
    ("`io.BytesIO(x)`, `BytesIO.write(x)`", lambda x: (io.BytesIO(x), io.BytesIO().write(x))),
    ("`BytesIO.readinto(x)`", lambda x: io.BytesIO(b"").readinto(x)),
    ("`open(…, 'wb').write(x)`, `os.write(fd, x)`", lambda x: in_file(x)),
    ("`mmap.write(x)`", lambda x: mmap.mmap(-1, 8).write(x)),
    ("`pickle.PickleBuffer(x)`", lambda x: pickle.PickleBuffer(x)),
    ("`ctypes.c_char.from_buffer(x)`", lambda x: ctypes.c_char.from_buffer(x)),
    ("`ctypes.c_char.from_buffer_copy(x)`", lambda x: ctypes.c_char.from_buffer_copy(x)),
    ("`numpy.asarray(x)`, `numpy.array(x)`", lambda x: (np.asarray(x), np.array(x))),
    ("`numpy.frombuffer(x)`", lambda x: np.frombuffer(x)),
    ("`numpy.frombuffer(x)` of what is read-only", lambda x: np.frombuffer(x), True),
    ("`PyBuffer::<u8>::get` of PyO3", lambda x: common_mistakes.read_as(x)),
]


def raises(error, call, *arguments):
    try:
        call(*arguments)
    except error:
        pass


def in_file(x):
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(x)
        os.write(file.fileno(), x)


def row(what, call, readonly=False):
    x = common_mistakes.Recorder(bytes(8), readonly)
    call(x)
    asked = [NAMES.get(flags, f"`{flags:#05x}`") for flags in dict.fromkeys(x.asked())]
    return f"{what}\t{', then '.join(asked) or 'nothing'}"


sys.stdout.reconfigure(encoding="utf-8")
for consumer in CONSUMERS:
    print(row(*consumer))

# r[consumer.requests]
x = common_mistakes.Recorder(bytes(8))
for _, call, *_ in CONSUMERS:
    call(x)
assert {NAMES[flags] for flags in x.asked()} == {"SIMPLE", "WRITABLE", "CONTIG_RO", "FULL_RO"}
