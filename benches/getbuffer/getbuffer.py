"""Times a pair of get and release beside its peers: NAME ours=... peer=... ratio=... target=... holds|misses.

All in one process; median of the rounds, in which every measurement has its turn. Nanoseconds.
"""

import importlib.util
import os
import statistics
import sys

import numpy as np

import getbuffer_bench as bench
import raw_ffi

WRITABLE, SIMPLE, FULL_RO = 0x001, 0x000, 0x11C
COUNT = 200_000
ROUNDS = 5 if os.environ.get("BUFFERPROCS_BENCH") == "short" else 9
MINOR = sys.version_info[1]
PLANE, FIVE = (30, 40), (2, 3, 5, 4, 10)


def module_in_c(name):
    """From a folder of its own: there is an example of this name in Rust too."""
    file = os.path.join(os.environ["BUFFERPROCS_C_MODULES"], f"{name}.so")
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


by_hand = raw_ffi.Samples()
by_hand.append(1.5)
objects = {
    "accelerated": bench.Accelerated(PLANE),
    "accelerated, immutable": bench.AcceleratedImmutable(PLANE),
    "accelerated, 1-D": bench.Accelerated((1200,)),
    "accelerated, 5-D": bench.Accelerated(FIVE),
    "accelerated, rows behind pointers": bench.Indirect(),
    "accelerated, not frozen": bench.AcceleratedNotFrozen(PLANE),
    "slots by hand, 1-D": by_hand,
    "C with buffer_fill.h": module_in_c("growable").Samples([0.0] * 1200),
    "methods": bench.Methods(PLANE),
    "usual": bench.Usual(),
    "bytearray": bytearray(9600),
    "numpy": np.zeros(PLANE),
    "numpy, 5-D": np.zeros(FIVE),
}
tasks = {name: (bench.raw, object, FULL_RO, COUNT) for name, object in objects.items()}
for name in ("accelerated", "C with buffer_fill.h", "bytearray", "numpy"):
    tasks[f"{name}, SIMPLE"] = (bench.raw, objects[name], SIMPLE, COUNT)
tasks["refusal"] = (bench.raw, bench.Readonly(), WRITABLE, COUNT)
tasks["bytes"] = (bench.raw, b"abc", WRITABLE, COUNT)
tasks["refusal of pointers"] = (bench.raw, objects["accelerated, rows behind pointers"], SIMPLE, COUNT)
tasks["consumer"] = (bench.consumer, objects["bytearray"], FULL_RO, COUNT)
THREADS = (1, 2, 4)
for threads in THREADS:
    tasks[f"exporter, {threads}"] = (bench.threads, "exporter", threads, 5 * COUNT)
    tasks[f"object, {threads}"] = (bench.threads, "object", threads, 5 * COUNT)

times = {name: [] for name in tasks}
for round in range(ROUNDS + 1):
    for name, (measure, *arguments) in tasks.items():
        time = measure(*arguments)
        if round > 0:  # the first one warms up
            times[name].append(time)
threads_of = {name: times.pop(name) for name, (measure, *_) in tasks.items() if measure is bench.threads}
median = {name: statistics.median(values) for name, values in times.items()}


def row(name, ours, peer, allowed=None):
    ratio = ours / peer
    target = "-" if allowed is None else f"{allowed:.2f}"
    verdict = "" if allowed is None else "holds" if ratio <= allowed else "misses"
    print(f"{name} ours={ours:.1f} peer={peer:.1f} ratio={ratio:.2f} target={target} {verdict}".rstrip())


def line(ours, peer, allowed=None):
    row(f"{ours}/{peer}", median[ours], median[peer], allowed)


print(f"# CPython {sys.version.split()[0]}, NumPy {np.__version__}: nanoseconds a pair, median of {ROUNDS} rounds of {COUNT}")
line("accelerated", "bytearray", 1.0 if MINOR <= 11 else 1.1)
line("accelerated", "numpy", 0.3)
line("accelerated, immutable", "accelerated", 1.05)
line("accelerated, SIMPLE", "bytearray, SIMPLE")
line("accelerated, SIMPLE", "numpy, SIMPLE")
line("accelerated, 1-D", "bytearray")
line("accelerated, 5-D", "numpy, 5-D")
line("accelerated, rows behind pointers", "bytearray")
line("accelerated, not frozen", "bytearray", 1.4)
line("slots by hand, 1-D", "bytearray")
line("C with buffer_fill.h", "bytearray", 1.1)
line("C with buffer_fill.h, SIMPLE", "bytearray, SIMPLE", 1.1)
line("methods", "usual", 0.6)
line("refusal", "bytes", 1.5)
line("refusal of pointers", "bytes")
row("consumer over bytearray/10 ns", median["consumer"] - median["bytearray"], 10, 1)
for threads in THREADS:
    by = f"by {threads} thread{'s' if threads > 1 else ''}/two locked instructions"
    for name, what in (("exporter", "one exporter"), ("object", "one object, whose references are counted too,")):
        # Of the round whose ratio is the median: both of a round ran in the same threads.
        ours, locked = sorted(threads_of[f"{name}, {threads}"], key=lambda pair: pair[0] / pair[1])[ROUNDS // 2]
        row(f"{what} {by}", ours, locked, 3 if (name, threads) == ("exporter", 2) else None)
