"""Shows why exporters of the crate do not work on PyPy, and that a class with `#[exports]` is usable there all the same."""

import gc
import importlib.machinery
import importlib.util
import sys


def module(name):
    """A module whose file is not named as PyPy wants it."""
    loader = importlib.machinery.ExtensionFileLoader(name, f"{sys.path[0]}/{name}.so")
    spec = importlib.util.spec_from_loader(name, loader)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


pypy, growable = module("pypy"), module("growable")
print(f"{sys.implementation.name} {'.'.join(map(str, sys.implementation.version[:3]))}: Py_buffer has {pypy.size_of_py_buffer()} bytes")
by_hand = pypy.ByHand()
view = memoryview(by_hand)
assert view.tolist() == [[0, 1, 2], [3, 4, 5]]
print("memoryview(x):", *by_hand.calls(), sep="\n  ")
view.release()
print("release():", *by_hand.calls() or ["nothing"], sep="\n  ")
del view
for _ in range(3):
    gc.collect()
print("collected:", *by_hand.calls() or ["nothing"], sep="\n  ")

samples = growable.Samples([1.0])
samples.append(2.0)
try:
    memoryview(samples)
    print("memoryview of a class with #[exports]: granted")
except TypeError as error:
    print(f"memoryview of a class with #[exports]: TypeError: {error}")
