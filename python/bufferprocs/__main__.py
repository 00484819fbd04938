"""python -m bufferprocs EXPRESSION: which rules of the buffer protocol does an object break?"""

from __future__ import annotations

import argparse
import ast
import builtins
import importlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import traceback
from typing import Any, Callable, Dict, List, Optional

from . import check, rules

OK, BROKEN, COULD_NOT_RUN = 0, 1, 2

#: A step, as the process that examines leaves it for the one that waits: its place in STEPS, and its number.
RECORD = struct.Struct("<ii")
STEPS = ("nothing", "alone", "beside", "releases", "copies", "mutator", "reentry", "other")

#: What an expression that is wrong raises: a line says enough.
EXPECTED = (SyntaxError, TypeError, ValueError, NameError, ImportError, AttributeError, SystemExit)

DESCRIPTION = """\
Evaluates EXPRESSION, examines the object, and prints each rule that it breaks, with the page of the book that states it.

Modules are imported as they are named. Statements may come before the expression, with `;` between. The examination runs in a
process of its own: if the object ends that, the report says in which step.
"""

EPILOG = """\
exit status:
  0  no rule of level MUST is broken (with --level should, none of level SHOULD either)
  1  one is, or the object ended the process
  2  the examination could not run: the expression failed, the object exports nothing, or it refused every request

examples:
  python -m bufferprocs 'numpy.zeros((2, 3))'
  python -m bufferprocs 'bytearray(3)' --mutate 'obj.append(1)' --contents 'bytes(3)'
  python -m bufferprocs --rule getbuffer.refuse.obj-null 'b"abc"'
"""


def parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m bufferprocs", description=DESCRIPTION, epilog=EPILOG, formatter_class=form
    )
    parser.add_argument("expression", nargs="?", metavar="EXPRESSION")
    parser.add_argument("--rule", metavar="ID", help="look at one rule alone")
    parser.add_argument("--level", choices=("must", "should"), default="must", help="what counts for the exit status")
    parser.add_argument("--json", action="store_true", help="print the report for programs")
    parser.add_argument(
        "--mutate", action="append", default=[], metavar="CODE", help="changes the memory of `obj`; may be given again"
    )
    parser.add_argument(
        "--reenter", action="append", default=[], metavar="CODE", help="the same, its value a view taken amid the change"
    )
    parser.add_argument("--contents", metavar="CODE", help="all items in C order, as bytes")
    parser.add_argument("--within", metavar="CODE", help="address and size in bytes of the memory: (address, size)")
    parser.add_argument("--base", metavar="CODE", help="the object whose items `obj` shows, all of them as they are")
    parser.add_argument("--rules", action="store_true", help="list the rules that can be checked")
    parser.add_argument("--progress", help=argparse.SUPPRESS)  # the file that the steps are told in
    return parser


def parse(code: str, names: Dict[str, Any]) -> ast.Module:
    """Parses code, and imports the modules that it names."""
    tree = ast.parse(code.strip(), "<expression>")
    loaded = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for name in loaded:
        if name in names or hasattr(builtins, name):
            continue
        try:
            names[name] = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    return tree


def evaluate(code: str, names: Dict[str, Any]) -> Any:
    """The value of the last expression in `code`, after the statements before it."""
    tree = parse(code, names)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        raise SyntaxError("the code has to end with an expression")
    *statements, last = tree.body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(statements, []), "<expression>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<expression>", "eval"), names)


def mutator(code: str, names: Dict[str, Any]) -> Callable[[], None]:
    compiled = compile(parse(code, names), "<mutate>", "exec")
    return lambda: exec(compiled, names)


def examine(arguments: argparse.Namespace) -> int:
    """Runs the examination in this process."""
    names: Dict[str, Any] = {"__name__": "__main__"}
    obj = evaluate(arguments.expression, names)
    names["obj"] = obj
    told: Dict[str, Any] = {
        key: None if getattr(arguments, key) is None else evaluate(getattr(arguments, key), names)
        for key in ("contents", "within", "base")
    }
    told["mutate"] = [(code, mutator(code, names)) for code in arguments.mutate]
    told["reenter"] = [(code, lambda code=code: evaluate(code, names)) for code in arguments.reenter]
    if arguments.progress is not None:
        told["follow"] = follower(arguments.progress)
    report = check(obj, rule=arguments.rule, **told)
    print(report.to_json() if arguments.json else str(report).rstrip())
    if report.conforms(arguments.level):
        return OK
    counted = ("error",) if arguments.level == "must" else ("error", "warning")
    is_broken = any(found.severity in counted for found in report.violations)
    return BROKEN if is_broken else COULD_NOT_RUN


def follower(path: str) -> Any:
    file = open(path, "r+b")
    place = mmap.mmap(file.fileno(), RECORD.size)

    def follow(step: str, number: int) -> None:
        RECORD.pack_into(place, 0, STEPS.index(step), number)

    return follow


def guarded(arguments: argparse.Namespace) -> int:
    """Examines, and says in a line what could not be run."""
    try:
        return examine(arguments)
    except (Exception, SystemExit) as error:
        if not isinstance(error, EXPECTED):
            traceback.print_exc()
        print(f"could not run: {type(error).__name__}: {error}", file=sys.stderr)
        return COULD_NOT_RUN


def in_a_process(words: List[str], as_json: bool) -> int:
    """Examines in a process of its own, and reports how it ended if it did not end by itself."""
    handle, path = tempfile.mkstemp(prefix="bufferprocs-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(RECORD.size))
        command = [sys.executable, *warnings_as_here(), "-m", "bufferprocs", "--progress", path, *words]
        status = subprocess.run(command).returncode
        if status in (OK, BROKEN, COULD_NOT_RUN):
            return status
        with open(path, "rb") as file:
            step, number = RECORD.unpack(file.read())
    finally:
        os.unlink(path)
    ended, during = ending(status), described(STEPS[step], number)
    if as_json:
        crash = {"ended": ended, "step": STEPS[step], "number": number}
        print(json.dumps({"ok": False, "violations": [], "crash": crash}, indent=2))
    else:
        print(f"error: the process ended by {ended}\n  step      {during}")
    return BROKEN


def warnings_as_here() -> List[str]:
    return [f"-W{option}" for option in sys.warnoptions]


def ending(status: int) -> str:
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return f"status {status:#x}"


def described(step: str, number: int) -> str:
    return {
        "nothing": "before the first request: the expression was evaluated",
        "alone": f"request {number:#05x}, with no view held",
        "beside": f"request {number:#05x}, while a view was held",
        "releases": "several views were released in different orders",
        "copies": "a byte copy of a view was released",
        "mutator": f"mutator {number} was called, with a view held and without",
        "reentry": f"a view was taken amid change {number}",
    }.get(step, step)


def list_rules() -> int:
    for rule in rules():
        if rule["check"] is not None:
            needs = rule["check"]["needs"]
            told = f"  with --{needs}" if needs else ""
            print(f"{rule['check']['severity']:8} {rule['id']}{told}")
    return OK


def main(words: Optional[List[str]] = None) -> int:
    words = sys.argv[1:] if words is None else words
    form = parser()
    arguments = form.parse_args(words)
    if arguments.rules:
        return list_rules()
    if arguments.expression is None:
        form.error("an EXPRESSION is needed")
    if arguments.progress is not None:
        return guarded(arguments)
    return in_a_process(words, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
