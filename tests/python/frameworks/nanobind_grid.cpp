// A grid of doubles, exported by nanobind as an `nb::ndarray` and by slots of its own; and a
// consumer that takes any `nb::ndarray`.

#include <cstring>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "buffer_fill.h"

namespace nb = nanobind;

using Array = nb::ndarray<nb::array_api, double, nb::ndim<2>, nb::device::cpu>;
using View = nb::ndarray<nb::memview, double, nb::ndim<2>, nb::device::cpu>;
using ReadOnlyArray = nb::ndarray<nb::array_api, const double, nb::ndim<2>, nb::device::cpu>;

// Its memory is exported by the arrays that `array` returns.
struct Plain {
    Plain(size_t rows, size_t columns) { resize(rows, columns); }

    void resize(size_t new_rows, size_t new_columns) {
        std::vector<double> larger(new_rows * new_columns);
        for (size_t index = 0; index < larger.size(); index++)
            larger[index] = static_cast<double>(index);
        rows = new_rows;
        columns = new_columns;
        items.swap(larger);
    }

    std::vector<double> items;
    size_t rows, columns;
};

static Array array_of(nb::handle self) {
    Plain &grid = nb::cast<Plain &>(self);
    return Array(grid.items.data(), {grid.rows, grid.columns}, self);
}

// Python's memoryview of such an array, which answers each request by itself.
static View view_of(nb::handle self) {
    Plain &grid = nb::cast<Plain &>(self);
    return View(grid.items.data(), {grid.rows, grid.columns}, self);
}

static ReadOnlyArray readonly_array_of(nb::handle self) {
    const Plain &grid = nb::cast<const Plain &>(self);
    return ReadOnlyArray(grid.items.data(), {grid.rows, grid.columns}, self);
}

// The class itself exports.
struct Grid {
    Grid(Py_ssize_t rows, Py_ssize_t columns) { change(rows, columns); }

    void resize(Py_ssize_t rows, Py_ssize_t columns) {
        if (buffer_begin_change(&count) < 0)
            throw nb::python_error();
        try {
            change(rows, columns);
        } catch (...) {
            buffer_end_change(&count);
            throw;
        }
        buffer_end_change(&count);
    }

    std::vector<double> items;
    Py_ssize_t shape[2];
    Py_ssize_t strides[2];
    buffer_description memory = {};
    buffer_count count = {};

private:
    void change(Py_ssize_t rows, Py_ssize_t columns) {
        if (rows < 0 || columns < 0)
            throw nb::value_error("an extent is negative");
        std::vector<double> larger(static_cast<size_t>(rows * columns));
        for (size_t index = 0; index < larger.size(); index++)
            larger[index] = static_cast<double>(index);
        items.swap(larger);
        shape[0] = rows;
        shape[1] = columns;
        strides[0] = columns * static_cast<Py_ssize_t>(sizeof(double));
        strides[1] = sizeof(double);
        memory.buf = items.data();
        memory.itemsize = sizeof(double);
        memory.format = "d";
        memory.ndim = 2;
        memory.shape = shape;
        memory.strides = strides;
        if (buffer_prepare(&memory) < 0)
            throw nb::python_error();
    }
};

static int grid_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    view->obj = nullptr;
    if (!nb::inst_ready(object))
        return buffer_raise(PyExc_BufferError, "the grid was not initialised");
    Grid *grid = nb::inst_ptr<Grid>(object);
    return buffer_getbuffer(object, view, flags, &grid->memory, &grid->count);
}

static void grid_releasebuffer(PyObject *object, Py_buffer *) {
    buffer_releasebuffer(object, &nb::inst_ptr<Grid>(object)->count);
}

static PyType_Slot grid_slots[] = {
    {Py_bf_getbuffer, reinterpret_cast<void *>(grid_getbuffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void *>(grid_releasebuffer)},
    {0, nullptr},
};

// A consumer: the items in C order, of any strides.
using Any = nb::ndarray<nb::ro, nb::device::cpu>;

static void pack(std::string &packed, const Any &array, size_t axis, const char *at) {
    if (axis == array.ndim()) {
        packed.append(at, array.itemsize());
        return;
    }
    for (size_t index = 0; index < array.shape(axis); index++)
        pack(packed, array, axis + 1,
             at + static_cast<int64_t>(index * array.itemsize()) * array.stride(axis));
}

static nb::bytes packed(const Any &array) {
    std::string bytes;
    pack(bytes, array, 0, static_cast<const char *>(array.data()));
    return nb::bytes(bytes.data(), bytes.size());
}

// A consumer that keeps the view: the array holds it.
struct Kept {
    explicit Kept(Any array) : array(std::move(array)) {}
    nb::bytes packed() const { return ::packed(array); }

    Any array;
};

NB_MODULE(nanobind_grid, module) {
    nb::class_<Plain>(module, "Plain")
        .def(nb::init<size_t, size_t>())
        .def("resize", &Plain::resize)
        .def("array", array_of)
        .def("view", view_of)
        .def("readonly_array", readonly_array_of);
    nb::class_<Grid>(module, "Grid", nb::type_slots(grid_slots))
        .def(nb::init<Py_ssize_t, Py_ssize_t>())
        .def("resize", &Grid::resize);
    module.def("packed", packed);
    nb::class_<Kept>(module, "Kept").def(nb::init<Any>()).def("packed", &Kept::packed);
}
