"""Checks whether an object keeps the rules of CPython's buffer protocol.

    >>> import bufferprocs
    >>> bufferprocs.check(bytearray(b"abc")).ok
    True

Each rule is stated and explained in the book, at the page that a violation names.
"""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import asdict, dataclass, replace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from . import _native, _trials

__all__ = [
    "ConsumerFinding",
    "ConsumerReport",
    "Report",
    "Skipped",
    "Violation",
    "assert_conforms",
    "assert_consumer_conforms",
    "check",
    "check_consumer",
    "rules",
    "watched",
]

#: Called without arguments; moves, resizes or frees the memory, or raises BufferError.
Mutator = Callable[[], object]


@dataclass(frozen=True)
class Violation:
    """A rule that is broken."""

    #: The id of the rule.
    rule: str
    #: "error" for a MUST, "warning" for a SHOULD, "note" for what is disputed or only observed.
    severity: str
    #: Where the book states the rule: a page and an anchor, relative to the site.
    page: str
    #: The first request that shows it, by flags and name. None if it was no single request.
    request: Optional[str]
    #: The flags of all requests that show it.
    requests: Tuple[int, ...]
    #: What the rule demands, in the first case.
    expected: str
    #: What there was instead, in that case.
    found: str
    #: The field of the view that is wrong. None if it is no single field.
    field: Optional[str]
    #: A program that shows the fault without this package: it fails, or ends the process.
    snippet: str


@dataclass(frozen=True)
class Skipped:
    """A rule that was not examined."""

    #: The id of the rule.
    rule: str
    #: Why not, in words.
    reason: str
    #: "case" if nothing showed a case, "input" if an argument was not given or could not be used,
    #: "system" if it cannot be seen here, "ignored" if it was left out on demand.
    cause: str


@dataclass(frozen=True)
class Report:
    """What an examination found. Its `str` is for reading."""

    violations: Tuple[Violation, ...]
    #: Of the 512 requests, those that were granted.
    granted: int
    #: The first exception, if no request was granted.
    refusal: Optional[str]
    #: The ids of the rules that were looked at.
    checked: Tuple[str, ...]
    #: Rules that would have been looked at, and of which no request showed a case.
    unexamined: Tuple[str, ...]
    #: All rules that were not looked at, each with the reason.
    skipped: Tuple[Skipped, ...]
    #: The format, and whose syntax it is in, if that is not the one of `struct`.
    dialect: Optional[str]
    #: Arguments of `check` that would have made more rules checkable.
    missing_inputs: Tuple[str, ...]
    #: Arguments that were given and could not be used, each with the reason: nothing is proved by them.
    rejected_inputs: Tuple[str, ...]
    text: str

    @property
    def ok(self) -> bool:
        """Whether no rule of level MUST is broken, and anything was granted at all."""
        return self.conforms("must")

    def conforms(self, level: str = "must") -> bool:
        """Whether no rule of this level or a higher one is broken ("must" or "should"), and every input could be used."""
        return self.granted > 0 and not self.broken(level) and not self.rejected_inputs

    def broken(self, level: str = "must") -> Tuple[Violation, ...]:
        """The violations of rules of this level or a higher one: "must" or "should"."""
        if level not in ("must", "should"):
            raise ValueError(f"level is 'must' or 'should', not {level!r}")
        counted = ("error",) if level == "must" else ("error", "warning")
        return tuple(found for found in self.violations if found.severity in counted)

    def to_json(self) -> str:
        """The report for programs: an object with a key for each attribute, and `ok`."""
        return json.dumps({"ok": self.ok, **asdict(self)}, indent=2)

    def __str__(self) -> str:
        return self.text


def check(
    obj: object,
    *,
    mutate: Sequence[Union[Mutator, Tuple[str, Mutator]]] = (),
    replace: Sequence[Union[Mutator, Tuple[str, Mutator]]] = (),
    reenter: Sequence[Union[Mutator, Tuple[str, Mutator]]] = (),
    contents: Optional[bytes] = None,
    within: Optional[Tuple[int, int]] = None,
    base: Optional[object] = None,
    rule: Optional[str] = None,
    ignore: Sequence[str] = (),
    follow: Optional[Callable[[str, int], object]] = None,
) -> Report:
    """Asks `obj` for buffers in all ways there are, releases them, and says which rules were broken.

    mutate      what moves, resizes or frees the memory, each called with views held and at last without; a name may come with it
    replace     what puts another value in place, also while a view is held, which keeps the old one
    reenter     what changes the memory and during the change takes a view of `obj`, which it returns; None if that was refused
    contents    all items in C order, as bytes
    within      address and size in bytes of the memory that all items lie in
    base        the object whose items `obj` shows, all of them and as they are
    rule        looks at this rule alone
    ignore      rules that are left out
    follow      called before each step with its name and the flags or the number of the mutator

    Takes some thousand requests. An exporter that lets a view point at nothing ends the process: `python -m bufferprocs` runs the
    examination in a process of its own.

    Raises TypeError if `obj` does not export a buffer, ValueError if there is no such rule or it cannot be checked without one of
    the other arguments.
    """
    stated = {known["id"]: known for known in rules() if known["check"]}
    for named in [*ignore, *([] if rule is None else [rule])]:
        if named not in stated:
            raise ValueError(f"no check of a rule {named!r}; `python -m bufferprocs --rules` lists them")
    inputs = {"mutate": mutate, "reenter": reenter, "contents": contents, "within": within, "base": base}
    required = stated[rule]["check"]["requires"] if rule is not None else None
    if required is not None and (inputs[required] is None or (required in ("mutate", "reenter") and not inputs[required])):
        raise ValueError(f"the rule {rule!r} cannot be checked without {required!r}")
    if contents is not None and isinstance(contents, int):
        raise TypeError("contents are bytes, not a number")
    contents = None if contents is None else bytes(contents)
    found = _native.examine(
        obj,
        mutate=_named(mutate, "mutate"),
        replace=_named(replace, "replace"),
        reenter=_named(reenter, "reenter"),
        contents=contents,
        within=within,
        base=base,
        rule=rule,
        ignore=list(ignore),
        follow=follow,
    )
    if found["granted"] == 0 and (found["refusal"] or "").startswith("TypeError: a bytes-like object is required"):
        raise TypeError(f"{type(obj).__name__!r} does not export a buffer")
    violations = tuple(
        Violation(**{**violation, "requests": tuple(violation["requests"])}) for violation in found["violations"]
    )
    return Report(
        violations=violations,
        granted=found["granted"],
        refusal=found["refusal"],
        checked=tuple(found["checked"]),
        unexamined=tuple(found["unexamined"]),
        skipped=_skipped(stated, found, rule, ignore),
        dialect=found["dialect"],
        missing_inputs=tuple(found["missing_inputs"]),
        rejected_inputs=tuple(found["rejected_inputs"]),
        text=_with_rules(found["text"], [(violation.page, stated[violation.rule]["text"]) for violation in violations]),
    )


def _skipped(
    stated: Dict[str, Dict[str, Any]], found: Dict[str, Any], only: Optional[str], ignore: Sequence[str]
) -> Tuple[Skipped, ...]:
    """The rules that were not looked at, in the order of the book."""
    rejected = dict(reason.split(": ", 1) for reason in reversed(found["rejected_inputs"]))
    skipped = []
    for rule, known in stated.items():
        needed = known["check"]["requires"]
        if rule in found["checked"] or (only is not None and rule != only):
            continue
        if rule in ignore:
            skipped.append(Skipped(rule, "it was ignored on demand", "ignored"))
        elif needed in found["missing_inputs"]:
            skipped.append(Skipped(rule, f"it needs `{needed}`, which was not given", "input"))
        elif needed in rejected:
            skipped.append(Skipped(rule, f"it needs `{needed}`, which could not be used: {rejected[needed]}", "input"))
        else:
            skipped.append(Skipped(rule, "no request showed a case of it", "case"))
    return tuple(skipped)


def _with_rules(text: str, stated: List[Tuple[str, str]]) -> str:
    """The report with the text of each broken rule above its page."""
    for page, rule in stated:
        text = text.replace(f"  book      {page}\n", f"  rule      {rule}\n  book      {page}\n")
    return text


def _named(calls: Sequence[Union[Mutator, Tuple[str, Mutator]]], argument: str) -> List[Tuple[str, Mutator]]:
    """A name for each call."""
    if callable(calls) or isinstance(calls, str):
        raise TypeError(f"{argument} is a list: of functions, or of pairs of a name and a function")
    named = [call if isinstance(call, tuple) else (getattr(call, "__name__", "a call"), call) for call in calls]
    for entry in named:
        if len(entry) != 2 or not isinstance(entry[0], str) or not callable(entry[1]):
            raise TypeError(f"{argument} is a list of functions, or of pairs of a name and a function, not of {entry!r}")
    return named


def assert_conforms(obj: object, *, level: str = "must", **inputs: Any) -> Report:
    """Raises AssertionError with the report unless `obj` keeps the rules. The other arguments are those of `check`."""
    report = check(obj, **inputs)
    if not report.conforms(level):
        raise AssertionError(f"{type(obj).__name__} breaks rules of the buffer protocol\n{report}")
    return report


@dataclass(frozen=True)
class ConsumerFinding:
    """A rule that a consumer broke."""

    #: The id of the rule. None if the process ended and no rule explains it.
    rule: Optional[str]
    #: "error", "warning" or "note".
    severity: str
    #: Where the book states the rule: a page and an anchor, relative to the site.
    page: Optional[str]
    #: The names of the scenarios that show it. The first one is described.
    scenarios: Tuple[str, ...]
    #: The request that it belongs to, by flags and name.
    request: Optional[str]
    #: What the rule demands.
    expected: str
    #: What there was instead.
    found: str
    #: Code that shows it. It may end the process.
    reproducer: str
    text: str


@dataclass(frozen=True)
class Requested:
    """A request that a consumer sent, over all scenarios."""

    flags: int
    name: str
    granted: int
    refused: int


@dataclass(frozen=True)
class ConsumerReport:
    """What an examination of a consumer found. Its `str` is for reading."""

    findings: Tuple[ConsumerFinding, ...]
    #: Which requests came, in the order in which they came first.
    requests: Tuple[Requested, ...]
    #: Scenarios that were tried, and those with a result and with an exception.
    tried: int
    returned: int
    raised: int
    #: Releases of the struct at the address of its request, of a copy, and before a later view.
    released_in_place: int
    released_copies: int
    released_out_of_order: int
    #: What was not examined, with the reason.
    not_examined: Tuple[str, ...]
    #: The ids of the rules that were examined.
    checked: Tuple[str, ...]
    #: The other rules, each with the reason.
    skipped: Tuple[Skipped, ...]
    #: What `use` raised, if it raised in each scenario: it proves nothing then.
    rejected_use: Optional[str]

    @property
    def ok(self) -> bool:
        """Whether a request came, no rule of level MUST is broken, and `use` could be used."""
        return self.conforms("must")

    def conforms(self, level: str = "must") -> bool:
        """Whether no rule of this level or a higher one is broken ("must" or "should"), a request came, and `use` could be used."""
        return bool(self.requests) and not self.broken(level) and self.rejected_use is None

    def broken(self, level: str = "must") -> Tuple[ConsumerFinding, ...]:
        """The findings of this level or a higher one: "must" or "should"."""
        if level not in ("must", "should"):
            raise ValueError(f"level is 'must' or 'should', not {level!r}")
        counted = ("error",) if level == "must" else ("error", "warning")
        return tuple(found for found in self.findings if found.severity in counted)

    def ignoring(self, rules: Sequence[str]) -> ConsumerReport:
        """The same without some rules. Raises ValueError if no check of a consumer knows one of them."""
        for rule in rules:
            if rule not in _native.consumer_rules():
                raise ValueError(f"no check of consumers knows a rule {rule!r}; it knows {', '.join(_native.consumer_rules())}")
        left_out = tuple(Skipped(rule, "it was ignored on demand", "ignored") for rule in rules)
        return replace(
            self,
            findings=tuple(found for found in self.findings if found.rule not in rules),
            checked=tuple(rule for rule in self.checked if rule not in rules),
            skipped=(*(skipped for skipped in self.skipped if skipped.rule not in rules), *left_out),
        )

    def to_json(self) -> str:
        """The report for programs: an object with a key for each attribute, and `ok`."""
        return json.dumps({"ok": self.ok, **asdict(self)}, indent=2)

    def __str__(self) -> str:
        lines = []
        for found in self.findings:
            code = found.reproducer.replace("\n", "\n            ")
            lines += [found.text.rstrip("\n"), f"  to see it {code}", ""]
        if not self.requests:
            lines.append("no request came: this is not a consumer")
        for request in self.requests:
            lines.append(f"requested {request.name}: {request.granted} granted, {request.refused} refused")
        lines.append(
            f"released {self.released_in_place} in place, {self.released_copies} as a copy, "
            f"{self.released_out_of_order} before a later view"
        )
        counts = ", ".join(
            f"{number} {word}{'' if number == 1 else 's'}"
            for word in ("error", "warning", "note")
            for number in [sum(found.severity == word for found in self.findings)]
        )
        lines.append(
            f"{self.tried} scenarios: {self.returned} with a result, {self.raised} with an exception; "
            f"{len(self.checked)} rule{'' if len(self.checked) == 1 else 's'} checked: {counts}"
        )
        lines += [f"not examined: {what}" for what in self.not_examined]
        lines += [f"not checked: {skipped.rule} ({skipped.reason})" for skipped in self.skipped]
        if self.rejected_use is not None:
            lines.append(f"rejected input: use raises {self.rejected_use}")
        return "\n".join(lines) + "\n"


def check_consumer(
    consumer: Union[str, Callable[[Any], Any]],
    *,
    use: Union[None, str, Callable[[Any], Any]] = None,
    _fork: bool = True,
) -> ConsumerReport:
    """Calls `consumer` with exporters that watch what it does, each in a child process, and says which rules it broke.

    consumer    a function that takes an object that exports a buffer; or an expression for one, as text
    use         called with what the consumer returned, when it has returned; or code, as text, with the name `result`

    A function is called in forks of this process, so no other thread may run. An expression is evaluated in a process
    of its own. Raises RuntimeError if the examination cannot run.
    """
    if isinstance(consumer, str):
        if use is not None and not isinstance(use, str):
            raise TypeError("with the consumer as text, `use` is text too")
        records, not_examined = _trials.of_expression(consumer, use, _fork)
    else:
        if not callable(consumer) or isinstance(use, str):
            raise TypeError("consumer and use are both functions, or both text")
        records, not_examined = _trials.of_function(consumer, use)
    judged = _native.judge_consumer(records, not_examined)
    code = consumer if isinstance(consumer, str) else getattr(consumer, "__name__", "consumer")
    findings = tuple(
        ConsumerFinding(**{**found, "scenarios": tuple(found["scenarios"])}, reproducer=_reproducer(code, found, use))
        for found in judged["findings"]
    )
    return ConsumerReport(
        findings=findings,
        requests=tuple(Requested(**request) for request in judged["requests"]),
        not_examined=tuple(judged["not_examined"]),
        checked=tuple(judged["checked"]),
        skipped=tuple(Skipped(*skipped) for skipped in judged["unexamined"]),
        rejected_use=_trials.rejected_use(records),
        **{name: judged[name] for name in ("tried", "returned", "raised", *_RELEASES)},
    )


def assert_consumer_conforms(
    consumer: Union[str, Callable[[Any], Any]],
    *,
    level: str = "must",
    ignore: Sequence[str] = (),
    use: Union[None, str, Callable[[Any], Any]] = None,
) -> ConsumerReport:
    """Raises AssertionError with the report unless `consumer` keeps the rules. The other arguments are those of `check_consumer`.

    ignore      rules that are left out
    """
    report = check_consumer(consumer, use=use).ignoring(ignore)
    if not report.conforms(level):
        raise AssertionError(f"{_name_of_consumer(consumer)} breaks rules of the buffer protocol\n{report}")
    return report


def _name_of_consumer(consumer: Union[str, Callable[[Any], Any]]) -> str:
    """The expression, or module and name of the function, or else of its type."""
    if isinstance(consumer, str):
        return consumer
    named = consumer if hasattr(consumer, "__qualname__") else type(consumer)
    module = getattr(named, "__module__", None)
    name = getattr(named, "__qualname__", type(named).__name__)
    return name if module is None else f"{module}.{name}"


_RELEASES = ("released_in_place", "released_copies", "released_out_of_order")


def _reproducer(code: str, found: Dict[str, Any], use: object) -> str:
    """Code that shows a finding."""
    called = code if code.isidentifier() else f"({code})"
    lines = [f"b = bufferprocs.watched({found['scenarios'][0]!r})", f"result = {called}(b)"]
    if isinstance(use, str):
        lines.append(use)
    elif "the result was" in found["found"] or "its result" in found["found"]:
        lines.append("repr(result)")
    return "\n".join(lines)


def watched(scenario: str) -> Any:
    """The exporter of a scenario of `check_consumer`, by its name. What breaks a rule may end the process."""
    names = _native.scenario_names()
    if scenario not in names:
        raise ValueError(f"no scenario {scenario!r}; there are {', '.join(map(repr, names))}")
    return _native.Watched(names.index(scenario), mmap.mmap(-1, _native.shared_size()))


def rules() -> List[Dict[str, Any]]:
    """All rules of the book: id, level, text, source, page, and whether and how a check knows it."""
    with open(os.path.join(os.path.dirname(__file__), "rules.json"), encoding="utf-8") as file:
        loaded: List[Dict[str, Any]] = json.load(file)["rules"]
    return loaded
