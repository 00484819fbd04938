"""The two modules `_testbuffer`: this crate's, from a folder, and the installed one."""

import importlib.util
import sysconfig
from pathlib import Path


def load(path, package):
    spec = importlib.util.spec_from_file_location(f"{package}._testbuffer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_both(folder):
    installed = Path(sysconfig.get_path("platstdlib"), "lib-dynload")
    ours, theirs = (next(Path(place).glob("_testbuffer.*")) for place in (folder, installed))
    assert ours != theirs
    return load(ours, "ours"), load(theirs, "theirs")
