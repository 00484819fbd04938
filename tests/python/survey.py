"""Examines exporters that people use, and prints what came of it as a part of a page of the book.

Each is examined by the command above its findings, in a process of its own. The time that all of it took goes to
standard error.
"""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time

FOLDER = sys.path[0]

#: A heading, and exporters below it: a name, an expression, and what changes their memory.
GROUPS = [
    (
        "CPython",
        [
            ("bytes", 'b"abc"', []),
            ("bytearray", 'bytearray(b"abc")', ["obj.append(1)", "obj.clear()"]),
            ("array.array", 'array.array("i", [1, 2, 3])', ["obj.append(1)"]),
            ("mmap", "mmap.mmap(-1, 8)", ["obj.resize(1 << 20)", "obj.close()"]),
            ("mmap, read-only", "mmap.mmap(-1, 8, access=mmap.ACCESS_READ)", []),
            ("ctypes array", "(ctypes.c_int * 3)()", ["ctypes.resize(obj, 1 << 20)"]),
            ("ctypes array, 2-D", "(ctypes.c_int * 3 * 2)()", []),
            ("ctypes union", 'type("U", (ctypes.Union,), {"_fields_": [("d", ctypes.c_double)]})()', []),
            ("memoryview", 'memoryview(b"abc")', []),
            ("memoryview, 2-D", 'memoryview(bytes(6)).cast("B", (2, 3))', []),
            ("memoryview, empty slice", 'memoryview(b"abcdef")[3:3:2]', []),
            ("memoryview, released", "m = memoryview(bytes(3)); m.release(); m", []),
            ("BytesIO, its inner buffer", 'b = io.BytesIO(b"abc"); b.getbuffer().obj', ['b.write(b"x")', "b.close()"]),
            (
                "BytesIO, closed",
                'b = io.BytesIO(b"x"); view = b.getbuffer(); inner = view.obj; view.release(); b.close(); inner',
                [],
            ),
            ("PickleBuffer", "pickle.PickleBuffer(bytearray(3))", []),
            ("class of Python", 'type("C", (), {"__buffer__": lambda self, flags: memoryview(bytearray(3))})()', []),
        ],
    ),
    (
        "NumPy",
        [
            ("NumPy array", "numpy.zeros((2, 3))", []),
            ("NumPy array, Fortran order", 'numpy.zeros((2, 3), order="F")', []),
            ("NumPy array, every second item", "numpy.zeros(6)[::2]", []),
            ("NumPy array, read-only", "a = numpy.zeros(3); a.flags.writeable = False; a", []),
            ("NumPy array, resized", "numpy.zeros(3)", ["obj.resize(1 << 20, refcheck=False)"]),
            ("NumPy field of packed records", 'numpy.zeros(3, dtype="i1,i4")["f1"]', []),
            ("NumPy array of dates", 'numpy.zeros(3, dtype="M8[D]")', []),
            ("NumPy scalar", "numpy.float64(1)", []),
            ("NumPy scalar, a date", 'numpy.datetime64("2020")', []),
        ],
    ),
    (
        "Other packages",
        [
            ("pyarrow.Buffer", 'pyarrow.py_buffer(b"abc")', []),
            ("pyarrow.ResizableBuffer", "pyarrow.allocate_buffer(8, resizable=True)", ["obj.resize(1 << 20)"]),
            ("pyarrow.Tensor", "pyarrow.Tensor.from_numpy(numpy.zeros((2, 3)))", []),
            ("pyarrow.Tensor, Fortran order", 'pyarrow.Tensor.from_numpy(numpy.zeros((2, 3), order="F"))', []),
            ("zstandard", 'zstandard.BufferWithSegments(b"abcdef", struct.pack("=QQ", 0, 6))', []),
            ("bitarray", 'bitarray.bitarray("1010")', ["obj.extend(bytes(1 << 10))"]),
            ("bitarray, empty", "bitarray.bitarray()", []),
            ("bitarray, frozen", 'bitarray.frozenbitarray("1010")', []),
            ("cffi", 'f = cffi.FFI(); f.buffer(f.new("char[]", 8))', []),
            ("cramjam (PyO3)", 'cramjam.Buffer(b"abc")', ["obj.set_len(1 << 20)"]),
            ("cramjam, empty", "cramjam.Buffer()", []),
            ("arro3 (PyO3)", 'import arro3.core; arro3.core.Buffer(b"abc")', []),
            ("obstore (PyO3)", 'obstore.Bytes(b"abc")', []),
        ],
    ),
    (
        "PyO3, by hand",
        [
            ("PyO3's test class for exporters", 'common_mistakes.Blob(b"abc")', []),
            ("PyO3's test class for consumers", "common_mistakes.Words([1, 2, 3, 4])", []),
            ("PyO3, a vector that grows", "common_mistakes.Growing([1.0])", ["obj.append(2.0)"]),
        ],
    ),
    (
        "This crate",
        [
            ("ours: growable", "growable.Samples([1.0, 2.0])", ["obj.append(3.0)"]),
            ("ours: matrix", "matrix.Matrix(2, 3)", []),
            ("ours: matrix, transposed", "matrix.Matrix(2, 3).T", []),
            ("ours: records", "records.Points(3)", []),
            ("ours: indirect", "indirect.Page([[1, 2], [3, 4]])", []),
            ("ours: reexport", 'reexport.Window(b"abcdef", 1, 3)', []),
            ("ours: bytes_readonly", 'bytes_readonly.Blob(b"abc")', []),
        ],
    ),
]

#: What is asked of an object that remembers it.
CONSUMERS = [
    ("memoryview(x), bytes(x), pickle.PickleBuffer(x)", "memoryview(x), bytes(x), pickle.PickleBuffer(x)"),
    ('b"".join([x]), hashlib.sha1(x), zlib.crc32(x)', 'b"".join([x]), hashlib.sha1(x), zlib.crc32(x)'),
    ("io.BytesIO(x)", "io.BytesIO(x)"),
    ("ctypes.c_char.from_buffer(x)", "ctypes.c_char.from_buffer(x)"),
    ("numpy.asarray(x), numpy.frombuffer(x)", "numpy.asarray(x), numpy.frombuffer(x, 'B')"),
    ("pyarrow.py_buffer(x)", "pyarrow.py_buffer(x)"),
    ("PIL.Image.frombytes, frombuffer", "Image.frombytes('L', (2, 2), x), Image.frombuffer('L', (2, 2), x, 'raw', 'L', 0, 1)"),
    ("zstandard.compress(x), cffi.from_buffer(x)", "zstandard.compress(x), cffi.FFI().from_buffer(x)"),
]

#: An address differs from run to run.
ADDRESS = re.compile(r"0x[0-9a-f]{9,}")


def command(expression, mutators):
    words = ["python", "-m", "bufferprocs", expression]
    for code in mutators:
        words += ["--mutate", code]
    return words


def shown(words):
    """As one types it: in single quotes, which the expressions do not have."""
    assert not any("'" in word for word in words), words
    return " ".join(word if re.fullmatch(r"[\w./:-]+", word) else f"'{word}'" for word in words)


def examine(words):
    environment = {**os.environ, "PYTHONPATH": FOLDER}
    done = subprocess.run(
        [sys.executable, "-B", *words[1:3], "--json", *words[3:]], env=environment, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def finding(violation):
    request, count = violation["request"], len(violation["requests"])
    where = f"request `{request}`" if request else "no single request"
    if count > 1:
        where += f" and {count - 1} more"
    found = ADDRESS.sub("0x…", violation["found"]).replace("|", "\\|").replace("<", "&lt;")
    return f"- {violation['severity']}, [r:{violation['rule']}]: {found} ({where})"


def one(name, expression, mutators, counts, broken):
    words = command(expression, mutators)
    report = examine(words)
    lines = [f"### {name}", "", "```console", f"$ {shown(words)}", "```", ""]
    if "crash" in report:
        step = f"request `{report['crash']['number']:#05x}`"
        lines += [f"- error: the process ended by {report['crash']['ended']} at {step}"]
        counts.append((name, 1, 0, 0))
        return lines
    order = {"error": 0, "warning": 1, "note": 2}
    found = sorted(report["violations"], key=lambda violation: order[violation["severity"]])
    lines += [finding(violation) for violation in found] or ["Nothing."]
    if report["refusal"]:
        lines += ["", f"No request was granted: {report['refusal']}."]
    for violation in found:
        broken.setdefault((order[violation["severity"]], violation["rule"]), []).append(name)
    severities = [violation["severity"] for violation in found]
    counts.append((name, *(severities.count(severity) for severity in order)))
    return lines


def anchor(name):
    """As mdBook makes it of a heading."""
    kept = "".join(c for c in name.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def counted(numbers, words):
    """As in `2 errors, 1 note`."""
    parts = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in zip(numbers, words) if number]
    return ", ".join(parts) or "nothing"


def asked():
    """Which requests the consumers send."""
    import cffi, ctypes, hashlib, io, pickle, zlib  # noqa: E401, F401
    import numpy, pyarrow, zstandard  # noqa: E401, F401
    from PIL import Image  # noqa: F401

    class Recorder:
        def __init__(self):
            self.seen = []

        def __buffer__(self, flags):
            self.seen.append(int(flags))
            return memoryview(bytearray(4))

    lines = ["| consumer | requests |", "|---|---|"]
    names = {0: "SIMPLE", 1: "WRITABLE", 8: "CONTIG_RO", 9: "CONTIG", 0x98: "ANY_CONTIGUOUS", 0x11C: "FULL_RO", 0x11D: "FULL"}
    for name, code in CONSUMERS:
        x = Recorder()
        eval(code, {**globals(), **locals()})
        words = [names.get(flags, "") for flags in dict.fromkeys(x.seen)]
        flags = [f"`{flags:#05x}` {word}".rstrip() for flags, word in zip(dict.fromkeys(x.seen), words)]
        lines.append(f"| `{name}` | {', '.join(flags)} |")
    return lines


def main():
    start = time.perf_counter()
    packages = ["numpy", "pyarrow", "zstandard", "bitarray", "cffi", "cramjam", "arro3-core", "obstore", "Pillow"]
    versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    system = f"{platform.system()}, {platform.machine()}"
    lines = [f"CPython {platform.python_version()} on {system}; {', '.join(versions)}.", ""]
    sections, counts, broken = [], [], {}
    for group, exporters in GROUPS:
        sections += [f"## {group}", ""]
        for name, expression, mutators in exporters:
            sections += one(name, expression, mutators, counts, broken) + [""]
    words = ("error", "warning", "note")
    lines += [f"- [{name}](#{anchor(name)}): {counted(numbers, words)}" for name, *numbers in counts]
    lines += ["", "By rule:", ""]
    lines += [
        f"- {words[severity]}, [r:{rule}]: {', '.join(f'[{name}](#{anchor(name)})' for name in names)}"
        for (severity, rule), names in sorted(broken.items())
    ]
    lines += ["", *sections, "## What consumers ask for", "", *asked(), ""]
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(lines).rstrip())
    print(f"{len(counts)} exporters in {time.perf_counter() - start:.1f} s", file=sys.stderr)


main()
