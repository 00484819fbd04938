"""Runs what is counted between two marks, and prints a name for each: under callgrind it gives the counts.

The counts depend on neither the machine's load nor its speed.
"""

import getbuffer_bench as bench
import raw_ffi

WRITABLE, SIMPLE, FULL_RO = 0x001, 0x000, 0x11C
COUNT = 20_000

by_hand = raw_ffi.Samples()
by_hand.append(1.5)
plane = bench.Accelerated((30, 40))
TASKS = {
    "bytearray": (bench.raw, bytearray(9600), FULL_RO, COUNT),
    "bytearray, SIMPLE": (bench.raw, bytearray(9600), SIMPLE, COUNT),
    "bytes": (bench.raw, b"abc", WRITABLE, COUNT),
    "accelerated": (bench.raw, plane, FULL_RO, COUNT),
    "accelerated, SIMPLE": (bench.raw, plane, SIMPLE, COUNT),
    "accelerated, 5-D": (bench.raw, bench.Accelerated((2, 3, 5, 4, 10)), FULL_RO, COUNT),
    "accelerated, rows behind pointers": (bench.raw, bench.Indirect(), FULL_RO, COUNT),
    "slots by hand, 1-D": (bench.raw, by_hand, FULL_RO, COUNT),
    "methods": (bench.raw, bench.Methods((30, 40)), FULL_RO, COUNT),
    "usual": (bench.raw, bench.Usual(), FULL_RO, COUNT),
    "refusal": (bench.raw, bench.Readonly(), WRITABLE, COUNT),
    "consumer": (bench.consumer, bytearray(9600), FULL_RO, COUNT),
    "format of 1000 letters": (bench.parse, "i" * 1000, COUNT // 1000),
    "format of 2000 letters": (bench.parse, "i" * 2000, COUNT // 1000),
    "layout of 32 axes": (bench.check_layout, 32, COUNT),
    "layout of 64 axes": (bench.check_layout, 64, COUNT),
}

for name, (measure, *arguments) in TASKS.items():
    measure(*arguments[:-1], 1)  # what is done once only
    bench.mark()
    measure(*arguments)
    bench.mark()
    print(f"{arguments[-1]} {name}")
