/* What chapters show in C and no example has. The file is built as a module, and chapters.py uses
 * it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

/* The types as the chapters have them are those of the interpreter's headers. */
static void compare_types(void) {
    typedef Py_buffer actual_buffer;
    typedef PyBufferProcs actual_procs;
    typedef getbufferproc actual_getbufferproc;
    typedef releasebufferproc actual_releasebufferproc;
    {
        typedef int (*getbufferproc)(
            PyObject *exporter, Py_buffer *view, int flags);
        typedef void (*releasebufferproc)(
            PyObject *exporter, Py_buffer *view);

        typedef struct {
            getbufferproc     bf_getbuffer;
            releasebufferproc bf_releasebuffer;
        } PyBufferProcs;

        /* The compiler rejects another type here. */
        actual_getbufferproc getbuffer = (getbufferproc)NULL;
        actual_releasebufferproc releasebuffer = (releasebufferproc)NULL;
        (void)getbuffer;
        (void)releasebuffer;
#define SAME(shown, actual, field) \
    static_assert(offsetof(shown, field) == offsetof(actual, field) && \
                  sizeof(((shown *)0)->field) == sizeof(((actual *)0)->field), "another field")
        SAME(PyBufferProcs, actual_procs, bf_getbuffer);
        SAME(PyBufferProcs, actual_procs, bf_releasebuffer);
        static_assert(sizeof(PyBufferProcs) == sizeof(actual_procs), "another size");
    }
    {
        typedef struct {
            void       *buf;
            PyObject   *obj;
            Py_ssize_t  len;
            Py_ssize_t  itemsize;
            int         readonly;
            int         ndim;
            char       *format;
            Py_ssize_t *shape;
            Py_ssize_t *strides;
            Py_ssize_t *suboffsets;
            void       *internal;
        } Py_buffer;

        SAME(Py_buffer, actual_buffer, buf);
        SAME(Py_buffer, actual_buffer, obj);
        SAME(Py_buffer, actual_buffer, len);
        SAME(Py_buffer, actual_buffer, itemsize);
        SAME(Py_buffer, actual_buffer, readonly);
        SAME(Py_buffer, actual_buffer, ndim);
        SAME(Py_buffer, actual_buffer, format);
        SAME(Py_buffer, actual_buffer, shape);
        SAME(Py_buffer, actual_buffer, strides);
        SAME(Py_buffer, actual_buffer, suboffsets);
        SAME(Py_buffer, actual_buffer, internal);
        static_assert(sizeof(Py_buffer) == sizeof(actual_buffer), "another size");
    }
}

/* Writes the bytes of an object into a file, in one go. */
static PyObject *write_to(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object;
    const char *path;
    Py_buffer view;
    size_t written = 0;
    if (!PyArg_ParseTuple(args, "Os", &object, &path))
        return NULL;
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return PyErr_SetFromErrno(PyExc_OSError);
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0) {
        fclose(file);
        return NULL;
    }
    /* 'C', 'F' or 'A'; never raises */
    if (PyBuffer_IsContiguous(&view, 'C'))
        written = fwrite(view.buf, 1, view.len, file);
    PyBuffer_Release(&view);
    fclose(file);
    return PyLong_FromSize_t(written);
}

static PyObject *pack(PyObject *Py_UNUSED(module), PyObject *object) {
    Py_buffer view;
    PyObject *bytes = NULL;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    char *packed = PyMem_Malloc(view.len);
    if (packed == NULL) {
        PyErr_NoMemory();
        goto error;
    }
    if (PyBuffer_ToContiguous(packed, &view,
                              view.len, 'C') < 0)
        goto error;
    bytes = PyBytes_FromStringAndSize(packed, view.len);
error:
    PyMem_Free(packed);
    PyBuffer_Release(&view);
    return bytes;
}

static PyObject *unpack(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object, *result = NULL;
    char *packed;
    Py_ssize_t n;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "Oy#", &object, &packed, &n))
        return NULL;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL) < 0)
        return NULL;
    /* view: requested with PyBUF_WRITABLE */
    if (n != view.len) {
        PyErr_SetString(PyExc_ValueError,
                        "another number of bytes");
        goto error;
    }
    if (PyBuffer_FromContiguous(&view, packed,
                                n, 'C') < 0)
        goto error;
    result = Py_None;
    Py_INCREF(result);
error:
    PyBuffer_Release(&view);
    return result;
}

static char *address_of(const Py_buffer *view, const Py_ssize_t *indices) {
    char *p = view->buf;
    for (int i = 0; i < view->ndim; i++)
        p += view->strides[i] * indices[i];
    return p;
}

static char *address_behind_pointers(const Py_buffer *view, const Py_ssize_t *indices) {
    char *p = view->buf;
    for (int i = 0; i < view->ndim; i++) {
        p += view->strides[i] * indices[i];
        if (view->suboffsets[i] >= 0)
            p = *(char **)p + view->suboffsets[i];
    }
    return p;
}

/* Whether both ways to the last item of an object lead where PyBuffer_GetPointer does. */
static PyObject *find_last(PyObject *Py_UNUSED(module), PyObject *obj) {
    Py_ssize_t indices[PyBUF_MAX_NDIM], suboffsets[PyBUF_MAX_NDIM];
    Py_buffer view;
    if (PyObject_GetBuffer(obj, &view,
            PyBUF_STRIDES | PyBUF_FORMAT) < 0)
        return NULL;    /* refused */
    for (int axis = 0; axis < view.ndim; axis++) {
        indices[axis] = view.shape[axis] - 1;
        suboffsets[axis] = -1;
    }
    char *found = address_of(&view, indices);
    int same = found == PyBuffer_GetPointer(&view, indices);
    view.suboffsets = suboffsets;
    same = same && found == address_behind_pointers(&view, indices);
    PyBuffer_Release(&view);
    return PyBool_FromLong(same);
}

/* The byte at [1, 1] of an object with rows behind pointers. */
static PyObject *find_behind_pointers(PyObject *Py_UNUSED(module), PyObject *obj) {
    Py_ssize_t indices[2] = {1, 1}, suboffsets[2] = {1, -1};
    Py_buffer view;
    if (PyObject_GetBuffer(obj, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    char found = 0, next = 0;
    if (view.ndim == 2 && view.suboffsets) {
        found = *address_behind_pointers(&view, indices);
        view.suboffsets = suboffsets; /* one byte more into each row */
        indices[1] = 0;
        next = *address_behind_pointers(&view, indices);
    }
    PyBuffer_Release(&view);
    return PyLong_FromLong(found == next ? found : 0);
}

static PyMethodDef methods[] = {
    {"find_last", find_last, METH_O, NULL},
    {"find_behind_pointers", find_behind_pointers, METH_O, NULL},
    {"write_to", write_to, METH_VARARGS, NULL},
    {"pack", pack, METH_O, NULL},
    {"unpack", unpack, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "chapters", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_chapters(void) {
    compare_types();
    return PyModule_Create(&module);
}
