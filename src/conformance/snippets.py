import ctypes


class Py_buffer(ctypes.Structure):
    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]


def ask(flags):
    """The view of obj, each byte 0xA5 before, and the exception that was raised."""
    view = Py_buffer()
    ctypes.memset(ctypes.byref(view), 0xA5, ctypes.sizeof(view))
    get = ctypes.pythonapi.PyObject_GetBuffer
    get.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
    try:
        get(obj, ctypes.byref(view), flags)
    except Exception as error:
        return view, error
    return view, None


def release(view):
    give_back = ctypes.pythonapi.PyBuffer_Release
    give_back.argtypes, give_back.restype = [ctypes.c_void_p], None
    give_back(ctypes.byref(view))


def numbers(view, name):
    """An array of the view."""
    array = getattr(view, name)
    return array[: view.ndim] if array else None


PRESET = int.from_bytes(b"\xa5" * ctypes.sizeof(ctypes.c_void_p), "little")
FULL_RO = 0x11C
#: exported.no-resize
# `mutate` is what changes the memory.
view, error = ask(FLAGS)
try:
    mutate()
except Exception as raised:
    error = raised
now, _ = ask(FLAGS)
assert (now.buf, now.len) == (view.buf, view.len), "the memory is elsewhere now"
assert isinstance(error, BufferError), repr(error)
#: release.count-down classes.count-after-flags
# `mutate` is what changes the memory.
for flags in range(256):
    view, error = ask(flags)
    if error is None:
        release(view)
mutate()  # no view is held
#: exported.no-request-during-change
# `reenter` changes the memory, and returns a view that was taken during the change.
view = memoryview(reenter())
now, error = ask(FULL_RO)
assert view.nbytes == now.len, (view.nbytes, now.len)
#: getbuffer.signature
view, error = ask(FLAGS)
assert error or view.obj not in (None, PRESET), "refused without an exception"
#: getbuffer.one-request
first, _ = ask(FULL_RO)
beside, beside_error = ask(FLAGS)
release(beside)
release(first)
view, error = ask(FLAGS)
assert (error is None) == (beside_error is None), (error, beside_error)
assert error or view.len == beside.len, (view.len, beside.len)
#: getbuffer.refuse.buffer-error
view, error = ask(FLAGS)
assert error is None or isinstance(error, BufferError), repr(error)
#: getbuffer.refuse.minus-one
# C code sees a status that is neither 0 nor -1. Here it is a request that fails.
view, error = ask(FLAGS)
assert error is None, repr(error)
#: getbuffer.refuse.obj-null
view, error = ask(FLAGS)
assert error is None or view.obj is None, hex(view.obj)
#: getbuffer.refuse.no-trace
import sys

before = sys.getrefcount(obj)
ask(FLAGS)
assert sys.getrefcount(obj) == before, (before, sys.getrefcount(obj))
#: getbuffer.refuse.rest-untouched
view, error = ask(FLAGS)
view.obj = PRESET
assert error is None or bytes(view) == b"\xa5" * ctypes.sizeof(view), bytes(view)
#: getbuffer.fill request.contiguity.short-axes
view, error = ask(FLAGS)
assert error is None, repr(error)
#: getbuffer.zero
view, error = ask(FLAGS)
assert error is None or view.obj in (None, PRESET), f"granted, and raised {error!r}"
#: getbuffer.obj
view, error = ask(FLAGS)
assert view.obj not in (None, PRESET), view.obj
#: getbuffer.memory-stable
view, error = ask(FLAGS)
arrays = ("format", "shape", "strides", "suboffsets")
look = lambda: [view.format, *(numbers(view, name) for name in arrays[1:])]
before = look()  # ends the process if one cannot be read
for flags in range(256):
    ask(flags)
assert look() == before, (before, look())
#: release.signature
import sys

view, error = ask(FLAGS)
reports, sys.unraisablehook = [], lambda report: reports.append(report.exc_value)
release(view)
sys.unraisablehook = sys.__unraisablehook__
assert not reports, reports
#: release.exceptions
view, error = ask(FLAGS)
try:
    release(view)
except Exception as error:
    raise AssertionError("the release set an exception") from error
try:
    b"".join([obj, 3])  # a TypeError is on its way as obj is released
except SystemError as error:
    raise AssertionError("the release cleared an exception") from error
except (TypeError, BufferError):
    pass
#: release.give-back release.keeps-obj release.copy-of-view
import sys

before = sys.getrefcount(obj)
reports, sys.unraisablehook = [], lambda report: reports.append(report.exc_value)
view, error = ask(FLAGS)
copy = Py_buffer.from_buffer_copy(view)
release(copy)
sys.unraisablehook = sys.__unraisablehook__
assert not reports and sys.getrefcount(obj) == before, (reports, before, sys.getrefcount(obj))
#: release.internal
view, error = ask(FLAGS)
other, error = ask(FLAGS)
items = ctypes.string_at(other.buf, other.len)
release(view)
assert ctypes.string_at(other.buf, other.len) == items, "the items of another view have changed"
#: exports.release-anywhere
import sys

reports, sys.unraisablehook = [], lambda report: reports.append(report.exc_value)
first, last = ([ask(FULL_RO)[0] for _ in range(3)] for _ in range(2))
for view in [*first, *reversed(last)]:
    release(view)
sys.unraisablehook = sys.__unraisablehook__
assert not reports, reports
#: field.obj.owned
import sys

before = sys.getrefcount(obj)
view, error = ask(FLAGS)
assert sys.getrefcount(obj) > before, (before, sys.getrefcount(obj))
#: field.all-written
view, error = ask(FLAGS)
for name, _ in Py_buffer._fields_:
    field = getattr(Py_buffer, name)
    written = bytes(view)[field.offset : field.offset + field.size]
    assert written != b"\xa5" * field.size, f"{name} is not written"
#: field.buf.first-item field.strides.address field.suboffsets.address
# `contents` are all items in C order, as bytes.
assert memoryview(obj).tobytes() == contents, memoryview(obj).tobytes()
#: field.buf.empty
view, error = ask(FLAGS)
assert view.buf is not None, "buf is NULL"
#: field.len.product
view, error = ask(FLAGS)
product = view.itemsize
for extent in numbers(view, "shape") or []:
    product *= extent
assert view.len == product, (view.len, numbers(view, "shape"), view.itemsize)
#: field.readonly.values
view, error = ask(FLAGS)
assert view.readonly in (0, 1), view.readonly
#: field.itemsize.one-item
import re
import struct

view, error = ask(FLAGS)
# A record of PEP 3118 without its names and braces, which struct does not read.
plain = re.sub(r":[^:]*:|T\{|\}", "", view.format.decode())
assert struct.calcsize(plain) == view.itemsize, (view.format, view.itemsize)
#: field.itemsize.without-format
view, error = ask(FLAGS)
answers = [ask(flags) for flags in (0x11C, 0x1C, 0xC)]
[with_format, *_] = [answer for answer, error in answers if error is None]
assert view.itemsize == with_format.itemsize, (view.itemsize, with_format.itemsize)
#: field.itemsize.positive
view, error = ask(FLAGS)
assert view.itemsize >= 1, view.itemsize
#: field.format.string
import struct

view, error = ask(FLAGS)
try:
    struct.calcsize(view.format)
except (struct.error, UnicodeDecodeError) as error:
    raise AssertionError(view.format) from error
#: field.ndim.max
view, error = ask(FLAGS)
assert 0 <= view.ndim <= 64, view.ndim
#: field.ndim.zero
view, error = ask(FLAGS)
assert not (view.shape or view.strides or view.suboffsets), "arrays without a dimension"
#: field.shape.extents
view, error = ask(FLAGS)
assert min(numbers(view, "shape")) >= 0, numbers(view, "shape")
#: field.strides.within-memory
view, error = ask(FLAGS)
steps = [(n - 1) * stride for n, stride in zip(numbers(view, "shape"), numbers(view, "strides"))]
first = view.buf + sum(step for step in steps if step < 0)
end = view.buf + sum(step for step in steps if step > 0) + view.itemsize
# `within` is address and size of the memory; a view without strides shows it as one run.
address, size = globals().get("within", (view.buf, ask(0)[0].len))
assert address <= first and end <= address + size, (first - address, end - address, size)
memoryview(obj).tobytes()  # ends the process if the items cannot be read
#: strides.distinct
import itertools

view, error = ask(FLAGS)
shape, strides = numbers(view, "shape"), numbers(view, "strides")
indices = itertools.islice(itertools.product(*map(range, shape)), 1 << 20)
places = sorted(sum(map(int.__mul__, index, strides)) for index in indices)
assert all(b - a >= view.itemsize for a, b in zip(places, places[1:])), (shape, strides)
#: field.suboffsets.null
view, error = ask(FLAGS)
assert not view.suboffsets or max(numbers(view, "suboffsets")) >= 0, numbers(view, "suboffsets")
#: suboffsets.trusted-pointers
view, error = ask(FLAGS)
for index in range(view.shape[0] if view.suboffsets else 0):
    pointer = ctypes.c_void_p.from_address(view.buf + index * view.strides[0]).value
    print(f"row {index} is at {pointer or 0:#x}")
    assert pointer, "a pointer is NULL"
    ctypes.string_at(pointer + view.suboffsets[0], 1)  # ends the process if nothing is there
#: request.nesting request.unknown-bits
view, error = ask(FLAGS)
flags_of_the_header = (0x1, 0x4, 0x8, 0x18, 0x38, 0x58, 0x98, 0x118)
same = 0
for flag in flags_of_the_header:
    same |= flag if FLAGS & flag == flag else 0
expected, expected_error = ask(same)
assert (error is None) == (expected_error is None), (error, expected_error)
arrays = lambda view: [bool(getattr(view, name)) for name in ("shape", "strides", "suboffsets")]
assert error or arrays(view) == arrays(expected), (arrays(view), arrays(expected))
#: request.fixed-fields
view, error = ask(FLAGS)
[other, *_] = [answer for answer, error in map(ask, range(256)) if error is None]
fields = lambda view: (view.buf, view.len)
assert fields(view) == fields(other), (fields(view), fields(other))
#: request.ndim-without-nd
view, error = ask(FLAGS)
assert view.ndim == 1, view.ndim
#: request.no-degrade
view, error = ask(FLAGS)
whole, _ = ask(FULL_RO)
assert numbers(view, "shape") == numbers(whole, "shape"), numbers(view, "shape")
assert numbers(view, "strides") == numbers(whole, "strides"), numbers(view, "strides")
#: request.writable.grant-or-refuse
view, error = ask(FLAGS)
assert error or not view.readonly, "granted with readonly 1"
#: request.writable.consistent
answers = [ask(flags) for flags in range(0, 256, 2)]
readonly = {view.readonly for view, error in answers if error is None}
assert len(readonly) == 1, readonly
#: request.format.asked
view, error = ask(FLAGS)
assert view.format is not None, "format is NULL"
#: request.format.not-asked
view, error = ask(FLAGS)
assert view.format is None, view.format
#: request.simple
view, error = ask(FLAGS)
assert not (view.shape or view.strides or view.suboffsets), "arrays that were not requested"
#: request.nd
view, error = ask(FLAGS)
assert view.shape, "shape is NULL"
assert not (view.strides or view.suboffsets), "arrays that were not requested"
#: request.strides request.indirect
view, error = ask(FLAGS)
assert view.shape and view.strides, "an array is NULL"
#: request.format.without-nd
view, error = ask(FLAGS)
assert error, f"granted, with the format {view.format}"
#: request.no-strides-means-c request.c-contiguous request.f-contiguous request.any-contiguous
view, error = ask(FLAGS)
whole, _ = ask(FULL_RO)
# The view itself, if it has strides.
whole = whole if error or not view.strides else view
shape, strides = numbers(whole, "shape"), numbers(whole, "strides")


def is_packed(axes):
    step = whole.itemsize
    for axis in axes:
        if strides and shape[axis] != 1 and strides[axis] != step:
            return False
        step *= shape[axis]
    return bool(strides) or list(axes) != sorted(axes) or whole.ndim == 1


in_c, in_f = is_packed([*range(whole.ndim)][::-1]), is_packed([*range(whole.ndim)])
met = {0x20: in_c, 0x40: in_f, 0x80: in_c or in_f}
needed = [order for order in met if FLAGS & 0x18 == 0x18 and FLAGS & order] or [0x20]
assert error or met[needed[0]], f"granted, though the memory has shape {shape}, strides {strides}"
#: suboffsets.indirect-only
view, error = ask(FLAGS)
whole, _ = ask(FULL_RO)
assert error or not whole.suboffsets, "granted, though the items are behind pointers"
#: chain.invents-nothing chain.stays-read-only
# `base` is the object whose items `obj` shows.
view, error = ask(FLAGS)
obj = base
whole, _ = ask(FULL_RO)
assert view.itemsize == whole.itemsize, (view.itemsize, whole.itemsize)
assert view.readonly >= whole.readonly, (view.readonly, whole.readonly)
assert not (view.format and whole.format) or view.format == whole.format, view.format
