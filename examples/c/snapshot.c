/* Memory of its own for each view: a consumer sees the readings as they were when it asked, and no
 * view keeps the owner from a change. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         snapshot.c -o snapshot.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>
#include <string.h>

/* Before 3.13 the GIL is enough. */
#if PY_VERSION_HEX < 0x030D0000
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

typedef struct {
    PyObject_HEAD
    double *items;
    Py_ssize_t len;
} Readings;

/* What one view shows; the items follow it in the same allocation. */
typedef struct {
    Py_ssize_t len; /* also the shape */
    buffer_description memory;
} Copy;

static PyObject *readings_append(PyObject *object, PyObject *item) {
    Readings *self = (Readings *)object;
    double value = PyFloat_AsDouble(item);
    if (value == -1.0 && PyErr_Occurred())
        return NULL;
    double *items;
    Py_BEGIN_CRITICAL_SECTION(object);
    items = (double *)PyMem_Realloc(self->items, (size_t)(self->len + 1) * sizeof(double));
    if (items != NULL) {
        items[self->len++] = value;
        self->items = items;
    }
    Py_END_CRITICAL_SECTION();
    if (items == NULL)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static void readings_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Readings *)object)->items);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int readings_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Readings *self = (Readings *)object;
    Copy *copy;
    Py_BEGIN_CRITICAL_SECTION(object);
    size_t size = (size_t)self->len * sizeof(double);
    copy = (Copy *)PyMem_Calloc(1, sizeof(Copy) + size);
    if (copy != NULL) {
        copy->len = self->len;
        if (size > 0)
            memcpy(copy + 1, self->items, size);
    }
    Py_END_CRITICAL_SECTION();
    if (copy == NULL) {
        view->obj = NULL; /* as on every refusal */
        PyErr_NoMemory();
        return -1;
    }
    copy->memory.buf = copy + 1;
    copy->memory.itemsize = sizeof(double);
    copy->memory.format = "d";
    copy->memory.readonly = 1; /* what a consumer writes would be lost */
    copy->memory.ndim = 1;
    copy->memory.shape = &copy->len;
    if (buffer_prepare(&copy->memory) < 0 || buffer_fill(object, view, flags, &copy->memory) < 0) {
        PyMem_Free(copy);
        return -1;
    }
    view->internal = copy;
    return 0;
}

/* The view may be a byte copy of the one that was filled; what internal points at is the same. */
static void readings_releasebuffer(PyObject *Py_UNUSED(object), Py_buffer *view) {
    PyMem_Free(view->internal);
}

static PyMethodDef readings_methods[] = {
    {"append", readings_append, METH_O, "Appends a reading, also while views are held."},
    {NULL, NULL, 0, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot readings_slots[] = {
    SLOT(Py_tp_new, PyType_GenericNew),
    SLOT(Py_tp_dealloc, readings_dealloc),
    SLOT(Py_bf_getbuffer, readings_getbuffer),
    SLOT(Py_bf_releasebuffer, readings_releasebuffer),
    {Py_tp_methods, readings_methods},
    {0, NULL},
};

static PyType_Spec readings_spec = {
    "snapshot.Readings", sizeof(Readings), 0, Py_TPFLAGS_DEFAULT, readings_slots,
};

static int snapshot_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&readings_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot snapshot_slots[] = {
    SLOT(Py_mod_exec, snapshot_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef snapshot_module = {
    PyModuleDef_HEAD_INIT, "snapshot", NULL, 0, NULL, snapshot_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_snapshot(void) {
    return PyModuleDef_Init(&snapshot_module);
}
