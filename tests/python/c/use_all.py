"""What each class of `examples/c/` can be asked to do, the wrong calls included: for tests that watch memory.

`ACTIONS` is a list of functions, of which none leaves anything behind.
"""

import array
import io

import arguments
import consume
import growable
import minimal
import records
import reexport
import rows
import snapshot
import strided

try:
    import limited
except ImportError:
    limited = None
try:
    import slots
except ImportError:
    slots = None

ACTIONS = []


def action(function):
    ACTIONS.append(function)
    return function


def refused(call, *kinds):
    """Calls, and expects one of these exceptions."""
    try:
        call()
    except kinds:
        return
    raise AssertionError("nothing was raised")


@action
def use_minimal():
    blob = minimal.Blob(b"bytes")
    assert bytes(blob) == b"bytes"
    refused(lambda: minimal.Blob(3), TypeError)


@action
def use_growable():
    samples = growable.Samples((1.0, 2.0))
    with memoryview(samples):
        refused(lambda: samples.append(3.0), BufferError)
    for number in range(10):
        samples.append(number)
    samples.double()
    assert len(samples) == 12 and memoryview(samples)[11] == 18
    refused(lambda: samples.append("x"), TypeError)
    refused(lambda: growable.Samples((1.0, None)), TypeError)


@action
def use_strided():
    whole = strided.Array((2, 3))
    part = whole[::-1].T
    del whole
    assert memoryview(part).shape == (3, 2)
    refused(lambda: strided.Array((-1,)), ValueError)
    refused(lambda: strided.Array(("x",)), TypeError)
    refused(lambda: part[1], TypeError)


@action
def use_records():
    cloud = records.Cloud(3)
    assert cloud.weight() == 1.5 and memoryview(cloud).nbytes == 72
    refused(lambda: records.Cloud(-1), ValueError)


@action
def use_rows():
    page = rows.Page((b"first", b"other"))
    with memoryview(page):
        refused(lambda: page.append(b"third"), BufferError)
    page.append(b"third")
    assert memoryview(page).tobytes() == b"firstotherthird"
    refused(lambda: page.append(b"four"), ValueError)
    refused(lambda: rows.Page((b"first", b"")), ValueError)
    refused(lambda: rows.Page((1,)), TypeError)


@action
def use_reexport():
    window = reexport.Window(reexport.Window(bytearray(b"abcdef"), 1), 1, 3)
    assert bytes(window) == b"cd"
    assert bytes(reexport.Window(b"abc")) == b"abc"
    refused(lambda: reexport.Window(3), TypeError)
    refused(lambda: reexport.Window(strided.Array(())), TypeError)


@action
def use_snapshot():
    readings = snapshot.Readings()
    readings.append(1.0)
    view = memoryview(readings)
    readings.append(2.0)
    assert view.tolist() == [1.0]
    refused(lambda: readings.append("x"), TypeError)
    # The copy that was made for a request that is refused: readinto asks for writable memory.
    refused(lambda: io.BytesIO(b"x").readinto(readings), TypeError, BufferError)


@action
def use_consume():
    numbers = array.array("d", (1.0, 2.0))
    assert consume.total(numbers) == 3.0 and consume.packed(numbers) == numbers.tobytes()
    consume.scale(numbers, 2.0)
    assert consume.holding(numbers, numbers.tolist) == [2.0, 4.0]
    refused(lambda: consume.total(b"x"), TypeError)
    refused(lambda: consume.holding(numbers, lambda: numbers.append(1.0)), BufferError)


@action
def use_arguments():
    target = bytearray(b"abc")
    assert arguments.checksum(target) == 126145 and arguments.measure("abc") == 3
    arguments.invert(target)
    arguments.mask(target, target)
    assert arguments.join(target, "d") == b"\0\0\0d" and arguments.join(b"a") == arguments.join(b"a", None)
    assert arguments.first_line(b"a\nb") == b"a" and arguments.encode("abc") == arguments.encode(bytearray(b"abc"))
    assert arguments.holding(target, lambda: 3) == arguments.not_holding(b"x", lambda: 3) == 3
    for call in (arguments.checksum, arguments.invert, arguments.measure, arguments.first_line, arguments.encode):
        refused(lambda: call(3), TypeError)
        refused(lambda: call(memoryview(target)[::2]), TypeError, BufferError)
    refused(lambda: arguments.mask(target, 3), TypeError)
    refused(lambda: arguments.mask(target, b"key", "x"), TypeError)
    refused(lambda: arguments.mask(target, b""), ValueError)
    refused(lambda: arguments.join(target, 3), TypeError)
    refused(lambda: arguments.encode("\u20ac"), UnicodeEncodeError)
    refused(lambda: arguments.holding(target, lambda: target.append(1)), BufferError)
    target.append(1)


if limited:

    @action
    def use_limited():
        image = limited.Image(2, 3)
        with memoryview(image):
            refused(lambda: image.resize(1, 1), BufferError)
        image.resize(3, 3)
        assert len(bytes(image)) == 27
        refused(lambda: limited.Image(0, 1), ValueError)


if slots:

    @action
    def use_slots():
        line = slots.Line(3)
        with memoryview(line):
            refused(lambda: line.resize(1), BufferError)
        line.resize(9)
        assert memoryview(line)[8] == 8
        refused(lambda: slots.Line(0), ValueError)
