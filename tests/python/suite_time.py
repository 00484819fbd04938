"""Times Lib/test/test_buffer.py on two modules in one process, in turn: ours=... peer=... ratio=..., in seconds."""

import io
import random
import statistics
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suite_modules import load_both

ROUNDS = 5


def run(module, seed):
    """One run of the suite, in a new module: it takes its names from the module when it is imported."""
    sys.modules["_testbuffer"] = module
    sys.modules.pop("test.test_buffer", None)
    random.seed(seed)
    suite = unittest.defaultTestLoader.loadTestsFromName("test.test_buffer")
    assert sys.modules["test.test_buffer"].ndarray is module.ndarray
    random.seed(seed)
    start = time.perf_counter()
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    assert result.wasSuccessful(), (result.failures, result.errors)
    return time.perf_counter() - start


ours, theirs = load_both(sys.argv[1])
times = {"ours": [], "peer": []}
for round in range(ROUNDS + 1):
    for name, module in (("ours", ours), ("peer", theirs)):
        seconds = run(module, round)
        if round > 0:  # the first one warms up
            times[name].append(seconds)
median = {name: statistics.median(values) for name, values in times.items()}
print(f"ours={median['ours']:.2f} peer={median['peer']:.2f} ratio={median['ours'] / median['peer']:.2f}")
