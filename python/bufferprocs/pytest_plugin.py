"""A fixture for pytest; installing the package is enough.

    def test_matrix(assert_conforms):
        assert_conforms(Matrix(2, 3), level="should")
"""

from __future__ import annotations

from typing import Callable

import pytest

from . import Report
from . import assert_conforms as _assert_conforms


@pytest.fixture(name="assert_conforms")
def assert_conforms_fixture() -> Callable[..., Report]:
    """`bufferprocs.assert_conforms`."""
    return _assert_conforms
