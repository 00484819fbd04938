"""A report in the XML that CI services show as tests: a test for each rule."""

from __future__ import annotations

from typing import Optional
from xml.etree import ElementTree

from . import Report
from .expected import Judgement

__all__ = ["of_report", "of_failure"]


def of_report(name: str, report: Report, judgement: Judgement, strict: bool) -> str:
    """One test for each rule that was checked, and one that stands for the inputs."""
    suite = _suite(name)
    unexpected = {found.rule: found for found in judgement.unexpected}
    expected = {found.rule for found in judgement.expected}
    for rule in report.checked:
        case = _case(suite, name, rule)
        if rule in unexpected:
            found = unexpected[rule]
            text = f"request: {found.request or '-'}\nexpected: {found.expected}\nfound: {found.found}\nbook: {found.page}"
            _add(case, "failure", f"expected {found.expected}, found {found.found}", text)
        elif rule in expected:
            _add(case, "skipped", "an expected failure")
        elif strict and rule in judgement.kept:
            _add(case, "failure", "it was expected to fail, and is kept")
    for reason in report.rejected_inputs:
        _add(_case(suite, name, "inputs"), "error", reason)
    if report.granted == 0:
        _add(_case(suite, name, "requests"), "error", f"no request was granted: {report.refusal}")
    return _text(suite)


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
