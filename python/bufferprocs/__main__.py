"""python -m bufferprocs EXPRESSION: which rules of the buffer protocol does an object break?

With --consumer, EXPRESSION is a function that takes a buffer.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import contextlib
import importlib
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from . import ConsumerReport, Report, _consumer, _native, check, check_consumer, junit, rules
from .expected import Expected

OK, BROKEN, COULD_NOT_RUN = 0, 1, 2

#: A step, as the process that examines leaves it for the one that waits: its place in STEPS, and its number.
RECORD = struct.Struct("<ii")
STEPS = ("nothing", "alone", "beside", "releases", "copies", "mutator", "reentry", "other", "finished", "reading")

DESCRIPTION = """\
Evaluates EXPRESSION, examines the object, and prints each rule that it breaks, with the page of the book that states it.

Modules are imported as they are named. Statements may come before the expression, with `;` between. The examination runs in a
process of its own: if the object ends that, the report says in which step. In the code of an option, `obj` is the object.
"""

EPILOG = """\
exit status:
  0  no rule of level MUST is broken (with --level should, none of level SHOULD either), or only those that --expected lists
  1  one is, the object or the function ended the process, or with --strict a failure that was expected did not come
  2  the examination could not run: the expression failed, the object exports nothing or refused every request, the function
     sent no request, or what an option tells cannot be used

examples:
  python -m bufferprocs 'numpy.zeros((2, 3))'
  python -m bufferprocs 'bytearray(3)' --mutate 'obj.append(1)' --contents 'bytes(3)'
  python -m bufferprocs --rule getbuffer.refuse.obj-null 'b"abc"'
  python -m bufferprocs --explain getbuffer.refuse.obj-null
  python -m bufferprocs --consumer 'lambda b: numpy.frombuffer(b, "u1").sum()'
"""

#: Seconds between two lines that say which step is taken.
PAUSE = 2.0


class CouldNotRun(Exception):
    """Says why, in a line."""


def parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m bufferprocs", description=DESCRIPTION, epilog=EPILOG, formatter_class=form
    )
    parser.add_argument("expression", nargs="?", metavar="EXPRESSION")
    parser.add_argument("--rule", metavar="ID", help="look at one rule alone")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="leave a rule out; may be given again")
    parser.add_argument("--level", choices=("must", "should"), default="must", help="what counts for the exit status")
    parser.add_argument("--json", action="store_true", help="print the report for programs")
    parser.add_argument(
        "--mutate", action="append", default=[], metavar="CODE", help="changes the memory of `obj`; may be given again"
    )
    parser.add_argument(
        "--replace", action="append", default=[], metavar="CODE", help="puts another value in place; views keep the old one"
    )
    parser.add_argument(
        "--reenter", action="append", default=[], metavar="CODE", help="the same, its value a view taken during the change"
    )
    parser.add_argument("--contents", metavar="CODE", help="all items in C order, as bytes")
    parser.add_argument("--within", metavar="CODE", help="address and size in bytes of the memory: (address, size)")
    parser.add_argument("--base", metavar="CODE", help="the object whose items `obj` shows, all of them as they are")
    parser.add_argument("--consumer", action="store_true", help="EXPRESSION is a function, examined as a consumer")
    parser.add_argument(
        "--use", metavar="CODE", help="runs after each call of the consumer, with what it returned as `result`"
    )
    # Files for the records and for shared memory, and the first scenario.
    parser.add_argument("--trials", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--no-fork", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--snippets", action="store_true", help="print a program for each violation that shows it without this package"
    )
    parser.add_argument(
        "--rules", action="store_true", help="list the rules that can be checked; with --consumer those for consumers"
    )
    parser.add_argument("--explain", metavar="ID", help="what a rule says, who says it, and what the check needs")
    parser.add_argument("--expected", metavar="FILE", help="failures that do not count: lines of NAME: RULE")
    parser.add_argument("--strict", action="store_true", help="an expected failure that does not come counts too")
    parser.add_argument("--name", metavar="NAME", help="what it is called in FILE and in reports; EXPRESSION by default")
    parser.add_argument("--junit", metavar="FILE", help="write the report as JUnit XML too")
    parser.add_argument(
        "--progress", action="store_true", help="say every two seconds which step is taken; always on a terminal"
    )
    parser.add_argument("--steps", help=argparse.SUPPRESS)  # the file that gets the steps
    return parser


@contextlib.contextmanager
def named(what: str) -> Iterator[None]:
    """An error within is reported as one of the code of `what`."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise CouldNotRun(f"{what}: {type(error).__name__}: {error}{origin(error)}") from error


def origin(error: BaseException) -> str:
    """Where a module is from that lacks what the code asks of it: a folder of that name may hide it."""
    found = re.match(r"(?:partially initialized )?module '([\w.]+)' has no attribute", str(error))
    module = sys.modules.get(found[1]) if found and isinstance(error, AttributeError) else None
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    place = next((place for place in places if place), None)
    return "" if place is None else f" (the module is from {place})"


def parse(code: str, names: Dict[str, Any]) -> ast.Module:
    """Parses code, and imports the modules that it names and does not bind itself."""
    tree = ast.parse(code.strip(), "<code>")
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {argument.arg for argument in nodes if isinstance(argument, ast.arg)}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    for node in nodes:
        path = dotted(node)
        if path and path[0] not in bound and not hasattr(builtins, path[0]):
            import_all(path, names)
    return tree


def dotted(node: ast.AST) -> List[str]:
    """`a.b.c` as its parts; empty for anything else."""
    parts: List[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def import_all(path: List[str], names: Dict[str, Any]) -> None:
    """Imports `a`, `a.b` and so on, as far as they are modules."""
    if path[0] in names and not isinstance(names[path[0]], type(ast)):
        return
    for end in range(1, len(path) + 1):
        name = ".".join(path[:end])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and name.startswith(error.name):
                return
            raise
        names.setdefault(path[0], module)


def evaluate(code: str, names: Dict[str, Any]) -> Any:
    """The value of the last expression in `code`, after the statements before it."""
    tree = parse(code, names)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        raise SyntaxError("the code has to end with an expression")
    *statements, last = tree.body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(statements, []), "<code>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<code>", "eval"), names)


def mutator(code: str, names: Dict[str, Any]) -> Callable[[], None]:
    compiled = compile(parse(code, names), "<code>", "exec")
    return lambda: exec(compiled, names)


def examine(arguments: argparse.Namespace, follow: Optional[Callable[[str, int], None]]) -> int:
    """Runs the examination in this process."""
    expected_failures(arguments)  # a mistake in the file is told before a long examination
    names: Dict[str, Any] = {"__name__": "__main__"}
    inputs: Dict[str, Any] = {"mutate": [], "replace": [], "reenter": []}
    # Output of the code is no part of the report.
    with contextlib.redirect_stdout(sys.stderr):
        with named("EXPRESSION"):
            names["obj"] = evaluate(arguments.expression, names)
        for option in ("contents", "within", "base"):
            code = getattr(arguments, option)
            with named(f"--{option}"):
                inputs[option] = None if code is None else evaluate(code, names)
        for option in ("mutate", "replace"):
            for code in getattr(arguments, option):
                with named(f"--{option}"):
                    inputs[option].append((code, mutator(code, names)))
        for code in arguments.reenter:
            with named("--reenter"):
                parse(code, names)
            inputs["reenter"].append((code, lambda code=code: evaluate(code, names)))
        try:
            report = check(names["obj"], rule=arguments.rule, ignore=arguments.ignore, follow=follow, **inputs)
        except (Exception, SystemExit) as error:
            raise CouldNotRun(f"{type(error).__name__}: {error}") from error
    return tell(report, arguments)


def expected_failures(arguments: argparse.Namespace) -> Expected:
    try:
        return Expected() if arguments.expected is None else Expected.load(arguments.expected)
    except (OSError, ValueError) as error:
        raise CouldNotRun(f"--expected: {error}") from error


def tell(report: Union[Report, ConsumerReport], arguments: argparse.Namespace) -> int:
    """Prints the report beside what was expected, and returns the exit status."""
    name = arguments.name or arguments.expression
    judgement = expected_failures(arguments).judge(report, name, arguments.level)
    if arguments.junit is not None:
        write(arguments.junit, junit.of_report(name, report, judgement, arguments.strict))
    print(report.to_json() if arguments.json else str(report).rstrip())
    if arguments.snippets and isinstance(report, Report) and not arguments.json:
        for found in report.violations:
            print(f"\n# {found.severity}: {found.rule}\n{setup(arguments)}\n{found.snippet.rstrip()}")
    hints = judgement.hints(name) if arguments.expected is not None else []
    for line in [*judgement.lines(arguments.strict), *hints]:
        print(line, file=sys.stderr if arguments.json else sys.stdout)
    if not judgement.passes(arguments.strict):
        return BROKEN
    if isinstance(report, Report):
        return COULD_NOT_RUN if report.granted == 0 or report.rejected_inputs else OK
    return OK if report.requests and report.rejected_use is None else COULD_NOT_RUN


def write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CouldNotRun(f"--junit: {error}") from error


def with_result(code: str, names: Dict[str, Any]) -> Callable[[Any], Any]:
    """The code of --use as a function of the result."""
    names = {**names, "result": None}
    compiled = compile(parse(code, names), "<code>", "exec")
    return lambda result: exec(compiled, {**names, "result": result})


def run_trials(arguments: argparse.Namespace) -> int:
    """Evaluates the consumer, and writes a line for each trial to a file, for the process that waits."""
    records, path, first = arguments.trials
    names: Dict[str, Any] = {"__name__": "__main__"}
    with open(records, "a", encoding="utf-8") as file, open(path, "r+b") as place:

        def keep(record: Dict[str, Any]) -> None:
            file.write(json.dumps({**record, "left": record["left"].hex()}) + "\n")
            file.flush()

        try:
            with contextlib.redirect_stdout(sys.stderr):
                with named("EXPRESSION"):
                    consumer = evaluate(arguments.expression, names)
                    if not callable(consumer):
                        raise TypeError(f"--consumer takes a function, not {type(consumer).__name__!r}")
                with named("--use"):
                    use = None if arguments.use is None else with_result(arguments.use, names)
                if _consumer.can_fork() and not arguments.no_fork:
                    for record in _consumer.in_forks(consumer, use):
                        keep(record)
                else:
                    with mmap.mmap(place.fileno(), 0) as shared:
                        _consumer.in_this_process(consumer, use, int(first), shared, keep)
        except CouldNotRun as error:
            file.write(json.dumps({"error": str(error)}) + "\n")
    return OK


def examine_consumer(arguments: argparse.Namespace) -> int:
    """Examines a consumer, and prints the report."""
    try:
        expected_failures(arguments)  # as above
        report = check_consumer(arguments.expression, use=arguments.use, _fork=not arguments.no_fork)
        report = report.ignoring(arguments.ignore)
        return tell(report, arguments)
    except (RuntimeError, TypeError, ValueError, CouldNotRun) as error:
        if arguments.json:
            print(json.dumps({"ok": False, "findings": [], "error": str(error)}, indent=2))
        print(f"could not run: {error}", file=sys.stderr)
        report_failure(arguments, "examination", f"could not run: {error}")
        return COULD_NOT_RUN


def setup(arguments: argparse.Namespace) -> str:
    """What makes the names that a snippet uses, as a program."""
    code = [("obj", arguments.expression), *((name, getattr(arguments, name)) for name in ("contents", "within", "base"))]
    code += [("mutate", one) for one in arguments.mutate[:1]] + [("reenter", one) for one in arguments.reenter[:1]]
    imports, lines = set(), []
    for name, text in code:
        if text is None:
            continue
        tree = parse(text, {})
        paths = [dotted(node) for node in ast.walk(tree)]
        names = [".".join(path[:end]) for path in paths for end in range(1, len(path) + 1)]
        imports |= {one for one in names if one in sys.modules and one != "__main__"}
        *statements, last = [ast.unparse(statement) for statement in tree.body]
        if name in ("mutate", "reenter"):
            last = f"return {last}" if name == "reenter" else last
            lines += [f"\n\ndef {name}():", *(f"    {line}" for line in "\n".join([*statements, last]).splitlines()), ""]
        else:
            lines += [*statements, f"{name} = {last}"]
    return "\n".join([*(f"import {one}" for one in sorted(imports)), *lines])


def guarded(arguments: argparse.Namespace) -> int:
    """Examines, tells each step to the process that waits, and says in a line what could not be run."""
    with open(arguments.steps, "r+b") as file, mmap.mmap(file.fileno(), RECORD.size) as place:

        def follow(step: str, number: int) -> None:
            RECORD.pack_into(place, 0, STEPS.index(step), number)

        try:
            status = examine(arguments, follow)
        except CouldNotRun as error:
            if arguments.json:
                print(json.dumps({"ok": False, "violations": [], "error": str(error)}, indent=2))
            print(f"could not run: {error}", file=sys.stderr)
            report_failure(arguments, "examination", f"could not run: {error}")
            status = COULD_NOT_RUN
        sys.stdout.flush()
        follow("finished", status)
        return status


def report_failure(arguments: argparse.Namespace, what: str, message: str) -> None:
    """Writes to the file of --junit what is no report. Whether that can be written does not change the status."""
    if arguments.junit is not None:
        with contextlib.suppress(CouldNotRun):
            write(arguments.junit, junit.of_failure(arguments.name or arguments.expression, what, message))


def in_a_process(words: List[str], arguments: argparse.Namespace) -> int:
    """Examines in a process of its own, and reports how that ended if it did not come to its end."""
    handle, path = tempfile.mkstemp(prefix="bufferprocs-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(RECORD.size))
        command = [sys.executable, *(f"-W{option}" for option in sys.warnoptions), "-m", "bufferprocs"]
        process = subprocess.Popen([*command, "--steps", path, *words])
        while True:
            try:
                status = process.wait(PAUSE)
                break
            except subprocess.TimeoutExpired:
                if arguments.progress or sys.stderr.isatty():
                    print(f"at work: {described(*last_step(path), arguments)}", file=sys.stderr, flush=True)
            except BaseException:
                process.kill()
                raise
        step, number = last_step(path)
    finally:
        os.unlink(path)
    if step == "finished":
        return number
    ended = ending(status)
    report_failure(arguments, "process", f"the process ended by {ended}: {described(step, number, arguments)}")
    if arguments.json:
        crash = {"ended": ended, "step": step, "number": number}
        print(json.dumps({"ok": False, "violations": [], "crash": crash}, indent=2))
    else:
        print(f"error: the process ended by {ended}\n  step      {described(step, number, arguments)}")
    return BROKEN


def last_step(path: str) -> Tuple[str, int]:
    with open(path, "rb") as file:
        place, number = RECORD.unpack(file.read())
    return STEPS[place], number


def ending(status: int) -> str:
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return f"status {status:#x}"


def described(step: str, number: int, arguments: argparse.Namespace) -> str:
    code = {"mutator": [*arguments.mutate, *arguments.replace], "reentry": arguments.reenter}.get(step, [])
    return {
        "nothing": "before the first request: code was evaluated",
        "alone": f"request {number:#05x}, with no view held",
        "beside": f"request {number:#05x}, while a view was held",
        "reading": f"the items were read that the view for {number:#05x} leads to",
        "releases": "several views were released in different orders",
        "copies": "a byte copy of a view was released",
        "mutator": f"--mutate {''.join(code[number:number + 1])}, or the release after it",
        "reentry": f"--reenter {''.join(code[number:number + 1])}",
    }.get(step, step)


def list_rules(as_json: bool, of_consumers: bool) -> int:
    known = _native.consumer_rules()
    checkable = [rule for rule in rules() if (rule["id"] in known if of_consumers else rule["check"] is not None)]
    if as_json:
        print(json.dumps(checkable, indent=2))
        return OK
    for rule in checkable:
        if of_consumers:
            print(rule["id"])
            continue
        requires = rule["check"]["requires"]
        suffix = f"  with --{requires}" if requires else ""
        print(f"{rule['check']['severity']:8} {rule['id']}{suffix}")
    return OK


def explain(named: str) -> int:
    """Prints a rule as the book states it."""
    found = [rule for rule in rules() if rule["id"] == named]
    if not found:
        near = ", ".join(sorted(rule["id"] for rule in rules() if named and named in rule["id"])[:5])
        hint = f"; did you mean {near}?" if near else "; `python -m bufferprocs --rules` lists those that can be checked"
        print(f"no rule {named!r}{hint}", file=sys.stderr)
        return COULD_NOT_RUN
    rule = found[0]
    print(f"{rule['id']}: {rule['level']}\n\n{rule['text']}\n\nsource  {rule['source']}\nbook    {rule['page']}")
    if rule["check"] is None and named in _native.consumer_rules():
        print("check   of consumers, with --consumer")
        return OK
    if rule["check"] is None:
        print("check   none: no checker can see it from outside")
        return OK
    requires = rule["check"]["requires"]
    needs = f", with --{requires}" if requires else ""
    print(f"check   {rule['check']['severity']}{needs}")
    return OK


def refuse_options_of_exporters(form: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    for option in ("mutate", "replace", "reenter", "contents", "within", "base", "rule", "snippets", "progress"):
        if getattr(arguments, option):
            form.error(f"--{option} does not belong to --consumer")


def main(words: Optional[List[str]] = None) -> int:
    words = sys.argv[1:] if words is None else words
    form = parser()
    arguments = form.parse_args(words)
    if arguments.rules:
        return list_rules(arguments.json, arguments.consumer)
    if arguments.explain is not None:
        return explain(arguments.explain)
    if arguments.expression is None:
        form.error("an EXPRESSION is needed")
    if arguments.strict and arguments.expected is None:
        form.error("--strict needs the failures that are expected: --expected FILE")
    if arguments.use is not None and not arguments.consumer:
        form.error("--use belongs to --consumer")
    if arguments.trials is not None:
        return run_trials(arguments)
    if arguments.consumer:
        refuse_options_of_exporters(form, arguments)
        return examine_consumer(arguments)
    if arguments.steps is not None:
        return guarded(arguments)
    return in_a_process(words, arguments)


if __name__ == "__main__":
    sys.exit(main())
