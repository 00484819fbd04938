"""Two fixtures for pytest, and their options; installing the package is enough.

    def test_matrix(assert_conforms):
        assert_conforms(Matrix(2, 3), level="should")

    def test_blur(assert_consumer_conforms):
        assert_consumer_conforms(image.blur)

The options, which may be written in the configuration file too, hold for all tests: --bufferprocs-level says what counts,
--bufferprocs-expected names a file of expected failures, and --bufferprocs-strict lets a test fail whose expected failure
does not come. In the file an object is called by its type, as `image.Image`, a consumer by its module and its name, as
`image.blur`, or either what the test passes as `name`.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Union

import pytest

from . import ConsumerReport, Report, _name_of_consumer
from . import check as _check
from . import check_consumer as _check_consumer
from .expected import Expected

LEVELS = ("must", "should")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bufferprocs", "rules of the buffer protocol")
    group.addoption("--bufferprocs-level", choices=LEVELS, default=None, help="what counts for the fixtures: must, should")
    group.addoption("--bufferprocs-expected", metavar="FILE", default=None, help="failures that do not count: lines of NAME: RULE")
    group.addoption(
        "--bufferprocs-strict", action="store_true", default=None, help="an expected failure that does not come counts too"
    )
    parser.addini("bufferprocs_level", "what counts for the fixtures: must, should", default="must")
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
        __tracebackhide__ = True
        kind = type(obj)
        name = f"{kind.__module__}.{kind.__qualname__}" if name is None else name
        report = _check(obj, **inputs)
        is_usable = report.granted > 0 and not report.rejected_inputs
        _demand(report, is_usable, expected, name, usual_level if level is None else level, strict)
        return report

    return assert_conforms


@pytest.fixture(name="assert_consumer_conforms")
def assert_consumer_conforms_fixture(request: pytest.FixtureRequest) -> Callable[..., ConsumerReport]:
    """As `bufferprocs.assert_consumer_conforms`, with the options of the command line and the configuration."""
    usual_level, expected, strict = _configured(request.config)

    def assert_consumer_conforms(
        consumer: Union[str, Callable[[Any], Any]],
        *,
        name: Optional[str] = None,
        level: Optional[str] = None,
        ignore: Sequence[str] = (),
        use: Union[None, str, Callable[[Any], Any]] = None,
    ) -> ConsumerReport:
        __tracebackhide__ = True
        name = _name_of_consumer(consumer) if name is None else name
        report = _check_consumer(consumer, use=use).ignoring(ignore)
        is_usable = bool(report.requests) and report.rejected_use is None
        _demand(report, is_usable, expected, name, usual_level if level is None else level, strict)
        return report

    return assert_consumer_conforms


def _demand(
    report: Union[Report, ConsumerReport], is_usable: bool, expected: Expected, name: str, level: str, strict: bool
) -> None:
    """Raises AssertionError unless the report is as it was expected."""
    __tracebackhide__ = True
    judgement = expected.judge(report, name, level)
    if is_usable and judgement.passes(strict):
        return
    hints = judgement.hints(name) if expected.entries else []
    said = "\n".join([str(report).rstrip(), *judgement.lines(strict), *hints])
    if judgement.unexpected:
        fault = "breaks rules of the buffer protocol"
    elif is_usable:
        fault = "keeps rules that it was expected to break"
    else:
        fault = "could not be checked"
    raise AssertionError(f"{name} {fault}\n{said}")
