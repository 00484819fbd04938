"""One table of scenarios over all kinds of exporters that the bridge can make: each cell has one outcome.

A scenario runs in an interpreter of its own, so that one that ends the process is seen as that. The kinds are a class whose
requests go through its methods, a class with `#[exports]` alone, a ready-made object, and a type made by hand.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
import traceback
import weakref

import ways_to_export

KINDS = ("Methods", "Accelerated", "ready_made", "ByHand")
NEWER = sys.version_info >= (3, 12)
NO_MESSAGE = "(an error whose message cannot be written)"
PANIC, VIEW_PANIC = ("BufferError", "the exporter panicked"), ("BufferError", "the exporter's view() panicked")

#: The answer to a request, by the behaviour of the value: as `Exported` keeps it, and fresh from
#: `Snapshot`.
REFUSALS = {
    "refuses": (("BufferError", "not today"), ("BufferError", "not today")),
    "is closed": (("ValueError", "the exporter is closed"), ("ValueError", "the exporter is closed")),
    "raises": (("BufferError", "ValueError: raised"), ("ValueError", "raised")),
    "raises with arguments that panic": (("BufferError", NO_MESSAGE), ("BufferError", NO_MESSAGE)),
    "panics": (VIEW_PANIC, VIEW_PANIC),
    "message panics": (("BufferError", NO_MESSAGE), ("BufferError", NO_MESSAGE)),
    "message fails": (("BufferError", NO_MESSAGE), ("BufferError", NO_MESSAGE)),
    "error's drop panics": (("BufferError", "dropped"), ("BufferError", "dropped")),
}
AROUND = {
    "fails before": ("BufferError", "before"),
    "panics before": PANIC,
    "fails after": ("BufferError", "after"),
    "raises after": ("KeyError", "'after'"),
    "panics after": PANIC,
}


class Marker:
    """An object that a weak reference follows."""


def references(box):
    """References to the object in a list. How often a local variable counts depends on the interpreter's code since 3.14."""
    return sys.getrefcount(box[0])


def outcome(exporter):
    """What a request gets: bytes, or the exception's type and message. Nothing of the exception is kept."""
    try:
        with memoryview(exporter) as view:
            return bytes(view).hex()
    except BaseException as error:
        return type(error).__name__, str(error)


def raw_refusal(exporter):
    """What a refusal leaves in the struct, over the C API: `obj` is NULL, and the rest untouched or cleared."""
    view = (ctypes.c_void_p * 32)(*range(1, 33))
    try:
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), view, 0x11C)
    except BaseException:
        if view[1] is None and all(view[at] == at + 1 for at in range(32) if at != 1):
            return "untouched"
        return "cleared" if not any(view[:10]) else list(view)
    ctypes.pythonapi.PyBuffer_Release(view)
    return "granted"


def repeated(make):
    """Three requests alike; then nothing is left: no reference, no export, no value."""
    before = ways_to_export.live()
    exporter = make()
    box = [exporter]
    start = references(box)
    outcomes = [outcome(exporter) for _ in range(3)]
    left = references(box) - start
    untouched = raw_refusal(exporter)
    left += references(box) - start
    del exporter, box
    return outcomes, left, untouched, ways_to_export.live() - before


def refused(lends, behaviour, around=""):
    return lambda kind: repeated(lambda: kind(lends, behaviour, around))


def as_refused(expected, left="untouched"):
    return [[list(expected)] * 3, 0, left, 0]


def subclass(lends, behaviour):
    def run(kind):
        class Sub(kind):
            pass

        return repeated(lambda: Sub(lends, behaviour))

    return run


def overridden(kind):
    class Sub(kind):
        def __buffer__(self, flags):
            return super().__buffer__(flags)

    class Replaced(kind):
        def __buffer__(self, flags):
            return memoryview(b"abc")

    class Raising(kind):
        def __buffer__(self, flags):
            raise KeyError("mine")

    return [outcome(each("exported", "grants")) for each in (Sub, Replaced, Raising)]


def patched(kind):
    """`__buffer__` of the type itself is replaced, deleted, and put back; views from before are released in between."""
    cls = kind if isinstance(kind, type) else type(kind("exported", "grants"))
    before = ways_to_export.live()
    exporter = kind("exported", "grants")
    box = [exporter]
    start = references(box)
    original, view, outcomes = cls.__buffer__, memoryview(exporter), []
    cls.__buffer__ = lambda self, flags: memoryview(b"abc")
    outcomes.append(outcome(exporter))
    view.release()
    del cls.__buffer__
    outcomes.append(outcome(exporter)[0])
    cls.__buffer__ = original
    outcomes.append(outcome(exporter))
    left = references(box) - start
    del exporter, box
    return outcomes, left, ways_to_export.live() - before


def references_after_the_exception(lends):
    """The frames of a failed request let go of their objects where the `except` ends."""

    def run(kind):
        def ask(exporter):
            marker = Marker()
            alive.append(weakref.ref(marker))
            memoryview(exporter)

        alive, exporter = [], kind(lends, "raises")
        try:
            ask(exporter)
        except (BufferError, ValueError):
            pass
        return alive[0]() is None

    return run


def frames_of_a_kept_error(lends):
    """An error that was raised while a view was made keeps none of the frames it was raised in, nor a growing traceback."""

    def run(kind):
        alive = []

        def fails():
            marker = Marker()
            alive.append(weakref.ref(marker))
            raise KeyError("called")

        before = ways_to_export.live()
        exporter = kind(lends, "calls", "", fails)
        lengths = []
        for _ in range(4):
            try:
                memoryview(exporter)
            except Exception as error:
                lengths.append(len(traceback.extract_tb(error.__traceback__)))
        gone = all(reference() is None for reference in alive)
        del exporter, fails
        return bool(alive), gone, len(set(lengths)), ways_to_export.live() - before

    return run


def drop_panics_in_a_release(kind):
    """The copy that a view shows is dropped by the release: a panic is reported, and changes no exception that is set."""
    seen, hook = [], sys.unraisablehook
    sys.unraisablehook = lambda args: seen.append([args.exc_type.__name__, str(args.exc_value)])
    before = ways_to_export.live()
    exporter = kind("snapshot", "drop panics")
    box = [exporter]
    start = references(box)
    first = bytes(memoryview(exporter)).hex()
    try:
        with memoryview(exporter):
            raise KeyError("set")
    except KeyError as error:
        first += str(error)
    left = references(box) - start
    sys.unraisablehook = hook
    return first, seen, left, ways_to_export.live() - before


def collected(kind):
    """A view in a cycle is released by the collector."""
    before = ways_to_export.live()
    exporter = kind("exported", "grants")
    ring = [memoryview(exporter)]
    ring.append(ring)
    del exporter, ring
    gc.collect()
    return ways_to_export.live() - before


GRANTED = [["010203"] * 3, 0, "granted", 0]
#: Scenario: what runs, what every kind has to give, and the kinds that do not have the scenario,
#: with the reason.
SCENARIOS = {
    "grants": (refused("exported", "grants"), GRANTED, {}),
    "a copy grants": (refused("snapshot", "grants"), GRANTED, {}),
    "a cycle of views": (collected, 0, {}),
    "references after an exception": (references_after_the_exception("exported"), True, {}),
    "references after a copy's exception": (references_after_the_exception("snapshot"), True, {}),
    "frames of a kept error": (frames_of_a_kept_error("exported"), [True, True, 1, 0], {}),
    "frames of a copy's error": (frames_of_a_kept_error("snapshot"), [True, True, 1, 0], {}),
    "the drop of a copy panics": (
        drop_panics_in_a_release,
        ["010203'set'", [["RuntimeError", "dropping the exporter panicked"]] * 2, 0, 0],
        {},
    ),
}
for _behaviour, (_kept, _fresh) in REFUSALS.items():
    SCENARIOS[_behaviour] = (refused("exported", _behaviour), as_refused(_kept), {})
    SCENARIOS["a copy " + _behaviour] = (refused("snapshot", _behaviour), as_refused(_fresh), {})
NO_FIELD = {"ready_made": "an object of `export` has no field of the user's"}
FINAL = {"ready_made": "the class of `export` cannot be derived from"}
for _around, _expected in AROUND.items():
    # What was granted and cannot be kept leaves nothing behind.
    _expected = as_refused(_expected, "cleared" if "after" in _around else "untouched")
    SCENARIOS["the field " + _around] = (refused("exported", "grants", _around), _expected, NO_FIELD)
    SCENARIOS["the field of a copy " + _around] = (refused("snapshot", "grants", _around), _expected, NO_FIELD)
SCENARIOS["a derived class"] = (subclass("exported", "grants"), GRANTED, FINAL)
SCENARIOS["a derived class refuses"] = (subclass("exported", "raises"), as_refused(REFUSALS["raises"][0]), FINAL)
SCENARIOS["a derived class of a copy raises"] = (subclass("snapshot", "raises"), as_refused(REFUSALS["raises"][1]), FINAL)
if NEWER:
    SCENARIOS["a derived class overrides"] = (overridden, ["010203", "616263", ["KeyError", "'mine'"]], FINAL)
    IMMUTABLE = {"ready_made": "the class of `export` cannot be patched"}
    SCENARIOS["the type is patched"] = (patched, [["616263", "TypeError", "010203"], 0, 0], IMMUTABLE)


def run_one_kind(name):
    """Runs all scenarios of a kind, and writes each outcome as it comes."""
    kind = getattr(ways_to_export, name)
    for scenario, (run, _, without) in SCENARIOS.items():
        if name not in without:
            print(json.dumps([scenario, None]), flush=True)
            print(json.dumps([scenario, run(kind)]), flush=True)


def outcomes_of(name):
    modules = os.path.dirname(ways_to_export.__file__)
    code = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2])['run_one_kind'](sys.argv[3])"
    command = [sys.executable, "-s", "-c", code, modules, os.path.abspath(__file__), name]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = {}
    for line in child.stdout.splitlines():
        scenario, result = json.loads(line)
        found[scenario] = result if result is not None else f"the process ended with {child.returncode}: {child.stderr[-300:]}"
    return found


def main():
    table = {name: outcomes_of(name) for name in KINDS}
    cells, wrong = 0, []
    for scenario, (_, expected, without) in SCENARIOS.items():
        for name in KINDS:
            if name in without:
                continue
            cells += 1
            found = table[name].get(scenario, "not run")
            if found != json.loads(json.dumps(expected)):
                wrong.append(f"{scenario}, {name}: {found}, expected {expected}")
    print("\n".join(wrong))
    marks = [getattr(ways_to_export, name).__bufferprocs__ for name in ("Accelerated",)]
    assert not hasattr(ways_to_export.Methods, "__bufferprocs__")
    assert marks == [None if "abi3" in os.path.dirname(ways_to_export.__file__) else True], marks
    assert ways_to_export.slot_numbers == ((88, 89) if sys.version_info >= (3, 15) else (1, 2))
    assert type(ways_to_export.ready_made("exported", "grants")).__bufferprocs__ in marks
    if wrong:
        sys.exit(1)
    print(f"{len(SCENARIOS)} scenarios, {cells} cells")


if __name__ == "__main__":
    main()
