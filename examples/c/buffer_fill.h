/* buffer_fill.h: answers requests for the memory of an exporter. PyBuffer_FillInfo does it for
 * plain bytes; this header does it for any shape, strides and suboffsets, and counts the views. It
 * allocates nothing. Copy it into your project: C11, or C++17 by GCC, Clang or MSVC; CPython 3.9 or
 * later; the limited API from 3.11 on.
 *
 *     buffer_prepare        checks a description of memory
 *     buffer_getbuffer      all of bf_getbuffer: counts the view and fills it
 *     buffer_releasebuffer  all of bf_releasebuffer
 *     buffer_begin_change   starts a change of the memory, or raises BufferError
 *     buffer_end_change     ends it
 *     buffer_fill           fills a view that is not counted, of memory that never changes
 *
 * Use it as you like, without a notice of any kind:
 * SPDX-License-Identifier: 0BSD OR MIT OR Apache-2.0
 */
#ifndef BUFFER_FILL_H
#define BUFFER_FILL_H

#include <Python.h>

/* Memory, and how the items lie in it. All that it points at stays in place while views are held.
 * So does the description itself: consumers may get a pointer to its itemsize. */
typedef struct {
    void *buf;                    /* the first item; may be NULL if there are no items */
    Py_ssize_t itemsize;          /* bytes of one item, at least 1 */
    const char *format;           /* of one item; NULL means "B", unsigned bytes */
    int readonly;                 /* 1 if consumers must not write */
    int ndim;                     /* 0 to 64; 0 is a single item */
    const Py_ssize_t *shape;      /* ndim extents; NULL if ndim is 0 */
    const Py_ssize_t *strides;    /* ndim steps in bytes; may be NULL if ndim is 0 or 1 */
    const Py_ssize_t *suboffsets; /* NULL unless items are reached through pointers */
    Py_ssize_t len;               /* set by buffer_prepare, as is the next field */
    int orders;                   /* 1: packed in C order; 2: in Fortran order; 3: in both */
} buffer_description;
/* The views that are held; -1 during a change. It starts as 0. */
typedef struct { Py_ssize_t views; } buffer_count;
/* One atomic step: stores `next` if the count is `*now`, else loads the count into `*now`. */
#if !defined(BUFFER_FILL_ATOMICS) && (defined(__GNUC__) || defined(__clang__))
#define BUFFER_FILL_ATOMICS 1
#elif !defined(BUFFER_FILL_ATOMICS) && defined(_MSC_VER)
#define BUFFER_FILL_ATOMICS 2
#endif
#if BUFFER_FILL_ATOMICS == 1
#define BUFFER_LOAD(count) __atomic_load_n(&(count)->views, __ATOMIC_RELAXED)
static inline int buffer_step(buffer_count *count, Py_ssize_t *now, Py_ssize_t next) {
    return __atomic_compare_exchange_n(&count->views, now, next, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}
#elif BUFFER_FILL_ATOMICS == 2
#include <intrin.h>
#define BUFFER_LOAD(count) (*(const volatile Py_ssize_t *)&(count)->views)
static inline int buffer_step(buffer_count *count, Py_ssize_t *now, Py_ssize_t next) {
    Py_ssize_t expected = *now;
    *now = (Py_ssize_t)_InterlockedCompareExchangePointer(
        (void *volatile *)&count->views, (void *)next, (void *)expected);
    return *now == expected;
}
#else
#include <stdatomic.h>
#define BUFFER_LOAD(count) atomic_load((const _Atomic(Py_ssize_t) *)&(count)->views)
static inline int buffer_step(buffer_count *count, Py_ssize_t *now, Py_ssize_t next) {
    return atomic_compare_exchange_strong((_Atomic(Py_ssize_t) *)&count->views, now, next);
}
#endif
/* These four raise nothing. The first and the third return why not, or NULL. */
static inline const char *buffer_try_export(buffer_count *count) {
    Py_ssize_t now = BUFFER_LOAD(count);
    do {
        if (now < 0)
            return "the exporter is being modified";
        if (now == PY_SSIZE_T_MAX)
            return "too many exports";
    } while (!buffer_step(count, &now, now + 1));
    return NULL;
}

/* -1 if no view is held: then the count stays as it is. */
static inline int buffer_end_export(buffer_count *count) {
    Py_ssize_t now = BUFFER_LOAD(count);
    do {
        if (now <= 0)
            return -1;
    } while (!buffer_step(count, &now, now - 1));
    return 0;
}

static inline const char *buffer_try_change(buffer_count *count) {
    Py_ssize_t now = BUFFER_LOAD(count);
    do {
        if (now < 0)
            return "the exporter is being modified";
        if (now > 0)
            return "Existing exports of data: object cannot be re-sized";
    } while (!buffer_step(count, &now, -1));
    return NULL;
}

static inline void buffer_end_change(buffer_count *count) {
    Py_ssize_t now = -1;
    buffer_step(count, &now, 0);
}

static inline int buffer_raise(PyObject *type, const char *why) {
    if (why)
        PyErr_SetString(type, why);
    return why ? -1 : 0;
}

/* Starts a change that moves, resizes or frees the memory: 0, or -1 and BufferError. Until
 * buffer_end_change every request and every other change is refused. */
static inline int buffer_begin_change(buffer_count *count) {
    return buffer_raise(PyExc_BufferError, buffer_try_change(count));
}

/* The same for a method that uses the memory and does not move it, until buffer_end_export. */
static inline int buffer_begin_use(buffer_count *count) {
    return buffer_raise(PyExc_BufferError, buffer_try_export(count));
}

static inline int buffer_is_packed(const buffer_description *memory, int axis, int next) {
    Py_ssize_t expected = memory->itemsize;
    for (; axis >= 0 && axis < memory->ndim; axis += next) {
        if (memory->shape[axis] != 1 && memory->strides[axis] != expected)
            return 0; /* the stride of a single item is never used */
        expected *= memory->shape[axis];
    }
    return 1;
}

static inline const char *buffer_check(buffer_description *memory) {
    static long double nothing; /* an address for memory without items */
    int axis, empty = 0, indirect = 0;
    if (memory->ndim < 0 || memory->ndim > PyBUF_MAX_NDIM)
        return "ndim is not in the range 0 to 64";
    if (memory->itemsize < 1)
        return "itemsize is less than 1";
    if (!memory->format && memory->itemsize != 1)
        return "format is NULL, which means bytes, and itemsize is not 1";
    memory->format = memory->format ? memory->format : "B";
    if (memory->ndim == 1 && !memory->strides)
        memory->strides = &memory->itemsize;
    if (memory->ndim == 0)
        memory->shape = memory->strides = memory->suboffsets = NULL;
    else if (!memory->shape || !memory->strides)
        return "shape or strides are NULL";
    for (axis = 0; axis < memory->ndim; axis++) {
        if (memory->shape[axis] < 0)
            return "an extent of the shape is negative";
        empty |= memory->shape[axis] == 0;
        indirect |= memory->suboffsets && memory->suboffsets[axis] >= 0;
    }
    if (!indirect)
        memory->suboffsets = NULL;
    memory->len = empty ? 0 : memory->itemsize;
    for (axis = 0; axis < memory->ndim && !empty; axis++) {
        if (memory->shape[axis] > PY_SSIZE_T_MAX / memory->len)
            return "the product of shape and itemsize is too large";
        memory->len *= memory->shape[axis];
    }
    if (!memory->buf && memory->len)
        return "buf is NULL";
    memory->buf = memory->buf ? memory->buf : &nothing;
    memory->orders = empty || buffer_is_packed(memory, memory->ndim - 1, -1) ? 1 : 0;
    memory->orders |= empty || buffer_is_packed(memory, 0, 1) ? 2 : 0;
    memory->orders = indirect ? 0 : memory->orders;
    return NULL;
}

/* Checks a description and completes it: 0, or -1 and ValueError. Call it before the first request,
 * and between buffer_begin_change and buffer_end_change. */
static inline int buffer_prepare(buffer_description *memory) {
    return buffer_raise(PyExc_ValueError, buffer_check(memory));
}

/* Why the request cannot be met, or NULL. The order is that of memoryview. */
static inline const char *buffer_refusal(const buffer_description *memory, int flags) {
#define BUFFER_ASKS(flag) ((flags & (flag)) == (flag))
    if (BUFFER_ASKS(PyBUF_WRITABLE) && memory->readonly)
        return "WRITABLE was requested, the memory is read-only";
    if (flags & (PyBUF_C_CONTIGUOUS | PyBUF_F_CONTIGUOUS | PyBUF_ANY_CONTIGUOUS) & ~PyBUF_STRIDES) {
        if (BUFFER_ASKS(PyBUF_C_CONTIGUOUS) && !(memory->orders & 1))
            return "C_CONTIGUOUS was requested, the memory is not C-contiguous";
        if (BUFFER_ASKS(PyBUF_F_CONTIGUOUS) && !(memory->orders & 2))
            return "F_CONTIGUOUS was requested, the memory is not Fortran-contiguous";
        if (BUFFER_ASKS(PyBUF_ANY_CONTIGUOUS) && !memory->orders)
            return "ANY_CONTIGUOUS was requested, the memory is not contiguous";
    }
    if (!(memory->orders & 1)) {
        if (memory->suboffsets && !BUFFER_ASKS(PyBUF_INDIRECT))
            return "the memory has suboffsets, INDIRECT was not requested";
        if (!BUFFER_ASKS(PyBUF_STRIDES))
            return "the memory is not C-contiguous, STRIDES was not requested";
    }
    if (BUFFER_ASKS(PyBUF_FORMAT) && !BUFFER_ASKS(PyBUF_ND))
        return "FORMAT was requested without ND";
    return NULL;
}

static inline int buffer_refuse(Py_buffer *view, const char *why) {
    view->obj = NULL;
    return buffer_raise(PyExc_BufferError, why);
}

/* Fills the view that was requested, with a new reference to the exporter: 0, or -1 and
 * BufferError. Then view->obj is NULL, and nothing else was written. */
static inline int buffer_fill(PyObject *exporter, Py_buffer *view, int flags,
                              const buffer_description *memory) {
    const char *refusal = buffer_refusal(memory, flags);
    if (refusal)
        return buffer_refuse(view, refusal);
    view->buf = memory->buf;
    view->len = memory->len;
    view->itemsize = memory->itemsize;
    view->readonly = memory->readonly != 0;
    view->ndim = BUFFER_ASKS(PyBUF_ND) ? memory->ndim : 1;
    view->format = BUFFER_ASKS(PyBUF_FORMAT) ? (char *)memory->format : NULL;
    view->shape = BUFFER_ASKS(PyBUF_ND) ? (Py_ssize_t *)memory->shape : NULL;
    view->strides = BUFFER_ASKS(PyBUF_STRIDES) ? (Py_ssize_t *)memory->strides : NULL;
    view->suboffsets = (Py_ssize_t *)memory->suboffsets;
    view->internal = NULL;
    Py_INCREF(exporter);
    view->obj = exporter;
    return 0;
#undef BUFFER_ASKS
}

/* The whole of bf_getbuffer. The view is counted before the description is read, since another
 * thread may be about to change it. */
static inline int buffer_getbuffer(PyObject *exporter, Py_buffer *view, int flags,
                                   const buffer_description *memory, buffer_count *count) {
    const char *refusal = buffer_try_export(count);
    int answer = refusal ? buffer_refuse(view, refusal)
                         : buffer_fill(exporter, view, flags, memory);
    if (answer < 0 && !refusal)
        buffer_end_export(count);
    return answer;
}

/* The whole of bf_releasebuffer, which leaves view->obj to PyBuffer_Release. */
static inline void buffer_releasebuffer(PyObject *exporter, buffer_count *count) {
    if (buffer_end_export(count) < 0) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_SetString(PyExc_SystemError, "a view was released that is not held");
        PyErr_WriteUnraisable(exporter);
        PyErr_Restore(type, value, traceback);
    }
}

#endif
