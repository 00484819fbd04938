/* Arrays of any number of dimensions, and parts of them that share the memory. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         strided.c -o strided.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>

/* The memory never moves, so nothing is counted: an array keeps the one it is a part of. */
typedef struct {
    PyObject_HEAD
    PyObject *whole; /* the array that owns the memory; NULL if it is this one */
    Py_ssize_t shape[PyBUF_MAX_NDIM];
    Py_ssize_t strides[PyBUF_MAX_NDIM];
    buffer_description memory;
} Array;

static Array *array_make(PyTypeObject *type, int ndim) {
    Array *self = (Array *)PyType_GenericAlloc(type, 0);
    if (self != NULL) {
        self->memory.itemsize = sizeof(double);
        self->memory.format = "d";
        self->memory.ndim = ndim;
        self->memory.shape = self->shape;
        self->memory.strides = self->strides;
    }
    return self;
}

static PyObject *array_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"shape", NULL};
    PyObject *shape;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!", (char **)names, &PyTuple_Type, &shape))
        return NULL;
    Py_ssize_t ndim = PyTuple_Size(shape);
    if (ndim > PyBUF_MAX_NDIM) {
        PyErr_SetString(PyExc_ValueError, "more than 64 dimensions");
        return NULL;
    }
    Array *self = array_make(type, (int)ndim);
    if (self == NULL)
        return NULL;
    Py_ssize_t items = 1;
    for (int axis = (int)ndim - 1; axis >= 0; axis--) {
        Py_ssize_t extent = PyLong_AsSsize_t(PyTuple_GetItem(shape, axis));
        if (extent < 0 || (extent > 0 && items > PY_SSIZE_T_MAX / 8 / extent)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "an extent is negative or too large");
            Py_DECREF(self);
            return NULL;
        }
        self->shape[axis] = extent;
        self->strides[axis] = items * 8;
        items *= extent > 0 ? extent : 1;
    }
    self->memory.buf = PyMem_Calloc(items, sizeof(double));
    if (self->memory.buf == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    for (Py_ssize_t item = 0; item < items; item++)
        ((double *)self->memory.buf)[item] = (double)item;
    if (buffer_prepare(&self->memory) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void array_dealloc(PyObject *object) {
    Array *self = (Array *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->whole == NULL)
        PyMem_Free(self->memory.buf);
    Py_XDECREF(self->whole);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int array_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    return buffer_fill(object, view, flags, &((Array *)object)->memory);
}

/* An array of the same memory, to be changed before anything else sees it. */
static Array *array_share(Array *self) {
    Array *part = array_make(Py_TYPE((PyObject *)self), self->memory.ndim);
    if (part == NULL)
        return NULL;
    part->whole = self->whole != NULL ? self->whole : (PyObject *)self;
    Py_INCREF(part->whole);
    part->memory.buf = self->memory.buf;
    for (int axis = 0; axis < self->memory.ndim; axis++) {
        part->shape[axis] = self->shape[axis];
        part->strides[axis] = self->strides[axis];
    }
    return part;
}

/* The axes in reverse order: not a byte moves. */
static PyObject *array_transposed(PyObject *object, void *Py_UNUSED(closure)) {
    Array *self = (Array *)object, *part = array_share(self);
    if (part == NULL)
        return NULL;
    for (int axis = 0, last = self->memory.ndim - 1; axis <= last; axis++) {
        part->shape[axis] = self->shape[last - axis];
        part->strides[axis] = self->strides[last - axis];
    }
    if (buffer_prepare(&part->memory) < 0)
        Py_CLEAR(part);
    return (PyObject *)part;
}

/* array[start:stop:step], along the first axis. */
static PyObject *array_slice(PyObject *object, PyObject *slice) {
    Array *self = (Array *)object;
    Py_ssize_t start, stop, step;
    if (self->memory.ndim == 0 || !PySlice_Check(slice)) {
        PyErr_SetString(PyExc_TypeError, "an array with dimensions takes a slice of the first");
        return NULL;
    }
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0)
        return NULL;
    Py_ssize_t count = PySlice_AdjustIndices(self->shape[0], &start, &stop, step);
    Array *part = array_share(self);
    if (part == NULL)
        return NULL;
    part->shape[0] = count;
    if (count > 0) /* otherwise it might be an address outside */
        part->memory.buf = (char *)self->memory.buf + start * self->strides[0];
    if (count > 1) /* otherwise it might overflow, and is never used */
        part->strides[0] = step * self->strides[0];
    if (buffer_prepare(&part->memory) < 0)
        Py_CLEAR(part);
    return (PyObject *)part;
}

static PyGetSetDef array_properties[] = {
    {"T", array_transposed, NULL, "The array with its axes in reverse order.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot array_slots[] = {
    SLOT(Py_tp_new, array_new),
    SLOT(Py_tp_dealloc, array_dealloc),
    SLOT(Py_bf_getbuffer, array_getbuffer),
    SLOT(Py_mp_subscript, array_slice),
    {Py_tp_getset, array_properties},
    {0, NULL},
};

static PyType_Spec array_spec = {
    "strided.Array", sizeof(Array), 0, Py_TPFLAGS_DEFAULT, array_slots,
};

static int strided_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&array_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot strided_slots[] = {
    SLOT(Py_mod_exec, strided_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef strided_module = {
    PyModuleDef_HEAD_INIT, "strided", NULL, 0, NULL, strided_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_strided(void) {
    return PyModuleDef_Init(&strided_module);
}
