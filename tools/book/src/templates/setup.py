"""Says how the extension module is built. Everything else is in pyproject.toml."""

import sysconfig

from setuptools import Extension, setup

settings = {"depends": ["buffer_fill.h"]}
# MSVC has to be told that a file is C11. GCC and Clang need no option at all.
if sysconfig.get_platform().startswith("win"):
    settings["extra_compile_args"] = ["/std:c11"]

setup(
    ext_modules=[
        Extension("minimal", ["minimal.c"], **settings),
    ],
)
