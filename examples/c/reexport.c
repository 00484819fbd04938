/* Shows a part of what another object exports, without a copy. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         reexport.c -o reexport.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>

typedef struct {
    PyObject_HEAD
    Py_buffer source; /* held as long as the window lives, so the source cannot move the memory */
    Py_ssize_t shape[PyBUF_MAX_NDIM];
    buffer_description memory;
    buffer_count count;
} Window;

/* Window(object, start, stop): object[start:stop] along the first axis. */
static PyObject *window_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"object", "start", "stop", NULL};
    PyObject *object;
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|nn", (char **)names, &object, &start, &stop))
        return NULL;
    Window *self = (Window *)PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    Py_buffer *source = &self->source;
    /* Everything that consumers may ask the window for; writable if the object grants that. */
    if (PyObject_GetBuffer(object, source, PyBUF_FULL) < 0) {
        PyErr_Clear();
        if (PyObject_GetBuffer(object, source, PyBUF_FULL_RO) < 0) {
            source->obj = NULL; /* some exporters leave it as it was */
            Py_DECREF(self);
            return NULL;
        }
    }
    if (source->ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "a window needs an object with dimensions");
        Py_DECREF(self);
        return NULL;
    }
    for (int axis = 0; axis < source->ndim; axis++)
        self->shape[axis] = source->shape[axis];
    self->shape[0] = PySlice_AdjustIndices(source->shape[0], &start, &stop, 1);
    self->memory.buf = source->buf;
    if (self->shape[0] > 0)
        self->memory.buf = (char *)source->buf + start * source->strides[0];
    self->memory.itemsize = source->itemsize;
    self->memory.format = source->format;
    self->memory.readonly = source->readonly;
    self->memory.ndim = source->ndim;
    self->memory.shape = self->shape;
    self->memory.strides = source->strides;
    self->memory.suboffsets = source->suboffsets;
    if (buffer_prepare(&self->memory) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static int window_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Window *self = (Window *)object;
    return buffer_getbuffer(object, view, flags, &self->memory, &self->count);
}

static void window_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &((Window *)object)->count);
}

/* The collector has to see the object: it and the window may be part of a cycle. */
static int window_traverse(PyObject *object, visitproc visit, void *arg) {
    Py_VISIT(((Window *)object)->source.obj);
    Py_VISIT(Py_TYPE(object));
    return 0;
}

/* Breaks such a cycle, unless a view is held. The change does not end: later requests are
 * refused. */
static int window_clear(PyObject *object) {
    Window *self = (Window *)object;
    if (buffer_try_change(&self->count) == NULL)
        PyBuffer_Release(&self->source);
    return 0;
}

static void window_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    PyBuffer_Release(&((Window *)object)->source);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot window_slots[] = {
    SLOT(Py_tp_new, window_new),
    SLOT(Py_tp_dealloc, window_dealloc),
    SLOT(Py_tp_traverse, window_traverse),
    SLOT(Py_tp_clear, window_clear),
    SLOT(Py_bf_getbuffer, window_getbuffer),
    SLOT(Py_bf_releasebuffer, window_releasebuffer),
    {0, NULL},
};

static PyType_Spec window_spec = {
    "reexport.Window", sizeof(Window), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, window_slots,
};

static int reexport_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&window_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot reexport_slots[] = {
    SLOT(Py_mod_exec, reexport_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef reexport_module = {
    PyModuleDef_HEAD_INIT, "reexport", NULL, 0, NULL, reexport_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_reexport(void) {
    return PyModuleDef_Init(&reexport_module);
}
