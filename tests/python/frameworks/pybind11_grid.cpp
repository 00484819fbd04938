// A grid of doubles, exported by pybind11 as its documentation shows, read-only, counted, and by
// `buffer_fill.h`; and consumers that take any buffer.

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "buffer_fill.h"

namespace py = pybind11;

struct Grid {
    Grid(py::ssize_t rows, py::ssize_t columns) { resize(rows, columns); }

    void resize(py::ssize_t rows, py::ssize_t columns) {
        std::vector<double> larger(static_cast<size_t>(rows * columns));
        for (size_t index = 0; index < larger.size(); index++)
            larger[index] = static_cast<double>(index);
        shape[0] = rows;
        shape[1] = columns;
        strides[0] = columns * static_cast<py::ssize_t>(sizeof(double));
        items.swap(larger);
    }

    std::vector<double> items;
    py::ssize_t shape[2];
    py::ssize_t strides[2] = {0, sizeof(double)};
};

// As the documentation shows.
struct Plain : Grid {
    using Grid::Grid;
};

static py::buffer_info plain_buffer(Plain &grid) {
    return py::buffer_info(grid.items.data(), {grid.shape[0], grid.shape[1]},
                           {grid.strides[0], grid.strides[1]});
}

// Memory that consumers must not write.
struct ReadOnly : Grid {
    using Grid::Grid;
};

static py::buffer_info readonly_buffer(ReadOnly &grid) {
    return py::buffer_info(grid.items.data(), {grid.shape[0], grid.shape[1]},
                           {grid.strides[0], grid.strides[1]}, /*readonly=*/true);
}

// The same slots of pybind11, between which views are counted.
struct Counted : Grid {
    using Grid::Grid;
    buffer_count count = {};
};

static buffer_count *count_of(PyObject *object) noexcept {
    try {
        return &py::cast<Counted &>(py::handle(object)).count;
    } catch (...) { // __init__ of a subclass did not call the one of the class
        return nullptr;
    }
}

static int counted_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    buffer_count *count = count_of(object);
    view->obj = nullptr;
    if (count == nullptr)
        return buffer_raise(PyExc_BufferError, "the grid was not initialised");
    if (buffer_begin_use(count) < 0)
        return -1;
    int failed = py::detail::pybind11_getbuffer(object, view, flags);
    if (failed)
        buffer_end_export(count);
    return failed;
}

static void counted_releasebuffer(PyObject *object, Py_buffer *view) {
    py::detail::pybind11_releasebuffer(object, view);
    buffer_end_export(count_of(object));
}

static void count_views(PyHeapTypeObject *type) {
    type->as_buffer.bf_getbuffer = counted_getbuffer;
    type->as_buffer.bf_releasebuffer = counted_releasebuffer;
}

static void counted_resize(Counted &grid, py::ssize_t rows, py::ssize_t columns) {
    if (buffer_begin_change(&grid.count) < 0)
        throw py::error_already_set();
    try {
        grid.resize(rows, columns);
    } catch (...) {
        buffer_end_change(&grid.count);
        throw;
    }
    buffer_end_change(&grid.count);
}

// Slots of its own, which answer by `buffer_fill.h`. pybind11 only installs them.
struct Filled : Grid {
    Filled(py::ssize_t rows, py::ssize_t columns) : Grid(rows, columns) { describe(); }

    void resize(py::ssize_t rows, py::ssize_t columns) {
        if (buffer_begin_change(&count) < 0)
            throw py::error_already_set();
        try {
            Grid::resize(rows, columns);
            describe();
        } catch (...) {
            buffer_end_change(&count);
            throw;
        }
        buffer_end_change(&count);
    }

    void describe() {
        memory.buf = items.data();
        memory.itemsize = sizeof(double);
        memory.format = "d";
        memory.ndim = 2;
        memory.shape = shape;
        memory.strides = strides;
        if (buffer_prepare(&memory) < 0)
            throw py::error_already_set();
    }

    buffer_description memory = {};
    buffer_count count = {};
};

static Filled *filled(PyObject *object) noexcept {
    try {
        return &py::cast<Filled &>(py::handle(object));
    } catch (...) { // __init__ of a subclass did not call the one of the class
        return nullptr;
    }
}

static int filled_getbuffer(PyObject *object, Py_buffer *view, int flags) {
    Filled *grid = filled(object);
    view->obj = nullptr;
    if (grid == nullptr)
        return buffer_raise(PyExc_BufferError, "the grid was not initialised");
    return buffer_getbuffer(object, view, flags, &grid->memory, &grid->count);
}

static void filled_releasebuffer(PyObject *object, Py_buffer *) {
    buffer_releasebuffer(object, &filled(object)->count);
}

static void fill_views(PyHeapTypeObject *type) {
    type->as_buffer.bf_getbuffer = filled_getbuffer;
    type->as_buffer.bf_releasebuffer = filled_releasebuffer;
}

// A consumer: the items in C order, of any strides.
static void pack(std::string &packed, const py::buffer_info &info, size_t axis, const char *at) {
    if (axis == info.shape.size()) {
        packed.append(at, static_cast<size_t>(info.itemsize));
        return;
    }
    for (py::ssize_t index = 0; index < info.shape[axis]; index++)
        pack(packed, info, axis + 1, at + index * info.strides[axis]);
}

static py::bytes packed(const py::buffer &buffer) {
    py::buffer_info info = buffer.request();
    std::string bytes;
    pack(bytes, info, 0, static_cast<const char *>(info.ptr));
    return py::bytes(bytes);
}

// A consumer with a mistake: it reads as if the items were packed.
static py::bytes copied(const py::buffer &buffer) {
    py::buffer_info info = buffer.request();
    return py::bytes(static_cast<const char *>(info.ptr),
                     static_cast<size_t>(info.size * info.itemsize));
}

// A consumer with two mistakes: it keeps no view either.
struct Careless {
    explicit Careless(const py::buffer &buffer) {
        py::buffer_info info = buffer.request();
        data = static_cast<const char *>(info.ptr);
        size = static_cast<size_t>(info.size * info.itemsize);
    }
    py::bytes packed() const { return py::bytes(data, size); }

    const char *data;
    size_t size;
};

// The same with none of them: the buffer_info is the view.
struct Careful {
    explicit Careful(const py::buffer &buffer) : info(buffer.request()) {}
    py::bytes packed() const {
        std::string bytes;
        pack(bytes, info, 0, static_cast<const char *>(info.ptr));
        return py::bytes(bytes);
    }

    py::buffer_info info;
};

PYBIND11_MODULE(pybind11_grid, module) {
    py::class_<Plain>(module, "Plain", py::buffer_protocol())
        .def(py::init<py::ssize_t, py::ssize_t>())
        .def("resize", &Plain::resize)
        .def_buffer(plain_buffer);
    py::class_<ReadOnly>(module, "ReadOnly", py::buffer_protocol())
        .def(py::init<py::ssize_t, py::ssize_t>())
        .def_buffer(readonly_buffer);
    py::class_<Counted>(module, "Counted", py::buffer_protocol(),
                        py::custom_type_setup(count_views))
        .def(py::init<py::ssize_t, py::ssize_t>())
        .def("resize", counted_resize)
        .def_buffer([](Counted &grid) {
            return py::buffer_info(grid.items.data(), {grid.shape[0], grid.shape[1]},
                                   {grid.strides[0], grid.strides[1]});
        });
    py::class_<Filled>(module, "Grid", py::buffer_protocol(), py::custom_type_setup(fill_views))
        .def(py::init<py::ssize_t, py::ssize_t>())
        .def("resize", &Filled::resize);
    module.def("packed", packed);
    module.def("copied", copied);
    py::class_<Careless>(module, "Careless")
        .def(py::init<const py::buffer &>())
        .def("packed", &Careless::packed);
    py::class_<Careful>(module, "Careful")
        .def(py::init<const py::buffer &>())
        .def("packed", &Careful::packed);
}
