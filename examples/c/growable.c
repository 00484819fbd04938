/* A vector that grows, but never while a view is held. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         growable.c -o growable.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>

typedef struct {
    PyObject_HEAD
    double *items;
    Py_ssize_t len;      /* also the shape */
    Py_ssize_t capacity; /* in items */
    buffer_description memory;
    buffer_count count;
} Samples;

/* Tells consumers where the items are and how many. */
static int describe(Samples *self) {
    self->memory.buf = self->items;
    self->memory.itemsize = sizeof(double);
    self->memory.format = "d";
    self->memory.ndim = 1;
    self->memory.shape = &self->len;
    return buffer_prepare(&self->memory);
}

/* Only during a change, or before anything else can reach the object. */
static int push(Samples *self, double item) {
    if (self->len == self->capacity) {
        Py_ssize_t capacity = self->capacity ? 2 * self->capacity : 4;
        double *items = NULL;
        if (capacity <= PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(double))
            items = (double *)PyMem_Realloc(self->items, capacity * sizeof(double));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->items = items;
        self->capacity = capacity;
    }
    self->items[self->len++] = item;
    return describe(self);
}

static PyObject *samples_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"items", NULL};
    PyObject *source;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O", (char **)names, &source))
        return NULL;
    PyObject *iterator = PyObject_GetIter(source);
    if (iterator == NULL)
        return NULL;
    Samples *self = (Samples *)PyType_GenericAlloc(type, 0);
    int failed = self == NULL || describe(self) < 0;
    for (PyObject *item; !failed && (item = PyIter_Next(iterator)) != NULL; Py_DECREF(item)) {
        double value = PyFloat_AsDouble(item);
        failed = (value == -1.0 && PyErr_Occurred()) || push(self, value) < 0;
    }
    Py_DECREF(iterator);
    if (failed || PyErr_Occurred())
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void samples_dealloc(PyObject *object) {
    /* Each view has a reference to the object, so none is held. */
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Samples *)object)->items);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int samples_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Samples *self = (Samples *)object;
    return buffer_getbuffer(object, view, flags, &self->memory, &self->count);
}

static void samples_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &((Samples *)object)->count);
}

/* BufferError while a view is held: the memory may move. */
static PyObject *samples_append(PyObject *object, PyObject *item) {
    Samples *self = (Samples *)object;
    double value = PyFloat_AsDouble(item); /* may run Python code, so it comes before the change */
    if (value == -1.0 && PyErr_Occurred())
        return NULL;
    if (buffer_begin_change(&self->count) < 0)
        return NULL;
    int failed = push(self, value);
    buffer_end_change(&self->count);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

/* Allowed while views are held: the items stay where they are. The method counts itself, as a view
 * does, so that no other thread moves them. */
static PyObject *samples_double(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    Samples *self = (Samples *)object;
    if (buffer_begin_use(&self->count) < 0)
        return NULL;
    for (Py_ssize_t index = 0; index < self->len; index++)
        self->items[index] *= 2;
    buffer_end_export(&self->count);
    Py_RETURN_NONE;
}

static Py_ssize_t samples_len(PyObject *object) {
    Samples *self = (Samples *)object;
    if (buffer_begin_use(&self->count) < 0)
        return -1;
    Py_ssize_t len = self->len;
    buffer_end_export(&self->count);
    return len;
}

static PyMethodDef samples_methods[] = {
    {"append", samples_append, METH_O, "Appends an item, unless a view is held."},
    {"double", samples_double, METH_NOARGS, "Doubles all items where they are."},
    {NULL, NULL, 0, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot samples_slots[] = {
    SLOT(Py_tp_new, samples_new),
    SLOT(Py_tp_dealloc, samples_dealloc),
    SLOT(Py_bf_getbuffer, samples_getbuffer),
    SLOT(Py_bf_releasebuffer, samples_releasebuffer),
    SLOT(Py_sq_length, samples_len),
    {Py_tp_methods, samples_methods},
    {0, NULL},
};

static PyType_Spec samples_spec = {
    "growable.Samples", sizeof(Samples), 0, Py_TPFLAGS_DEFAULT, samples_slots,
};

static int growable_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&samples_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot growable_slots[] = {
    SLOT(Py_mod_exec, growable_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef growable_module = {
    PyModuleDef_HEAD_INIT, "growable", NULL, 0, NULL, growable_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_growable(void) {
    return PyModuleDef_Init(&growable_module);
}
