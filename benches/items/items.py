"""Times loops over items beside their peers: NAME ours=... peer=... ratio=... target=... holds|misses.

All in one process; median of the rounds, in which every measurement has its turn, after a call that is not measured: both find
in the processor's caches what the same work on the same memory left there. Milliseconds, or nanoseconds a call.
"""

import collections
import itertools
import os
import statistics
import sys
from time import perf_counter_ns

import numpy as np

import items_bench as bench

SHORT = os.environ.get("BUFFERPROCS_BENCH") == "short"
ROUNDS = 5 if SHORT else 9
COUNT = 4_000_000
KINDS = {"f64": np.float64, "f32": np.float32, "u8": np.uint8}


def layouts(kind):
    line = (np.arange(COUNT) % 200).astype(KINDS[kind])
    yield "in a line", line
    yield "transposed", line.reshape(2000, 2000).T
    yield "every second", np.repeat(line, 2)[::2]
    yield "reversed", line[::-1]
    yield "3-D permuted", line.reshape(100, 200, 200).transpose(2, 0, 1)


#: NAME, PEER: what to measure for ours, for the peer, the allowed ratio.
rows = []
for kind in KINDS:
    for layout, array in layouts(kind):
        for what in ("fold", "for_each"):
            if what == "fold" or layout == "in a line":
                rows.append((
                    f"{what} of {kind}, {layout}", "ndarray", 1.1,
                    lambda a=array, k=kind, w=what: bench.read(a, k, w),
                    lambda a=array, k=kind, w=what: bench.read_by_ndarray(a, k, w),
                ))
        rows.append((
            f"for loop of {kind}, {layout}", "ndarray", 1.3 if layout == "in a line" else 0.5,
            lambda a=array, k=kind: bench.read(a, k, "for"),
            lambda a=array, k=kind: bench.read_by_ndarray(a, k, "for"),
        ))
        if layout in ("in a line", "transposed", "every second"):
            rows.append((
                f"sum of {kind}, {layout}", "NumPy", 1.2,
                lambda a=array, k=kind: bench.read(a, k, "sum"),
                lambda a=array: bench.call(np.sum, (a,)),
            ))
            if kind != "u8":
                rows.append((
                    f"sum of {kind}, {layout}", "ndarray", 1.2,
                    lambda a=array, k=kind: bench.read(a, k, "sum"),
                    lambda a=array, k=kind: bench.read_by_ndarray(a, k, "sum"),
                ))
    line = next(layouts(kind))[1]
    rows.append((
        f"blocks of {kind}, in a line", "NumPy", 3.0 if kind == "u8" else 1.4,
        lambda a=line, k=kind: bench.read(a, k, "blocks"),
        lambda a=line: bench.call(np.sum, (a,)),
    ))
    rows.append((f"Shared::copy_to_slice of {kind}", "memcpy", 1.1, lambda k=kind: bench.shared("to", k), lambda k=kind: bench.shared("plain", k)))
    rows.append((f"Shared::copy_from_slice of {kind}", "memcpy", 1.1, lambda k=kind: bench.shared("from", k), lambda k=kind: bench.shared("plain", k)))
    rows.append((f"Shared::sum of {kind}", "plain slice", None, lambda k=kind: bench.shared("sum", k), lambda k=kind: bench.shared("plain sum", k)))

rows.append(("fold behind pointers, rows of 1000", "by hand", 1.2, lambda: bench.pointers(4000, 1000, "ours"), lambda: bench.pointers(4000, 1000, "by hand")))
rows.append(("fold behind pointers, rows of 10", "by hand", 1.2, lambda: bench.pointers(100000, 10, "ours"), lambda: bench.pointers(100000, 10, "by hand")))

ones, pairs = np.ones(COUNT), np.ones(2 * COUNT)
rows.append(("x *= 2, in a line", "NumPy", 1.2, lambda: bench.double(ones), lambda: bench.call(np.multiply, (ones, 0.5, ones))))
rows.append(("x *= 2, every second", "NumPy", 1.2, lambda: bench.double(pairs[::2]), lambda: bench.call(np.multiply, (pairs[::2], 0.5, pairs[::2]))))

for mebibytes in (16, 512):
    for name, memory in (("bytes", bytes(mebibytes << 20)), ("bytearray", bytearray(mebibytes << 20))):
        rows.append((
            f"hashing {mebibytes} MiB of {name}", "slice", 1.05,
            lambda m=memory: bench.hash(m),
            lambda m=memory: bench.hash_slice(m),
        ))

target = np.ones(COUNT)
for layout, array in layouts("f64"):
    rows.append((
        f"copy_to_slice of f64, {layout}", "np.copyto", 1.1 if layout == "in a line" else 1.0,
        lambda a=array: bench.copy_out(a, target),
        lambda a=array: bench.call(np.copyto, (target.reshape(a.shape), a)),
    ))

ten = np.arange(10.0)


def calls(function):
    """Nanoseconds a call, with an iterator that calls in C."""
    calls = itertools.starmap(function, itertools.repeat((ten,), 20000))
    start = perf_counter_ns()
    collections.deque(calls, maxlen=0)
    return (perf_counter_ns() - start) / 20000


rows.append(("function that sums 10 items", "PyO3's PyBuffer", 0.6, lambda: calls(bench.sum_by_us), lambda: calls(bench.sum_by_pyo3)))
rows.append(("function that sums 10 items", "its request in C", None, lambda: calls(bench.sum_by_us), lambda: calls(bench.ask_in_c)))
rows.append(("function that sums 10 items", "rust-numpy", None, lambda: calls(bench.sum_by_us), lambda: calls(bench.sum_by_rust_numpy)))

times = [([], []) for _ in rows]
for round in range(ROUNDS + 1):
    for (_, _, _, ours, theirs), (of_ours, of_theirs) in zip(rows, times):
        # Otherwise only the second of the two would find the memory in the cache.
        ours()
        for measure, kept in ((ours, of_ours), (theirs, of_theirs)):
            time = measure()
            if round > 0:  # the first one warms up
                kept.append(time)

print(f"# CPython {sys.version.split()[0]}, NumPy {np.__version__}, {COUNT} items: milliseconds, and nanoseconds a call of a function; median of {ROUNDS} rounds")
for (name, peer, allowed, _, _), (of_ours, of_theirs) in zip(rows, times):
    ours, theirs = statistics.median(of_ours), statistics.median(of_theirs)
    ratio = ours / theirs
    target = "-" if allowed is None else f"{allowed:.2f}"
    verdict = "" if allowed is None else "holds" if ratio <= allowed else "misses"
    unit = 1 if name.startswith("function") else 1e6
    print(f"{name}/{peer} ours={ours / unit:.2f} peer={theirs / unit:.2f} ratio={ratio:.2f} target={target} {verdict}".rstrip())
