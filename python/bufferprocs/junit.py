"""A report in the XML that CI services show as tests: a test for each rule."""

from __future__ import annotations

from typing import List, Optional, Tuple, Union
from xml.etree import ElementTree

from . import ConsumerFinding, ConsumerReport, Report, Violation
from .expected import Judgement

__all__ = ["of_report", "of_failure"]


def of_report(name: str, report: Union[Report, ConsumerReport], judgement: Judgement, strict: bool) -> str:
    """One test for each rule, skipped if the rule was not examined, and one for all that no rule explains."""
    suite = _suite(name)
    expected = {found.rule for found in judgement.expected}
    for rule in report.checked:
        case = _case(suite, name, rule)
        unexpected = [found for found in judgement.unexpected if found.rule == rule]
        if unexpected:
            _fail(case, unexpected[0])
        elif rule in expected:
            _add(case, "skipped", "an expected failure")
        elif strict and rule in judgement.kept:
            _add(case, "failure", "it was expected to fail, and is kept")
    for skipped in report.skipped:
        case = _case(suite, name, skipped.rule)
        if strict and skipped.rule in judgement.without_a_case:
            _add(case, "failure", "it was expected to fail, and there was no case of it")
        else:
            _add(case, "skipped", f"not examined: {skipped.reason}")
    for found in judgement.unexpected:
        if found.rule is None:
            _fail(_case(suite, name, "process"), found)
    for what, message in _obstacles(report):
        _add(_case(suite, name, what), "error", message)
    return _text(suite)


def _obstacles(report: Union[Report, ConsumerReport]) -> List[Tuple[str, str]]:
    """What makes a report prove too little: its kind, and a message."""
    if isinstance(report, Report):
        found = [("inputs", reason) for reason in report.rejected_inputs]
        return found + ([("requests", f"no request was granted: {report.refusal}")] if report.granted == 0 else [])
    found = [] if report.rejected_use is None else [("inputs", f"use raises {report.rejected_use}")]
    return found + ([] if report.requests else [("requests", "no request came: this is not a consumer")])


def _fail(case: ElementTree.Element, found: Union[Violation, ConsumerFinding]) -> None:
    scenarios = [f"scenarios: {', '.join(found.scenarios)}"] if isinstance(found, ConsumerFinding) else []
    lines = [f"request: {found.request or '-'}", f"expected: {found.expected}", f"found: {found.found}"]
    text = "\n".join([*scenarios, *lines, f"book: {found.page or '-'}"])
    _add(case, "failure", f"expected {found.expected}, found {found.found}", text)


def of_failure(name: str, what: str, message: str) -> str:
    """One test that failed: the process ended, or the examination could not run."""
    suite = _suite(name)
    _add(_case(suite, name, what), "error", message)
    return _text(suite)


def _suite(name: str) -> ElementTree.Element:
    return ElementTree.Element("testsuite", name=f"bufferprocs: {name}")


def _case(suite: ElementTree.Element, name: str, test: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=name, name=test)


def _add(case: ElementTree.Element, kind: str, message: str, text: Optional[str] = None) -> None:
    ElementTree.SubElement(case, kind, message=message).text = text


def _text(suite: ElementTree.Element) -> str:
    cases = list(suite)
    for attribute, kind in (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counted = cases if kind is None else [case for case in cases if case.find(kind) is not None]
        suite.set(attribute, str(len(counted)))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
