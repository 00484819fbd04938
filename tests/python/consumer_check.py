"""Tests of the check of consumers: consumers with one mistake each, and consumers that have none. Prints how many there are."""

import array
import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
import unittest

import bufferprocs
import common_mistakes
import numpy as np

FOLDER = sys.path[0]

AFTER_RELEASE = "consumer.no-use-after-release"
ONCE = "exports.release-once"
FIELDS = "view.read-only-fields"
FILLED = "consumer.struct-as-filled"
RESPECT = "writable.respect"
ONE_RUN = "field.len.one-run"
STRIDES = "field.strides.address"
NEGATIVE = "field.strides.any-sign"
SUBOFFSETS = "field.suboffsets.address"
NO_ITEMS = "consumer.no-items"
LOOK = "consumer.look"
REFUSED = "consumer.refused"
EXCEPTION = "consumer.exception"
WRITABLE = "consumer.writable-to-write"

#: A mistake of `common_mistakes.consume`, the rules that it breaks, and a part of what is found.
MISTAKES = [
    ("reads after the release", {AFTER_RELEASE}, "read memory of a view while the consumer ran, after the last release"),
    ("writes after the release", {AFTER_RELEASE}, "wrote memory of a view while the consumer ran, after the last release"),
    ("reads the shape after the release", {AFTER_RELEASE}, "read memory of a view"),
    ("reads the format after the release", {AFTER_RELEASE}, "read memory of a view"),
    ("reads the first view through the second", {AFTER_RELEASE}, "read memory of a view"),
    ("releases a copy and the original", {ONCE}, "a release of a view that was released before"),
    ("releases two moved copies", {ONCE}, "a release of a view that was released before"),
    ("never releases", {ONCE}, "a view is never released, and no object of Python keeps it"),
    ("does not release when it fails", {ONCE}, "a view is never released"),
    ("clears obj", {ONCE}, "a view is never released"),
    ("changes obj", {ONCE}, "a view is never released"),
    ("releases by a view of its own making", {"release.internal-unchanged"}, "another value of internal"),
    ("changes internal", {"release.internal-unchanged"}, "another value of internal"),
    ("changes buf", {FILLED}, "buf differs"),
    ("changes len", {FILLED}, "len differs"),
    ("changes itemsize", {FILLED}, "itemsize differs"),
    ("changes readonly", {FILLED}, "readonly differs"),
    ("changes ndim", {FILLED}, "ndim differs"),
    ("changes format", {FIELDS}, "format differs"),
    ("changes shape", {FIELDS}, "shape differs"),
    ("changes strides", {FIELDS}, "strides differs"),
    ("changes suboffsets", {FIELDS}, "suboffsets differs"),
    ("changes what shape leads to", {FIELDS}, "what shape leads to differs"),
    ("changes what strides lead to", {FIELDS}, "what strides leads to differs"),
    ("changes what suboffsets lead to", {FIELDS}, "what suboffsets leads to differs"),
    ("changes what format leads to", {FIELDS}, "what format leads to differs"),
    ("writes read-only memory", {RESPECT, NO_ITEMS}, "wrote byte 0 of read-only memory while the consumer ran"),
    ("asks to write, and writes what was refused", {RESPECT, NO_ITEMS}, "wrote byte 0 of read-only memory"),
    ("writes through a request without WRITABLE", {RESPECT}, "wrote byte 0 of read-only memory"),
    ("reads before the start", {ONE_RUN}, "read 1 byte before the start"),
    ("reads past the end", {ONE_RUN, NO_ITEMS}, "read 1 byte past the end"),
    ("writes past the end", {ONE_RUN, NO_ITEMS}, "wrote 1 byte past the end"),
    ("reads past the last row", {STRIDES}, "past the end"),
    ("ignores strides", {STRIDES}, ", with strides"),
    ("ignores the sign of strides", {NEGATIVE}, ", with negative strides"),
    ("ignores suboffsets", {SUBOFFSETS}, ", with suboffsets"),
    ("takes Fortran order for C order", {"request.any-contiguous"}, ", with strides"),
    ("takes bytes for integers", {ONE_RUN}, "past the end"),
    ("takes integers for doubles", {STRIDES}, "past the end"),
    ("follows strides that are NULL", {LOOK}, "read through NULL"),
    ("follows a shape that is NULL", {LOOK}, "read through NULL"),
    ("follows a format that is NULL", {LOOK}, "read through NULL"),
    ("follows the shape of no dimensions", {LOOK}, "read through NULL"),
    ("reads an item where there is none", {NO_ITEMS}, "past the end"),
    ("uses the view of a refused request", {REFUSED}, "what a field of the refused view leads to"),
    ("goes on without an item after a refusal", {REFUSED, STRIDES, NEGATIVE, SUBOFFSETS}, "with"),
    ("loses the exception at the release", {EXCEPTION}, "a result, and no exception"),
    ("sends half a flag", {"request.values"}, "0x010, which they do not"),
    ("sends unknown bits", {"request.values"}, "0x1000, which they do not"),
    ("asks to write, and only reads", {WRITABLE}, "WRITABLE in each request, and no write"),
]

#: Consumers of the standard library and of NumPy that break no rule.
INNOCENT = [
    "memoryview",
    "bytes",
    "bytearray",
    "numpy.asarray",
    "numpy.array",
    "hashlib.sha256",
    "zlib.crc32",
    "binascii.hexlify",
    "pickle.PickleBuffer",
    "lambda b: struct.unpack_from('8b', b)",
    "lambda b: io.BytesIO().write(b)",
    "lambda b: io.BytesIO(b).read(6)",
    "lambda b: numpy.frombuffer(b, 'u1')",
    "lambda b: numpy.frombuffer(b, 'u1').sum()",
    "lambda b: numpy.asarray(b).sum()",
    "lambda b: numpy.asarray(b).ctypes.data",
    "lambda b: numpy.asarray(b).strides",
    "lambda b: numpy.asarray(memoryview(b)).tolist()",
    "lambda b: b''.join([b])",
    "lambda b: array.array('B').frombytes(b)",
    "lambda b: memoryview(b).tolist",
    "lambda b: memoryview(b).tolist()",
    "lambda b: memoryview(b)[::-1]",
    "lambda b: [memoryview(b), memoryview(b)]",
    "lambda b: (ctypes.c_char * 8).from_buffer(b)",
    "lambda b: (ctypes.c_char * 8).from_buffer_copy(b)",
    "lambda b: int.from_bytes(b, 'big')",
    "lambda b: re.search(b'.', b)",
    "lambda b: struct.pack_into('b', b, 0, 9)",
    "lambda b: io.BytesIO(b'abc').readinto(b)",
    "lambda b: id(b)",
]


def run(*words):
    """Status and output of `python -m bufferprocs --consumer`."""
    environment = {**os.environ, "PYTHONPATH": FOLDER, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-B", "-m", "bufferprocs", "--consumer", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def found_by(report):
    return {found.rule for found in report.findings}


def mistaken(mistake):
    return lambda exporter: common_mistakes.consume(exporter, mistake)


class Mistakes(unittest.TestCase):
    def test_each_is_found_by_its_rule_and_by_no_other(self):
        self.assertEqual(len({mistake for mistake, _, _ in MISTAKES}), len(MISTAKES))
        pages = {rule["id"]: rule["page"] for rule in bufferprocs.rules()}
        for mistake, rules, part in MISTAKES:
            with self.subTest(mistake):
                report = bufferprocs.check_consumer(mistaken(mistake))
                self.assertEqual(found_by(report), rules, f"{mistake}\n{report}")
                self.assertIn(part, " ".join(found.found for found in report.findings), report)
                for found in report.findings:
                    self.assertIn(found.scenarios[0], found.reproducer)
                    self.assertEqual(found.page, pages[found.rule])

    def test_without_a_mistake_nothing_is_found(self):
        for mistake in ("none", "releases a copy", "sends FORMAT alone"):
            report = bufferprocs.check_consumer(mistaken(mistake))
            expected = {"request.format.without-nd"} if "FORMAT" in mistake else set()
            self.assertEqual(found_by(report), expected, report)
            self.assertEqual(report.released_copies > 0, mistake == "releases a copy")

    def test_numpy_keeps_the_pointer_of_a_view_that_it_released(self):
        report = bufferprocs.check_consumer(lambda b: np.ndarray(8, "u1", buffer=b))
        self.assertEqual(found_by(report), {AFTER_RELEASE}, report)
        self.assertIn("while its result was looked at, after the last release", report.findings[0].found)

    def test_numpy_looks_at_memory_that_was_freed(self):
        grows = bytearray(8)
        array = np.ndarray(8, "u1", buffer=grows)
        grows.extend(bytes(1 << 20))  # no BufferError: no view is held
        self.assertNotEqual(array.ctypes.data, np.frombuffer(grows, "u1").ctypes.data)

    def test_a_view_that_is_kept_and_by_what(self):
        cache = []
        report = bufferprocs.check_consumer(lambda b: cache.append(memoryview(b)))
        self.assertEqual(found_by(report), {"consumer.release-promptly"}, report)
        self.assertIn("a view is kept by memoryview, list", report.findings[0].found)
        # The holder is not known to the collector, but the memoryview is.
        report = bufferprocs.check_consumer(common_mistakes.keep)
        self.assertEqual(found_by(report), {"consumer.release-promptly"}, report)

    def test_a_pointer_that_is_kept_is_found_by_its_use(self):
        touches = lambda address: __import__("ctypes").string_at(address, 1)  # noqa: E731
        self.assertEqual(found_by(bufferprocs.check_consumer(common_mistakes.address)), set())
        report = bufferprocs.check_consumer(common_mistakes.address, use=touches)
        self.assertEqual(found_by(report), {AFTER_RELEASE}, report)
        self.assertIn("while the code of --use ran", report.findings[0].found)

    def test_results_and_exceptions_that_contradict_each_other(self):
        # r[consumer.exception]
        for clears in (False, True):
            report = bufferprocs.check_consumer(common_mistakes.careless(clears))
            assert found_by(report) == {EXCEPTION}, report
            assert "SystemError: " in report.findings[0].found

    def test_wrong_values_name_both(self):
        report = bufferprocs.check_consumer(mistaken("ignores the sign of strides"))
        found = report.findings[0]
        self.assertEqual(found.severity, "warning")
        self.assertTrue(report.ok and report.broken("should"))
        self.assertIn("as over the same items in C order", found.expected)

    def test_a_consumer_that_hangs(self):
        with contextlib.ExitStack() as restored:
            patience = bufferprocs._consumer.PATIENCE
            restored.callback(setattr, bufferprocs._consumer, "PATIENCE", patience)
            bufferprocs._consumer.PATIENCE = 0.5

            def waits(exporter):
                if len(memoryview(exporter)) == 1:
                    time.sleep(60)

            report = bufferprocs.check_consumer(waits)
        self.assertEqual([found.rule for found in report.findings], [None])
        self.assertIn("no end", report.findings[0].found)

    def test_an_end_of_the_process_that_no_rule_explains(self):
        report = bufferprocs.check_consumer(lambda b: (memoryview(b), os._exit(3)))
        self.assertEqual([found.rule for found in report.findings], [None])
        self.assertIn("the process ended by status 3", report.findings[0].found)
        self.assertFalse(report.ok)


class Innocent(unittest.TestCase):
    def test_nothing_is_found(self):
        for code in INNOCENT:
            with self.subTest(code):
                names = {}
                for name in ("array", "binascii", "ctypes", "hashlib", "io", "pickle", "re", "struct", "zlib"):
                    names[name] = __import__(name)
                consumer = eval(code, {**names, "numpy": np})
                report = bufferprocs.check_consumer(consumer)
                self.assertEqual(report.findings, (), f"{code}\n{report}")
                self.assertEqual(bool(report.requests), code != "lambda b: id(b)")


class Requests(unittest.TestCase):
    def test_requests_and_releases_are_counted(self):
        report = bufferprocs.check_consumer(lambda b: np.ndarray(8, "u1", buffer=b))
        names = [request.name for request in report.requests]
        self.assertEqual(names, ["0x099 ANY_CONTIGUOUS|WRITABLE", "0x098 ANY_CONTIGUOUS"])
        self.assertEqual(report.tried, len(bufferprocs._native.scenario_names()))
        first, second = report.requests
        self.assertEqual(first.refused, second.granted + second.refused)

        def crosswise(exporter):
            first, second = memoryview(exporter), memoryview(exporter)
            first.release()
            second.release()

        self.assertGreater(bufferprocs.check_consumer(crosswise).released_out_of_order, 30)

    def test_scenarios_show_what_they_say(self):
        exporter = bufferprocs.watched("table, rows behind pointers")
        view = memoryview(exporter)
        self.assertEqual(view.suboffsets, (0, -1))
        self.assertEqual(view.tolist(), memoryview(bufferprocs.watched("table")).tolist())
        self.assertEqual(memoryview(bufferprocs.watched("records")).format, "T{b:flag:xxxi:count:}")
        with self.assertRaisesRegex(ValueError, "no scenario 'nope'; there are 'bytes'"):
            bufferprocs.watched("nope")

    def test_arguments_that_do_not_fit(self):
        with self.assertRaisesRegex(TypeError, "both functions, or both text"):
            bufferprocs.check_consumer(3)
        with self.assertRaisesRegex(TypeError, "`use` is text too"):
            bufferprocs.check_consumer("memoryview", use=repr)
        thread = threading.Thread(target=time.sleep, args=(0.5,))
        thread.start()
        try:
            with self.assertRaisesRegex(RuntimeError, "other threads run: pass the code as text"):
                bufferprocs.check_consumer(memoryview)
            self.assertTrue(bufferprocs.check_consumer("memoryview").ok)
        finally:
            thread.join()


class CommandLine(unittest.TestCase):
    def test_statuses(self):
        self.assertEqual(run("memoryview")[0], 0)
        status, out, _ = run("lambda b: numpy.ndarray(8, 'u1', buffer=b)")
        self.assertEqual(status, 1)
        self.assertIn("error: consumer.no-use-after-release\n  scenario  bytes, and ", out)
        self.assertIn("\n  to see it b = bufferprocs.watched('bytes')\n", out)
        self.assertEqual(run("lambda b: common_mistakes.consume(b, 'changes len')")[0], 0)
        self.assertEqual(run("--level", "should", "lambda b: common_mistakes.consume(b, 'changes len')")[0], 1)
        self.assertEqual(run("--ignore", AFTER_RELEASE, "lambda b: numpy.ndarray(8, 'u1', buffer=b)")[0], 0)
        status, out, _ = run("id")
        self.assertEqual(status, 2)
        self.assertIn("no request came: this is not a consumer", out)

    def test_what_cannot_run_is_status_2(self):
        for words, message in [
            (["nope"], "could not run: EXPRESSION: NameError: name 'nope' is not defined\n"),
            (["3"], "could not run: EXPRESSION: TypeError: --consumer takes a function, not 'int'\n"),
            (["memoryview", "--use", "1 +"], "could not run: --use: SyntaxError"),
            (["os._exit(4)"], "could not run: the process that runs the consumer ended by status 0x4"),
            (["memoryview", "--base", "3"], "--base does not belong to --consumer"),
        ]:
            with self.subTest(words):
                status, out, err = run(*words)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(message, err)
                self.assertNotIn("Traceback", err)

    def test_rules_are_explained(self):
        rules = {rule["id"]: rule["page"] for rule in bufferprocs.rules()}
        self.assertGreater(len(bufferprocs._native.consumer_rules()), 15)
        for rule in bufferprocs._native.consumer_rules():
            self.assertIn(rule, rules)
        environment = {**os.environ, "PYTHONPATH": FOLDER}
        command = [sys.executable, "-B", "-m", "bufferprocs", "--explain", "consumer.refused"]
        self.assertIn(b"check   of consumers, with --consumer", subprocess.check_output(command, env=environment))

    def test_use_and_json(self):
        status, out, _ = run("common_mistakes.address", "--use", "ctypes.string_at(result, 1)", "--json")
        report = json.loads(out)
        self.assertEqual((status, report["ok"]), (1, False))
        self.assertEqual(report["findings"][0]["rule"], AFTER_RELEASE)
        self.assertIn("ctypes.string_at(result, 1)", report["findings"][0]["reproducer"])
        self.assertEqual(report["requests"][0]["name"], "0x000 SIMPLE")

    def test_code_of_use_that_always_fails_is_status_2(self):
        status, out, _ = run("memoryview", "--use", "result.nope()")
        self.assertEqual(status, 2)
        self.assertIn("rejected input: use raises AttributeError: ", out)

    def test_without_forks_the_same_is_found(self):
        for code in ("lambda b: common_mistakes.consume(b, 'writes read-only memory')", "numpy.asarray"):
            forked, alone = (json.loads(run("--json", *more, code)[1]) for more in ([], ["--no-fork"]))
            for report in (forked, alone):
                for found in report["findings"]:
                    del found["text"]
            self.assertEqual(forked, alone)
        self.assertEqual(run("--no-fork", "nope")[0], 2)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    print(f"{result.testsRun} tests, {len(MISTAKES)} mistakes found, {len(INNOCENT)} consumers without")
