/* A module with mistakes that AddressSanitizer and UndefinedBehaviorSanitizer have to report. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *overflow(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored)) {
    volatile char *bytes = (volatile char *)PyMem_Malloc(8);
    long found = bytes == NULL ? 0 : bytes[8]; /* the mistake */
    PyMem_Free((void *)bytes);
    return PyLong_FromLong(found);
}

static PyObject *add(PyObject *Py_UNUSED(module), PyObject *number) {
    int sum = (int)PyLong_AsLong(number);
    sum += 1; /* the mistake, for the largest int */
    return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {
    {"overflow", overflow, METH_NOARGS, NULL},
    {"add", add, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "canary", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_canary(void) {
    return PyModule_Create(&module);
}
