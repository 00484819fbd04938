/* Takes any buffer of doubles, in any layout: reads it, writes it in place, copies it out. C11 and
 * C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         consume.c -o consume.so
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* 0, or -1 with an exception: then there is nothing to release. */
static int get_doubles(PyObject *object, Py_buffer *view, int flags) {
    if (PyObject_GetBuffer(object, view, flags) < 0)
        return -1;
    /* "d" is native; a byte order that is the machine's own is the same. */
    const char *format = view->format ? view->format : "B";
    if (strchr(PY_BIG_ENDIAN ? "@=>!" : "@=<", format[0]) && format[0] != '\0')
        format++;
    if (view->itemsize == sizeof(double) && strcmp(format, "d") == 0)
        return 0;
    PyErr_Format(PyExc_TypeError, "format is \"%s\", expected \"d\"",
                 view->format ? view->format : "B");
    PyBuffer_Release(view);
    return -1;
}

typedef void (*visitor)(char *item, double *context);

/* Visits all items below `place`, which is where the axis starts. */
static void walk(const Py_buffer *view, int axis, char *place, visitor visit, double *context) {
    if (axis == view->ndim) {
        visit(place, context);
        return;
    }
    for (Py_ssize_t index = 0; index < view->shape[axis]; index++) {
        char *item = place + index * view->strides[axis];
        if (view->suboffsets != NULL && view->suboffsets[axis] >= 0) {
            memcpy(&item, item, sizeof(item)); /* follow the pointer that is stored there */
            item += view->suboffsets[axis];
        }
        walk(view, axis + 1, item, visit, context);
    }
}

/* By memcpy, since no rule says that items are aligned. */
static void add(char *item, double *sum) {
    double value;
    memcpy(&value, item, sizeof(value));
    *sum += value;
}

static void multiply(char *item, double *factor) {
    double value;
    memcpy(&value, item, sizeof(value));
    value *= *factor;
    memcpy(item, &value, sizeof(value));
}

static PyObject *total(PyObject *Py_UNUSED(module), PyObject *object) {
    Py_buffer view;
    if (get_doubles(object, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    double sum = 0;
    walk(&view, 0, (char *)view.buf, add, &sum);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

static PyObject *scale(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object;
    double factor;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "Od", &object, &factor))
        return NULL;
    if (get_doubles(object, &view, PyBUF_FULL) < 0) /* with WRITABLE */
        return NULL;
    walk(&view, 0, (char *)view.buf, multiply, &factor);
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

/* The items as packed bytes in C order, whatever they are. */
static PyObject *packed(PyObject *Py_UNUSED(module), PyObject *object) {
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, view.len);
    if (bytes != NULL && PyBuffer_ToContiguous(PyBytes_AsString(bytes), &view, view.len, 'C') < 0)
        Py_CLEAR(bytes);
    PyBuffer_Release(&view);
    return bytes;
}

/* Calls `work` while a view of `object` is held. */
static PyObject *holding(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object, *work;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "OO", &object, &work))
        return NULL;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0)
        return NULL;
    PyObject *result = PyObject_CallNoArgs(work);
    PyBuffer_Release(&view);
    return result;
}

static PyMethodDef consume_methods[] = {
    {"total", total, METH_O, "The sum of all items."},
    {"scale", scale, METH_VARARGS, "Multiplies all items, in place."},
    {"packed", packed, METH_O, "The items as packed bytes in C order."},
    {"holding", holding, METH_VARARGS, "Calls a function while a view is held."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot consume_slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef consume_module = {
    PyModuleDef_HEAD_INIT, "consume", NULL, 0, consume_methods, consume_slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_consume(void) {
    return PyModuleDef_Init(&consume_module);
}
