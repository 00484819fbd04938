/* Rows that lie anywhere, behind a table of pointers: suboffsets. memoryview follows them, NumPy
 * does not. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         rows.c -o rows.so
 */
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    unsigned char **rows; /* the table, with shape[0] rows of shape[1] bytes */
    Py_ssize_t shape[2];
    Py_ssize_t strides[2];    /* from pointer to pointer, then from byte to byte */
    Py_ssize_t suboffsets[2]; /* after the first axis a pointer is followed, after the other not */
    buffer_description memory;
    buffer_count count;
} Page;

static int describe(Page *self) {
    self->strides[0] = sizeof(unsigned char *);
    self->strides[1] = 1;
    self->suboffsets[0] = 0;
    self->suboffsets[1] = -1;
    self->memory.buf = self->rows; /* the table, not the first row */
    self->memory.itemsize = 1;
    self->memory.ndim = 2;
    self->memory.shape = self->shape;
    self->memory.strides = self->strides;
    self->memory.suboffsets = self->suboffsets;
    return buffer_prepare(&self->memory);
}

/* Only during a change, or before anything else can reach the object. */
static int push(Page *self, PyObject *row) {
    char *bytes;
    Py_ssize_t len;
    if (PyBytes_AsStringAndSize(row, &bytes, &len) < 0)
        return -1;
    if (self->shape[0] > 0 && len != self->shape[1]) {
        PyErr_SetString(PyExc_ValueError, "the rows differ in length");
        return -1;
    }
    size_t size = (size_t)(self->shape[0] + 1) * sizeof(unsigned char *);
    unsigned char **rows = (unsigned char **)PyMem_Realloc(self->rows, size);
    if (rows != NULL) {
        self->rows = rows; /* also if the next line fails: the old table is gone */
        rows[self->shape[0]] = (unsigned char *)PyMem_Malloc(len);
    }
    if (rows == NULL || rows[self->shape[0]] == NULL) {
        PyErr_NoMemory();
        describe(self);
        return -1;
    }
    memcpy(rows[self->shape[0]], bytes, len);
    self->shape[0]++;
    self->shape[1] = len;
    return describe(self);
}

static PyObject *page_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"rows", NULL};
    PyObject *rows;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!", (char **)names, &PyTuple_Type, &rows))
        return NULL;
    Page *self = (Page *)PyType_GenericAlloc(type, 0);
    if (self == NULL)
        return NULL;
    int failed = describe(self);
    for (Py_ssize_t row = 0; !failed && row < PyTuple_Size(rows); row++)
        failed = push(self, PyTuple_GetItem(rows, row));
    if (failed)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void page_dealloc(PyObject *object) {
    Page *self = (Page *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (Py_ssize_t row = 0; row < self->shape[0]; row++)
        PyMem_Free(self->rows[row]);
    PyMem_Free(self->rows);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int page_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Page *self = (Page *)object;
    return buffer_getbuffer(object, view, flags, &self->memory, &self->count);
}

static void page_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &((Page *)object)->count);
}

/* BufferError while a view is held: the table may move. */
static PyObject *page_append(PyObject *object, PyObject *row) {
    Page *self = (Page *)object;
    if (buffer_begin_change(&self->count) < 0)
        return NULL;
    int failed = push(self, row);
    buffer_end_change(&self->count);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef page_methods[] = {
    {"append", page_append, METH_O, "Appends a row of bytes, unless a view is held."},
    {NULL, NULL, 0, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot page_slots[] = {
    SLOT(Py_tp_new, page_new),
    SLOT(Py_tp_dealloc, page_dealloc),
    SLOT(Py_bf_getbuffer, page_getbuffer),
    SLOT(Py_bf_releasebuffer, page_releasebuffer),
    {Py_tp_methods, page_methods},
    {0, NULL},
};

static PyType_Spec page_spec = {"rows.Page", sizeof(Page), 0, Py_TPFLAGS_DEFAULT, page_slots};

static int rows_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&page_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot rows_slots[] = {
    SLOT(Py_mod_exec, rows_exec),
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef rows_module = {
    PyModuleDef_HEAD_INIT, "rows", NULL, 0, NULL, rows_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_rows(void) {
    return PyModuleDef_Init(&rows_module);
}
