/* One module for all Pythons from 3.11 on that have a GIL: the limited API. C11 and C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         limited.c -o limited.abi3.so
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    unsigned char *pixels;
    Py_ssize_t shape[3]; /* rows, columns, and three colours */
    Py_ssize_t strides[3];
    buffer_description memory;
    buffer_count count;
} Image;

/* Only during a change, or before anything else can reach the object. */
static int image_size(Image *self, Py_ssize_t height, Py_ssize_t width) {
    if (height < 1 || width < 1 || height > PY_SSIZE_T_MAX / 3 / width) {
        PyErr_SetString(PyExc_ValueError, "an image needs a height and a width");
        return -1;
    }
    void *pixels = PyMem_Realloc(self->pixels, 3 * height * width);
    if (pixels == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(pixels, 0, 3 * height * width);
    self->pixels = (unsigned char *)pixels;
    self->shape[0] = height;
    self->shape[1] = width;
    self->shape[2] = 3;
    PyBuffer_FillContiguousStrides(3, self->shape, self->strides, 1, 'C');
    self->memory.buf = pixels;
    self->memory.itemsize = 1;
    self->memory.ndim = 3;
    self->memory.shape = self->shape;
    self->memory.strides = self->strides;
    return buffer_prepare(&self->memory);
}

static PyObject *image_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"height", "width", NULL};
    Py_ssize_t height, width;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "nn", (char **)names, &height, &width))
        return NULL;
    Image *self = (Image *)PyType_GenericAlloc(type, 0);
    if (self != NULL && image_size(self, height, width) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void image_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(((Image *)object)->pixels);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int image_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Image *self = (Image *)object;
    return buffer_getbuffer(object, view, flags, &self->memory, &self->count);
}

static void image_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &((Image *)object)->count);
}

/* BufferError while a view is held. */
static PyObject *image_resize(PyObject *object, PyObject *args) {
    Image *self = (Image *)object;
    Py_ssize_t height, width;
    if (!PyArg_ParseTuple(args, "nn", &height, &width) || buffer_begin_change(&self->count) < 0)
        return NULL;
    int failed = image_size(self, height, width);
    buffer_end_change(&self->count);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef image_methods[] = {
    {"resize", image_resize, METH_VARARGS, "A black image of another size, unless a view is held."},
    {NULL, NULL, 0, NULL},
};

/* A function pointer becomes a void * by way of an integer. */
#define SLOT(number, function) {number, (void *)(uintptr_t)function}

static PyType_Slot image_slots[] = {
    SLOT(Py_tp_new, image_new),
    SLOT(Py_tp_dealloc, image_dealloc),
    SLOT(Py_bf_getbuffer, image_getbuffer),
    SLOT(Py_bf_releasebuffer, image_releasebuffer),
    {Py_tp_methods, image_methods},
    {0, NULL},
};

static PyType_Spec image_spec = {
    "limited.Image", sizeof(Image), 0, Py_TPFLAGS_DEFAULT, image_slots,
};

static int limited_exec(PyObject *module) {
    PyObject *type = PyType_FromSpec(&image_spec);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot limited_slots[] = {
    SLOT(Py_mod_exec, limited_exec),
    {0, NULL},
};

static PyModuleDef limited_module = {
    PyModuleDef_HEAD_INIT, "limited", NULL, 0, NULL, limited_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_limited(void) {
    return PyModuleDef_Init(&limited_module);
}
