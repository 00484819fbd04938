"""ResizableBuffer.resize of pyarrow moves the memory under a view."""
import sys

try:
    import pyarrow
except ImportError:
    print("does not apply: there is no pyarrow here")
    sys.exit()
buffer = pyarrow.allocate_buffer(8, resizable=True)
view = memoryview(buffer)
before = buffer.address
buffer.resize(1 << 20)
print(f"a view is held, and the buffer is {'somewhere else' if buffer.address != before else 'where it was'}")
print("reproduced" if buffer.address != before else "not reproduced")
