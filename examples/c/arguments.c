/* Takes bytes as arguments, by the formats of PyArg_ParseTuple: y*, w*, s*, z*, y# and et#. C11 and
 * C++17.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         arguments.c -o arguments.so
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* y*: the bytes of any object that exports them in one piece. */
static PyObject *checksum(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer data;
    if (!PyArg_ParseTuple(args, "y*:checksum", &data))
        return NULL; /* no view is held */
    const unsigned char *bytes = (const unsigned char *)data.buf;
    uint32_t sum = 1;
    Py_BEGIN_ALLOW_THREADS /* the view keeps the bytes where they are */
    for (Py_ssize_t index = 0; index < data.len; index++)
        sum = 31 * sum + bytes[index];
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return PyLong_FromUnsignedLong(sum);
}

/* w*: the same, and the bytes may be written. */
static PyObject *invert(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer target;
    if (!PyArg_ParseTuple(args, "w*:invert", &target))
        return NULL;
    unsigned char *bytes = (unsigned char *)target.buf;
    for (Py_ssize_t index = 0; index < target.len; index++)
        bytes[index] ^= 0xFF;
    PyBuffer_Release(&target);
    Py_RETURN_NONE;
}

/* s*: a str as UTF-8, or bytes as they are. */
static PyObject *measure(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer text;
    if (!PyArg_ParseTuple(args, "s*:measure", &text))
        return NULL;
    Py_ssize_t len = text.len;
    PyBuffer_Release(&text);
    return PyLong_FromSsize_t(len);
}

/* Two views. If the parser refuses an argument, it has released the views of those before it. */
static PyObject *mask(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer target, key;
    Py_ssize_t start = 0;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "w*y*|n:mask", &target, &key, &start))
        return NULL;
    if (key.len == 0 || start < 0) {
        PyErr_SetString(PyExc_ValueError, "mask() needs a key, and a start that is not negative");
        goto done; /* both views are held from here on */
    }
    for (Py_ssize_t index = start; index < target.len; index++)
        ((unsigned char *)target.buf)[index] ^= ((unsigned char *)key.buf)[index % key.len];
    result = Py_None;
    Py_INCREF(result);
done:
    PyBuffer_Release(&key);
    PyBuffer_Release(&target);
    return result;
}

/* z*: as s*, or None. The parser leaves the struct of an argument that is missing as it was. */
static PyObject *join(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer head, tail;
    memset(&tail, 0, sizeof(tail)); /* so that it can be released in any case */
    if (!PyArg_ParseTuple(args, "y*|z*:join", &head, &tail))
        return NULL;
    PyObject *bytes = NULL;
    if (head.len > PY_SSIZE_T_MAX - tail.len)
        PyErr_NoMemory();
    else
        bytes = PyBytes_FromStringAndSize(NULL, head.len + tail.len);
    if (bytes != NULL && head.len > 0)
        memcpy(PyBytes_AsString(bytes), head.buf, (size_t)head.len);
    if (bytes != NULL && tail.len > 0)
        memcpy(PyBytes_AsString(bytes) + head.len, tail.buf, (size_t)tail.len);
    PyBuffer_Release(&tail); /* does nothing if obj is NULL */
    PyBuffer_Release(&head);
    return bytes;
}

/* y#: a pointer and a length, and no view to release. */
static PyObject *first_line(PyObject *Py_UNUSED(module), PyObject *args) {
    const char *bytes;
    Py_ssize_t len; /* because of PY_SSIZE_T_CLEAN */
    if (!PyArg_ParseTuple(args, "y#:first_line", &bytes, &len))
        return NULL;
    Py_ssize_t end = 0;
    while (end < len && bytes[end] != '\n')
        end++;
    return PyBytes_FromStringAndSize(bytes, end);
}

/* et#: a str in one encoding, or bytes as they are, in memory that the caller frees. */
static PyObject *encode(PyObject *Py_UNUSED(module), PyObject *args) {
    char *text = NULL; /* the parser allocates it */
    Py_ssize_t len;
    if (!PyArg_ParseTuple(args, "et#:encode", "latin-1", &text, &len))
        return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize(text, len);
    PyMem_Free(text);
    return bytes;
}

/* Calls `work` while a view of the first argument is held. */
static PyObject *holding(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer data;
    PyObject *work;
    if (!PyArg_ParseTuple(args, "y*O:holding", &data, &work))
        return NULL;
    PyObject *result = PyObject_CallNoArgs(work);
    PyBuffer_Release(&data);
    return result;
}

/* The same by y#, which holds nothing. */
static PyObject *not_holding(PyObject *Py_UNUSED(module), PyObject *args) {
    const char *bytes;
    Py_ssize_t len;
    PyObject *work;
    if (!PyArg_ParseTuple(args, "y#O:not_holding", &bytes, &len, &work))
        return NULL;
    return PyObject_CallNoArgs(work); /* `bytes` may be freed by now */
}

static PyMethodDef arguments_methods[] = {
    {"checksum", checksum, METH_VARARGS, "A number made of all bytes."},
    {"invert", invert, METH_VARARGS, "Inverts all bits, in place."},
    {"measure", measure, METH_VARARGS, "The number of bytes, of a str those of its UTF-8."},
    {"mask", mask, METH_VARARGS, "Combines bytes with a key, in place, from a start on."},
    {"join", join, METH_VARARGS, "The bytes of one or two objects."},
    {"first_line", first_line, METH_VARARGS, "The bytes before the first end of a line."},
    {"encode", encode, METH_VARARGS, "A str in Latin-1."},
    {"holding", holding, METH_VARARGS, "Calls a function while a view is held."},
    {"not_holding", not_holding, METH_VARARGS, "Calls a function while y# has a pointer."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot arguments_slots[] = {
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef arguments_module = {
    PyModuleDef_HEAD_INIT, "arguments", NULL, 0, arguments_methods, arguments_slots, NULL, NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_arguments(void) {
    return PyModuleDef_Init(&arguments_module);
}
