//! The documents that rules name. CPython's text is meant at its newest; a rule says for which Pythons it holds.

use crate::sources::Source;

pub const SOURCES: &[Source] = &[
    Source {
        name: "typeobj.rst",
        address: "https://docs.python.org/3/c-api/typeobj.html#buffer-object-structures",
        what: "CPython's C API, type objects. Its section on PyBufferProcs, in the wording of Stefan Krah, is the text that this book starts from.",
    },
    Source {
        name: "buffer.rst",
        address: "https://docs.python.org/3/c-api/buffer.html",
        what: "CPython's C API, the buffer protocol: Py_buffer, requests, functions.",
    },
    Source {
        name: "memoryview.rst",
        address: "https://docs.python.org/3/c-api/memoryview.html",
        what: "CPython's C API, memoryview objects.",
    },
    Source {
        name: "init.rst",
        address: "https://docs.python.org/3/c-api/init.html",
        what: "CPython's C API, threads and what is attached to the interpreter.",
    },
    Source {
        name: "datamodel.rst",
        address: "https://docs.python.org/3/reference/datamodel.html#emulating-buffer-types",
        what: "The language reference, emulating buffer types.",
    },
    Source {
        name: "stdtypes.rst",
        address: "https://docs.python.org/3/library/stdtypes.html#memory-views",
        what: "The library reference, memoryview.",
    },
    Source {
        name: "collections.abc.rst",
        address: "https://docs.python.org/3/library/collections.abc.html#collections.abc.Buffer",
        what: "The library reference, collections.abc.Buffer.",
    },
    Source {
        name: "PEP 3118",
        address: "https://peps.python.org/pep-3118/",
        what: "Travis Oliphant and Carl Banks, 2006: the protocol as it was proposed. Where it differs from the documentation, it is history.",
    },
    Source {
        name: "PEP 688",
        address: "https://peps.python.org/pep-0688/",
        what: "Jelle Zijlstra, 2022: the protocol for classes of Python.",
    },
    Source {
        name: "abstract.c",
        address: "https://github.com/python/cpython/blob/main/Objects/abstract.c",
        what: "The functions of the C API.",
    },
    Source {
        name: "memoryobject.c",
        address: "https://github.com/python/cpython/blob/main/Objects/memoryobject.c",
        what: "memoryview.",
    },
    Source {
        name: "typeobject.c",
        address: "https://github.com/python/cpython/blob/main/Objects/typeobject.c",
        what: "The slots, and PEP 688.",
    },
    Source {
        name: "arraymodule.c",
        address: "https://github.com/python/cpython/blob/main/Modules/arraymodule.c",
        what: "array.array as exporter.",
    },
    Source {
        name: "bytesobject.c",
        address: "https://github.com/python/cpython/blob/main/Objects/bytesobject.c",
        what: "bytes as exporter.",
    },
    Source {
        name: "bytearrayobject.c",
        address: "https://github.com/python/cpython/blob/main/Objects/bytearrayobject.c",
        what: "bytearray as exporter and consumer.",
    },
    Source {
        name: "getargs.c",
        address: "https://github.com/python/cpython/blob/main/Python/getargs.c",
        what: "How arguments of C functions ask for memory.",
    },
    Source {
        name: "pybuffer.h",
        address: "https://github.com/python/cpython/blob/main/Include/pybuffer.h",
        what: "Py_buffer and the flags, since 3.11.",
    },
    Source {
        name: "object.h",
        address: "https://github.com/python/cpython/blob/main/Include/object.h",
        what: "The same before 3.11, and PyBufferProcs.",
    },
    Source {
        name: "CPython issue 22445",
        address: "https://bugs.python.org/issue22445",
        what: "Contiguity where an extent is 0 or 1.",
    },
    Source {
        name: "CPython issue 114685",
        address: "https://github.com/python/cpython/issues/114685",
        what: "PyBUF_READ is no request.",
    },
    Source {
        name: "CPython issue 130977",
        address: "https://github.com/python/cpython/issues/130977",
        what: "What free threading asks of exporters.",
    },
    Source {
        name: "Rust reference",
        address: "https://doc.rust-lang.org/reference/behavior-considered-undefined.html",
        what: "What is undefined behaviour in Rust.",
    },
    Source {
        name: "NumPy",
        address: "https://numpy.org/doc/stable/reference/arrays.interface.html",
        what: "The array library, as exporter and as consumer.",
    },
];
