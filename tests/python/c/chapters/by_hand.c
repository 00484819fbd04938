/* The two functions by hand, without buffer_fill.h, as the chapter on PyBufferProcs shows them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stdint.h>

/* Three numbers that consumers may read, and how many views of them are held. */
typedef struct {
    PyObject_HEAD
    uint16_t items[3];
    atomic_size_t exports;
} Samples;

static char FORMAT[] = "H";
static Py_ssize_t SHAPE[1] = {3};
static Py_ssize_t STRIDES[1] = {2};

static int getbuffer(PyObject *exporter, Py_buffer *view, int flags) {
    Samples *samples = (Samples *)exporter;
#define ASKS(flag) ((flags & (flag)) == (flag))

    /* 1. Decide. A refusal sets obj to NULL, raises BufferError and returns -1. */
    const char *refusal = NULL;
    if (ASKS(PyBUF_WRITABLE))
        refusal = "the memory is read-only";
    else if (ASKS(PyBUF_FORMAT) && !ASKS(PyBUF_ND))
        refusal = "FORMAT was requested without ND";
    if (refusal != NULL) {
        view->obj = NULL;
        PyErr_SetString(PyExc_BufferError, refusal);
        return -1;
    }
    /* 2. Fill every field: those that were requested with their values, the rest with NULL. */
    view->buf = samples->items;
    view->len = 6;
    view->itemsize = 2;
    view->readonly = 1;
    view->ndim = 1;
    view->format = ASKS(PyBUF_FORMAT) ? FORMAT : NULL;
    view->shape = ASKS(PyBUF_ND) ? SHAPE : NULL;
    view->strides = ASKS(PyBUF_STRIDES) ? STRIDES : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    /* 3. Count the export. */
    atomic_fetch_add(&samples->exports, 1);
    /* 4. A new reference to the exporter, which the view owns. */
    Py_INCREF(exporter);
    view->obj = exporter;
    /* 5. Granted. */
    return 0;
}

static void releasebuffer(PyObject *exporter, Py_buffer *Py_UNUSED(view)) {
    Samples *samples = (Samples *)exporter;
    atomic_fetch_sub(&samples->exports, 1);
}

static PyBufferProcs PROCS = {
    .bf_getbuffer = getbuffer,
    .bf_releasebuffer = releasebuffer,
};

static PyObject *samples_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "", names))
        return NULL;
    Samples *samples = (Samples *)type->tp_alloc(type, 0); /* all zero */
    if (samples != NULL)
        for (int index = 0; index < 3; index++)
            samples->items[index] = (uint16_t)(10 * (index + 1));
    return (PyObject *)samples;
}

static PyObject *samples_exports(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    return PyLong_FromSize_t(atomic_load(&((Samples *)object)->exports));
}

static PyMethodDef samples_methods[] = {
    {"exports", samples_exports, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject SAMPLES = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "by_hand.Samples",
    .tp_basicsize = sizeof(Samples),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = samples_new,
    .tp_methods = samples_methods,
    .tp_as_buffer = &PROCS,
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "by_hand", NULL, -1, NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_by_hand(void) {
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddType(made, &SAMPLES) < 0)
        Py_CLEAR(made);
    return made;
}
