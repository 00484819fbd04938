"""BytesIO ignores that PyBuffer_FillInfo failed: a view of nothing, and an export that never ends.

Since 3.13 the word 0x100 is refused by PyBuffer_FillInfo, and __buffer__ passes it on.
"""
import gc
import io
import sys

if sys.version_info < (3, 13):
    print("does not apply: PyBuffer_FillInfo refuses 0x100 since 3.13")
    sys.exit()
stream = io.BytesIO(b"abc")
view = stream.getbuffer()
try:
    view.obj.__buffer__(0x100)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
del view
gc.collect()
try:
    stream.write(b"x")
    print("not reproduced")
except BufferError as error:
    print(f"no view is left, and write raises: {error}")
    print("reproduced")
