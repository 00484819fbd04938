# cython: language_level=3
"""A grid of doubles, exported by Cython in four ways, and a consumer."""

from cpython.buffer cimport (
    PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE,
)
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cython.view cimport array as cython_array


cdef class Plain:
    """As it is often written: the request is not looked at, and nothing is counted."""

    cdef double *items
    cdef Py_ssize_t shape[2]
    cdef Py_ssize_t strides[2]

    def __cinit__(self, Py_ssize_t rows, Py_ssize_t columns, *_):
        self.change(rows, columns)

    def __dealloc__(self):
        PyMem_Free(self.items)

    cdef int change(self, Py_ssize_t rows, Py_ssize_t columns) except -1:
        if rows < 1 or columns < 1:
            raise ValueError("a grid has rows and columns")
        cdef Py_ssize_t index
        cdef void *moved = PyMem_Realloc(self.items, rows * columns * sizeof(double))
        if moved == NULL:
            raise MemoryError()
        self.items = <double *>moved
        for index in range(rows * columns):
            self.items[index] = index
        self.shape[0] = rows
        self.shape[1] = columns
        self.strides[0] = columns * sizeof(double)
        self.strides[1] = sizeof(double)
        return 0

    def resize(self, rows, columns):
        self.change(rows, columns)

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.obj = self
        view.buf = self.items
        view.len = self.shape[0] * self.strides[0]
        view.itemsize = sizeof(double)
        view.readonly = 0
        view.format = "d"
        view.ndim = 2
        view.shape = self.shape
        view.strides = self.strides
        view.suboffsets = NULL
        view.internal = NULL


cdef class Grid(Plain):
    """The same with every flag answered, and views counted."""

    cdef Py_ssize_t views
    cdef readonly bint readonly

    def __init__(self, rows, columns, readonly=False):
        self.readonly = readonly

    def resize(self, rows, columns):
        if self.views > 0:
            raise BufferError(f"{self.views} views are held: the grid cannot be resized")
        self.change(rows, columns)

    def __getbuffer__(self, Py_buffer *view, int flags):
        # The items are packed in C order, and in Fortran order too if there is one row or column.
        if flags & PyBUF_WRITABLE and self.readonly:
            raise BufferError("WRITABLE was requested, the grid is read-only")
        if (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS and min(self.shape[0], self.shape[1]) > 1:
            raise BufferError("F_CONTIGUOUS was requested, the grid is in C order")
        cdef bint has_shape = (flags & PyBUF_ND) == PyBUF_ND
        if flags & PyBUF_FORMAT and not has_shape:
            raise BufferError("FORMAT was requested without ND, which means bytes")
        view.obj = self
        view.buf = self.items
        view.len = self.shape[0] * self.strides[0]
        view.itemsize = sizeof(double)
        view.readonly = self.readonly
        view.format = NULL
        if flags & PyBUF_FORMAT:
            view.format = "d"
        view.ndim = 2 if has_shape else 1
        view.shape = self.shape if has_shape else NULL
        view.strides = self.strides if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL
        self.views += 1

    def __releasebuffer__(self, Py_buffer *view):
        self.views -= 1


def array(rows, columns, mode="c"):
    """Cython's own array."""
    new = cython_array(shape=(rows, columns), itemsize=sizeof(double), format="d", mode=mode)
    cdef double[:, :] items = new
    cdef Py_ssize_t row, column
    for row in range(items.shape[0]):
        for column in range(items.shape[1]):
            items[row, column] = row * items.shape[1] + column
    return new


def typed_view(grid):
    """A typed memoryview that becomes an object, and so an exporter."""
    cdef double[:, :] items = grid
    return items


def readonly_view(grid):
    """The same, read-only."""
    cdef const double[:, :] items = grid
    return items


def python_view(grid):
    """Python's memoryview of it, which answers each request by itself, and is read-only."""
    cdef const double[:, :] items = grid
    return memoryview(items).toreadonly()


def packed(const unsigned char[:] items):
    """A consumer: the items as bytes."""
    return bytes([item for item in items])


def listed(const int[:, :] items):
    """The same of a table: its rows, of any strides."""
    cdef Py_ssize_t row, column
    return [[items[row, column] for column in range(items.shape[1])] for row in range(items.shape[0])]


cdef class Kept:
    """A consumer that keeps the view: the typed memoryview holds it."""

    cdef const unsigned char[:] items

    def __init__(self, const unsigned char[:] items):
        self.items = items

    def packed(self):
        return bytes([item for item in self.items])
