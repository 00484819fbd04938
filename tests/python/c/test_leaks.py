"""For a debug build's `-m test -R 3:3`, which counts all references and blocks before and after each run.

BUFFERPROCS_LEAK makes it leak, to see that this is noticed.
"""

import os
import sys
import unittest

for folder in (os.path.dirname(os.path.abspath(__file__)), os.environ["BUFFERPROCS_C_MODULES"]):
    if folder not in sys.path:
        sys.path.insert(0, folder)

import use_all

leaked = []


class Leaks(unittest.TestCase):
    def test_all_that_the_examples_do(self):
        for action in use_all.ACTIONS:
            with self.subTest(action.__name__):
                action()
        if "BUFFERPROCS_LEAK" in os.environ:
            leaked.append(use_all.minimal.Blob(b"bytes"))


if __name__ == "__main__":
    unittest.main(argv=["test_leaks"])
