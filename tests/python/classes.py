"""What classes of Python do that export by __buffer__, for the chapter on them: each rule is asserted below its name.

Classes export since 3.12. Before, it is asserted that they do not. Prints how many functions ran.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from py_buffer import Py_buffer, pythonapi
from raised import raised

WRITABLE, FORMAT, ND, FULL_RO = 0x1, 0x4, 0x8, 0x11C


class Samples:
    """Lends a memoryview of its bytes, and remembers what it was asked and given back."""

    def __init__(self, items):
        self.items = bytearray(items)
        self.asked, self.lent, self.given_back = [], [], []

    def __buffer__(self, flags):
        view = memoryview(self.items)
        self.asked.append(int(flags))
        self.lent.append(view)
        return view

    def __release_buffer__(self, view):
        self.given_back.append(view)
        view.release()


def before_3_12():
    assert raised(lambda: memoryview(Samples(b"abc"))) is TypeError


def lends():
    # r[classes.memoryview]
    class Wrong:
        def __buffer__(self, flags):
            return b"bytes are no memoryview"

    assert memoryview(Samples(b"abc")).tobytes() == b"abc"
    assert raised(lambda: memoryview(Wrong())) is TypeError

    # r[classes.flags]
    class Constant:
        def __buffer__(self, flags):
            return memoryview(b"abc")  # whatever was requested

    ask = lambda flags: pythonapi.PyObject_GetBuffer(Constant(), ctypes.byref(Py_buffer()), flags)
    assert raised(lambda: ask(WRITABLE)) is BufferError and raised(lambda: ask(FORMAT)) is BufferError
    assert raised(lambda: ask(ND)) is None

    # r[classes.obj]
    samples = Samples(b"abc")
    view = memoryview(samples)
    assert view.obj is not samples and type(view.obj).__name__ == "_buffer_wrapper"
    view.release()


def gives_back():
    # r[classes.release]
    samples = Samples(b"abc")
    first = memoryview(samples)
    second = memoryview(first)
    assert samples.asked == [FULL_RO] and samples.given_back == []
    first.release()
    assert samples.given_back == []
    second.release()
    assert len(samples.given_back) == 1 and samples.given_back[0] is samples.lent[0]

    # r[classes.locked]
    view = memoryview(samples)
    assert raised(samples.lent[-1].release) is BufferError
    view.release()
    assert raised(samples.lent[-1].release) is None

    # r[classes.resize]
    view = memoryview(samples)
    assert raised(lambda: samples.items.append(1)) is BufferError
    view.release()
    assert raised(lambda: samples.items.append(1)) is None

    # r[classes.count-after-flags]
    class Counts:
        views = 0

        def __buffer__(self, flags):
            self.views += 1  # of no use to a consumer that wants to write
            return memoryview(b"abc")

        def __release_buffer__(self, view):
            self.views -= 1

    counts = Counts()
    ask = lambda flags: pythonapi.PyObject_GetBuffer(counts, ctypes.byref(Py_buffer()), flags)
    assert raised(lambda: ask(WRITABLE)) is BufferError
    assert counts.views == 1  # though no view is held


def reports():
    # r[classes.release-raises]
    class Raises(Samples):
        def __release_buffer__(self, view):
            raise RuntimeError("cannot be raised")

    reported = []
    sys.unraisablehook, hook = reported.append, sys.unraisablehook
    try:
        memoryview(Raises(b"abc")).release()
    finally:
        sys.unraisablehook = hook
    assert [type(unraisable.exc_value) for unraisable in reported] == [RuntimeError]

    # r[classes.release-during-exception]
    samples = Samples(b"abc")
    assert raised(lambda: b"".join([samples, 3])) is TypeError  # of the 3, after the first was asked
    assert len(samples.given_back) == 1


def bases():
    # r[classes.base-released]
    class Silent(bytearray):
        def __buffer__(self, flags):
            return super().__buffer__(flags)

        def __release_buffer__(self, view):
            pass  # without super()

    silent = Silent(b"abc")
    memoryview(silent).release()
    assert raised(lambda: silent.append(1)) is None

    # r[classes.restricted]
    seen = {}

    class Looks(bytearray):
        def __release_buffer__(self, view):
            seen["bytes"] = view[0]
            seen["cast"] = raised(lambda: view.cast("c"))
            seen["kept"] = view
            super().__release_buffer__(view)

    memoryview(Looks(b"abc")).release()
    assert (seen["bytes"], seen["cast"], raised(lambda: seen["kept"][0])) == (97, ValueError, ValueError)


def direct():
    # r[classes.direct]
    samples = Samples(b"abc")
    view = samples.__buffer__(FULL_RO)
    samples.__release_buffer__(view)
    assert samples.given_back == [view] and raised(lambda: view[0]) is ValueError
    ours, theirs = bytearray(b"abc"), memoryview(bytearray(b"abc"))
    assert raised(lambda: ours.__release_buffer__(3)) is TypeError
    assert raised(lambda: ours.__release_buffer__(theirs)) is ValueError
    view = ours.__buffer__(FULL_RO)
    ours.__release_buffer__(view)
    assert raised(lambda: ours.append(1)) is None
    assert raised(lambda: ours.__release_buffer__(view)) is ValueError  # released once already
    constant = b"abc"
    view = constant.__buffer__(FULL_RO)
    assert raised(lambda: constant.__release_buffer__(view)) is AttributeError  # bytes has no such method
    view.release()

    # r[classes.flags-word]
    assert raised(lambda: b"".__buffer__(1 << 31)) is OverflowError
    assert raised(lambda: b"".__buffer__("ND")) is TypeError


def types():
    # r[classes.abc]
    import inspect
    from collections.abc import Buffer

    assert isinstance(Samples(b""), Buffer) and isinstance(b"", Buffer) and not isinstance("", Buffer)
    assert hasattr(bytearray, "__release_buffer__") and not hasattr(bytes, "__release_buffer__")
    assert (inspect.BufferFlags.FULL_RO, inspect.BufferFlags.ND) == (FULL_RO, ND)

    # r[classes.type]
    class Later:
        pass

    later = Later()
    later.__buffer__ = lambda flags: memoryview(b"abc")
    assert raised(lambda: memoryview(later)) is TypeError  # looked up on the type
    Later.__buffer__ = lambda self, flags: memoryview(b"abc")
    assert memoryview(later).tobytes() == b"abc"
    Later.__buffer__ = None
    assert raised(lambda: memoryview(later)) is TypeError


TESTS = (lends, gives_back, reports, bases, direct, types) if sys.version_info >= (3, 12) else (before_3_12,)
for test in TESTS:
    test()
print(f"{len(TESTS)} functions")
