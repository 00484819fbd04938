"""PyMemoryView_FromMemory makes a view of -1 bytes."""
import ctypes

from_memory = ctypes.pythonapi.PyMemoryView_FromMemory
from_memory.restype = ctypes.py_object
memory, READ = ctypes.create_string_buffer(8), 0x100
try:
    view = from_memory(memory, ctypes.c_ssize_t(-1), READ)
    print(f"shape {view.shape}, nbytes {view.nbytes}")
    print("reproduced")
except (ValueError, SystemError):
    print("not reproduced")
