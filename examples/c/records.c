/* Records with named fields: consumers find them by the format. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         records.c -o records.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    float x, y;
    uint16_t kind;
    double weight;
} Point;

/* The fields as they lie: 6x is the gap before weight. The compiler checks it. */
static const char POINT_FORMAT[] = "T{f:x:f:y:H:kind:6xd:weight:}";
static_assert(offsetof(Point, y) == 4 && offsetof(Point, kind) == 8, "as in the format");
static_assert(offsetof(Point, weight) == 16 && sizeof(Point) == 24, "as in the format");

/* The memory never moves, so nothing is counted. */
typedef struct {
    PyObject_HEAD
    Point *points;
    Py_ssize_t len; /* also the shape */
    buffer_description memory;
} Cloud;

static PyObject *cloud_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"len", NULL};
    Py_ssize_t len;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n", (char **)names, &len))
        return NULL;
    if (len < 0) {
        PyErr_SetString(PyExc_ValueError, "len is negative");
        return NULL;
    }
    Cloud *self = (Cloud *)PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    self->points = (Point *)PyMem_Calloc(len, sizeof(Point));
    if (self->points == NULL) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    for (Py_ssize_t index = 0; index < len; index++) {
        self->points[index].y = (float)index;
        self->points[index].weight = 0.5;
    }
    self->len = len;
    self->memory.buf = self->points;
    self->memory.itemsize = sizeof(Point);
    self->memory.format = POINT_FORMAT;
    self->memory.ndim = 1;
    self->memory.shape = &self->len;
    if (buffer_prepare(&self->memory) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void cloud_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Cloud *)object)->points);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int cloud_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    return buffer_fill(object, view, flags, &((Cloud *)object)->memory);
}

/* Sees what consumers wrote. */
static PyObject *cloud_weight(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    Cloud *self = (Cloud *)object;
    double weight = 0;
    for (Py_ssize_t index = 0; index < self->len; index++)
        weight += self->points[index].weight;
    return PyFloat_FromDouble(weight);
}

static PyMethodDef cloud_methods[] = {
    {"weight", cloud_weight, METH_NOARGS, "The sum of all weights."},
    {NULL, NULL, 0, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot cloud_slots[] = {
    SLOT(Py_tp_new, cloud_new),
    SLOT(Py_tp_dealloc, cloud_dealloc),
    SLOT(Py_bf_getbuffer, cloud_getbuffer),
    {Py_tp_methods, cloud_methods},
    {0, NULL},
};

static PyType_Spec cloud_spec = {
    "records.Cloud", sizeof(Cloud), 0, Py_TPFLAGS_DEFAULT, cloud_slots,
};

static int records_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&cloud_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot records_slots[] = {
    SLOT(Py_mod_exec, records_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef records_module = {
    PyModuleDef_HEAD_INIT, "records", NULL, 0, NULL, records_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_records(void) {
    return PyModuleDef_Init(&records_module);
}
