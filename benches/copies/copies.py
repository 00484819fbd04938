"""Times copies into packed bytes beside their peers: NAME ours=... peer=... ratio=... target=... holds|misses.

All in one process, into memory that was touched before; median of the rounds, in which every measurement has its turn.
"""

import os
import statistics
import sys

import numpy as np

import copies_bench as bench

SHORT = os.environ.get("BUFFERPROCS_BENCH") == "short"
ROUNDS = 3 if SHORT else 9
SIDE = 4000
VALUES = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.float64, 16: np.complex128}


def square(itemsize):
    return np.arange(SIDE * SIDE).astype(VALUES[itemsize]).reshape(SIDE, SIDE)


squares = {itemsize: square(itemsize) for itemsize in VALUES}
cube = np.arange(SIDE * SIDE, dtype=np.float64).reshape(SIDE // 20, 20, SIDE)
five = np.arange(SIDE * SIDE, dtype=np.float64).reshape(SIDE // 20, 20, 10, SIDE // 100, 10)
wide = np.arange(2 * SIDE * SIDE, dtype=np.float64)
small = np.arange(100.0).reshape(10, 10)

#: What is copied, and the largest ratios allowed: to np.copyto, to PyBuffer_ToContiguous.
COPIES = [
    *[(f"transposed, items of {size}", squares[size].T, 0.5, 0.1) for size in (1, 4, 8)],
    *[(f"transposed, items of {size}", squares[size].T, None, None) for size in (2, 16)],
    ("every second column", wide.reshape(SIDE, 2 * SIDE)[:, ::2], 1.0, 0.15),
    ("reversed", squares[8][::-1, ::-1], 1.0, 0.15),
    ("alternate rows", wide.reshape(2 * SIDE, SIDE)[::2], 1.0, None),
    ("3-D, axes 2 0 1", cube.transpose(2, 0, 1), 1.0, 0.15),
    ("3-D, axes 1 2 0", cube.transpose(1, 2, 0), 1.0, 0.15),
    ("5-D, axes 4 3 2 1 0", five.transpose(4, 3, 2, 1, 0), 1.0, 0.15),
    ("5-D, axes 2 0 4 1 3", five.transpose(2, 0, 4, 1, 3), 1.0, 0.15),
    ("10 x 10, transposed", small.T, 0.5, 1.0),
    ("10 x 10, reversed rows", small[::-1], 0.5, 1.0),
    ("100 items, every second", wide[:200:2], 0.5, 1.0),
]

tasks = {}
for name, source, _, _ in COPIES:
    count = 20_000 if source.nbytes < 1024 else 1
    target = np.zeros(source.shape, source.dtype)
    bytes_of_target = target.reshape(-1).view(np.uint8)
    tasks[name, "ours"] = lambda s=source, t=bytes_of_target, n=count: bench.ours(s, t, n)
    tasks[name, "copyto"] = lambda s=source, t=target, n=count: bench.call(np.copyto, (t, s), n)
    tasks[name, "cpython"] = lambda s=source, t=bytes_of_target, n=count: bench.cpython(s, t, n)
    if source.nbytes > 1024:
        tasks[name, "memcpy"] = lambda t=bytes_of_target, u=bytes_of_target.copy(): bench.memcpy(u, t, 1)
    tasks[name, "ours"]()
    assert (target == source).all(), name

#: Rows, which NumPy, CPython and memcpy copy alike.
ROWS = ["alternate rows"]

#: The same traffic without looking into the pieces: as many bytes from a packed copy to the same places.
pieces = np.zeros((SIDE // 20, 20, 10, 10), "V320").transpose(2, 0, 3, 1)
pieces_of_target = np.zeros((10, SIDE // 20, 10, 20), "V320")
PIECES = ["5-D, axes 2 0 4 1 3"]
for name in PIECES:
    tasks[name, "pieces of 320 bytes"] = lambda: bench.call(np.copyto, (pieces_of_target, pieces), 1)

#: Copied in runs, and compared with a plain copy of as many bytes.
RUNS = [
    ("contiguous, items of 8", squares[8]),
    ("contiguous, items of 1", squares[1]),
    ("rows with gaps, items of 8", wide.reshape(SIDE, 2 * SIDE)[:, :SIDE]),
]
for name, source in RUNS:
    packed = np.zeros(source.nbytes, np.uint8)
    plain = np.ones(source.nbytes, np.uint8)
    tasks[name, "ours"] = lambda s=source, t=packed: bench.ours(s, t, 1)
    tasks[name, "memcpy"] = lambda p=plain, t=packed: bench.memcpy(p, t, 1)

#: From packed bytes into the layout, beside np.copyto of a packed array.
BACK = [
    ("into a transposed one, items of 8", np.zeros((SIDE, SIDE)).T),
    ("into every second column", np.zeros((SIDE, 2 * SIDE))[:, ::2]),
]
for name, target in BACK:
    source = squares[8]
    tasks[name, "ours"] = lambda t=target: bench.ours_back(t, source.reshape(-1).view(np.uint8), 1)
    tasks[name, "copyto"] = lambda t=target: bench.call(np.copyto, (t, source), 1)
    tasks[name, "ours"]()
    assert (target == source).all(), name

#: NumPy follows no pointers.
page, packed_page = bench.Page(SIDE), np.zeros(SIDE * SIDE * 8, np.uint8)
tasks["rows behind pointers", "ours"] = lambda: bench.ours(page, packed_page, 1)
tasks["rows behind pointers", "cpython"] = lambda: bench.cpython(page, packed_page, 1)

times = {task: [] for task in tasks}
for round in range(ROUNDS + 1):
    for task, measure in tasks.items():
        time = measure()
        if round > 0:  # the first one warms up
            times[task].append(time)
median = {task: statistics.median(values) for task, values in times.items()}


def line(name, peer, allowed):
    ours, theirs = median[name, "ours"], median[name, peer]
    ratio = ours / theirs
    target = "-" if allowed is None else f"{allowed:.2f}"
    verdict = "" if allowed is None else "holds" if ratio <= allowed else "misses"
    unit, digits = (1e6, 2) if theirs > 1e5 else (1, 0)
    print(
        f"{name}/{peer} ours={ours / unit:.{digits}f} peer={theirs / unit:.{digits}f} ratio={ratio:.2f} target={target} {verdict}".rstrip()
    )


print(f"# CPython {sys.version.split()[0]}, NumPy {np.__version__}, {SIDE} x {SIDE} items: milliseconds, and nanoseconds for those of 10 x 10 and of 100; median of {ROUNDS} rounds")
for name, _, to_numpy, to_cpython in COPIES:
    line(name, "copyto", to_numpy)
    line(name, "cpython", to_cpython)
    if (name, "memcpy") in median:
        line(name, "memcpy", 1.15 if name in ROWS else None)
    if name in PIECES:
        line(name, "pieces of 320 bytes", None)
for name, _ in RUNS:
    line(name, "memcpy", 1.15)
for name, _ in BACK:
    line(name, "copyto", None)
line("rows behind pointers", "cpython", None)
