/* Bytes that never change: the smallest exporter there is. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         minimal.c -o minimal.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    Py_ssize_t len; /* also the shape */
    buffer_description memory;
} Blob;

static PyObject *blob_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"contents", NULL};
    Py_buffer contents;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*", (char **)names, &contents))
        return NULL;
    Blob *self = (Blob *)PyType_GenericAlloc(type, 0);
    if (self != NULL) {
        self->len = contents.len;
        self->memory.itemsize = 1;
        self->memory.readonly = 1;
        self->memory.ndim = 1;
        self->memory.shape = &self->len;
        self->memory.buf = PyMem_Malloc(contents.len);
        if (self->memory.buf == NULL)
            PyErr_NoMemory();
        else
            memcpy(self->memory.buf, contents.buf, contents.len);
        if (self->memory.buf == NULL || buffer_prepare(&self->memory) < 0)
            Py_CLEAR(self);
    }
    PyBuffer_Release(&contents);
    return (PyObject *)self;
}

static void blob_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Blob *)object)->memory.buf);
    PyObject_Free(object);
    Py_DECREF(type);
}

/* No count, and so no bf_releasebuffer: the bytes stay where they are as long as the object lives,
 * and each view has a reference to it. */
static int blob_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    return buffer_fill(object, view, flags, &((Blob *)object)->memory);
}

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot blob_slots[] = {
    SLOT(Py_tp_new, blob_new),
    SLOT(Py_tp_dealloc, blob_dealloc),
    SLOT(Py_bf_getbuffer, blob_getbuffer),
    {0, NULL},
};

static PyType_Spec blob_spec = {"minimal.Blob", sizeof(Blob), 0, Py_TPFLAGS_DEFAULT, blob_slots};

static int minimal_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&blob_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot minimal_slots[] = {
    SLOT(Py_mod_exec, minimal_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef minimal_module = {
    PyModuleDef_HEAD_INIT, "minimal", NULL, 0, NULL, minimal_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_minimal(void) {
    return PyModuleDef_Init(&minimal_module);
}
