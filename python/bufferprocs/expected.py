"""A file of expected failures: rules that an exporter or a consumer is known to break, so that only a new one counts.

    # NAME: RULE, one a line. The name is the expression, or what --name says; * stands for all.
    image.Image(2, 3): getbuffer.refuse.obj-null  # PyBuffer_FillInfo leaves obj as it was
    image.blur: field.strides.any-sign
    *: request.format.without-nd
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import FrozenSet, List, Tuple, Union

from . import ConsumerFinding, ConsumerReport, Report, Violation, _native, rules

__all__ = ["Expected", "Judgement"]

EVERY = "*"


@dataclass(frozen=True)
class Judgement:
    """A report beside the failures that were expected."""

    #: Violations of the level that counts, and that were not expected.
    unexpected: Tuple[Union[Violation, ConsumerFinding], ...]
    #: Violations that were expected.
    expected: Tuple[Union[Violation, ConsumerFinding], ...]
    #: Rules that were expected to be broken, were checked, and are kept.
    kept: Tuple[str, ...]
    #: Rules that were expected to be broken, and of which there was no case.
    without_a_case: Tuple[str, ...] = ()

    def passes(self, strict: bool) -> bool:
        """Whether nothing unexpected was found; if strict, whether every expected failure was found too."""
        return not self.unexpected and not (strict and (self.kept or self.without_a_case))

    def hints(self, name: str) -> List[str]:
        """The lines that would let the unexpected failures of this name be expected."""
        rules = dict.fromkeys(found.rule for found in self.unexpected if found.rule is not None)
        return [f"not expected, as it would be by a line in the file: {name}: {rule}" for rule in rules]

    def lines(self, strict: bool) -> List[str]:
        """What to print below the report."""
        # A rule may be broken in two ways, of two severities.
        said = [f"expected failure: {rule}" for rule in dict.fromkeys(found.rule for found in self.expected)]
        word = "error" if strict else "note"
        said += [f"{word}: {rule} was expected to fail, and is kept: remove it from the file" for rule in self.kept]
        said += [
            f"{word}: {rule} was expected to fail, and there was no case of it: remove it from the file"
            for rule in self.without_a_case
        ]
        return said


@dataclass(frozen=True)
class Expected:
    """The failures that a file lists."""

    entries: Tuple[Tuple[str, str], ...] = ()

    @classmethod
    def load(cls, path: Union[str, "os.PathLike[str]"]) -> "Expected":
        """Reads a file. Raises ValueError that names the line if that is no NAME: RULE."""
        known = {*(rule["id"] for rule in rules() if rule["check"]), *_native.consumer_rules()}
        entries: List[Tuple[str, str]] = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                text = re.sub(r"(^|\s)#.*$", "", line.rstrip("\n")).strip()
                if not text:
                    continue
                name, colon, rule = text.rpartition(":")
                name, rule = name.strip(), rule.strip()
                if not colon or not name:
                    raise ValueError(f"{path}:{number}: {text!r} is no NAME: RULE")
                if rule not in known:
                    raise ValueError(
                        f"{path}:{number}: no check of a rule {rule!r}; `python -m bufferprocs --rules` lists them, "
                        "and with --consumer those for consumers"
                    )
                entries.append((name, rule))
        return cls(tuple(entries))

    def rules_of(self, name: str) -> FrozenSet[str]:
        """The rules that the exporter or consumer of this name may break."""
        return frozenset(rule for entry, rule in self.entries if entry in (name, EVERY))

    def judge(self, report: Union[Report, ConsumerReport], name: str, level: str = "must") -> Judgement:
        """Compares a report with what was expected of the exporter or consumer of this name."""
        may_fail = self.rules_of(name)
        own = {rule for entry, rule in self.entries if entry == name}
        found_at_all = report.violations if isinstance(report, Report) else report.findings
        broken = {found.rule for found in found_at_all}
        without_a_case = {skipped.rule for skipped in report.skipped if skipped.cause == "case"}
        return Judgement(
            unexpected=tuple(found for found in report.broken(level) if found.rule not in may_fail),
            expected=tuple(found for found in found_at_all if found.rule in may_fail),
            # An entry for all says nothing of a single one.
            kept=tuple(sorted(rule for rule in own.intersection(report.checked) if rule not in broken)),
            without_a_case=tuple(sorted(own & without_a_case)),
        )
