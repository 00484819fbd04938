"""A test as a user of the package writes it. Run by pytest, with the package installed."""

import array


def test_samples(assert_conforms):
    samples = array.array("d", [0.5, 1.5])
    assert_conforms(samples, mutate=[lambda: samples.append(2.5)])


def test_a_report_is_the_message(assert_conforms):
    import pytest

    with pytest.raises(AssertionError, match="getbuffer.refuse.obj-null"):
        assert_conforms(b"abc")
