"""A fixture for pytest, and its options; installing the package is enough.

    def test_matrix(assert_conforms):
        assert_conforms(Matrix(2, 3), level="should")

The options, which may be written in the configuration file too, hold for all tests: --bufferprocs-level says what counts,
--bufferprocs-expected names a file of expected failures, and --bufferprocs-strict lets a test fail whose expected failure
does not come. In the file an object is called by its type, as `image.Image`, or what the test passes as `name`.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import pytest

from . import Report
from . import check as _check
from .expected import Expected

LEVELS = ("must", "should")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bufferprocs", "rules of the buffer protocol")
    group.addoption("--bufferprocs-level", choices=LEVELS, default=None, help="what counts for assert_conforms: must, should")
    group.addoption("--bufferprocs-expected", metavar="FILE", default=None, help="failures that do not count: lines of NAME: RULE")
    group.addoption(
        "--bufferprocs-strict", action="store_true", default=None, help="an expected failure that does not come counts too"
    )
    parser.addini("bufferprocs_level", "what counts for assert_conforms: must, should", default="must")
    parser.addini("bufferprocs_expected", "failures that do not count: a file, relative to the configuration", default="")
    parser.addini("bufferprocs_strict", "an expected failure that does not come counts too", type="bool", default=False)


def _configured(config: pytest.Config) -> "tuple[str, Expected, bool]":
    level = config.getoption("bufferprocs_level") or config.getini("bufferprocs_level")
    if level not in LEVELS:
        raise pytest.UsageError(f"bufferprocs_level is must or should, not {level!r}")
    path = config.getoption("bufferprocs_expected")
    if path is None and config.getini("bufferprocs_expected"):
        path = config.rootpath / config.getini("bufferprocs_expected")
    strict = config.getoption("bufferprocs_strict")
    try:
        expected = Expected() if path is None else Expected.load(path)
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"bufferprocs-expected: {error}") from error
    return level, expected, bool(config.getini("bufferprocs_strict") if strict is None else strict)


@pytest.fixture(name="assert_conforms")
def assert_conforms_fixture(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """As `bufferprocs.assert_conforms`, with the options of the command line and the configuration."""
    usual_level, expected, strict = _configured(request.config)

    def assert_conforms(obj: object, *, name: Optional[str] = None, level: Optional[str] = None, **inputs: Any) -> Report:
        kind = type(obj)
        name = f"{kind.__module__}.{kind.__qualname__}" if name is None else name
        report = _check(obj, **inputs)
        judgement = expected.judge(report, name, usual_level if level is None else level)
        usable = report.granted > 0 and not report.rejected_inputs
        if not usable or not judgement.passes(strict):
            said = "\n".join([str(report).rstrip(), *judgement.lines(strict)])
            raise AssertionError(f"{name} breaks rules of the buffer protocol\n{said}")
        return report

    return assert_conforms
