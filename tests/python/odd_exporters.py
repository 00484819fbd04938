"""Exporters that are odd and keep the rules, and others that are odd and break one. Prints how many there are of each.

The first have exactly the findings that are known of their kind, which the survey explains. The second are reported by the rule that
they break. A script answers for many of them, field by field.
"""

import array
import ctypes
import functools
import gc
import io
import mmap
import multiprocessing.shared_memory
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

import bufferprocs
import numpy as np
from common_mistakes import Scripted

WRITABLE, FORMAT, ND, STRIDES, INDIRECT = 0x1, 0x4, 0x8, 0x18, 0x118
C_ORDER, F_ORDER, ANY_ORDER = 0x38, 0x58, 0x98
PYTHON_CLASSES = sys.version_info >= (3, 12)  # classes of Python do not export before

#: What CPython and NumPy do, and the book says.
BARE_FORMAT = "request.format.without-nd"
NDIM = "request.ndim-without-nd"
OBJ = "getbuffer.refuse.obj-null"
REST = "getbuffer.refuse.rest-untouched"
BUFFER_ERROR = "getbuffer.refuse.buffer-error"
POSITIVE = "field.itemsize.positive"
ONE_ITEM = "field.itemsize.one-item"
PLAIN = {BARE_FORMAT}
BYTES = {BARE_FORMAT, OBJ}
VIEW = {REST}
NUMPY = {BARE_FORMAT, NDIM}
NUMPY_REFUSES = {BUFFER_ERROR, OBJ}
SCALAR = {OBJ, BARE_FORMAT, NDIM, "field.all-written"}
CTYPES = {"request.format.not-asked", BARE_FORMAT, NDIM}
CTYPES_ARRAY = {"request.format.not-asked", "request.indirect", "request.simple", "request.strides", BARE_FORMAT}
# 3.9 divides the length by the number of items.
CTYPES_EMPTY = CTYPES_ARRAY | ({POSITIVE, ONE_ITEM} if sys.version_info < (3, 10) else set())


def packed(shape, itemsize):
    strides = []
    for extent in reversed(shape):
        strides.insert(0, itemsize)
        itemsize *= extent
    return strides


def has_order(shape, strides, itemsize, axes):
    for axis in axes:
        if shape[axis] != 1 and strides[axis] != itemsize:
            return 0 in shape
        itemsize *= shape[axis]
    return True


def answer(flags, shape=(6,), itemsize=2, format="h", strides=None, readonly=0, **more):
    """What a correct exporter says to a request, as a dict of fields; or BufferError."""

    def asks(flag):
        return flags & flag == flag

    shape, given = list(shape), strides
    strides = packed(shape, itemsize) if given is None else list(given)
    in_c = has_order(shape, strides, itemsize, range(len(shape))[::-1])
    in_f = has_order(shape, strides, itemsize, range(len(shape)))
    if asks(WRITABLE) and readonly or asks(FORMAT) and not asks(ND) or not in_c and not asks(STRIDES):
        raise BufferError("not this one")
    if asks(C_ORDER) and not in_c or asks(F_ORDER) and not in_f or asks(ANY_ORDER) and not (in_c or in_f):
        raise BufferError("not in this order")
    size = itemsize
    for extent in shape:
        size *= extent
    return {
        "len": size,
        "itemsize": itemsize,
        "readonly": readonly,
        "ndim": len(shape) if asks(ND) else 1,
        "shape": shape if asks(ND) and shape else None,
        "strides": strides if asks(STRIDES) and shape else None,
        "format": format if asks(FORMAT) else None,
        **more,
    }


def scripted(script=answer, released=None, memory=bytes(range(12))):
    return Scripted(memory, script, released)


def structure(fields, base=ctypes.Structure, **more):
    return type("S", (base,), {**more, "_fields_": fields})


class Contrary:
    """Nothing of Python's own works with it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def fails(self, *arguments):
        raise RuntimeError("no")

    __len__ = __eq__ = __bool__ = __repr__ = __str__ = __getitem__ = __iter__ = __index__ = __sizeof__ = fails
    __hash__ = None
    __class__ = property(lambda self: int)


class NoText(Exception):
    """Its text cannot be made, and what is raised then has none either."""

    def __str__(self):
        raise NoText

    __repr__ = __str__


def innocent():
    """Names, exporters, the findings that are known of them, and what their authors tell."""
    ContraryBytes = type("ContraryBytes", (Contrary, bytes), {})
    ContraryBytearray = type("ContraryBytearray", (Contrary, bytearray), {})
    ContraryArray = type("ContraryArray", (Contrary, array.array), {})
    contrary_array = np.zeros(3).view(type("ContraryNdarray", (Contrary, np.ndarray), {"__array_finalize__": lambda self, of: None}))
    yield "bytes of a contrary class", ContraryBytes(b"abc"), BYTES, {}
    yield "a bytearray of a contrary class", ContraryBytearray(b"abc"), PLAIN, {}
    yield "an array of a contrary class", ContraryArray("i", [1]), PLAIN, {}
    yield "an ndarray of a contrary class", contrary_array, NUMPY, {}
    for code in "bBhHiIlLqQfdu":
        samples = array.array(code, "ab" if code == "u" else [1, 2])
        mutators = [lambda samples=samples: samples.extend(samples), samples.pop]
        yield f"array of {code}", samples, PLAIN, {"mutate": mutators, "contents": samples.tobytes()}
        yield f"an empty array of {code}", array.array(code), PLAIN, {}
    for name in ["c_bool", "c_char", "c_longdouble", "c_void_p", "c_char_p", "c_wchar", "c_wchar_p", "c_longlong", "py_object"]:
        kind = getattr(ctypes, name)
        yield name, kind(), CTYPES, {}
        yield f"three of {name}", (kind * 3)(), CTYPES_ARRAY, {}
        yield f"none of {name}", (kind * 0)(), CTYPES_EMPTY, {}
    yield "pointers", (ctypes.POINTER(ctypes.c_int) * 2)(), CTYPES_ARRAY, {}
    yield "a function", ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1), CTYPES, {}
    yield "an empty structure", structure([])(), CTYPES | {POSITIVE}, {}
    yield "names with other letters", structure([("ü", ctypes.c_int), ("", ctypes.c_int), ("a b", ctypes.c_int)])(), CTYPES, {}
    # A colon ends the name, and the rest is no format.
    yield "a name with a colon", structure([("a:b", ctypes.c_int)])(), CTYPES | {"field.format.string"}, {}
    # ctypes describes one member of a union. It leaves out the width of a bit field, and the base
    # class.
    half = structure([("a", ctypes.c_short), ("b", ctypes.c_int)], ctypes.Union)
    for name, kind in [
        ("a union", half),
        ("bit fields", structure([("a", ctypes.c_int, 3), ("b", ctypes.c_int, 5), ("c", ctypes.c_short)])),
        ("a union within", structure([("u", half), ("q", ctypes.c_char_p)])),
        ("a derived structure", structure([("z", ctypes.c_int)], structure([("x", ctypes.c_byte)]))),
    ]:
        yield name, kind(), CTYPES | {ONE_ITEM}, {}
    memory = bytearray(8)
    yield "PickleBuffer", pickle.PickleBuffer(memory), PLAIN, {}
    yield "getbuffer of BytesIO", io.BytesIO(b"abc").getbuffer(), VIEW, {}
    yield "a copy-on-write map of a file", mapped(mmap.ACCESS_COPY), PLAIN, {}
    yield "a read-only map of a file", mapped(mmap.ACCESS_READ), BYTES, {}
    pages = mmap.mmap(-1, 16)
    yield "a map that is closed", pages, PLAIN, {"mutate": [pages.close]}
    for name, view in [
        ("of addresses", memoryview(bytearray(16)).cast("P")),
        ("without dimensions", memoryview(bytearray(4)).cast("i", [])),
        ("backwards", memoryview(bytearray(4))[::-1]),
        ("of one item and a long stride", memoryview(bytearray(40))[2:3:30]),
        ("of objects", memoryview(np.array([None]))),
        ("in Fortran order", memoryview(np.zeros((2, 3), order="F"))),
        ("of 64 dimensions", memoryview(np.zeros((1,) * 31 + (3,))).cast("B").cast("B", (1,) * 63 + (24,))),
    ]:
        yield f"a memoryview {name}", view, VIEW, {}
    for dtype in ["?", "e", "g", "G", "O", "S0", "S3", "U0", "U2", "V3", ">i2", ">U2", "i4,f8"]:
        for shape in [(), (0,), (3,)]:
            yield f"an ndarray {shape} of {dtype}", np.zeros(shape, dtype), NUMPY, {}
    for dtype in ["M8[s]", "m8[ns]"]:
        yield f"an ndarray of {dtype}", np.zeros(3, dtype), NUMPY_REFUSES | {NDIM}, {}
    for name, items, also in [
        ("of no bytes", np.zeros(3, "V0"), NUMPY | {POSITIVE}),
        ("padded as C does", np.zeros(2, np.dtype("i1,f8", align=True)), NUMPY),
        ("of sub-arrays", np.zeros(2, [("a", "i2", (2, 3)), ("b", [("c", "f4", (2,))])]), NUMPY),
        ("of 2**61 times one byte", np.broadcast_to(np.uint8(1), (1 << 61,)), NUMPY_REFUSES),
        ("of 2**60 times one byte, in two dimensions", np.broadcast_to(np.uint8(1), (1 << 30, 1 << 30)), NUMPY_REFUSES),
        ("of 2**59 times one integer", np.broadcast_to(np.int64(1), (1 << 59,)), NUMPY_REFUSES),
        ("of one item, 2**62 bytes from the next", np.lib.stride_tricks.as_strided(np.zeros(1), (1,), (1 << 62,)), NUMPY),
        ("of windows that overlap", np.lib.stride_tricks.sliding_window_view(np.arange(6), 3), NUMPY_REFUSES | {"strides.distinct"}),
        ("backwards", np.arange(6).reshape(2, 3)[::-1, ::-1], NUMPY_REFUSES),
        ("of a gigabyte", np.zeros((1 << 15, 1 << 15), "u1").T[::2], NUMPY_REFUSES),
        ("off its alignment", np.frombuffer(bytearray(9), "u1")[1:].view("i8"), NUMPY),
        ("of masks", np.ma.array([1, 2], mask=[0, 1]), NUMPY),
        ("of records", np.rec.array([(1, 2.0)], dtype="i4,f8"), NUMPY),
    ]:
        yield f"an ndarray {name}", items, also, {}
    yield "a scalar of half a float", np.float16(1), SCALAR, {}
    yield "a scalar of bytes", np.bytes_(b"abc"), BYTES, {}

    # Written for this: nothing is known of them.
    def threes(flags):
        gc.collect(0)
        return answer(flags)

    def asks_itself(flags):
        if not depth:
            depth.append(flags)
            memoryview(again).release()
            depth.clear()
        return answer(flags)

    depth, numbers, text = [], iter(range(1 << 40)), NoText()

    def refuses_without_text(flags):
        try:
            return answer(flags, readonly=1)
        except BufferError:
            raise type("NoBuffer", (NoText, BufferError), {})() from text

    def leaves_garbage(flags):
        cycle = Noisy()
        cycle.itself = cycle
        return answer(flags)

    again = scripted(asks_itself)
    yield "collects garbage at each request", scripted(threes), set(), {}
    yield "asks itself at each request", again, set(), {}
    yield "refuses by an exception that has no text", scripted(refuses_without_text), set(), {}
    yield "makes garbage whose finalizer raises", scripted(leaves_garbage), set(), {}
    yield "other arrays and formats for each view", scripted(lambda flags: answer(flags, internal=next(numbers))), set(), {}
    for shape in [(0, 1 << 62, 1 << 62), (1 << 62, 1 << 62, 0)]:
        yield f"no items in {shape}", scripted(lambda flags, shape=shape: answer(flags, shape, strides=[2, 2, 2])), set(), {}
    far = [1 << 62, 2, -(1 << 62)]
    yield "far strides of one item each", scripted(lambda flags: answer(flags, (1, 6, 1), strides=far)), set(), {}
    yield "64 dimensions", scripted(lambda flags: answer(flags, (1,) * 63 + (6,))), set(), {}
    yield "no items, far away", scripted(lambda flags: answer(flags, (0,), buf=1 << 40)), set(), {}
    yield "2**61 times two bytes", scripted(lambda flags: answer(flags, (1 << 61,), strides=[0])), set(), {}
    yield "items of 12 bytes, of padding alone", scripted(lambda flags: answer(flags, (1,), 12, "12x")), set(), {}
    obj, change = counted(lambda flags: True)
    yield "each view is counted", obj, set(), {"mutate": [change]}
    yield "a long format", scripted(lambda flags: answer(flags, (1,), 12, " " * 10000 + "12s")), set(), {}


def innocent_classes():
    """The same for classes of Python, of which CPython fills the view."""
    memory = bytearray(8)
    released = memoryview(memory)
    sources = [
        ("all of it", lambda flags: memoryview(memory)),
        ("a temporary", lambda flags: memoryview(bytearray(b"abc"))),
        ("a part", lambda flags: memoryview(memory)[2:4]),
        ("backwards", lambda flags: memoryview(memory)[::-1]),
        ("as bytes answer", lambda flags: b"abc".__buffer__(flags)),
        ("two dimensions", lambda flags: memoryview(np.zeros((2, 3)))),
        ("always the same", lambda flags: released),
    ]
    for name, source in sources:
        # A callable that is no function, and a release that releases the view itself.
        plain = type("Plain", (), {"__buffer__": staticmethod(source)})
        partial = type("Partial", (), {"__buffer__": staticmethod(functools.partial(source))})
        yield f"a class that shows {name}", plain(), PLAIN, {}
        yield f"a class with a callable that shows {name}", partial(), PLAIN, {}
    derived = type("Derived", (bytearray,), {"__buffer__": lambda self, flags: bytearray.__buffer__(self, flags)})
    yield "a bytearray with a method of its own", derived(b"abc"), PLAIN, {}
    nested = type("Nested", (), {"__buffer__": lambda self, flags: memoryview(plain())})
    yield "a class over a class", nested(), PLAIN, {}


class Noisy:
    def __del__(self):
        raise RuntimeError("no matter")


def mapped(access):
    with tempfile.TemporaryFile() as file:
        file.write(bytes(16))
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=access)


def counted(counts, let=lambda: None):
    """A script that counts views, by `counts(flags)`, its release, and what is refused while a view is held."""
    out = {}

    def script(flags):
        fields = answer(flags)
        number = len(out) + 1
        out[number] = bool(counts(flags))
        return {**fields, "internal": number, "offset": moved[0]}

    def released(number):
        out[number] = False

    def change():
        if any(out.values()):
            raise BufferError("a view is held")
        moved[0] = 2 - moved[0]

    moved = [0]
    return scripted(script, released, bytes(20)), change


def guilty():
    """Names, exporters, the rules that they break, and what their authors tell."""
    requests = [0]

    def every(number):
        requests[0] += 1
        return requests[0] % number == 0

    def wears_out(flags):
        requests[0] += 1
        if requests[0] > 700:
            raise BufferError("no more")
        return answer(flags)

    def leaks(flags):
        if every(97):
            kept.append(leaky)
        return answer(flags)

    def writes(flags):
        requests[0] += 1
        writer.write(0, requests[0] % 251)
        return answer(flags)

    def raises(error, flag=WRITABLE):
        def script(flags):
            if flags & flag:
                raise error()
            return answer(flags)

        return script

    def cannot_release(error):
        def released(number):
            raise error()

        return released

    kept, leaky, writer = [], scripted(leaks), scripted(writes)
    yield "grants 700 requests", scripted(wears_out), {"getbuffer.one-request"}, {}
    yield "keeps a reference at each 97th request", leaky, {"release.give-back"}, {}
    yield "writes its items at each request", writer, {"getbuffer.memory-stable"}, {}
    yield "KeyboardInterrupt for writers", scripted(raises(KeyboardInterrupt)), {BUFFER_ERROR}, {}
    yield "SystemExit for writers", scripted(raises(SystemExit)), {BUFFER_ERROR}, {}
    yield "no text for writers", scripted(raises(NoText)), {BUFFER_ERROR}, {}
    yield "a release raises what has no text", scripted(answer, cannot_release(NoText)), {"release.signature"}, {}
    yield "a release raises SystemExit", scripted(answer, cannot_release(SystemExit)), {"release.signature"}, {}
    yield "more items than there are numbers", scripted(
        lambda flags: {**answer(flags, (1, 1), strides=(0, 0)), "len": 2, **big(flags)}
    ), {"field.len.product"}, {}
    far = [1 << 62]
    yield "strides beyond all memory", scripted(lambda flags: answer(flags, (6,), strides=far)), {"field.strides.within-memory"}, {}
    yield "strides to memory that is not there", scripted(lambda flags: answer(flags, (6,), strides=[1 << 45])), {
        "field.strides.within-memory"
    }, {}
    yield "items at an address that is not there", scripted(lambda flags: answer(flags, buf=1 << 40)), {
        "field.strides.within-memory"
    }, {}
    yield "fills nothing", scripted(lambda flags: {"nothing": True}), {"getbuffer.obj"}, {}
    yield "a negative len", scripted(lambda flags: answer(flags, len=-12) if flags >= 0 else {}), {"field.len.product"}, {}
    yield "readonly is -1", scripted(lambda flags: answer(flags, readonly=0) | {"readonly": -1}), {"field.readonly.values"}, {}
    yield "a read-only view for writers", scripted(lambda flags: answer(flags) | {"readonly": flags & WRITABLE}), {
        "request.writable.grant-or-refuse"
    }, {}
    yield "an empty format", scripted(lambda flags: answer(flags, format="")), {ONE_ITEM}, {}
    yield "a format with its names unclosed", scripted(lambda flags: answer(flags, format="T{h:a}")), {"field.format.string"}, {}
    yield "a shape for SIMPLE alone", scripted(lambda flags: answer(flags) | ({"shape": [6]} if flags == 0 else {})), {
        "request.simple"
    }, {}
    for name, counts in [
        ("no view is counted", lambda flags: False),
        ("a view for SIMPLE is not counted", lambda flags: flags),
        ("a writable view is not counted", lambda flags: not flags & WRITABLE),
        ("a view with a shape is not counted", lambda flags: not flags & ND),
    ]:
        obj, change = counted(counts)
        yield name, obj, {"exported.no-resize"}, {"mutate": [change]}


def big(flags):
    """Extents whose product no `len` holds."""
    return {"shape": [1 << 40, 1 << 40]} if flags & ND else {}


def all_innocent():
    yield from innocent()
    if PYTHON_CLASSES:
        yield from innocent_classes()


def rules_of(report):
    return {found.rule for found in report.violations}


class Odd(unittest.TestCase):
    def setUp(self):
        # Finalizers that raise are meant to, and need not be printed.
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        self.addCleanup(gc.collect)
        sys.unraisablehook = lambda unraisable: None

    def test_innocent(self):
        for name, obj, known, told in all_innocent():
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = bufferprocs.check(obj, **told)
                self.assertLessEqual(rules_of(report), known, report)
                self.assertEqual(report.rejected_inputs, (), report)
                self.assertGreater(report.granted, 0)
        self.assertTrue(gc.isenabled())

    def test_a_memoryview_holds_a_view_itself(self):
        stream = io.BytesIO(b"abcd")
        report = bufferprocs.check(stream.getbuffer(), mutate=[lambda: stream.write(bytes(100))])
        self.assertEqual((rules_of(report), report.ok), (VIEW, False), report)
        self.assertIn("BufferError: Existing exports of data", report.rejected_inputs[0])
        self.assertIn("with no other view held: this object holds one itself", report.rejected_inputs[0])

    def test_others_write_the_items(self):
        """A thread without the lock of the interpreter, and another process."""
        items = bytearray(4096)
        address, is_over = np.frombuffer(items, "u1").ctypes.data, threading.Event()

        def write():
            number = 0
            while not is_over.is_set():
                number = (number + 1) % 251
                ctypes.memset(address, number, len(items))

        thread = threading.Thread(target=write)
        thread.start()
        try:
            report = bufferprocs.check(items, contents=bytes(4096))
        finally:
            is_over.set()
            thread.join()
        self.assertLessEqual(rules_of(report), PLAIN | {"field.buf.first-item"}, report)
        if os.name != "posix":
            return
        shared = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
        try:
            code = "import sys, mmap; m = mmap.mmap(int(sys.argv[1]), 4096)\nwhile True:\n for n in range(251): m[:] = bytes([n]) * 4096"
            other = subprocess.Popen([sys.executable, "-c", code, str(shared._fd)], pass_fds=[shared._fd])
            report = bufferprocs.check(np.ndarray(4096, "u1", shared.buf))
            other.kill()
            other.wait()
        finally:
            shared.close()
            shared.unlink()
        self.assertLessEqual(rules_of(report), NUMPY, report)

    def test_guilty(self):
        for name, obj, rules, told in guilty():
            with self.subTest(name):
                report = bufferprocs.check(obj, **told)
                self.assertLessEqual(rules, rules_of(report), report)
                text, as_json = str(report), report.to_json()
                for rule in rules:
                    self.assertIn(rule, text)
                    self.assertIn(rule, as_json)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    print(f"{result.testsRun} tests, {len(list(all_innocent()))} innocent, {len(list(guilty()))} guilty")
