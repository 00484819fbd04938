"""numpy.ndarray(buffer=...) releases its view at once, and keeps the pointer.

It keeps a reference to the object too, which does not hold the memory in place. The bytearray may grow, and the array then shows
freed memory. `numpy.frombuffer` holds the view.
"""
import numpy as np


def grows(make):
    """Whether the bytearray can grow, and whether the array still shows its memory then."""
    memory = bytearray(8)
    array = make(memory)
    try:
        memory.extend(bytes(1 << 20))
    except BufferError:
        return False, True
    return True, array.ctypes.data == np.frombuffer(memory, "u1").ctypes.data


def told(name, has_grown, is_there):
    print(f"{name}: {'the bytearray grows' if has_grown else 'BufferError'}, the array shows {'it' if is_there else 'freed memory'}")


told("frombuffer(memory)", *grows(lambda memory: np.frombuffer(memory, "u1")))
has_grown, is_there = grows(lambda memory: np.ndarray(8, "u1", buffer=memory))
told("ndarray(buffer=memory)", has_grown, is_there)
print("reproduced" if has_grown and not is_there else "not reproduced")
