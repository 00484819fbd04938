"""The tests of a script: runs them, and skips those that use `np` where there is no NumPy."""

import sys
import unittest

try:
    import numpy as np
except ImportError:

    class Absent:
        def __getattr__(self, name):
            raise unittest.SkipTest("NumPy is not installed")

    np = Absent()


def run():
    """Runs all tests of the script, and prints `N tests`.

    Without NumPy the line also has the number of skipped tests. The exit status is 1 if a test
    fails, or is skipped though NumPy is there.
    """
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    outcome = unittest.TextTestRunner(verbosity=0, stream=sys.stderr).run(suite)
    # A test may be skipped in several of its parts.
    skipped = len({getattr(test, "test_case", test).id() for test, _ in outcome.skipped})
    if not outcome.wasSuccessful() or (skipped and "numpy" in sys.modules):
        sys.exit(1)
    print(f"{outcome.testsRun} tests" + (f", {skipped} of them skipped without NumPy" if skipped else ""))
