"""PyO3's PyBuffer takes numbers of the other byte order for its own."""
import sys

import numpy as np

try:
    from common_mistakes import first_f64
except ImportError:
    print("does not apply: the module of tests/python/common_mistakes is not here")
    sys.exit()
other = ">f8" if sys.byteorder == "little" else "<f8"
try:
    read = first_f64(np.array([1.0], dtype=other))
    print(f"of [1.0] in {other} it reads {read}")
    print("reproduced" if read != 1.0 else "not reproduced")
except BufferError as error:
    print(f"BufferError: {error}")
    print("not reproduced")
