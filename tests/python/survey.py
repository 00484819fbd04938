"""Examines exporters that people use, each in a process of its own, and prints the findings as JSON.

BUFFERPROCS_SURVEY says how much: `column` examines every exporter that this Python can have, and
first installs the packages one by one; `again` examines a few, compares them with the committed
survey, and prints which requests consumers send; `packages` prints the packages of `again`, with
their versions.

The time that all of it took goes to standard error.
"""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = sys.path[0]
sys.path.insert(0, HERE)

from survey_exporters import AGAIN, KINDS, all_rows  # noqa: E402

SURVEY = os.path.join(HERE, "..", "..", "book", "src", "survey.json")
#: Larger wheels are not installed.
LARGEST = 100 * 1000 * 1000
#: Seconds for one exporter.
PATIENCE = 120
#: What does not come from the package index.
ABSENT = "no wheel"
TOO_LARGE = "wheel of more than 100 MB"

#: An address differs from run to run.
ADDRESS = re.compile(r"0x[0-9a-f]{9,}")

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

# Installing


def pip(*words):
    command = [sys.executable, "-m", "pip", *words, "--quiet", "--no-input", "--retries=1", "--disable-pip-version-check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def download(package, folder):
    """Gets the wheels of a package and of all that it needs. Returns whether there are any."""
    return pip("download", "--only-binary=:all:", "--dest", folder, package)


def install(package):
    """Returns None, or why the package is not there. Packages of an interrupted run are kept."""
    if is_installed(package):
        return None
    with tempfile.TemporaryDirectory() as folder:
        found, said = download(package, folder)
        if not found:
            return ABSENT
        largest = max(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
        if largest > LARGEST:
            return TOO_LARGE
        done, said = pip("install", "--no-index", "--find-links", folder, package)
        if not done:
            sys.exit(f"pip has wheels of {package}, and does not install them:\n{said}")
    return None


def install_all():
    """Installs each package alone, so that one without a wheel takes no other along. Returns the lacking ones."""
    with tempfile.TemporaryDirectory() as folder:
        reached, said = download("pip", folder)  # there is a wheel of it for every Python
    if not reached:
        sys.exit(f"pip does not reach the package index: connect to it or set PIP_INDEX_URL to a mirror\n{said}")
    lacking = {}
    for package in dict.fromkeys(package for exporter in all_rows() for package in exporter.packages):
        why = install(package)
        print(f"{package}: {why or version(package)}", file=sys.stderr, flush=True)
        if why is not None:
            lacking[package] = why
    return lacking


def plain(package):
    """Without extras."""
    return package.partition("[")[0]


def version(package):
    return importlib.metadata.version(plain(package))


def is_installed(package):
    try:
        return bool(version(package))
    except importlib.metadata.PackageNotFoundError:
        return False


# Examining


def options(exporter):
    words = [exporter.expression]
    for code in exporter.mutators:
        words += ["--mutate", code]
    return words


def shown(words):
    """As one types it: in single quotes, which the expressions do not have."""
    assert not any("'" in word for word in words), words
    return " ".join(word if re.fullmatch(r"[\w./:=-]+", word) else f"'{word}'" for word in words)


def run(words, patience=PATIENCE):
    """Runs Python with these words. Returns its status and output; no status if it had to be stopped."""
    environment = {**os.environ, "PYTHONPATH": FOLDER, "JAX_PLATFORMS": "cpu"}
    process = subprocess.Popen(
        [sys.executable, "-B", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the process that it started, too
        process.communicate()
        return None, "", ""
    return process.returncode, out, err


def outcome(exporter):
    """The state of a cell, and what belongs to it."""
    status, out, err = run(["-m", "bufferprocs", "--json", *options(exporter)])
    if status is None:
        return {"state": "hangs", "why": f"after {PATIENCE} s"}
    try:
        report = json.loads(out[out.index("{") :])
    except ValueError:
        sys.exit(f"{exporter.name}: no report\n{out}\n{err}")
    if "crash" in report:
        crash = report["crash"]
        where = "the object was made" if crash["step"] == "nothing" else f"step {crash['step']} {crash['number']:#05x}"
        cell = {"state": "crashes", "why": f"{crash['ended']}, {where}"}
        if crash["step"] in ("alone", "beside"):
            cell["crashes in"] = crash["number"]
        return cell
    error = report.get("error", "")
    if "does not export a buffer" in error:
        return {"state": "no buffer", "why": error}
    if error:
        absent = "ModuleNotFoundError" in error
        return {"state": "no module" if absent else "fails", "why": ADDRESS.sub("0x…", error)}
    result = {"state": "examined", "granted": report["granted"]}
    if report["rejected_inputs"]:
        result["rejected"] = [ADDRESS.sub("0x…", why) for why in report["rejected_inputs"]]
    if report["refusal"]:
        result["why"] = ADDRESS.sub("0x…", report["refusal"])
    order = ["error", "warning", "note"]
    found = sorted(report["violations"], key=lambda violation: order.index(violation["severity"]))
    result["findings"] = [
        {
            "severity": violation["severity"],
            "rule": violation["rule"],
            "found": ADDRESS.sub("0x…", violation["found"]),
            "request": violation["request"],
            "requests": len(violation["requests"]),
        }
        for violation in found
    ]
    result["snippets"] = {violation["rule"]: violation["snippet"] for violation in found}
    return result


#: Prints the program that makes the object, and the exception of a request for writable bytes. A
#: request, or a release, may end the process.
LOOK = """\
import ctypes, json, os, sys
from bufferprocs.__main__ import evaluate, parser, setup
arguments = parser().parse_args(sys.argv[1:])
program = setup(arguments)
names = {"__name__": "__main__"}
obj = evaluate(arguments.expression, names)
made = {"setup": program, "type": f"{type(obj).__module__}.{type(obj).__qualname__}"}
print("made:" + json.dumps(made), flush=True)
view = ctypes.create_string_buffer(256)
get = ctypes.pythonapi.PyObject_GetBuffer
get.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
try:
    get(obj, view, 1)
except Exception as error:
    refusal = f"{type(error).__name__}: {error}"
    print("refused:" + json.dumps({"refusal": refusal}), flush=True)
os._exit(0)
"""


def look(exporter):
    status, out, err = run(["-c", LOOK, *options(exporter)])
    found = {}
    for line in out.splitlines():
        if line.startswith(("made:", "refused:")):
            found.update(json.loads(line.partition(":")[2]))
    if not found:
        sys.exit(f"{exporter.name}: status {status}, {err}")
    return found


#: How a program ends that shows a defect.
SHOWN = re.compile(r"(AssertionError|BufferError|SystemError)\b.*")


def reproduce(program):
    """Runs a program without the checker. Returns what shows the defect, or None."""
    status, _, err = run(["-c", program])
    if status is None:
        return "it does not end"
    if status < 0:
        return f"the process ends by {signal.Signals(-status).name}"
    lines = [line for line in err.splitlines() if SHOWN.fullmatch(line)]
    if not status or not lines:
        return None
    # The bytes of a view differ from run to run.
    return ADDRESS.sub("0x…", re.sub(r": b'.{100,}", "", lines[-1]))


def proved(exporter, cell):
    """Adds to each error and warning of a cell how a program ends that shows it without the checker.

    The program consists of the code that makes the object, of what all programs have in common, and of the code
    for the rule.
    """
    snippets = cell.pop("snippets", {})
    request = cell.pop("crashes in", None)
    looked = look(exporter) if snippets or request is not None else None
    if looked is not None:
        cell.update({key: ADDRESS.sub("0x…", value) for key, value in looked.items()})
    if request is not None:
        code = REQUEST.format(request)
        cell["findings"] = [{"severity": "error", "rule": None, "said": reproduce(f"{looked['setup']}\n{code}"), "code": code}]
    for finding in cell.get("findings", []):
        if finding["severity"] == "note" or finding["rule"] is None:
            continue
        common, end, code = snippets[finding["rule"]].partition(COMMON_END)
        COMMON.add(common + end)
        # None if the program does not show the defect: survey_pages.py refuses such a column.
        flags = re.search(r"^FLAGS = .*$", code, re.M)
        for code in (code, f"# {finding['rule']}\n{flags and flags[0]}\n{OTHERS.get(finding['rule'], '')}"):
            finding["said"] = reproduce(f"{looked['setup']}\n{common}{end}{code}")
            finding["code"] = code.rstrip()
            if finding["said"] is not None:
                break


#: Shows a call that returns neither 0 nor -1.
STATUS = """\
view = Py_buffer()
get = ctypes.pythonapi.PyObject_GetBuffer
get.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
status = get(obj, ctypes.byref(view), FLAGS)
assert status in (0, -1), f"returned {status}, and no exception"
"""

#: Code for rules, where that of the checker shows nothing.
OTHERS = {
    "getbuffer.signature": STATUS,
    "getbuffer.refuse.minus-one": STATUS,
    "getbuffer.refuse.obj-null": STATUS,
    "getbuffer.refuse.rest-untouched": STATUS,
    "field.itemsize.one-item": """\
import re
import struct

# A record of ctypes has a byte order before each member. struct reads one, in front.
view, error = ask(0x11C)
plain = re.sub(r":[^:]*:|T\\{|\\}", "", view.format.decode())
plain = plain[:1] + re.sub("[<>]", "", plain[1:])
assert struct.calcsize(plain) == view.itemsize, (view.format, view.itemsize)
""",
}

#: The code for a request that ends the process.
REQUEST = """\
import ctypes

view = ctypes.create_string_buffer(256)
get = ctypes.pythonapi.PyObject_GetBuffer
get.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
get(obj, view, {:#05x})
ctypes.pythonapi.PyBuffer_Release(view)"""

#: What all programs have in common, and its last line.
COMMON = set()
COMMON_END = "FULL_RO = 0x11C\n"


def examine(exporter, lacking):
    """A cell."""
    for package in exporter.packages:
        if package in lacking:
            return {"state": lacking[package]}
    cell = outcome(exporter)
    cell["versions"] = {plain(package): version(package) for package in exporter.packages}
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    cell["command"] = f"python{minor} -m bufferprocs {shown(options(exporter))}"
    if exporter.packages:
        wanted = [f"{package}=={version(package)}" for package in exporter.packages]
        cell["install"] = f"python{minor} -m pip install {shown(wanted)}"
    return cell


def column():
    """Every exporter on this Python."""
    lacking = install_all()
    cells = {}
    for exporter in all_rows():
        start = time.perf_counter()
        cell = examine(exporter, lacking)
        proved(exporter, cell)
        cells[exporter.name] = cell
        count = len(cell.get("findings", []))
        print(
            f"{exporter.name}: {cell['state']}, {count} findings, {time.perf_counter() - start:.1f} s",
            file=sys.stderr,
            flush=True,
        )
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()}, {platform.machine()}",
        "date": datetime.date.today().isoformat(),
        "common": COMMON.pop(),
        "cells": cells,
    }


# Comparing


def committed():
    with open(SURVEY, encoding="utf-8") as file:
        return json.load(file)["columns"][f"3.{AGAIN_MINOR}"]


#: The Python of `.ci/run survey`.
AGAIN_MINOR = 13


def packages():
    """Those of the exporters that are examined again, with the versions of the committed survey."""
    cells = committed()["cells"]
    versions = {}
    for name in AGAIN:
        versions.update(cells[name].get("versions", {}))
    return [f"{package}=={found}" for package, found in versions.items()]


def facts(cell):
    """What has to be the same again."""
    found = [{key: value for key, value in one.items() if key not in ("said", "code")} for one in cell.get("findings", [])]
    found = [one for one in found if one["rule"] is not None]
    return {"findings": found, **{key: cell.get(key) for key in ("state", "why", "granted", "versions", "command")}}


def again():
    """Examines a few exporters, and exits unless they fare as they did."""
    cells = committed()["cells"]
    for exporter in all_rows():
        if exporter.name not in AGAIN:
            continue
        cell = examine(exporter, {})
        was, now = facts(cells[exporter.name]), facts(cell)
        if was != now:
            differing = [key for key in now if now[key] != was[key]]
            lines = [f"  {key}: was {was[key]}\n  {key}: now {now[key]}" for key in differing]
            print(f"survey.json and this run differ on {exporter.name}:", *lines, sep="\n")
            sys.exit(1)


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
    sys.stdout.reconfigure(encoding="utf-8")
    how = os.environ["BUFFERPROCS_SURVEY"]
    if how == "packages":
        print("\n".join(packages()))
        return
    if how == "again":
        again()
        count = len(AGAIN)
        print("\n".join([f"{count} exporters", *asked()]))
    else:
        print(json.dumps(column(), indent=1, ensure_ascii=False))
        count = sum(len(exporters) for _, exporters in KINDS)
    print(f"{count} exporters in {time.perf_counter() - start:.1f} s", file=sys.stderr)


main()
