"""Uses the module image, and asserts what it promises."""

import gc
import sys

import numpy as np

from image import Image


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


image = Image(4, 6)
before = sys.getrefcount(image)

pixels = np.asarray(image)
assert (pixels.shape, pixels.dtype) == ((4, 6, 3), np.uint8)
pixels[:2] = 255
check("zero copy", image.mean() == 127.5 and address(memoryview(image)) == address(pixels))
check("read-only", pixels.flags.writeable and not memoryview(image).readonly)  # it is not
check(
    "refusal",
    raised(lambda: image.resize(1, 1)) == "BufferError: Existing exports of data: object cannot be re-sized",
)

del pixels
gc.collect()
image.resize(2, 2)
check("references", sys.getrefcount(image) == before and np.asarray(image).shape == (2, 2, 3))

pixels = np.asarray(image)
del image
gc.collect()
pixels[1, 1] = 7
check("outlives its owner", int(pixels.sum()) == 21)
