"""Runs CPython's own test suites on the module _testbuffer, and prints what came of it.

    suite.py FOLDER                 the module in FOLDER; the installed one cannot be imported
    suite.py FOLDER --installed     the installed one, for comparison
    suite.py FOLDER test.NAME       this suite alone

The suites are those of the running interpreter's installation. One line for each:
`NAME: N run, N failed, N skipped`, and one for each test that was skipped.
"""

import importlib.abc
import importlib.machinery
import os
import random
import sys
import unittest

SUITES = ("test.test_buffer", "test.test_picklebuffer", "test.test_memoryview")


class OnlyFrom(importlib.abc.MetaPathFinder):
    """Finds _testbuffer in one folder, and nowhere else."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, name, path, target=None):
        if name != "_testbuffer":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [self.folder])
        if spec is None:
            raise ImportError("the installed _testbuffer is not for this run", name=name)
        return spec


def is_below(file, folder):
    return os.path.dirname(os.path.abspath(file)) == os.path.abspath(folder)


def main(folder, installed, suites):
    if installed:
        sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != os.path.abspath(folder)]
    else:
        sys.meta_path.insert(0, OnlyFrom(os.path.join(folder, "nothing")))
        try:
            import _testbuffer
        except ImportError:
            sys.meta_path[0] = OnlyFrom(folder)
        else:
            raise AssertionError("_testbuffer was imported past the folder")
    import _testbuffer

    assert is_below(_testbuffer.__file__, folder) != installed, _testbuffer.__file__
    failed = False
    for name in suites:
        which = "the installed module" if installed else "our module"
        print(f"-- {name} on {which}", file=sys.stderr, flush=True)
        random.seed(20261124)
        suite = unittest.defaultTestLoader.loadTestsFromName(name)
        result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
        bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
        print(f"{name}: {result.testsRun} run, {bad} failed, {len(result.skipped)} skipped")
        for test, reason in sorted((test.id(), reason) for test, reason in result.skipped):
            print(f"skipped {test}: {reason}")
        failed = failed or bad > 0
    import test.test_buffer

    assert test.test_buffer.ndarray is _testbuffer.ndarray, "the suite used another module"
    assert is_below(sys.modules["_testbuffer"].__file__, folder) != installed
    print("numpy:", test.test_buffer.numpy_array is not None)
    sys.exit(failed)


if __name__ == "__main__":
    named = [argument for argument in sys.argv[2:] if argument.startswith("test.")]
    main(sys.argv[1], "--installed" in sys.argv[2:], named or SUITES)
