"""The struct and the functions of the C API that the scripts beside this one call."""

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_int, c_ssize_t, c_void_p, py_object, pythonapi


class Py_buffer(ctypes.Structure):
    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", POINTER(c_ssize_t)),
        ("strides", POINTER(c_ssize_t)),
        ("suboffsets", POINTER(c_ssize_t)),
        ("internal", c_void_p),
    ]


VIEW = POINTER(Py_buffer)

pythonapi.PyBuffer_FillContiguousStrides.argtypes = [c_int, POINTER(c_ssize_t), POINTER(c_ssize_t), c_int, c_char]
pythonapi.PyBuffer_FillContiguousStrides.restype = None
pythonapi.PyBuffer_FillInfo.argtypes = [VIEW, c_void_p, c_void_p, c_ssize_t, c_int, c_int]
pythonapi.PyBuffer_FromContiguous.argtypes = [VIEW, c_char_p, c_ssize_t, c_char]
pythonapi.PyBuffer_GetPointer.argtypes = [VIEW, POINTER(c_ssize_t)]
pythonapi.PyBuffer_GetPointer.restype = c_void_p
pythonapi.PyBuffer_IsContiguous.argtypes = [VIEW, c_char]
pythonapi.PyBuffer_Release.argtypes = [VIEW]
pythonapi.PyBuffer_Release.restype = None
pythonapi.PyBuffer_ToContiguous.argtypes = [c_char_p, VIEW, c_ssize_t, c_char]
pythonapi.PyMemoryView_FromBuffer.argtypes = [VIEW]
pythonapi.PyMemoryView_FromBuffer.restype = py_object
pythonapi.PyObject_CopyData.argtypes = [py_object, py_object]
pythonapi.PyObject_GetBuffer.argtypes = [py_object, VIEW, c_int]
