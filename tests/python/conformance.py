"""Tests of the package `bufferprocs`. Prints how many there are."""

import array
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import unittest

import bufferprocs
import bytes_readonly
import first
import growable
import image
import indirect
import matrix
import numpy as np
import raw_ffi
import records
import reexport
import snapshot
import common_mistakes
from common_mistakes import Faulty

FOLDER = sys.path[0]

# PyBUF_READ is no request: CPython itself refuses it since 3.13.
ALL = 511 if sys.version_info >= (3, 13) else 512


def run(*words):
    """Status and output of `python -m bufferprocs`."""
    environment = {**os.environ, "PYTHONPATH": FOLDER, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-B", "-m", "bufferprocs", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode().replace("\r", ""), done.stderr.decode().replace("\r", "")


def broken(report, *severities):
    return {found.rule for found in report.violations if not severities or found.severity in severities}


class CommandLine(unittest.TestCase):
    def test_a_broken_rule_is_status_1(self):
        status, out, err = run('b"abc"')
        self.assertEqual((status, err), (1, ""))
        self.assertIn("error: getbuffer.refuse.obj-null\n  request   0x001 WRITABLE, and ", out)
        self.assertIn("  found     obj left as it was\n  rule      The refusal sets `view->obj` to NULL. ", out)
        self.assertIn("\n  book      procs.html#r-getbuffer.refuse.obj-null\n", out)

    def test_no_broken_rule_is_status_0(self):
        status, out, err = run("bytearray(3)")
        self.assertEqual((status, err), (0, ""))
        self.assertIn(f"{ALL} of 512 requests granted; 42 rules checked: 0 errors, 0 warnings, 1 note", out)

    def test_warnings_count_where_they_are_asked_for(self):
        self.assertEqual(run('memoryview(b"abc")')[0], 0)
        status, out, _ = run("--level", "should", 'memoryview(b"abc")')
        self.assertEqual(status, 1)
        self.assertIn("warning: getbuffer.refuse.rest-untouched", out)

    def test_what_cannot_run_is_status_2(self):
        for words, message in [
            (["3"], "could not run: TypeError: 'int' does not export a buffer\n"),
            (["no_such_module.thing"], "could not run: EXPRESSION: NameError: name 'no_such_module' is not defined\n"),
            (["1 +"], "could not run: EXPRESSION: SyntaxError"),
            (["import array"], "could not run: EXPRESSION: SyntaxError: the code has to end with an expression"),
            (["1 / 0"], "could not run: EXPRESSION: ZeroDivisionError: division by zero\n"),
            (["--rule", "no.such-rule", 'b""'], "could not run: ValueError: no check of a rule 'no.such-rule'"),
            (["--ignore", "no.such-rule", 'b""'], "could not run: ValueError: no check of a rule 'no.such-rule'"),
            (["--rule", "exported.no-resize", 'b""'], "'exported.no-resize' cannot be checked without 'mutate'"),
            (["sys.exit(0)"], "could not run: EXPRESSION: SystemExit: 0"),
            (['b""', "--mutate", "1 +"], "could not run: --mutate: SyntaxError"),
            (['b""', "--contents", "nope"], "could not run: --contents: NameError: name 'nope' is not defined\n"),
            (['b""', "--contents", "3"], "could not run: TypeError: contents are bytes, not a number\n"),
            ([], "an EXPRESSION is needed"),
        ]:
            with self.subTest(words):
                status, out, err = run(*words)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(message, err)
                self.assertNotIn("Traceback", err)

    def test_what_is_told_and_proves_nothing_is_status_2(self):
        for words, reason in [
            (["--mutate", "obj.apend(1)"], "mutate: obj.apend(1) raises AttributeError: "),
            (["--mutate", "nope.append(1)"], "mutate: nope.append(1) raises NameError: name 'nope' is not defined"),
            (["--base", "3"], "base: it grants no request for strides"),
        ]:
            with self.subTest(words):
                status, out, _ = run("bytearray(3)", *words)
                self.assertEqual(status, 2, out)
                self.assertIn(f"rejected input: {reason}", out)
                self.assertIn(" 0 errors, 0 warnings, ", out)
        status, out, _ = run("mmap.mmap(-1, 8)", "--mutate", "obj.close()", "--mutate", "obj.resize(100)")
        self.assertEqual(status, 2)
        self.assertIn("rejected input: mutate: obj.resize(100): no view was granted before it", out)

    def test_names_that_the_code_binds_are_no_modules(self):
        status, out, err = run("--json", "this = bytearray(3); print(this); this")
        self.assertEqual((status, json.loads(out)["ok"], err), (0, True, "bytearray(b'\\x00\\x00\\x00')\n"))
        self.assertEqual(run("xml.dom.minidom and bytearray(3)")[0], 0)

    def test_rules_that_are_left_out(self):
        status, out, _ = run("--ignore", "getbuffer.refuse.obj-null", 'b"abc"')
        self.assertEqual(status, 0)
        self.assertIn(" rules checked: 0 errors, 0 warnings, 1 note", out)

    def test_an_object_that_refuses_everything_is_status_2(self):
        status, out, _ = run('m = memoryview(bytearray(1)); m.release(); m')
        # A released memoryview leaves obj as it was: that is a rule of its own.
        self.assertEqual(status, 1)
        self.assertIn("no request was granted: ValueError", out)
        status, out, _ = run("--rule", "getbuffer.zero", 'm = memoryview(bytearray(1)); m.release(); m')
        self.assertEqual(status, 2)
        self.assertIn("no request was granted: ValueError", out)

    def test_modules_are_imported_and_statements_come_first(self):
        status, out, _ = run('a = array.array("i", [1, 2]); a.append(3); a', "--contents", 'struct.pack("3i", 1, 2, 3)')
        self.assertEqual(status, 0)
        self.assertNotIn("`contents`", out)
        self.assertEqual(run("numpy.zeros((2, 3))")[0], 1)

    def test_mutators(self):
        self.assertEqual(run("bytearray(3)", "--mutate", "obj.append(1)", "--mutate", "obj.clear()")[0], 0)
        status, out, _ = run("(ctypes.c_char * 8)()", "--mutate", "ctypes.resize(obj, 1 << 20)")
        self.assertEqual(status, 1)
        self.assertIn("error: exported.no-resize", out)
        self.assertIn("  found     ctypes.resize(obj, 1 << 20) went through: ", out)

    def test_a_view_amid_a_change(self):
        amid = "views = []; obj.extend(views.append(memoryview(obj)) or 1 for _ in 'a'); views[0]"
        status, out, err = run("bytearray(3)", "--reenter", amid)
        self.assertEqual((status, err), (0, ""))
        self.assertNotIn("`reenter`", out)
        # A class that moves its memory although a view was taken during the change.
        moves = "view = memoryview(obj); obj.append(2.0); view"
        status, out, _ = run("common_mistakes.Growing([1.0])", "--reenter", moves)
        self.assertEqual(status, 1)
        self.assertIn("error: exported.no-request-during-change\n  expected  a refusal while the memory is changed", out)
        status, out, err = run("--json", "bytearray(3)", "--reenter", "1 / 0")
        self.assertEqual((status, json.loads(out)["error"]), (2, "ZeroDivisionError: division by zero"))
        self.assertIn("could not run: ZeroDivisionError", err)

    def test_one_rule(self):
        self.assertEqual(run("--rule", "field.len.product", 'b"abc"')[0], 0)
        status, out, _ = run("--rule", "getbuffer.refuse.obj-null", 'b"abc"')
        self.assertEqual(status, 1)
        self.assertIn("1 rule checked: 1 error, 0 warnings, 0 notes", out)
        self.assertEqual(out.count("error: "), 1)

    def test_json(self):
        status, out, _ = run("--json", 'b"abc"')
        report = json.loads(out)
        self.assertEqual((status, report["ok"], report["granted"]), (1, False, ALL - 256))
        violation = next(v for v in report["violations"] if v["rule"] == "getbuffer.refuse.obj-null")
        self.assertEqual(violation["severity"], "error")
        self.assertEqual(violation["requests"], list(range(1, 512, 2)))

    def test_rules_are_listed(self):
        status, out, _ = run("--rules")
        lines = out.splitlines()
        self.assertEqual((status, len(lines)), (0, 63))
        self.assertEqual(len(json.loads(run("--rules", "--json")[1])), 63)
        self.assertIn("error    exported.no-resize  with --mutate", lines)

    def test_what_ends_the_process_is_reported(self):
        status, out, err = run("ctypes.string_at(0)")
        self.assertEqual(status, 1)
        self.assertIn("error: the process ended by ", out)
        self.assertIn("  step      before the first request: code was evaluated", out)
        if os.name == "posix":
            self.assertIn("SIGSEGV", out)
        mutator = "ctypes.string_at(0)"
        status, out, _ = run("--json", "bytearray(1)", "--mutate", mutator)
        crash = json.loads(out)["crash"]
        self.assertEqual((status, crash["step"], crash["number"]), (1, "mutator", 0))
        # An object that ends the process in good order has not been examined either.
        for ended in 0, 1, 2:
            status, out, _ = run("bytearray(1)", "--mutate", f"os._exit({ended})")
            self.assertEqual(status, 1)
            self.assertIn(f"ended by status {ended:#x}\n  step      --mutate os._exit({ended}), or ", out)

    def test_the_inner_buffer_of_a_closed_bytesio(self):
        code = "b = io.BytesIO(b'x'); view = b.getbuffer(); inner = view.obj; view.release(); b.close(); inner"
        status, out, _ = run(code)
        if sys.version.split()[0] in ("3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0"):
            self.assertEqual(status, 1)
            self.assertIn("error: the process ended by ", out)
        # Another Python may have it fixed.
        if "the process ended by" in out:
            self.assertIn("  step      request 0x000, with no view held", out)


class Functions(unittest.TestCase):
    def test_a_report(self):
        report = bufferprocs.check(b"abc")
        self.assertEqual((report.ok, report.granted, report.refusal), (False, ALL - 256, None))
        self.assertEqual(broken(report, "error"), {"getbuffer.refuse.obj-null"})
        self.assertEqual(json.loads(report.to_json())["missing_inputs"], ["contents", "within", "base", "mutate", "reenter"])
        self.assertIn("error: getbuffer.refuse.obj-null", str(report))
        found = report.violations[0]
        self.assertEqual((found.page, found.request), ("procs.html#r-getbuffer.refuse.obj-null", "0x001 WRITABLE"))

    def test_all_that_can_be_told(self):
        samples = array.array("h", [1, 2, 3])
        address, items = samples.buffer_info()
        report = bufferprocs.check(
            samples,
            mutate=[("append", lambda: samples.append(4)), samples.pop],
            contents=samples.tobytes(),
            within=(address, 2 * items),
            base=samples,
        )
        self.assertEqual((broken(report), report.missing_inputs), ({"request.format.without-nd"}, ("reenter",)))
        self.assertLessEqual({"exported.no-resize", "field.buf.first-item", "chain.stays-read-only"}, set(report.checked))
        # The same items by another text are no invention.
        numbers = (ctypes.c_int * 3)()
        same = bufferprocs.check(np.frombuffer(numbers, "i4"), base=numbers)
        self.assertNotIn("chain.invents-nothing", broken(same))
        wrong = bufferprocs.check(samples, contents=bytes(6), within=(address, 2), base=memoryview(bytes(3)))
        expected = {"field.buf.first-item", "field.strides.within-memory", "chain.invents-nothing", "chain.stays-read-only"}
        self.assertEqual(broken(wrong, "error"), expected)

    def test_wrong_calls(self):
        with self.assertRaisesRegex(TypeError, "'int' does not export a buffer"):
            bufferprocs.check(3)
        with self.assertRaisesRegex(ValueError, "no check of a rule 'a.b'"):
            bufferprocs.check(b"", rule="a.b")
        with self.assertRaisesRegex(ValueError, "cannot be checked without 'contents'"):
            bufferprocs.assert_conforms(b"", rule="field.buf.first-item")
        for wrong in (lambda: None, [("append", 3)], ["append"], ("append", print), "append"):
            with self.assertRaisesRegex(TypeError, "mutate is a list"):
                bufferprocs.check(bytearray(3), mutate=wrong)
        with self.assertRaisesRegex(ValueError, "level is 'must' or 'should'"):
            bufferprocs.check(b"").conforms("may")

    def test_what_a_mutator_may_raise(self):
        def stop():
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            bufferprocs.check(bytearray(3), mutate=[stop])
        report = bufferprocs.check(bytearray(3), mutate=[lambda: 1 / 0])
        self.assertEqual((broken(report, "error"), report.ok), (set(), False))
        self.assertIn("raises ZeroDivisionError: division by zero, with a view and without", report.rejected_inputs[0])
        calls = iter([ValueError("not now"), None])

        def other_words():
            raised = next(calls)
            if raised is not None:
                raise raised

        report = bufferprocs.check(bytearray(3), mutate=[other_words])
        self.assertEqual((broken(report, "error"), report.rejected_inputs), ({"exported.no-resize"}, ()))
        self.assertIn("other_words: ValueError: not now", str(report))

    def test_the_hook_and_the_references_are_as_before(self):
        hook, obj = sys.unraisablehook, bytearray(3)
        before = sys.getrefcount(obj)
        bufferprocs.check(obj, base=obj)
        self.assertIs(sys.unraisablehook, hook)
        self.assertEqual(sys.getrefcount(obj), before)

    def test_assert_conforms(self):
        self.assertTrue(bufferprocs.assert_conforms(bytearray(3)).ok)
        with self.assertRaisesRegex(AssertionError, "bytes breaks rules of the buffer protocol"):
            bufferprocs.assert_conforms(b"")
        with self.assertRaisesRegex(AssertionError, "rest-untouched"):
            bufferprocs.assert_conforms(memoryview(b"abc"), level="should")

    def test_what_a_release_cannot_raise(self):
        class Raises:
            def __buffer__(self, flags):
                return memoryview(bytearray(3))

            def __release_buffer__(self, view):
                raise RuntimeError("no")

        if sys.version_info < (3, 12):  # classes of Python do not export before
            with self.assertRaises(TypeError):
                bufferprocs.check(Raises())
            return
        report = bufferprocs.check(Raises())
        self.assertEqual({"release.signature"}, broken(report, "error"))
        self.assertIn("RuntimeError: no", str(report))


PYTHON_CLASSES = sys.version_info >= (3, 12)  # classes of Python do not export before


class Verdicts(unittest.TestCase):
    """Each a kind of exporter that was accused without a fault, or of the wrong one, or not at all."""

    def found(self, obj, severity="error", **inputs):
        """The rules that are broken, and the report."""
        report = bufferprocs.check(obj, **inputs)
        return broken(report, severity), report

    def test_formats_in_nobodys_syntax(self):
        for text in ["bfloat16", "float64", "uint8", "<i4", "|b1", "f8", "int", "double", "M8[ns]", "T{H:a:", "é"]:
            rules, report = self.found(Faulty("none", format=text))
            self.assertEqual(rules, {"field.format.string"}, f"{text}\n{report}")
            # Of a format that is not understood no size is known.
            self.assertIn("field.itemsize.one-item", report.unexamined)
            self.assertIn(f'format "{text}"' if text.isascii() else "format ", report.violations[0].found)

    def test_formats_of_another_size(self):
        for text in ["B", "I", "3s", "T{H:a:H:b:}", "(2)H", "signed", "Zd", "&H", "ee"]:
            rules, report = self.found(Faulty("none", format=text))
            self.assertEqual(rules, {"field.itemsize.one-item"}, f"{text}\n{report}")

    def test_dialects_are_named(self):
        def dialect(obj):
            found = bufferprocs.check(obj)
            self.assertLessEqual({"field.format.string", "field.itemsize.one-item"}, set(found.checked))
            self.assertFalse(broken(found) & {"field.format.string", "field.itemsize.one-item"}, found)
            return found.dialect and found.dialect.rpartition(" of ")[2]

        class Point(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

        self.assertIsNone(dialect(array.array("d", [1])))
        self.assertIsNone(dialect((ctypes.c_int * 2)()))
        self.assertEqual(dialect((Point * 2)()), "PEP 3118")
        self.assertEqual(dialect((ctypes.POINTER(ctypes.c_int) * 2)()), "PEP 3118")
        self.assertEqual(dialect((ctypes.c_char_p * 2)()), "ctypes")
        self.assertEqual(dialect(np.zeros(2, "c16")), "PEP 3118")
        self.assertEqual(dialect(np.zeros(2, [("a", "i4"), ("b", "f8", (2, 3))])), "PEP 3118")
        self.assertEqual(dialect(np.zeros(2, "U3")), "PEP 3118")
        if os.name == "posix":  # four bytes
            self.assertEqual(dialect((ctypes.c_wchar * 2)()), "ctypes")
        bits = bufferprocs.check(Faulty("none", format="3t13t"))
        self.assertEqual((broken(bits), bits.dialect.rpartition(" of ")[2]), (set(), "PEP 3118 with bit fields; its size was not computed"))
        self.assertIn("field.itemsize.one-item", bits.unexamined)

    def test_memory_that_others_write(self):
        import mmap
        import tempfile

        writer = "import mmap, sys, time\nf = open(sys.argv[1], 'r+b')\nm = mmap.mmap(f.fileno(), 4096)\nn = 0\n" + (
            "while True:\n    n += 1\n    m[:] = n.to_bytes(8, 'little') * 512"
        )
        handle, path = tempfile.mkstemp()
        with os.fdopen(handle, "w+b") as file:
            file.write(bytes(4096))
            file.flush()
            other = subprocess.Popen([sys.executable, "-c", writer, path])
            try:
                with mmap.mmap(file.fileno(), 4096) as shared:
                    deadline = time.monotonic() + 60
                    while shared[:8] == bytes(8) and time.monotonic() < deadline:
                        time.sleep(0.01)
                    self.assertNotEqual(shared[:8], bytes(8), "the other process writes")
                    for _ in range(5):
                        rules, report = self.found(shared)
                        self.assertEqual(rules, set(), report)
                        self.assertEqual(self.found(np.frombuffer(shared, "u8"))[0] & {"release.internal", "getbuffer.memory-stable"}, set())
                    rules, report = self.found(shared, contents=bytes(4096))
                    self.assertEqual((rules, report.rejected_inputs), (set(), ("contents: the items change while they are compared",)))
            finally:
                other.kill()
                other.wait()
        os.unlink(path)

    def test_items_of_its_own_that_a_release_takes_away(self):
        # The memory of each view is its own, and a release frees that of another.
        rules, report = self.found(Faulty("frees another"))
        self.assertEqual(rules, {"release.internal"}, report)
        self.assertEqual(self.found(Faulty("copies"))[0], set())

    def test_mutators_that_fail_for_reasons_of_their_own(self):
        import mmap

        mapped = mmap.mmap(-1, 8, access=mmap.ACCESS_COPY)
        rules, report = self.found(mapped, mutate=[("resize", lambda: mapped.resize(100))])
        self.assertEqual(rules, set(), report)
        [reason] = report.rejected_inputs
        self.assertRegex(reason, "^mutate: resize raises ")
        self.assertNotIn("release.count-down", report.checked)
        good = Faulty("none")
        rules, report = self.found(good, mutate=[good.change_by_mistake])
        self.assertEqual((rules, len(report.rejected_inputs)), (set(), 1), report)
        self.assertIn("RuntimeError: nothing can be changed", report.rejected_inputs[0])

    def test_nothing_is_requested_after_a_mutator_that_was_refused(self):
        # It may have closed the exporter: BytesIO's inner buffer does not survive a request then.
        code = "b = io.BytesIO(b'abc'); b.getbuffer().obj"
        status, out, _ = run(code, "--mutate", "b.write(b'x')", "--mutate", "b.close()")
        self.assertEqual(status, 0, out)

    def test_mutators_that_do_nothing(self):
        for obj in (b"abc", bytearray(3), array.array("i", [1]), Faulty("none")):
            report = bufferprocs.check(obj, mutate=[("len", lambda: len(memoryview(obj)))])
            reason = "mutate: len changes neither address nor size, with a view held and without"
            self.assertEqual(report.rejected_inputs, (reason,))
            self.assertFalse({"exported.no-resize", "release.count-down"} & set(report.checked))

    def test_values_that_are_replaced(self):
        # `append` of this class moves the memory, and the old one stays.
        growing = common_mistakes.Growing([1.0])
        grow = [("append", lambda: growing.append(2.0))]
        self.assertEqual(self.found(growing, mutate=grow)[0], {"exported.no-resize"})
        rules, report = self.found(growing, replace=grow)
        self.assertEqual((rules, report.rejected_inputs), (set(), ()), report)
        # A view that does not keep the old value.
        numbers = np.zeros(4)
        fill = [("fill", lambda: (numbers.fill(numbers[0] + 1), numbers.setflags(write=False)))]
        self.assertIn("getbuffer.memory-stable", self.found(numbers, replace=fill)[0])
        status, out, _ = run("common_mistakes.Growing([1.0])", "--replace", "obj.append(2.0)", "--rule", "getbuffer.memory-stable")
        self.assertEqual(status, 0, out)

    def test_words_that_no_consumer_sends(self):
        rules, report = self.found(Faulty("half flags"))
        self.assertEqual((rules, broken(report, "note"), report.ok), (set(), {"request.nesting"}, True), report)
        # The same fault in words that consumers send is no note.
        self.assertEqual(self.found(Faulty("len"))[0], {"field.len.product"})

    def test_releases_that_fail_set_and_clear(self):
        rules, report = self.found(Faulty("release fails"))
        self.assertEqual(rules, {"release.signature"}, report)
        self.assertEqual(len(report.violations[0].requests), report.granted)
        rules, report = self.found(Faulty("release sets"))
        self.assertEqual(rules, {"release.exceptions"}, report)
        self.assertIn("after the release RuntimeError: left by the release was set", str(report))
        rules, report = self.found(Faulty("release clears"))
        self.assertEqual(rules, {"release.exceptions"}, report)
        self.assertIn("RuntimeError was set before the release, and nothing after it", str(report))

    def test_exceptions_of_another_type(self):
        rules, report = self.found(Faulty("RuntimeError"))
        self.assertEqual((rules, report.granted), ({"getbuffer.refuse.buffer-error"}, 0), report)
        self.assertIn("getbuffer.refuse.buffer-error", self.found(Faulty("KeyError for writers"))[0])
        # An exporter that is closed, or memory that ran out, is no fault.
        for accepted in ("closed", "no memory"):
            rules, report = self.found(Faulty(accepted))
            self.assertEqual((rules, report.granted), (set(), 0), report)
        self.assertEqual(self.found(Faulty("exception set"))[0], {"getbuffer.zero"})

    def test_addresses_that_lead_nowhere(self):
        if sys.platform != "linux":  # elsewhere nothing tells which memory there is
            return
        for obj, rule, text in [
            # Zeros for numbers: the items are taken for pointers.
            (Faulty("none", 8, [2], [8], [0]), "suboffsets.trusted-pointers", "the pointer for index [0] is 0x4000300020001"),
            (Faulty("zeros", 8, [2], [8], [0]), "suboffsets.trusted-pointers", "the pointer for index [0] is NULL"),
            (Faulty("zeros", 16, [2, 2], [16, 8], [-1, 0]), "suboffsets.trusted-pointers", "the pointer for index [0, 0] is NULL"),
            (Faulty("wild buf"), "field.strides.within-memory", "strides lead to 0x1000..0x100c, which cannot be read"),
            (Faulty("none", 6, [3], [1 << 40]), "field.strides.within-memory", "which cannot be read"),
            (Faulty("wild shape"), "getbuffer.memory-stable", "shape at 0x1000, which cannot be read"),
            (Faulty("wild format"), "getbuffer.memory-stable", "format at 0x1000, which cannot be read"),
        ]:
            rules, report = self.found(obj)
            self.assertEqual(rules, {rule}, report)
            self.assertIn(text, str(report))

    def test_strides_that_are_swapped(self):
        swapped = Faulty("none", 6, [2, 3], [4, 2])
        rules, report = self.found(swapped)
        self.assertEqual((rules, broken(report)), (set(), {"strides.distinct"}), report)
        rules, report = self.found(swapped, contents=np.arange(1, 7, dtype="H").tobytes(), within=swapped.memory())
        self.assertEqual((rules, broken(report, "warning")), ({"field.strides.address"}, {"strides.distinct"}), report)
        outside = Faulty("none", 6, [3, 2], [2, 8])
        self.assertEqual(self.found(outside, within=outside.memory())[0], {"field.strides.within-memory"})
        # A view without strides shows how much memory there is.
        self.assertIn("field.strides.within-memory", self.found(Faulty("grants all", 6, [3, 2], [2, 8]))[0])
        # Repeated on purpose.
        self.assertNotIn("strides.distinct", broken(bufferprocs.check(np.broadcast_to(np.arange(3), (2, 3)))))

    def test_classes_of_python(self):
        if not PYTHON_CLASSES:
            return

        class Counts:
            def __init__(self, checks_flags):
                self.views, self.checks_flags = 0, checks_flags

            def __buffer__(self, flags):
                if self.checks_flags and (flags & 1 or flags & 0xC == 4):
                    raise BufferError("read-only, and FORMAT needs ND")
                self.views += 1
                return memoryview(b"abc")

            def __release_buffer__(self, view):
                self.views -= 1

            def change(self):
                if self.views:
                    raise BufferError(f"{self.views} views")

        counts = Counts(checks_flags=False)
        report = bufferprocs.check(counts, mutate=[counts.change])
        self.assertEqual((broken(report), report.ok), ({"classes.count-after-flags"}, True), report)
        self.assertIn("requests were refused after `__buffer__`", str(report))
        counts = Counts(checks_flags=True)
        self.assertEqual(broken(bufferprocs.check(counts, mutate=[counts.change])), set())

        class Raises(Counts):
            def __release_buffer__(self, view):
                raise RuntimeError("no")

        self.assertEqual(broken(bufferprocs.check(Raises(True))), {"release.signature"})

        class Loses:  # without a refusal, the class itself is at fault
            views = 0

            def __buffer__(self, flags):
                if flags & 0xC == 4:
                    raise BufferError("FORMAT needs ND")
                self.views += 1
                return memoryview(bytearray(3))

            change = Counts.change

        loses = Loses()
        self.assertEqual(broken(bufferprocs.check(loses, mutate=[loses.change])), {"release.count-down"})

    def test_two_orders_at_once_accuse_no_exporter(self):
        rows, columns, apart = [6, 2], [2, 4], [8, 2]
        for strides in (rows, columns):
            report = bufferprocs.check(Faulty("either order", 6, [2, 3], strides))
            self.assertEqual(broken(report), set(), report)
            self.assertTrue({"request.c-contiguous", "request.f-contiguous"} <= set(report.checked))
        # Memory in neither order is.
        report = bufferprocs.check(Faulty("grants all", 7, [2, 3], apart))
        both = 0x20 | 0x40 | 0x18
        orders = [found for found in report.violations if found.rule in ("request.c-contiguous", "request.f-contiguous")]
        self.assertEqual(len(orders), 2)
        self.assertTrue(all(both in found.requests for found in orders))

    def test_snippets_show_the_fault(self):
        faulty = [
            (Faulty("len"), "field.len.product"),
            (Faulty("none", format="float16"), "field.format.string"),
            (Faulty("none", format="I"), "field.itemsize.one-item"),
            (Faulty("none", format="T{B:first:H:second:}"), "field.itemsize.one-item"),
            (Faulty("strange strides", 20, [2, 3], [6, 2]), "request.c-contiguous"),
            (Faulty("strange strides", 20, [2, 3], [6, 2]), "request.f-contiguous"),
            (Faulty("KeyError for writers"), "getbuffer.refuse.buffer-error"),
            (Faulty("exception set"), "getbuffer.zero"),
            (Faulty("release fails"), "release.signature"),
            (Faulty("release sets"), "release.exceptions"),
            (Faulty("release clears"), "release.exceptions"),
            (Faulty("half flags"), "request.nesting"),
            (Faulty("frees another"), "release.internal"),
            (Faulty("none", 6, [2, 3], [4, 2]), "strides.distinct"),
            (Faulty("zeros", 8, [2], [8], [0]), "suboffsets.trusted-pointers"),
            (Faulty("grants all", 6, [2, 3], [2, 6]), "request.c-contiguous"),
            (Faulty("grants all", 6, [2, 3], [2, 6]), "request.f-contiguous"),
            (Faulty("grants all", 6, [2, 3], [2, 6]), "request.any-contiguous"),
            (Faulty("grants all", 6, [2, 3], [2, 6]), "request.no-strides-means-c"),
            (Faulty("grants all", 6, [2, 3], [2, 6]), "field.strides.within-memory"),
            (common_mistakes.Words([1, 2]), "request.simple"),
            (common_mistakes.Words([1, 2]), "request.nd"),
            (common_mistakes.Words([1, 2]), "request.format.not-asked"),
            (common_mistakes.Words([1, 2]), "request.format.without-nd"),
            (common_mistakes.Words([1, 2], "shape"), "request.strides"),
            (common_mistakes.Blob(b"abc"), "getbuffer.refuse.obj-null"),
            (np.zeros((2, 3)), "request.ndim-without-nd"),
            (memoryview(b"abc"), "getbuffer.refuse.rest-untouched"),
        ]
        for obj, rule in faulty:
            report = bufferprocs.check(obj)
            [found] = [found for found in report.violations if found.rule == rule]
            with self.subTest(rule), contextlib.redirect_stdout(None):
                with self.assertRaises((AssertionError, BufferError)):
                    exec(found.snippet, {"obj": obj})
                # And shows none of an exporter that has none.
                exec(found.snippet, {"obj": bytearray(8) if rule != "request.format.without-nd" else memoryview(bytearray(3))})
        growing = common_mistakes.Growing([1.0])
        report = bufferprocs.check(growing, mutate=[lambda: growing.append(2.0)])
        [found] = [found for found in report.violations if found.rule == "exported.no-resize"]
        self.assertEqual((found.field, found.request), ("buf", "0x11c FULL_RO"))
        with self.assertRaisesRegex(AssertionError, "the memory is elsewhere now"):
            exec(found.snippet, {"obj": growing, "mutate": lambda: growing.append(3.0)})
        good = bytearray(3)
        exec(found.snippet, {"obj": good, "mutate": lambda: good.append(1)})

    def test_each_check_has_a_snippet(self):
        with open(os.path.join(os.path.dirname(__file__), "../../src/conformance/snippets.py"), encoding="utf-8") as file:
            rules = [rule for line in file if line.startswith("#: ") for rule in line[3:].split()]
        checks = [rule["id"] for rule in bufferprocs.rules() if rule["check"]]
        self.assertEqual(sorted(rules), sorted(checks))

    def test_the_command_prints_programs(self):
        status, out, _ = run("--snippets", "common_mistakes.Growing([1.0])", "--mutate", "obj.append(2.0)", "--rule", "exported.no-resize")
        self.assertEqual(status, 1)
        program = out[out.index("\n# error: exported.no-resize") :]
        done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": FOLDER}, stderr=subprocess.PIPE)
        self.assertIn(b"AssertionError: the memory is elsewhere now", done.stderr)
        self.assertNotIn("import ctypes", run("b'abc'")[1])
        self.assertIn("import ctypes", json.loads(run("--json", "b'abc'")[1])["violations"][0]["snippet"])


class Padded(ctypes.Structure):
    _fields_ = [("byte", ctypes.c_byte), ("number", ctypes.c_double)]


PADDING_IS_MISSING = "x" not in memoryview(Padded()).format


class Innocent(unittest.TestCase):
    """Exporters that keep the rules, and those that break just the rules that are known of them."""

    #: What CPython's and NumPy's exporters do, and the book says.
    KNOWN = {
        "memoryview": {"getbuffer.refuse.rest-untouched"},
        "array": {"request.format.without-nd", "field.itemsize.positive"},
        "ndarray": {
            "getbuffer.refuse.buffer-error",
            "getbuffer.refuse.obj-null",
            "request.ndim-without-nd",
            "request.format.without-nd",
        },
        "ctypes": {
            "request.format.not-asked",
            "request.format.without-nd",
            "request.simple",
            "request.ndim-without-nd",
            "request.strides",
            "request.indirect",
            "request.nd",
            "request.c-contiguous",
            "request.f-contiguous",
        },
    }

    def test_a_thousand_random_exporters(self):
        import random

        choose = random.Random(3118)
        for number in range(1000):
            kind = ("ndarray", "memoryview", "array", "ctypes")[number % 4]
            obj, known = getattr(self, f"random_{kind}")(choose)
            report = bufferprocs.check(obj, contents=memoryview(obj).tobytes() if kind != "ctypes" else None)
            self.assertLessEqual(broken(report), self.KNOWN[kind] | known, f"{number}: {obj!r}\n{report}")

    def random_ndarray(self, choose):
        dtypes = ["i1", ">i2", "<u4", "f2", "f4", ">f8", "c8", "?", "S3", "U2", "V5", "g", "G", "i4,f8", "O"]
        dtype = choose.choice([*dtypes, [("a", "u1"), ("b", "f8", (2,))], np.dtype("i1,i4", align=True), [("a", [("b", "i2")])]])
        shape = [choose.choice([0, 1, 1, 2, 3, 5]) for _ in range(choose.randrange(5))]
        array_ = np.zeros(shape, dtype, order=choose.choice("CF"))
        known = set()
        for axis in range(array_.ndim):
            part = slice(None, None, choose.choice([1, 1, -1, 2, -2]))
            array_ = array_[(slice(None),) * axis + (part,)]
        if choose.randrange(3) == 0:
            array_ = array_.T
        if choose.randrange(4) == 0:
            array_ = np.broadcast_to(array_, (2, *array_.shape))
        if choose.randrange(3) == 0:
            array_.flags.writeable = False
        return array_, known

    def random_memoryview(self, choose):
        code = choose.choice("cbBhHiIlLqQfdnN?")
        size = memoryview(bytes(8)).cast(code).itemsize
        shape = [choose.choice([1, 2, 3]) for _ in range(choose.randrange(1, 4))]
        items = choose.choice([bytes, bytearray])(int(np.prod(shape)) * size)
        view = memoryview(items)
        if len(shape) == 1:
            return view.cast(code)[:: choose.choice([1, 2, -1, -2])], set()
        return view.cast(code, shape), set()

    def random_array(self, choose):
        code = choose.choice("bBhHiIlLqQfd")
        return array.array(code, [0] * choose.randrange(6)), set()

    def random_ctypes(self, choose):
        names = "c_byte c_ubyte c_short c_int c_uint c_long c_longlong c_float c_double c_bool c_char c_wchar c_char_p c_void_p c_longdouble"
        simple = [getattr(ctypes, name) for name in names.split()]
        kind, known = choose.choice(simple), set()
        if choose.randrange(4) == 0:
            fields = [(f"f{number}", choose.choice(simple)) for number in range(choose.randrange(1, 5))]
            kind = type("S", (ctypes.Structure,), {"_fields_": fields})
            # The padding of a structure was not written before.
            known = {"field.itemsize.one-item"} if PADDING_IS_MISSING else set()
        if choose.randrange(5) == 0:
            kind = ctypes.POINTER(kind)
        for _ in range(choose.randrange(3)):
            kind = kind * choose.choice([1, 2, 3])
        return kind(), known

    def test_forty_exporters_without_a_finding(self):
        lines = [Faulty("none", 12, [extent], [step]) for extent, step in [(6, 2), (1, 2), (0, 2), (12, 2), (3, 4), (3, 8)]]
        planes = [
            Faulty("none", 12, shape, strides)
            for shape, strides in [
                ([2, 3], [6, 2]),
                ([3, 2], [2, 6]),
                ([2, 2], [12, 4]),
                ([2, 2, 2], [8, 4, 2]),
                ([1, 6], [99, 2]),
                ([6, 1], [2, 99]),
                ([0, 3], [6, 2]),
                ([2, 1, 3], [6, 6, 2]),
                ([4, 2], [0, 2]),
                ([3, 3], [4, 6]),
            ]
        ]
        formats = [
            Faulty("none", format=text)
            for text in ["h", "<H", ">e", "=h", "2B", "2s", "2x", "BB", "(2)b", "T{B:a:b:c:}", "1p1?", "cc", "@h", "!H", "2c", "u", " H ", "xB"]
        ]
        one = [Faulty("none", 1, [], []), Faulty("copies"), growable.Samples([1.0]), growable.Samples([])]
        ours = [matrix.Matrix(3, 4).T, matrix.Matrix(3, 4)[::-2], indirect.Page([[1, 2], [3, 4]]), records.Points(2)]
        exporters = [*lines, *planes, *formats, *one, *ours]
        self.assertGreaterEqual(len(exporters), 40)
        for number, obj in enumerate(exporters):
            self.assertEqual(broken(bufferprocs.check(obj)), set(), f"{number}\n{bufferprocs.check(obj)}")


class Exporters(unittest.TestCase):
    def test_ours_break_nothing(self):
        readings, samples, raw = snapshot.Readings(), growable.Samples([1.0, 2.0]), raw_ffi.Samples()
        readings.append(1.0)
        square = matrix.Matrix(3, 4)
        for obj, mutate in [
            (bytes_readonly.Blob(b"abc"), []),
            (first.Cloud(3), []),
            (samples, [lambda: samples.append(3.0)]),
            (image.Image(2, 3), []),
            (indirect.Page([[1, 2], [3, 4]]), []),
            (square, []),
            (square.T, []),
            (square[::-2], []),
            (raw, [lambda: raw.append(1.0)]),
            (records.Points(2), []),
            (reexport.Window(b"abcdef", 1, 3), []),
            (reexport.Window(np.arange(12.0).reshape(4, 3)[:, ::-1], 1, 3), []),
            (readings, [lambda: readings.append(2.0)]),
        ]:
            report = bufferprocs.check(obj, mutate=mutate)
            self.assertEqual(broken(report), set(), f"{type(obj)}\n{report}")

    def test_those_of_pyo3(self):
        blob = bufferprocs.check(common_mistakes.Blob(b"abc"))
        self.assertEqual(broken(blob), {"getbuffer.refuse.obj-null", "request.format.without-nd"})
        words = {
            "getbuffer.refuse.obj-null",
            "field.len.product",
            "request.format.not-asked",
            "request.format.without-nd",
            "request.simple",
            "request.nd",
        }
        self.assertEqual(broken(bufferprocs.check(common_mistakes.Words([1, 2, 3, 4]))), words)
        for fault, also in [
            ("shape", {"request.strides", "request.indirect"}),
            ("strides", {"request.strides", "request.indirect"}),
            ("itemsize", {"field.itemsize.one-item"}),
            ("format", {"field.itemsize.one-item"}),
        ]:
            report = bufferprocs.check(common_mistakes.Words([1, 2, 3, 4], fault))
            self.assertLessEqual(also, broken(report, "error"), f"{fault}\n{report}")
        # Its len is too small for its shape: what lies behind is not read.
        shifted = bufferprocs.check(common_mistakes.Words([1, 2, 3, 4], "alignment"), contents=b"\1\0\0\0" * 3)
        self.assertEqual(shifted.rejected_inputs, ("contents: no view leads to the items, by a shape that fits",))
        growing = common_mistakes.Growing([1.0])
        report = bufferprocs.check(growing, mutate=[lambda: growing.append(2.0)])
        self.assertEqual(broken(report, "error"), {"exported.no-resize"}, report)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    if not result.wasSuccessful():
        sys.exit(1)
    start = time.perf_counter()
    bufferprocs.check(bytearray(3))
    took = (time.perf_counter() - start) * 1e3
    print(f"{result.testsRun} tests, a check of bytearray(3) takes {took:.1f} ms")
