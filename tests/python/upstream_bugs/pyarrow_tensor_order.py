"""A Tensor of pyarrow in Fortran order answers a request for plain bytes: the bytes come in another order than the items."""
import sys

try:
    import numpy as np
    import pyarrow
except ImportError:
    print("does not apply: there is no pyarrow here")
    sys.exit()
tensor = pyarrow.Tensor.from_numpy(np.array([[1, 2], [3, 4]], dtype="i1", order="F"))
run, items = b"".join([tensor]), memoryview(tensor).tobytes()
print(f"as a run of bytes {list(run)}, item by item {list(items)}")
print("reproduced" if run != items else "not reproduced")
