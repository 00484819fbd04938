"""The two modules `_testbuffer`: this crate's, from a folder, and the installed one."""

import importlib.machinery
import importlib.util
from pathlib import Path


def load(path, package):
    spec = importlib.util.spec_from_file_location(f"{package}._testbuffer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_both(folder):
    ours = next(Path(folder).glob("_testbuffer.*"))
    theirs = importlib.machinery.PathFinder.find_spec("_testbuffer").origin
    assert not ours.samefile(theirs)
    return load(ours, "ours"), load(theirs, "theirs")
