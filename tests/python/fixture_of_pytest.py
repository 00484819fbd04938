"""A test as a user of the package writes it. Run by pytest, with the package installed."""

import array


def test_samples(assert_conforms):
    samples = array.array("d", [0.5, 1.5])
    assert_conforms(samples, mutate=[lambda: samples.append(2.5)])


def test_a_report_is_the_message(assert_conforms):
    import pytest

    with pytest.raises(AssertionError, match="getbuffer.refuse.obj-null"):
        assert_conforms(b"abc")


def test_a_consumer(assert_consumer_conforms):
    assert_consumer_conforms(memoryview)
    # Text runs in a process of its own, also where other threads run.
    assert_consumer_conforms("lambda b: bytes(b)")


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
            assert_conforms(memoryview(bytearray(3)), name="kept")
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
    outcome.stdout.fnmatch_lines(["*AssertionError: kept keeps rules that it was expected to break"])
    outcome.stdout.fnmatch_lines([f"*error: {rule} was expected to fail, and is kept*"])
    outcome.stdout.fnmatch_lines([f"*not expected, as it would be by a line in the file: another: {rule}"])
    outcome.stdout.no_fnmatch_line("*_demand(*")  # it shows the test, and not the fixture
    pytester.makeini("[pytest]\nbufferprocs_level = shall\n")
    assert pytester.runpytest("-q").parseoutcomes() == {"errors": 3}


def test_the_options_hold_for_consumers(pytester):
    rule = "consumer.release-promptly"
    pytester.makepyfile(
        """
        cache = []

        def keeps(exporter):
            cache.append(memoryview(exporter))

        def test_known(assert_consumer_conforms):
            assert_consumer_conforms(keeps)

        def test_named(assert_consumer_conforms):
            assert_consumer_conforms(keeps, name="another", level="must")

        def test_kept(assert_consumer_conforms):
            assert_consumer_conforms(memoryview, name="kept")

        def test_ignored(assert_consumer_conforms):
            assert_consumer_conforms(keeps, level="should", ignore=["consumer.release-promptly"])
        """
    )
    assert pytester.runpytest("-q").parseoutcomes() == {"passed": 4}
    outcome = pytester.runpytest("-q", "--bufferprocs-level=should")
    assert outcome.parseoutcomes() == {"failed": 1, "passed": 3}
    outcome.stdout.fnmatch_lines(["*AssertionError: *.keeps breaks rules of the buffer protocol"])
    module = next(pytester.path.glob("test_*.py")).stem
    pytester.path.joinpath("buffers.txt").write_text(f"{module}.keeps: {rule}\nkept: {rule}\n")
    words = ("-q", "--bufferprocs-level=should", "--bufferprocs-expected=buffers.txt")
    assert pytester.runpytest(*words).parseoutcomes() == {"passed": 4}
    outcome = pytester.runpytest(*words, "--bufferprocs-strict")
    assert outcome.parseoutcomes() == {"failed": 1, "passed": 3}
    outcome.stdout.fnmatch_lines([f"*error: {rule} was expected to fail, and is kept*"])
