"""The examples in C, used by four threads at once. Prints `N modules declared, N used, the GIL is on` or `... off`.

A module declares by the slot `Py_mod_gil` that it works without the GIL, which modules can since 3.13. A free-threaded
Python turns the GIL on when it imports one that does not.
"""

import ctypes
import importlib
import sys
import threading

THREADS, ROUNDS = 4, 2000
NAMES = ["arguments", "consume", "growable", "minimal", "records", "reexport", "rows", "snapshot", "strided"]
GIL_NOT_USED = 1
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)

started_with_gil = HAS_GIL()
modules = {name: importlib.import_module(name) for name in NAMES}
try:
    modules["slots"] = importlib.import_module("slots")  # needs 3.15
except ImportError:
    pass
assert HAS_GIL() == started_with_gil, "a module turned the GIL on"


def slots_of(module):
    """The numbers and values of the module's slots, as its function for `import` gives them."""
    name, library = module.__name__, ctypes.PyDLL(module.__file__)
    if hasattr(library, f"PyModExport_{name}"):
        export = getattr(library, f"PyModExport_{name}")
        export.restype, at = ctypes.c_void_p, 0
        address = export()
        while number := ctypes.c_uint16.from_address(address + at).value:
            yield number, ctypes.c_void_p.from_address(address + at + 8).value
            at += 16
        return
    init = getattr(library, f"PyInit_{name}")
    init.restype = ctypes.c_void_p
    word = ctypes.sizeof(ctypes.c_void_p)
    # After the object: three words of PyModuleDef_Base; name, doc, size and methods.
    address = ctypes.c_void_p.from_address(init() + object.__basicsize__ + 7 * word).value
    while number := ctypes.c_int.from_address(address).value:
        yield number, ctypes.c_void_p.from_address(address + word).value
        address += 2 * word


declared = 0
if sys.version_info >= (3, 13):
    for name, module in modules.items():
        # 4, and 87 in what is built for the slots of 3.15.
        values = [value for number, value in slots_of(module) if number in (4, 87)]
        assert values == [GIL_NOT_USED], f"{name} does not declare Py_MOD_GIL_NOT_USED: {values}"
        declared += 1

from growable import Samples  # noqa: E402
from reexport import Window  # noqa: E402
from rows import Page  # noqa: E402
from snapshot import Readings  # noqa: E402
from strided import Array  # noqa: E402

samples, page, readings = Samples([1.0]), Page((b"row",)), Readings()
numbers, source = Array((8, 8)), bytearray(64)
window = Window(source)
changes = {"growable": 0, "rows": 0}
failures = []
lock = threading.Lock()
barrier = threading.Barrier(THREADS)


def change(name, action):
    """A change is refused while another thread has a view, or changes the memory itself."""
    try:
        action()
    except BufferError:
        return
    with lock:
        changes[name] += 1


def look(exporter, expected):
    """Each item of a view is what some thread put there, or nothing was granted."""
    try:
        view = memoryview(exporter)
    except BufferError:
        return
    with view:
        assert set(view.tobytes()) <= set(expected), view.tobytes()


def work(number):
    try:
        barrier.wait()
        for turn in range(ROUNDS):
            change("growable", lambda: samples.append(1.0))
            look(samples, b"\0\xf0\x3f")
            if turn % 20 == 0:
                change("rows", lambda: page.append(b"row"))
            look(page, b"row")
            if turn % 20 == 0:
                readings.append(1.0)
            look(readings, b"\0\xf0\x3f")
            assert memoryview(numbers.T)[1, 0] == 1.0 and modules["consume"].total(numbers[::-1]) == 2016.0
            with memoryview(window):
                assert modules["arguments"].holding(window, lambda: 3) == 3
            modules["arguments"].invert(source)
            assert modules["arguments"].measure(bytes(modules["minimal"].Blob(b"bytes"))) == 5
            assert modules["records"].Cloud(2).weight() == 1.0
            if "slots" in modules:
                assert memoryview(modules["slots"].Line(3))[2] == 2
    except BaseException as error:
        failures.append(error)


threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if failures:
    raise failures[0]

# Nothing is left counted, and no change was lost.
assert changes["growable"] > 0 and changes["rows"] > 0, changes
assert len(samples) == 1 + changes["growable"] and memoryview(page).shape[0] == 1 + changes["rows"]
assert memoryview(readings).shape == (THREADS * ROUNDS // 20,)
samples.append(1.0)
page.append(b"row")
del window
source.append(0)
assert HAS_GIL() == started_with_gil
print(f"{declared} modules declared, {len(modules)} used, the GIL is {'on' if HAS_GIL() else 'off'}")
