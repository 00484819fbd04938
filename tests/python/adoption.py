"""Tests of what a project needs to adopt the checker. Prints how many there are, and what was skipped."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import bufferprocs
from bufferprocs.expected import Expected

FOLDER = sys.path[0]
ACTION = Path(__file__).resolve().parents[2] / ".github/actions/check"
#: What CPython's own function leaves behind in `bytes`.
KNOWN = "getbuffer.refuse.obj-null"
#: A consumer that keeps the pointer of a view that it released.
KEEPS = 'lambda b: numpy.ndarray(8, "u1", buffer=b)'
AFTER_RELEASE = "consumer.no-use-after-release"


class Adoption(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_program(self, *words, **variables):
        environment = {**os.environ, "PYTHONPATH": FOLDER, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", **variables}
        done = subprocess.run(
            words, env=environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
        )
        return done.returncode, done.stdout, done.stderr

    def check(self, *words):
        return self.run_program(sys.executable, "-m", "bufferprocs", *words)

    def expect(self, *lines):
        (self.folder / "expected.txt").write_text("\n".join(lines), encoding="utf-8")

    def test_an_expected_failure_does_not_count(self):
        self.expect("# known", "", f'b"abc": {KNOWN}  # PyBuffer_FillInfo')
        status, out, err = self.check('b"abc"', "--expected", "expected.txt")
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn(f"\nexpected failure: {KNOWN}\n", out)
        # Another object of the same file has none, and a name stands for the expression.
        status, out, _ = self.check('b"ab"', "--expected", "expected.txt")
        self.assertEqual(status, 1)
        self.assertIn(f'not expected, as it would be by a line in the file: b"ab": {KNOWN}\n', out)
        self.assertEqual(self.check('b"ab"', "--name", 'b"abc"', "--expected", "expected.txt")[0], 0)
        self.expect(f"*: {KNOWN}")
        self.assertEqual(self.check('b"ab"', "--expected", "expected.txt", "--strict")[0], 0)

    def test_an_expected_failure_that_does_not_come(self):
        self.expect(f"memoryview(bytearray(3)): {KNOWN}")
        words = ("memoryview(bytearray(3))", "--expected", "expected.txt")
        status, out, _ = self.check(*words)
        self.assertEqual(status, 0)
        self.assertIn(f"note: {KNOWN} was expected to fail, and is kept: remove it from the file", out)
        status, out, _ = self.check(*words, "--strict")
        self.assertEqual(status, 1)
        self.assertIn(f"error: {KNOWN} was expected to fail", out)
        # So is one of which there is no case: it has one dimension.
        self.expect("memoryview(bytearray(3)): field.ndim.zero")
        status, out, _ = self.check(*words, "--strict")
        self.assertEqual(status, 1)
        self.assertIn("error: field.ndim.zero was expected to fail, and there was no case of it", out)
        # What was not checked says nothing: this rule needs --mutate.
        self.expect("memoryview(bytearray(3)): exported.no-resize")
        self.assertEqual(self.check(*words, "--strict")[0], 0)

    def test_mistakes_in_the_file_are_named(self):
        for line, wrong in (("b: getbuffer.nonsense", "'getbuffer.nonsense'"), ("alone", "'alone' is no NAME: RULE")):
            self.expect("# first", line)
            status, _, err = self.check('b"abc"', "--expected", "expected.txt")
            self.assertEqual(status, 2)
            self.assertIn("could not run: --expected: expected.txt:2: ", err)
            self.assertIn(wrong, err)
        status, _, err = self.check('b"abc"', "--expected", "absent.txt")
        self.assertEqual(status, 2)
        self.assertIn("absent.txt", err)
        status, _, err = self.check('b"abc"', "--strict")
        self.assertEqual(status, 2)
        self.assertIn("--strict needs the failures that are expected", err)

    def test_a_folder_that_hides_a_module_is_named(self):
        (self.folder / "sounds").mkdir()
        for file in ("", "__init__.py"):
            if file:
                (self.folder / "sounds" / file).touch()
            status, _, err = self.check("sounds.Samples()")
            self.assertEqual(status, 2)
            place = os.path.join(os.path.realpath(self.folder), "sounds", file).rstrip(os.sep)
            self.assertRegex(err, r"module 'sounds' has no attribute 'Samples' \(the module is from ")
            self.assertEqual(os.path.realpath(err.split("is from ")[1].rstrip(")\n")), place)

    def test_junit(self):
        self.assertEqual(self.check('b"abc"', "--junit", "report.xml", "--name", "a <name>")[0], 1)
        suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
        cases = {case.get("name"): case for case in suite}
        self.assertEqual((suite.get("failures"), suite.get("errors")), ("1", "0"))
        self.assertEqual(len(cases), int(suite.get("tests")))
        failure = cases[KNOWN].find("failure")
        self.assertEqual(cases[KNOWN].get("classname"), "a <name>")
        self.assertIn("expected obj NULL after the refusal", failure.get("message"))
        self.assertIn("request: 0x001 WRITABLE", failure.text)
        self.expect(f'b"abc": {KNOWN}')
        self.assertEqual(self.check('b"abc"', "--junit", "report.xml", "--expected", "expected.txt")[0], 0)
        suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
        self.assertEqual(suite.get("failures"), "0")
        cases = {case.get("name"): case for case in suite}
        self.assertEqual(cases[KNOWN].find("skipped").get("message"), "an expected failure")

    def test_what_was_not_examined_is_skipped(self):
        checkable = {rule["id"] for rule in bufferprocs.rules() if rule["check"]}
        words = ("bytearray(3)", "--mutate", "obj.nope()", "--ignore", "field.len.product", "--junit", "report.xml")
        status, out, _ = self.check(*words, "--json")
        self.assertEqual(status, 2)
        report = json.loads(out)
        skipped = {each["rule"]: (each["cause"], each["reason"]) for each in report["skipped"]}
        self.assertEqual({*skipped, *report["checked"]}, checkable)
        self.assertEqual(len(skipped) + len(report["checked"]), len(checkable))
        for rule, cause, reason in (
            ("field.ndim.zero", "case", "no request showed a case of it"),
            ("field.buf.first-item", "input", "it needs `contents`, which was not given"),
            ("exported.no-resize", "input", "it needs `mutate`, which could not be used: obj.nope() raises AttributeError"),
            ("field.len.product", "ignored", "it was ignored on demand"),
        ):
            self.assertEqual(skipped[rule][0], cause)
            self.assertIn(reason, skipped[rule][1])
        suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
        cases = {case.get("name"): case for case in suite if case.get("name") != "inputs"}
        self.assertEqual(set(cases), checkable)
        in_xml = {name: case.find("skipped").get("message") for name, case in cases.items() if case.find("skipped") is not None}
        self.assertEqual(in_xml, {rule: f"not examined: {reason}" for rule, (_, reason) in skipped.items()})
        self.assertEqual((suite.get("errors"), int(suite.get("skipped"))), ("1", len(skipped)))
        # A single rule is a report of one test.
        self.assertEqual(self.check("bytearray(3)", "--rule", "field.ndim.zero", "--junit", "report.xml")[0], 0)
        suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("skipped")), ("1", "1"))

    def test_consumers_have_expected_failures(self):
        self.expect(f"numpy.ndarray: {AFTER_RELEASE}", f"memoryview: {AFTER_RELEASE}", "*: exports.release-once")
        words = ("--consumer", KEEPS, "--expected", "expected.txt", "--junit", "report.xml")
        self.assertEqual(self.check(*words)[0], 1)
        case = self.cases()[AFTER_RELEASE]
        self.assertEqual(case.get("classname"), KEEPS)
        self.assertIn("after the last release", case.find("failure").get("message"))
        self.assertIn("scenarios: bytes, ", case.find("failure").text)
        status, out, _ = self.check(*words, "--strict", "--name", "numpy.ndarray")
        self.assertEqual(status, 0, out)
        self.assertIn(f"\nexpected failure: {AFTER_RELEASE}\n", out)
        cases = self.cases()
        self.assertEqual(cases[AFTER_RELEASE].find("skipped").get("message"), "an expected failure")
        self.assertEqual(set(cases), set(bufferprocs._native.consumer_rules()))
        # It asks for contiguous memory: no view has suboffsets.
        message = cases["field.suboffsets.address"].find("skipped").get("message")
        self.assertEqual(message, "not examined: no view with suboffsets was granted")
        self.assertIsNone(cases["consumer.look"].find("skipped"))
        words = ("--consumer", "memoryview", "--expected", "expected.txt")
        status, out, _ = self.check(*words)
        self.assertEqual(status, 0)
        self.assertIn(f"note: {AFTER_RELEASE} was expected to fail, and is kept: remove it from the file", out)
        status, out, _ = self.check(*words, "--strict", "--junit", "report.xml")
        self.assertEqual(status, 1)
        self.assertEqual(self.cases()[AFTER_RELEASE].find("failure").get("message"), "it was expected to fail, and is kept")
        # A rule of which there was no case.
        self.expect("len: field.len.one-run")
        status, out, _ = self.check("--consumer", "memoryview", "--name", "len", "--expected", "expected.txt", "--strict")
        self.assertEqual(status, 1)
        self.assertIn("error: field.len.one-run was expected to fail, and there was no case of it", out)

    def cases(self, path="report.xml"):
        suite = ElementTree.parse(self.folder / path).getroot().find("testsuite")
        return {case.get("name"): case for case in suite}

    def test_consumers_that_did_not_end_well(self):
        for words, status, name, kind, said in (
            (["nope"], 2, "examination", "error", "could not run: EXPRESSION: NameError"),
            (["id"], 2, "requests", "error", "no request came"),
            (["memoryview", "--use", "result.nope()"], 2, "inputs", "error", "use raises AttributeError"),
            (["lambda b: (memoryview(b), os._exit(3))"], 1, "process", "failure", "the process ended by status 3"),
            (["memoryview", "--ignore", "field.nope"], 2, "examination", "error", "knows a rule 'field.nope'"),
        ):
            with self.subTest(words):
                self.assertEqual(self.check("--consumer", *words, "--junit", "report.xml")[0], status)
                self.assertIn(said, self.cases()[name].find(kind).get("message"))
        for option in ("--expected", "--junit"):
            status, out, err = self.check("--consumer", "memoryview", option, "absent/file")
            self.assertEqual(status, 2)
            self.assertIn(f"could not run: {option}: ", err)

    def test_rules_for_consumers_are_listed(self):
        status, out, _ = self.check("--consumer", "--rules")
        self.assertEqual((status, out.split()), (0, [rule["id"] for rule in bufferprocs.rules() if rule["id"] in out.split()]))
        self.assertEqual(set(out.split()), set(bufferprocs._native.consumer_rules()))

    def test_judgements_of_consumers(self):
        report = bufferprocs.check_consumer(eval(KEEPS, {"numpy": __import__("numpy")}))
        none = Expected().judge(report, "it")
        self.assertEqual([found.rule for found in none.unexpected], [AFTER_RELEASE])
        known = Expected((("it", AFTER_RELEASE), ("it", "consumer.look"), ("other", "request.values"))).judge(report, "it")
        self.assertEqual((known.unexpected, known.kept, known.without_a_case), ((), ("consumer.look",), ()))
        with self.assertRaisesRegex(AssertionError, f"breaks rules of the buffer protocol\nerror: {AFTER_RELEASE}"):
            bufferprocs.assert_consumer_conforms(KEEPS)
        self.assertEqual(bufferprocs.assert_consumer_conforms(KEEPS, ignore=[AFTER_RELEASE]).findings, ())
        with self.assertRaisesRegex(ValueError, "no check of consumers knows a rule 'nope'"):
            bufferprocs.assert_consumer_conforms("memoryview", ignore=["nope"])

    def test_junit_of_what_did_not_end_well(self):
        for expression, status, said in (
            ("ctypes.string_at(0)", 1, "the process ended by "),
            ("1 +", 2, "could not run: EXPRESSION: SyntaxError"),
            ("open(0, 'rb', closefd=False)", 2, "could not run: "),
        ):
            self.assertEqual(self.check(expression, "--junit", "report.xml")[0], status, expression)
            suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
            self.assertEqual((suite.get("tests"), suite.get("errors")), ("1", "1"))
            self.assertIn(said, suite.find("testcase/error").get("message"))

    def test_a_rule_is_explained(self):
        status, out, _ = self.check("--explain", KNOWN)
        self.assertEqual(status, 0)
        rule = next(rule for rule in bufferprocs.rules() if rule["id"] == KNOWN)
        for text in (f"{KNOWN}: {rule['level']}", rule["text"], rule["source"], rule["page"], "check   error"):
            self.assertIn(text, out)
        self.assertIn(", with --mutate", self.check("--explain", "exported.no-resize")[1])
        status, _, err = self.check("--explain", "refuse")
        self.assertEqual(status, 2)
        self.assertIn(f"did you mean ", err)
        self.assertIn(KNOWN, err)

    def test_long_checks_say_which_step_they_take(self):
        code = "import time; time.sleep(2.5); obj.append(1)"
        status, _, err = self.check("bytearray(1)", "--progress", "--mutate", code)
        self.assertEqual(status, 0)
        self.assertIn(f"at work: --mutate {code}", err)

    def test_judgements(self):
        report = bufferprocs.check(b"abc")
        none = Expected().judge(report, "it")
        self.assertEqual([found.rule for found in none.unexpected], [KNOWN])
        self.assertFalse(none.passes(strict=False))
        known = Expected((("it", KNOWN), ("it", "field.len.product"), ("other", "field.itemsize.positive"))).judge(report, "it")
        self.assertEqual((known.unexpected, known.kept), ((), ("field.len.product",)))
        self.assertTrue(known.passes(strict=False) and not known.passes(strict=True))
        # A note counts at no level, and can be expected nevertheless.
        noted = Expected((("it", "request.format.without-nd"),)).judge(bufferprocs.check(bytearray(1)), "it", "should")
        self.assertEqual([found.rule for found in noted.expected], ["request.format.without-nd"])

    @unittest.skipIf(shutil.which("bash") is None, "there is no bash")
    def test_the_script_of_the_action(self):
        def act(expressions, **inputs):
            return self.run_program("bash", str(ACTION / "check.sh"), EXPRESSIONS=expressions, PYTHON=sys.executable, **inputs)

        status, out, _ = act("bytearray(3)\n\n  b'abc'\nmemoryview(bytearray(2))\n", JUNIT="reports")
        self.assertEqual(status, 1)
        self.assertEqual([line for line in out.splitlines() if line.startswith("== ")], ["== bytearray(3)", "==   b'abc'", "== memoryview(bytearray(2))"])
        self.assertEqual(sorted(os.listdir(self.folder / "reports")), [f"bufferprocs-{number}.xml" for number in (1, 2, 3)])
        self.expect(f"*: {KNOWN}")
        self.assertEqual(act("b'abc'\n-3 and bytearray(1)", EXPECTED="expected.txt", STRICT="true")[0], 0)
        self.assertEqual(act("3\nbytearray(3)")[0], 2)
        self.assertEqual(act("  \n")[0], 2)
        self.assertEqual(act("memoryview(b'abc')", LEVEL="should")[0], 1)
        status, out, _ = act("bytearray(3)", CONSUMERS="memoryview\nbytes", JUNIT="reports")
        self.assertEqual(status, 0)
        self.assertIn("== memoryview\n", out)
        self.assertIn("requested 0x11c FULL_RO", out)
        self.assertEqual(self.cases("reports/bufferprocs-3.xml")["consumer.look"].get("classname"), "bytes")
        self.assertEqual(act("", CONSUMERS=KEEPS)[0], 1)
        # The action passes each of its inputs on.
        action = (ACTION / "action.yml").read_text(encoding="utf-8")
        for name in ("expressions", "consumers", "level", "expected", "strict", "junit"):
            self.assertIn(f"        {name.upper()}: ${{{{ inputs.{name} }}}}\n", action)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    skipped = "".join(f", one skipped: {reason}" for _, reason in result.skipped)
    print(f"{result.testsRun} tests{skipped}")
