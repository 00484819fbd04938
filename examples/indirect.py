"""Uses the module indirect, and asserts what it promises."""

import gc
import sys

import numpy as np

from indirect import Page


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


page = Page([list(b"first"), list(b"other")])
before = sys.getrefcount(page)

view = memoryview(page)
assert (view.shape, view.strides[1], view.suboffsets) == ((2, 5), 1, (0, -1))
page.set(1, 0, ord("O"))
view[0, 0] = ord("F")
check("zero copy", bytes(view) == bytes(memoryview(page)) == b"FirstOther")
check("read-only", not view.readonly)  # it is not
# NumPy asks for suboffsets and does not follow them, so it gets a copy. A consumer that does not ask is refused:
assert np.frombuffer(bytes(view), "u1").reshape(view.shape)[1].tobytes() == b"Other"
check(
    "refusal",
    raised(lambda: np.frombuffer(page)) == "BufferError: memoryview: underlying buffer requires suboffsets"
    and raised(lambda: page.append(list(b"third"))) == "BufferError: Existing exports of data: object cannot be re-sized",
)

view.release()
del view
gc.collect()
page.append(list(b"third"))
check("references", sys.getrefcount(page) == before)

view = memoryview(page)
del page
gc.collect()
check("outlives its owner", bytes(view) == b"FirstOtherthird")
