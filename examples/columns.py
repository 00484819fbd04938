"""Uses the module columns, and asserts what it promises."""

import ctypes
import gc
import sys

import numpy as np

from columns import Particles


def check(what, holds):
    if not holds:
        raise AssertionError(what)
    print(what)


def raised(action):
    """The exception of a call, as text."""
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def address(object):
    return np.asarray(object).__array_interface__["data"][0]


def ask_writable(object):
    """The request of a consumer that wants to write."""
    view = (ctypes.c_char * 256)()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, 0x001)
    ctypes.pythonapi.PyBuffer_Release(view)


particles = Particles([1.0, 2.0, 3.0], [7, 8, 9])
before = sys.getrefcount(particles)

particles.masses[0] = 5.0
assert particles.total_mass() == 10.0 and particles.ids.tolist() == [7, 8, 9]
particles.masses[particles.ids > 7] *= 2.0
assert particles.masses.tolist() == [5.0, 4.0, 6.0]

check("zero copy", address(particles.masses) == address(particles.masses) == address(particles.masses.base.obj))
check("read-only", particles.masses.flags.writeable and not particles.ids.flags.writeable)
check(
    "refusal",
    raised(lambda: ask_writable(particles.ids.base.obj))
    == "BufferError: WRITABLE was requested, the memory is read-only",
)

gc.collect()
check("references", sys.getrefcount(particles) == before)

masses, ids = particles.masses, particles.ids
del particles
gc.collect()
check("outlives its owner", masses.tolist() == [5.0, 4.0, 6.0] and ids.tolist() == [7, 8, 9])
