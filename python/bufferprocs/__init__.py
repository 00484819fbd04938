"""Checks whether an object keeps the rules of CPython's buffer protocol.

    >>> import bufferprocs
    >>> bufferprocs.check(bytearray(b"abc")).ok
    True

Each rule is stated and explained in the book, at the page that a violation names.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from . import _native

__all__ = ["Report", "Violation", "assert_conforms", "check", "rules"]

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
    reenter: Sequence[Union[Mutator, Tuple[str, Mutator]]] = (),
    contents: Optional[bytes] = None,
    within: Optional[Tuple[int, int]] = None,
    base: Optional[object] = None,
    rule: Optional[str] = None,
    ignore: Sequence[str] = (),
    follow: Optional[Callable[[str, int], object]] = None,
) -> Report:
    """Asks `obj` for buffers in all ways there are, releases them, and says which rules were broken.

    mutate      what moves, resizes or frees the memory, each called once with a view held and once without; a name may come with it
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
        missing_inputs=tuple(found["missing_inputs"]),
        rejected_inputs=tuple(found["rejected_inputs"]),
        text=_with_rules(found["text"], [(violation.page, stated[violation.rule]["text"]) for violation in violations]),
    )


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


def rules() -> List[Dict[str, Any]]:
    """All rules of the book: id, level, text, source, page, and whether and how a check knows it."""
    with open(os.path.join(os.path.dirname(__file__), "rules.json"), encoding="utf-8") as file:
        loaded: List[Dict[str, Any]] = json.load(file)["rules"]
    return loaded
