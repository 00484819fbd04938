/* Exporters of any description, made of buffer_fill.h, and a consumer that writes down what each
 * request gets. tests/python/c_header.py imports it. */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>
#include <string.h>

#define PATTERN 0xA5

typedef struct {
    PyObject_HEAD
    Py_ssize_t numbers[3][PyBUF_MAX_NDIM + 1]; /* shape, strides, suboffsets */
    char *format;
    char memory[64];
    buffer_description described;
    buffer_count count;
} Described;

/* A tuple of numbers, or None for NULL. */
static int numbers_of(PyObject *tuple, Py_ssize_t *numbers, const Py_ssize_t **pointer) {
    *pointer = NULL;
    if (tuple == Py_None)
        return 0;
    for (Py_ssize_t axis = 0; axis < PyTuple_Size(tuple) && axis <= PyBUF_MAX_NDIM; axis++)
        numbers[axis] = PyLong_AsSsize_t(PyTuple_GetItem(tuple, axis));
    *pointer = numbers;
    return PyErr_Occurred() ? -1 : 0;
}

/* Described(has_memory, itemsize, format, readonly, ndim, shape, strides, suboffsets) */
static PyObject *described_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs)) {
    int has_memory, readonly, ndim;
    Py_ssize_t itemsize;
    const char *format;
    PyObject *tuples[3];
    if (!PyArg_ParseTuple(args, "pnzpiOOO", &has_memory, &itemsize, &format, &readonly, &ndim,
                          &tuples[0], &tuples[1], &tuples[2]))
        return NULL;
    Described *self = (Described *)PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    buffer_description *described = &self->described;
    if (format != NULL && (self->format = (char *)PyMem_Calloc(1, strlen(format) + 1)) != NULL)
        memcpy(self->format, format, strlen(format));
    described->buf = has_memory ? self->memory : NULL;
    described->itemsize = itemsize;
    described->format = self->format;
    described->readonly = readonly;
    described->ndim = ndim;
    if (numbers_of(tuples[0], self->numbers[0], &described->shape) < 0 ||
        numbers_of(tuples[1], self->numbers[1], &described->strides) < 0 ||
        numbers_of(tuples[2], self->numbers[2], &described->suboffsets) < 0 ||
        buffer_prepare(described) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void described_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Described *)object)->format);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int described_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Described *self = (Described *)object;
    return buffer_getbuffer(object, view, flags, &self->described, &self->count);
}

static void described_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &((Described *)object)->count);
}

static PyObject *described_begin_change(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    if (buffer_begin_change(&((Described *)object)->count) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *described_end_change(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    buffer_end_change(&((Described *)object)->count);
    Py_RETURN_NONE;
}

static PyObject *described_begin_use(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    if (buffer_begin_use(&((Described *)object)->count) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *described_end_use(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    return PyLong_FromLong(buffer_end_export(&((Described *)object)->count));
}

/* One release too many, while `exception` is set. */
static PyObject *described_release(PyObject *object, PyObject *exception) {
    PyErr_SetNone(exception);
    buffer_releasebuffer(object, &((Described *)object)->count);
    return NULL;
}

static PyObject *described_get_views(PyObject *object, void *Py_UNUSED(closure)) {
    return PyLong_FromSsize_t(((Described *)object)->count.views);
}

static int described_set_views(PyObject *object, PyObject *views, void *Py_UNUSED(closure)) {
    ((Described *)object)->count.views = PyLong_AsSsize_t(views);
    return PyErr_Occurred() ? -1 : 0;
}

/* What buf points at, from the start of the memory; None for the address of no items. */
static PyObject *described_buf(PyObject *object, void *Py_UNUSED(closure)) {
    Described *self = (Described *)object;
    if (self->described.buf != self->memory)
        Py_RETURN_NONE;
    return PyLong_FromLong(0);
}

static PyObject *text_of(const Py_ssize_t *numbers, int ndim) {
    PyObject *tuple, *text;
    if (numbers == NULL)
        return PyUnicode_FromString("NULL");
    tuple = PyTuple_New(ndim);
    for (int axis = 0; tuple != NULL && axis < ndim; axis++)
        PyTuple_SetItem(tuple, axis, PyLong_FromSsize_t(numbers[axis]));
    text = tuple == NULL ? NULL : PyObject_Str(tuple);
    Py_XDECREF(tuple);
    return text;
}

static PyObject *granted(const Py_buffer *view) {
    PyObject *shape = text_of(view->shape, view->ndim);
    PyObject *strides = text_of(view->strides, view->ndim);
    PyObject *suboffsets = text_of(view->suboffsets, view->ndim);
    PyObject *text = NULL;
    if (shape != NULL && strides != NULL && suboffsets != NULL)
        text = PyUnicode_FromFormat(
            "len=%zd itemsize=%zd readonly=%d ndim=%d format=%s shape=%U strides=%U suboffsets=%U%s",
            view->len, view->itemsize, view->readonly, view->ndim,
            view->format ? view->format : "NULL", shape, strides, suboffsets,
            view->buf == NULL ? " buf=NULL" : "");
    Py_XDECREF(shape);
    Py_XDECREF(strides);
    Py_XDECREF(suboffsets);
    return text;
}

static PyObject *refused(const Py_buffer *view) {
    PyObject *type, *value, *traceback, *text;
    Py_buffer expected;
    memset(&expected, PATTERN, sizeof(expected));
    expected.obj = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL)
        return PyUnicode_FromString("refused without an exception");
    PyErr_NormalizeException(&type, &value, &traceback);
    text = PyUnicode_FromFormat("%s: %S%s", ((PyTypeObject *)type)->tp_name, value,
                                memcmp(view, &expected, sizeof(expected)) ? " (touched)" : "");
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return text;
}

/* What each of the 512 requests to an object gets. The slot is called directly: since 3.13
 * PyObject_GetBuffer keeps two words from it. */
static PyObject *answers(PyObject *Py_UNUSED(module), PyObject *object) {
    PyBufferProcs *procs = Py_TYPE(object)->tp_as_buffer;
    PyObject *list = PyList_New(512);
    for (int flags = 0; list != NULL && flags < 512; flags++) {
        Py_buffer view;
        PyObject *text;
        Py_ssize_t references = Py_REFCNT(object);
        memset(&view, PATTERN, sizeof(view));
        int answer = procs->bf_getbuffer(object, &view, flags);
        if (answer == 0 && (view.obj != object || Py_REFCNT(object) != references + 1)) {
            PyErr_Format(PyExc_AssertionError, "flags %d: obj or its references", flags);
            text = NULL;
        } else {
            text = answer == 0 ? granted(&view) : refused(&view);
        }
        if (answer == 0)
            PyBuffer_Release(&view);
        if (text != NULL && (answer > 0 || answer < -1 || Py_REFCNT(object) != references)) {
            PyErr_Format(PyExc_AssertionError, "flags %d: answer %d", flags, answer);
            Py_CLEAR(text);
        }
        if (text == NULL)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, flags, text);
    }
    return list;
}

static PyMethodDef described_methods[] = {
    {"begin_change", described_begin_change, METH_NOARGS, NULL},
    {"end_change", described_end_change, METH_NOARGS, NULL},
    {"begin_use", described_begin_use, METH_NOARGS, NULL},
    {"end_use", described_end_use, METH_NOARGS, NULL},
    {"release", described_release, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef described_properties[] = {
    {"views", described_get_views, described_set_views, NULL, NULL},
    {"buf", described_buf, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot described_slots[] = {
    SLOT(Py_tp_new, described_new),
    SLOT(Py_tp_dealloc, described_dealloc),
    SLOT(Py_bf_getbuffer, described_getbuffer),
    SLOT(Py_bf_releasebuffer, described_releasebuffer),
    {Py_tp_methods, described_methods},
    {Py_tp_getset, described_properties},
    {0, NULL},
};

static PyType_Spec described_spec = {
    "header.Described", sizeof(Described), 0, Py_TPFLAGS_DEFAULT, described_slots,
};

static PyMethodDef header_methods[] = {
    {"answers", answers, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef header_module = {
    PyModuleDef_HEAD_INIT, "header", NULL, -1, header_methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_header(void) {
    PyObject *module = PyModule_Create(&header_module);
    PyObject *type = module == NULL ? NULL : PyType_FromSpec(&described_spec);
    if (type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0)
        Py_CLEAR(module);
    Py_XDECREF(type);
    return module;
}
