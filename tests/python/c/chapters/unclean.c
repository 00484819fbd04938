/* A unit with # where PY_SSIZE_T_CLEAN is not defined. */
#include <Python.h>

static PyObject *length(PyObject *Py_UNUSED(module), PyObject *args) {
    const char *bytes;
    Py_ssize_t len = 0; /* 3.9 stores an int, here in its first bytes */
    if (!PyArg_ParseTuple(args, "y#", &bytes, &len))
        return NULL;
    return PyLong_FromSsize_t(len);
}

/* A unit with a star needs no macro. */
static PyObject *length_of_view(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "y*", &view))
        return NULL;
    Py_ssize_t len = view.len;
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(len);
}

static PyMethodDef methods[] = {
    {"length", length, METH_VARARGS, NULL},
    {"length_of_view", length_of_view, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "unclean", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_unclean(void) {
    return PyModule_Create(&module);
}
