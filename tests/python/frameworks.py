"""Examines what pybind11, nanobind, Cython and cffi export and read, and prints it as a part of a page of the book.

Each is examined by the command of its row, in a process of its own. Those that are said to be right have to be.
"""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys

FOLDER = sys.path[0]

PACKAGES = ["pybind11", "nanobind", "Cython", "cffi"]

#: An exporter: an expression, what changes its memory, its items, and whether nothing may be found.
ITEMS = "struct.pack('6d', *range(6))".replace("'", '"')
EXPORTERS = [
    ("pybind11_grid.Plain(2, 3)", "obj.resize(200, 300)", ITEMS, False),
    ("pybind11_grid.ReadOnly(2, 3)", None, ITEMS, False),
    ("pybind11_grid.Counted(2, 3)", "obj.resize(200, 300)", ITEMS, False),
    ("pybind11_grid.Grid(2, 3)", "obj.resize(200, 300)", ITEMS, True),
    ("nanobind_grid.Plain(2, 3).array()", None, ITEMS, False),
    ("nanobind_grid.Plain(2, 3).readonly_array()", None, ITEMS, False),
    ("nanobind_grid.Plain(2, 3).view()", None, ITEMS, False),
    ("nanobind_grid.Grid(2, 3)", "obj.resize(200, 300)", ITEMS, True),
    ("cython_grid.Plain(2, 3)", "obj.resize(200, 300)", ITEMS, False),
    ("cython_grid.array(2, 3)", None, ITEMS, False),
    ('cython_grid.array(2, 3, "fortran")', None, ITEMS, False),
    ("cython_grid.typed_view(cython_grid.Grid(2, 3))", None, ITEMS, False),
    ("cython_grid.readonly_view(cython_grid.Grid(2, 3, True))", None, ITEMS, False),
    ("cython_grid.python_view(cython_grid.Grid(2, 3))", None, ITEMS, False),
    ("cython_grid.Grid(2, 3)", "obj.resize(200, 300)", ITEMS, True),
    ("cython_grid.Grid(2, 3, True)", "obj.resize(200, 300)", ITEMS, True),
    ('f = cffi.FFI(); f.buffer(f.new("double[2][3]", [[0, 1, 2], [3, 4, 5]]))', None, ITEMS, False),
]

#: A consumer: an expression, and code that uses its result.
CONSUMERS = [
    ("pybind11_grid.packed", None, True),
    ("pybind11_grid.copied", None, False),
    ("pybind11_grid.Careless", "result.packed()", False),
    ("pybind11_grid.Careful", "result.packed()", True),
    ("nanobind_grid.packed", None, True),
    ("nanobind_grid.Kept", "result.packed()", True),
    ("cython_grid.packed", None, True),
    ("cython_grid.listed", None, True),
    ("cython_grid.Kept", "result.packed()", True),
    ("lambda b: bytes(cffi.FFI().buffer(cffi.FFI().from_buffer(b)))", None, True),
]

ORDER = ["error", "warning", "note"]


def examine(words):
    environment = {**os.environ, "PYTHONPATH": FOLDER}
    command = [sys.executable, "-B", "-m", "bufferprocs", "--json", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"{words}: exit status {done.returncode}: {done.stdout}")


def code(text):
    return "`" + text.replace("|", "\\|") + "`"


def cell(found, where):
    """The findings of one row."""
    found = sorted(found, key=lambda one: ORDER.index(one["severity"]))
    parts = []
    for one in found:
        place = where(one)
        rule = f"[r:{one['rule']}]" if one["rule"] else "no rule"
        parts.append(f"{one['severity']} {rule}" + (f" ({place})" if place else ""))
    return "; ".join(parts) or "nothing"


def request_of(violation):
    return code(violation["request"]) if violation["request"] else ""


def scenario_of(finding):
    return finding["scenarios"][0] if finding["scenarios"] else ""


def main():
    versions = [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
    lines = [f"CPython {platform.python_version()} on {platform.system()}, {platform.machine()}; {', '.join(versions)}.", ""]
    lines += ["| exporter | change | the checker found |", "|---|---|---|"]
    wrong = []
    for expression, change, items, is_right in EXPORTERS:
        words = [expression, "--contents", items, *(["--mutate", change] if change else [])]
        report = examine(words)
        if "refusal" not in report and "crash" not in report:
            sys.exit(f"{expression}: {report}")
        if "crash" in report:
            sys.exit(f"{expression}: {report['crash']}")
        if report["refusal"] or report["rejected_inputs"]:
            sys.exit(f"{expression}: {report['refusal']} {report['rejected_inputs']}")
        found = cell(report["violations"], request_of)
        if is_right and found != "nothing":
            wrong.append(f"{expression}: {report['text']}")
        lines.append(f"| {code(expression)} | {code(change) if change else '–'} | {found} |")
    lines += ["", "| consumer | use of its result | requests | results, exceptions | the checker found |", "|---|---|---|---|---|"]
    for expression, use, is_right in CONSUMERS:
        report = examine(["--consumer", expression, *(["--use", use] if use else [])])
        if "error" in report or report.get("rejected_use"):
            sys.exit(f"{expression}: {report}")
        found = cell(report["findings"], scenario_of)
        if is_right and found != "nothing":
            wrong.append(f"{expression}: {report['text']}")
        names = [code(request["name"]) for request in report["requests"]]
        counts = f"{report['returned']}, {report['raised']}"
        lines.append(
            f"| {code(expression)} | {code(use) if use else '–'} | {', '.join(dict.fromkeys(names))} | {counts} | {found} |"
        )
    if wrong:
        sys.exit("\n".join(["these have to be right:", *wrong]))
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(lines))


main()
