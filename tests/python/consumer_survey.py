"""Examines consumers that people use, and prints what came of it as a part of a page of the book.

Each is examined by the command above its findings. The time that all of it took goes
to standard error.
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

#: A heading, and consumers below it: an expression, and code that uses the result.
GROUPS = [
    (
        "CPython",
        [
            ("memoryview", None),
            ("bytes", None),
            ('lambda b: b"".join([b])', None),
            ("lambda b: bytearray(b)", None),
            ("lambda b: memoryview(b).tolist()", None),
            ('lambda b: struct.unpack_from("8b", b)', None),
            ('lambda b: struct.pack_into("b", b, 0, 9)', None),
            ("hashlib.sha256", "result.digest()"),
            ("zlib.crc32", None),
            ("lambda b: io.BytesIO(b).getvalue()", None),
            ('lambda b: io.BytesIO(b"abcdef").readinto(b)', None),
            ('lambda b: array.array("B", b"").frombytes(b)', None),
            ("lambda b: (ctypes.c_char * 4).from_buffer(b)", "bytes(result)"),
            ("pickle.PickleBuffer", "bytes(result)"),
            ('lambda b: re.search(b".", b)', "result.group()"),
            ('lambda b: sqlite3.connect(":memory:").execute("select ?", (b,)).fetchone()', None),
            ("lambda b: mmap.mmap(-1, 100).write(b)", None),
            ('lambda b: codecs.decode(b, "latin-1")', None),
            ("lambda b: ssl.MemoryBIO().write(b)", None),
        ],
    ),
    (
        "NumPy, SciPy, pandas",
        [
            ("numpy.asarray", None),
            ('lambda b: numpy.frombuffer(b, "u1")', "result.sum()"),
            ('lambda b: numpy.ndarray(4, "u1", buffer=b)', "result.sum()"),
            ("lambda b: scipy.fft.fft(numpy.asarray(b))", None),
            ("lambda b: pandas.Series(numpy.asarray(b))", "result.sum()"),
        ],
    ),
    (
        "Other packages",
        [
            ("pyarrow.py_buffer", "result.to_pybytes()"),
            ("lambda b: pyarrow.Tensor.from_numpy(numpy.asarray(b))", "result.to_numpy()"),
            ("lambda b: pyarrow.BufferReader(b)", "result.read()"),
            ('lambda b: PIL.Image.frombuffer("L", (4, 6), b, "raw", "L", 0, 1)', "result.tobytes()"),
            ('lambda b: PIL.Image.frombytes("L", (4, 6), b)', "result.tobytes()"),
            (
                'lambda b: h5py.File("x", "w", driver="core", backing_store=False).create_dataset("d", data=numpy.asarray(b))[()]',
                None,
            ),
            ("lambda b: PIL.Image.fromarray(numpy.asarray(b))", "result.tobytes()"),
            ("blake3.blake3", "result.digest()"),
            ("lambda b: bytes(cramjam.snappy.compress(b))", None),
            ("cffi.FFI().from_buffer", "bytes(cffi.FFI().buffer(result))"),
            ("lambda b: orjson.loads(memoryview(b))", None),
            ("lz4.frame.compress", None),
            ("zstandard.compress", None),
            ("lambda b: xxhash.xxh64(b).digest()", None),
            ("lambda b: msgpack.Unpacker().feed(b)", None),
            ("lambda b: bitarray.bitarray(buffer=b)", "result.tobytes()"),
        ],
    ),
]

PACKAGES = [
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "Pillow",
    "h5py",
    "blake3",
    "cramjam",
    "cffi",
    "orjson",
    "lz4",
    "zstandard",
    "xxhash",
    "msgpack",
    "bitarray",
]

#: An address differs from run to run.
ADDRESS = re.compile(r"0x[0-9a-f]{9,}")


def command(expression, use):
    words = ["python", "-m", "bufferprocs", "--consumer", expression]
    return words if use is None else [*words, "--use", use]


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


def escaped(text):
    return ADDRESS.sub("0x…", text).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def finding(found):
    rule = f"[r:{found['rule']}]" if found["rule"] else "no rule"
    scenarios = f"{found['scenarios'][0]}"
    if len(found["scenarios"]) > 1:
        scenarios += f", and {len(found['scenarios']) - 1} more"
    return f"- {found['severity']}, {rule}: expected {escaped(found['expected'])}; found {escaped(found['found'])} ({scenarios})"


def main():
    start = time.perf_counter()
    versions = [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
    system = f"{platform.system()}, {platform.machine()}"
    lines = [f"CPython {platform.python_version()} on {system}; {', '.join(versions)}.", ""]
    lines += ["| consumer | requests | results, exceptions | findings |", "|---|---|---|---|"]
    sections, count, broken = [], 0, 0
    for group, consumers in GROUPS:
        with_findings = []
        for expression, use in consumers:
            words = command(expression, use)
            report = examine(words)
            if "error" in report:
                sys.exit(f"{expression}: {report['error']}")
            if report["rejected_use"]:
                sys.exit(f"{expression}: --use raises {report['rejected_use']}")
            count += 1
            requests = [request["name"] for request in report["requests"]]
            names = [f"`{name}`".replace("|", "\\|") for name in dict.fromkeys(requests)] or ["none"]
            severities = [found["severity"] for found in report["findings"]]
            numbers = [
                f"{severities.count(word)} {word}{'' if severities.count(word) == 1 else 's'}"
                for word in ("error", "warning", "note")
                if word in severities
            ]
            cell = expression.replace("|", "\\|")
            lines.append(
                f"| `{cell}` | {', '.join(names)} | {report['returned']}, {report['raised']} | {', '.join(numbers) or 'none'} |"
            )
            if report["findings"]:
                broken += 1
                with_findings += [f"### `{expression}`", "", "```console", f"$ {shown(words)}", "```", ""]
                with_findings += [finding(found) for found in report["findings"]] + [""]
        if with_findings:
            sections += [f"## {group}", "", *with_findings]
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join([*lines, "", *sections]).rstrip())
    print(f"{count} consumers, {broken} with findings, in {time.perf_counter() - start:.1f} s", file=sys.stderr)


main()
