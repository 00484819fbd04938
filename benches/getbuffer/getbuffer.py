"""Times a pair of get and release beside its peers: NAME ours=... peer=... ratio=... target=... holds|misses.

All in one process; median of nine rounds, in which every measurement has its turn. Nanoseconds.
"""

import statistics
import sys

import numpy as np

import getbuffer_bench as bench

WRITABLE, FULL_RO = 0x001, 0x11C
COUNT, ROUNDS = 200_000, 9
MINOR = sys.version_info[1]

objects = {
    "accelerated": bench.Accelerated(),
    "accelerated-not-frozen": bench.AcceleratedNotFrozen(),
    "methods": bench.Methods(),
    "usual": bench.Usual(),
    "bytearray": bytearray(9600),
    "numpy": np.zeros((30, 40)),
}
tasks = {name: (bench.raw, object, FULL_RO) for name, object in objects.items()}
tasks["refusal"] = (bench.raw, bench.Readonly(), WRITABLE)
tasks["refusal-of-bytes"] = (bench.raw, b"abc", WRITABLE)
tasks["consumer"] = (bench.consumer, objects["bytearray"], FULL_RO)

times = {name: [] for name in tasks}
for round in range(ROUNDS + 1):
    for name, (measure, object, flags) in tasks.items():
        time = measure(object, flags, COUNT)
        if round > 0:  # the first one warms up
            times[name].append(time)
median = {name: statistics.median(values) for name, values in times.items()}


def line(name, ours, peer, target):
    ratio = median[ours] / median[peer]
    verdict = "holds" if ratio <= target else "misses"
    print(f"{name} ours={median[ours]:.1f} peer={median[peer]:.1f} ratio={ratio:.2f} target={target:.2f} {verdict}")


print(f"CPython {sys.version.split()[0]}, NumPy {np.__version__}: nanoseconds a pair, median of {ROUNDS} rounds of {COUNT}")
line("accelerated/bytearray", "accelerated", "bytearray", 1.0 if MINOR <= 11 else 1.1)
line("accelerated-not-frozen/bytearray", "accelerated-not-frozen", "bytearray", 1.4)
line("accelerated/numpy", "accelerated", "numpy", 0.3)
line("methods/usual", "methods", "usual", 0.6)
line("refusal/bytes", "refusal", "refusal-of-bytes", 1.5)
over = median["consumer"] - median["bytearray"]
verdict = "holds" if over <= 10 else "misses"
print(f"consumer over bytearray/10 ns ours={over:.1f} peer=10.0 ratio={over / 10:.2f} target=1.00 {verdict}")
