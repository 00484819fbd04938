/* One module for all builds of 3.15 and later, with a GIL or without: the slots of 3.15. C11.
 *
 *     cc -shared -fPIC -I"$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
 *         slots.c -o slots.abi3t.so
 */
#define Py_TARGET_ABI3T 0x030F0000
#define PY_SSIZE_T_CLEAN
#include "buffer_fill.h"
#include <stdint.h>

/* What Python adds to its own part of an object, whose size differs from build to build. */
typedef struct {
    int32_t *items;
    Py_ssize_t len; /* also the shape */
    buffer_description memory;
    buffer_count count;
} Line;

static Line *line_of(PyObject *object) {
    return (Line *)PyObject_GetTypeData(object, Py_TYPE(object));
}

/* Only during a change, or before anything else can reach the object. */
static int line_size(Line *self, Py_ssize_t len) {
    if (len < 1 || len > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(int32_t)) {
        PyErr_SetString(PyExc_ValueError, "a line needs items");
        return -1;
    }
    int32_t *items = PyMem_Realloc(self->items, (size_t)len * sizeof(int32_t));
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t index = self->len; index < len; index++)
        items[index] = (int32_t)index;
    self->items = items;
    self->len = len;
    self->memory.buf = items;
    self->memory.itemsize = sizeof(int32_t);
    self->memory.format = "i";
    self->memory.ndim = 1;
    self->memory.shape = &self->len;
    return buffer_prepare(&self->memory);
}

static PyObject *line_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *names[] = {"len", NULL};
    Py_ssize_t len;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n", (char **)names, &len))
        return NULL;
    PyObject *object = PyType_GenericAlloc(type, 0);
    if (object != NULL && line_size(line_of(object), len) < 0)
        Py_CLEAR(object);
    return object;
}

static void line_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    PyMem_Free(line_of(object)->items);
    PyObject_Free(object);
    Py_DECREF(type);
}

static int line_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Line *self = line_of(object);
    return buffer_getbuffer(object, view, flags, &self->memory, &self->count);
}

static void line_releasebuffer(PyObject *object, Py_buffer *Py_UNUSED(view)) {
    buffer_releasebuffer(object, &line_of(object)->count);
}

/* BufferError while a view is held: the items may move. */
static PyObject *line_resize(PyObject *object, PyObject *len) {
    Line *self = line_of(object);
    Py_ssize_t items = PyNumber_AsSsize_t(len, PyExc_OverflowError);
    if ((items == -1 && PyErr_Occurred()) || buffer_begin_change(&self->count) < 0)
        return NULL;
    int failed = line_size(self, items);
    buffer_end_change(&self->count);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef line_methods[] = {
    {"resize", line_resize, METH_O, "Changes the number of items, unless a view is held."},
    {NULL, NULL, 0, NULL},
};

static PySlot line_slots[] = {
    PySlot_DATA(Py_tp_name, "slots.Line"),
    PySlot_SIZE(Py_tp_extra_basicsize, sizeof(Line)),
    PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT),
    PySlot_FUNC(Py_tp_new, line_new),
    PySlot_FUNC(Py_tp_dealloc, line_dealloc),
    PySlot_FUNC(Py_bf_getbuffer, line_getbuffer),
    PySlot_FUNC(Py_bf_releasebuffer, line_releasebuffer),
    PySlot_STATIC_DATA(Py_tp_methods, line_methods),
    PySlot_END,
};

static int slots_exec(PyObject *module) {
    PyObject *type = PyType_FromSlots(line_slots);
    if (type == NULL)
        return -1;
    int failed = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return failed;
}

PyABIInfo_VAR(slots_abi);

static PySlot slots_slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &slots_abi),
    PySlot_DATA(Py_mod_name, "slots"),
    PySlot_FUNC(Py_mod_exec, slots_exec),
    PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END,
};

PyMODEXPORT_FUNC PyModExport_slots(void) {
    return slots_slots;
}
