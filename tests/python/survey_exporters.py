"""The exporters of the survey, by kind: which packages each needs, what makes one, and what changes its memory.

The expressions have no single quotes, so that they can be shown in these.
"""

from typing import List, NamedTuple


class Exporter(NamedTuple):
    """A row of the table."""

    name: str
    #: What `pip install` gets for it. Nothing for what comes with Python or with this repository.
    packages: List[str]
    #: What makes the object.
    expression: str
    #: Code that moves or resizes the memory.
    mutators: List[str]
    #: Whose class it is: the last of the packages, or CPython.
    owner: str


def row(name, packages, expression, *mutators, owner=None):
    packages = packages.split()
    owner = owner or (packages[-1].partition("[")[0] if packages else "CPython")
    return Exporter(name, packages, expression, list(mutators), owner)


NUMPY = "numpy"
ARROW = "numpy pyarrow"

#: A heading, and the exporters below it.
KINDS = [
    (
        "Python itself",
        [
            row("bytes", "", 'b"abc"'),
            row("bytearray", "", 'bytearray(b"abc")', "obj.append(1)", "obj.clear()"),
            row("array.array", "", 'array.array("i", [1, 2, 3])', "obj.append(1)"),
            row("array.array, empty", "", 'array.array("d")'),
            row("mmap", "", "mmap.mmap(-1, 8)", "obj.resize(1 << 20)", "obj.close()"),
            row("mmap, read-only", "", "mmap.mmap(-1, 8, access=mmap.ACCESS_READ)"),
            row("memoryview", "", 'memoryview(b"abc")'),
            row("memoryview, 2-D", "", 'memoryview(bytes(6)).cast("B", (2, 3))'),
            row("memoryview, empty slice", "", 'memoryview(b"abcdef")[3:3:2]'),
            row("memoryview, released", "", "m = memoryview(bytes(3)); m.release(); m"),
            row("memoryview, reversed", "", 'memoryview(bytearray(b"abcdef"))[::-2]'),
            row(
                "BytesIO, its inner buffer",
                "",
                'b = io.BytesIO(b"abc"); b.getbuffer().obj',
                'b.write(b"x")',
                "b.close()",
            ),
            row(
                "BytesIO, closed",
                "",
                'b = io.BytesIO(b"x"); view = b.getbuffer(); inner = view.obj; view.release(); b.close(); inner',
            ),
            row("PickleBuffer", "", "pickle.PickleBuffer(bytearray(3))"),
            row("SharedMemory", "", "s = multiprocessing.shared_memory.SharedMemory(create=True, size=8); s.unlink(); s.buf"),
            row(
                "class of Python",
                "",
                'type("C", (), {"__buffer__": lambda self, flags: memoryview(bytearray(3))})()',
            ),
            row("CPython's test exporter", "", '_testbuffer.ndarray([1, 2, 3], shape=[3], format="i")'),
        ],
    ),
    (
        "ctypes and cffi",
        [
            row("ctypes array", "", "(ctypes.c_int * 3)()", "ctypes.resize(obj, 1 << 20)"),
            row("ctypes array, 2-D", "", "(ctypes.c_int * 3 * 2)()"),
            row("ctypes array of characters", "", 'ctypes.create_string_buffer(b"abc")'),
            row("ctypes number", "", "ctypes.c_double(1)"),
            row("ctypes pointer", "", "ctypes.pointer(ctypes.c_int(1))"),
            row(
                "ctypes structure",
                "",
                'type("S", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_byte), ("b", ctypes.c_int)]})()',
            ),
            row(
                "ctypes structure, big-endian",
                "",
                'type("S", (ctypes.BigEndianStructure,), {"_fields_": [("a", ctypes.c_short), ("b", ctypes.c_short)]})()',
            ),
            row("ctypes union", "", 'type("U", (ctypes.Union,), {"_fields_": [("d", ctypes.c_double)]})()'),
            row("ctypes function", "", "ctypes.CFUNCTYPE(None)(lambda: None)"),
            row("cffi", "cffi", 'f = cffi.FFI(); f.buffer(f.new("char[]", 8))'),
            row("cffi, numbers", "cffi", 'f = cffi.FFI(); p = f.new("int[]", 8); f.buffer(p)'),
        ],
    ),
    (
        "NumPy",
        [
            row("NumPy array", NUMPY, "numpy.zeros((2, 3))"),
            row("NumPy array, Fortran order", NUMPY, 'numpy.zeros((2, 3), order="F")'),
            row("NumPy array, every second item", NUMPY, "numpy.zeros(6)[::2]"),
            row("NumPy array, broadcast", NUMPY, "numpy.broadcast_to(numpy.zeros(3), (2, 3))"),
            row("NumPy array, no dimension", NUMPY, "numpy.array(1.0)"),
            row("NumPy array, no item", NUMPY, "numpy.zeros((0, 3))"),
            row("NumPy array, read-only", NUMPY, "a = numpy.zeros(3); a.flags.writeable = False; a"),
            row("NumPy array, resized", NUMPY, "numpy.zeros(3)", "obj.resize(1 << 20, refcheck=False)"),
            row("NumPy array of bool", NUMPY, "numpy.zeros(3, bool)"),
            row("NumPy array of complex numbers", NUMPY, "numpy.zeros(3, complex)"),
            row("NumPy array of half precision", NUMPY, "numpy.zeros(3, numpy.float16)"),
            row("NumPy array, big-endian", NUMPY, 'numpy.zeros(3, ">i4")'),
            row("NumPy array of texts", NUMPY, 'numpy.array(["ab", "c"])'),
            row("NumPy array of dates", NUMPY, 'numpy.zeros(3, dtype="M8[D]")'),
            row("NumPy array of objects", NUMPY, "numpy.zeros(3, dtype=object)"),
            row("NumPy records", NUMPY, 'numpy.zeros(3, dtype="i1,i4")'),
            row("NumPy field of packed records", NUMPY, 'numpy.zeros(3, dtype="i1,i4")["f1"]'),
            row("NumPy masked array", NUMPY, "numpy.ma.array([1, 2, 3], mask=[0, 1, 0])"),
            row("NumPy scalar", NUMPY, "numpy.float64(1)"),
            row("NumPy scalar, a date", NUMPY, 'numpy.datetime64("2020")'),
            row("NumPy scalar, a text", NUMPY, 'numpy.str_("abc")'),
            row("NumPy scalar, a record", NUMPY, 'numpy.zeros(1, dtype="i1,i4")[0]'),
        ],
    ),
    (
        "Machine learning and arrays",
        [
            row("jax", "jax", "jax.numpy.arange(3)"),
            row("jax, 2-D", "jax", "jax.numpy.zeros((2, 3))"),
            row("jax, bfloat16", "jax", 'jax.numpy.zeros(3, "bfloat16")'),
            row("mlx", "mlx[cpu]", "mlx.core.array([1.0, 2.0])"),
            row("mlx, transposed", "mlx[cpu]", "mlx.core.zeros((2, 3)).T"),
            row("mlx, bfloat16", "mlx[cpu]", "mlx.core.zeros(3, mlx.core.bfloat16)"),
            row("ml_dtypes, bfloat16 of NumPy", "numpy ml-dtypes", "numpy.zeros(3, ml_dtypes.bfloat16)", owner="numpy"),
            row("tiktoken", "tiktoken", 'tiktoken._tiktoken.CoreBPE({bytes([i]): i for i in range(256)}, {}, ".").encode_to_tiktoken_buffer("abc", set())'),
            row("array-api-strict", "numpy array-api-strict", "array_api_strict.asarray([1.0, 2.0])"),
            row("boost-histogram", "numpy boost-histogram", "boost_histogram.Histogram(boost_histogram.axis.Regular(4, 0, 1))._hist"),
            row("bitarray", "bitarray", 'bitarray.bitarray("1010")', "obj.extend(bytes(1 << 10))"),
            row("bitarray, empty", "bitarray", "bitarray.bitarray()"),
            row("bitarray, frozen", "bitarray", 'bitarray.frozenbitarray("1010")'),
        ],
    ),
    (
        "Arrow, databases, JSON",
        [
            row("pyarrow.Buffer", ARROW, 'pyarrow.py_buffer(b"abc")'),
            row("pyarrow.ResizableBuffer", ARROW, "pyarrow.allocate_buffer(8, resizable=True)", "obj.resize(1 << 20)"),
            row("pyarrow.Tensor", ARROW, "pyarrow.Tensor.from_numpy(numpy.zeros((2, 3)))"),
            row("pyarrow.Tensor, Fortran order", ARROW, 'pyarrow.Tensor.from_numpy(numpy.zeros((2, 3), order="F"))'),
            row("nanoarrow, CBuffer", "nanoarrow", "nanoarrow.c_buffer([1, 2, 3], nanoarrow.int32())"),
            row(
                "nanoarrow, CBufferView",
                "nanoarrow",
                "nanoarrow.c_array([1, 2, 3], nanoarrow.int32()).view().buffer(1)",
            ),
            row("arro3 (PyO3)", "arro3-core", 'import arro3.core; arro3.core.Buffer(b"abc")'),
            row("lmdb", "lmdb", 'import lmdb, tempfile; e = lmdb.open(tempfile.mkdtemp()); t = e.begin(write=True, buffers=True); t.put(b"k", b"value"); t.get(b"k")'),
            row("psycopg2, bytea", "psycopg2-binary", 'psycopg2.BINARY("\\\\x616263", None).obj'),
            row("msgspec.Raw", "msgspec", 'msgspec.Raw(b"abc")'),
            row("pysimdjson", "pysimdjson", 'import simdjson; simdjson.Parser().parse(b"[1, 2, 3]").as_buffer(of_type="i")'),
            row("pyzmq, Frame", "pyzmq", 'zmq.Frame(b"abc")'),
        ],
    ),
    (
        "Files and compression",
        [
            row("zstandard, with segments", "zstandard", 'zstandard.BufferWithSegments(b"abcdef", struct.pack("=QQ", 0, 6))'),
            row("zstandard, a segment", "zstandard", 'zstandard.BufferWithSegments(b"abcdef", struct.pack("=QQ", 0, 6))[0]'),
            row("zstandard, segments", "zstandard", 'zstandard.BufferWithSegments(b"abcdef", struct.pack("=QQ", 0, 6)).segments()'),
            row("cramjam (PyO3)", "cramjam", 'cramjam.Buffer(b"abc")', "obj.set_len(1 << 20)"),
            row("cramjam, empty", "cramjam", "cramjam.Buffer()"),
            row("obstore (PyO3)", "obstore", 'obstore.Bytes(b"abc")'),
            row("pikepdf.Buffer", "pikepdf", 'p = pikepdf.new(); pikepdf.Stream(p, b"abc").get_stream_buffer()'),
        ],
    ),
    (
        "Images, sound, video, plots",
        [
            row("pygame, Surface.get_buffer", "pygame-ce", "pygame.Surface((4, 4)).get_buffer()"),
            row("pygame, Surface.get_view", "pygame-ce", 'pygame.Surface((4, 4), depth=32).get_view("2")'),
            row("pygame.Mask", "pygame-ce", "pygame.Mask((4, 4))"),
            row("pygame.mixer.Sound", "pygame-ce", 'os.environ["SDL_AUDIODRIVER"] = "dummy"; pygame.mixer.init(); pygame.mixer.Sound(buffer=bytes(8))'),
            row("skia.Data", "skia-python", 'skia.Data.MakeWithCopy(b"abc")'),
            row("skia.Bitmap", "skia-python", "b = skia.Bitmap(); b.allocN32Pixels(2, 3, True); b"),
            row("av, picture", "av", 'av.VideoFrame(16, 16, "rgb24").planes[0]'),
            row("av, sound", "av", 'av.AudioFrame("s16", "mono", 16).planes[0]'),
            row("av, Packet", "av", "av.Packet(8)"),
            row("matplotlib, RendererAgg", "numpy matplotlib", "import matplotlib.backends._backend_agg as agg; agg.RendererAgg(4, 4, 72)"),
            row("PyMuPDF, Pixmap.samples_mv", "PyMuPDF", "p = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 2, 2)); p.samples_mv"),
        ],
    ),
    (
        "Geometry, games, molecules",
        [
            row("PyGLM, vec3", "PyGLM", "import pyglm.glm as glm; glm.vec3(1, 2, 3)"),
            row("PyGLM, mat2x3", "PyGLM", "import pyglm.glm as glm; glm.mat2x3()"),
            row("PyGLM, quat", "PyGLM", "import pyglm.glm as glm; glm.quat()"),
            row("PyGLM, array", "PyGLM", "import pyglm.glm as glm; glm.array(glm.vec3(1), glm.vec3(2))"),
            row("panda3d, PTA", "panda3d", "panda3d.core.PTAUchar.emptyArray(4)"),
            row(
                "panda3d, vertices",
                "panda3d",
                "import panda3d.core as p; v = p.GeomVertexArrayData(p.GeomVertexFormat.getV3().getArray(0), p.Geom.UHStatic); v.setNumRows(2); v",
                "obj.setNumRows(1 << 20)",
            ),
            row("usd-core, Vt.IntArray", "usd-core", "import pxr.Vt; pxr.Vt.IntArray([1, 2, 3])"),
            row("usd-core, Vt.Vec3fArray", "usd-core", "import pxr.Gf, pxr.Vt; pxr.Vt.Vec3fArray(2)"),
            row("usd-core, Gf.Vec3f", "usd-core", "import pxr.Gf; pxr.Gf.Vec3f(1, 2, 3)"),
            row("usd-core, Gf.Matrix4d", "usd-core", "import pxr.Gf; pxr.Gf.Matrix4d(1)"),
            row("h3 (memoryview of Cython)", "numpy h3", "import h3.api.memview_int as h; h.grid_disk(h.latlng_to_cell(0, 0, 5), 1)", owner="Cython"),
            row("pyhmmer, VectorF", "pyhmmer", "pyhmmer.easel.VectorF([1, 2, 3])"),
            row("pyhmmer, VectorU8", "pyhmmer", "pyhmmer.easel.VectorU8([1, 2, 3])"),
            row("pyhmmer, MatrixF", "pyhmmer", "pyhmmer.easel.MatrixF([[1, 2], [3, 4]])"),
            row("lightmotif, sequence (PyO3)", "lightmotif", 'lightmotif.EncodedSequence("ACGT")'),
            row("lightmotif, striped (PyO3)", "lightmotif", 'lightmotif.stripe("ACGTACGTACGT")'),
            row("scoring-matrices", "scoring-matrices", 'scoring_matrices.ScoringMatrix.from_name("BLOSUM62")'),
        ],
    ),
    (
        "Bindings of other languages",
        [
            row("sip.voidptr (PyQt)", "PyQt6-sip", "import PyQt6.sip; PyQt6.sip.voidptr(bytearray(3))"),
            row("shiboken6, VoidPtr (PySide)", "shiboken6", "shiboken6.Shiboken.VoidPtr(bytearray(3))"),
            row("PyO3's test class for exporters", "", 'common_mistakes.Blob(b"abc")', owner="PyO3"),
            row("PyO3's test class for consumers", "", "common_mistakes.Words([1, 2, 3, 4])", owner="PyO3"),
            row("PyO3, a vector that grows", "", "common_mistakes.Growing([1.0])", "obj.append(2.0)", owner="PyO3"),
        ],
    ),
    (
        "This crate",
        [
            row("ours: growable", "", "growable.Samples([1.0, 2.0])", "obj.append(3.0)", owner="bufferprocs"),
            row("ours: matrix", "", "matrix.Matrix(2, 3)", owner="bufferprocs"),
            row("ours: matrix, transposed", "", "matrix.Matrix(2, 3).T", owner="bufferprocs"),
            row("ours: records", "", "records.Points(3)", owner="bufferprocs"),
            row("ours: indirect", "", "indirect.Page([[1, 2], [3, 4]])", owner="bufferprocs"),
            row("ours: reexport", "", 'reexport.Window(b"abcdef", 1, 3)', owner="bufferprocs"),
            row("ours: bytes_readonly", "", 'bytes_readonly.Blob(b"abc")', owner="bufferprocs"),
        ],
    ),
]

#: What `.ci/run survey` examines again, on the Python and with the versions of the committed page.
AGAIN = [
    "bytes",
    "bytearray",
    "mmap, read-only",
    "ctypes array, 2-D",
    "memoryview, empty slice",
    "BytesIO, closed",
    "NumPy array",
    "NumPy array, resized",
    "NumPy scalar, a date",
    "pyarrow.ResizableBuffer",
    "pyarrow.Tensor, Fortran order",
    "zstandard, with segments",
    "bitarray, empty",
    "cramjam (PyO3)",
    "arro3 (PyO3)",
    "PyO3, a vector that grows",
    "cffi",
    "ours: growable",
]


def all_rows():
    return [exporter for _, exporters in KINDS for exporter in exporters]
