"""A test as a user of the package writes it. Run by pytest, with the package installed."""

import array


def test_samples(assert_conforms):
    samples = array.array("d", [0.5, 1.5])
    assert_conforms(samples, mutate=[lambda: samples.append(2.5)])


def test_a_report_is_the_message(assert_conforms):
    import pytest

    with pytest.raises(AssertionError, match="getbuffer.refuse.obj-null"):
        assert_conforms(b"abc")


pytest_plugins = ["pytester"]


def test_the_options_of_all_tests(pytester):
    rule = "getbuffer.refuse.obj-null"
    pytester.makepyfile(
        """
        import pytest

        def test_known(assert_conforms):
            assert_conforms(b"abc")

        def test_named(assert_conforms):
            assert_conforms(b"abc", name="another")

        def test_kept(assert_conforms):
            assert_conforms(bytearray(3), name="kept")
        """
    )
    assert pytester.runpytest("-q").parseoutcomes() == {"failed": 2, "passed": 1}
    pytester.path.joinpath("buffers.txt").write_text(f"builtins.bytes: {rule}\nkept: {rule}\n")
    outcome = pytester.runpytest("-q", "--bufferprocs-expected=buffers.txt")
    assert outcome.parseoutcomes() == {"failed": 1, "passed": 2}
    outcome.stdout.fnmatch_lines(["*AssertionError: another breaks rules of the buffer protocol"])
    pytester.makeini("[pytest]\nbufferprocs_expected = buffers.txt\nbufferprocs_strict = true\n")
    outcome = pytester.runpytest("-q")
    assert outcome.parseoutcomes() == {"failed": 2, "passed": 1}
    outcome.stdout.fnmatch_lines([f"*error: {rule} was expected to fail, and is kept*"])
    pytester.makeini("[pytest]\nbufferprocs_level = shall\n")
    assert pytester.runpytest("-q").parseoutcomes() == {"errors": 3}
