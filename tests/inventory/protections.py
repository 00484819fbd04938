"""Takes away one protection at a time, and checks that the test of the fault fails.

    protections.py PACKAGE      a copy of the package that may be written to
    protections.py --check      only compares the list in the book with the list here
    protections.py --write      writes it

Exit status 1 where a test passes without what protects, or fails with it.
"""

import collections
import glob
import os
import re
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../book/src/trust.md")
#: A part of that page.
LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../book/src/code/faults.md")

Fault = collections.namedtuple("Fault", "what protection file old new test")

#: `test` is FILE::NAME: of libtest below tests/, a method of a script below tests/python, or a target of fuzz/.
FAULTS = [
    Fault(
        "there is no memory for a copy",
        "`to_contiguous` asks for it in a way that can fail",
        "src/consumer/copies.rs",
        "bytes.try_reserve_exact(len).map_err(|_| CopyError::TooLarge { len })?;",
        "bytes.reserve_exact(len);",
        "allocations::where_there_is_no_memory_for_a_copy_an_error_says_so",
    ),
    Fault(
        "there is no memory for what makes a copy faster",
        "the items are moved one by one then",
        "src/copy/strips.rs",
        "room.try_reserve_exact(1).ok()?;",
        "room.reserve_exact(1);",
        "allocations::where_there_is_no_memory_for_a_copy_an_error_says_so",
    ),
    Fault(
        "`view()` panics",
        "the panic is caught where the value is asked",
        "src/exporter.rs",
        "let answer = caught(|| value.view().map(|view| CachedView::new(&view)));",
        "let answer = Some(value.view().map(|view| CachedView::new(&view)));",
        "bridge::Moods.test_a_panic_in_view",
    ),
    Fault(
        "a change panics half way",
        "the guard asks for the view again, also after a panic",
        "src/exporter/guard.rs",
        "        // SAFETY: the mutation is ours, and all references from this guard have ended.\n",
        "        if std::thread::panicking() {\n            return;\n        }\n        // SAFETY: the mutation is ours, and all references from this guard have ended.\n",
        "bridge::Moods.test_a_panic_in_a_mutation",
    ),
    Fault(
        "the drop of the exporter panics in a release",
        "the panic is caught where the exporter is freed",
        "src/exporter/release.rs",
        "let freed = caught(|| unsafe { free_in_turn(self.0.cast(), free) });",
        "let freed = Some(unsafe { free_in_turn(self.0.cast(), free) });",
        "lifetime::a_panic_of_drop_is_reported_by_release",
    ),
    Fault(
        "an exception is set when a release runs code",
        "it is set aside, and set again",
        "src/python/exceptions.rs",
        "        unsafe { ffi::PyErr_Restore(kind, value, traceback) };",
        "        let _ = (kind, value, traceback);",
        "bridge::Moods.test_a_release_that_frees_keeps_the_exception_that_is_set",
    ),
    Fault(
        "the collector releases a view, and with it the last hold on what it showed",
        "PyO3 is told that the thread is attached, so references are dropped at once instead of queued",
        "src/python/procs.rs",
        "unsafe { attached(|| orphan.free()) }",
        "orphan.free()",
        "bridge::Moods.test_what_the_collector_releases_goes_at_once",
    ),
    Fault(
        "the interpreter ends with live views",
        "a release attaches in a way that does not end the thread",
        "src/python/procs.rs",
        "unsafe { attached(|| orphan.free()) }",
        "pyo3::Python::attach(|_| orphan.free())",
        "bridge::Moods.test_views_that_live_to_the_end",
    ),
    Fault(
        "a buffer of Rust outlives the interpreter",
        "without an interpreter nobody is called",
        "src/python/source.rs",
        "let released = Python::try_attach(|_| unsafe {\n            ffi::PyBuffer_Release(std::ptr::from_mut(view).cast());\n        });",
        "let released = Some(Python::attach(|_| unsafe {\n            ffi::PyBuffer_Release(std::ptr::from_mut(view).cast());\n        }));",
        "bridge::Moods.test_a_buffer_of_rust_that_outlives_the_interpreter",
    ),
    Fault(
        "a fork while views are held",
        "the count is a word of the process's own memory: nothing to take out, so a release that counts nothing is put in its place",
        "src/exporter/count.rs",
        "let before = self.0.fetch_sub(EXPORT, Ordering::Release);",
        "let before = self.0.load(Ordering::Relaxed);",
        "faults::Faults.test_fork",
    ),
    Fault(
        "another interpreter in the process",
        "PyO3 refuses it (3.12 on), or nothing of the crate belongs to an interpreter (before): nothing to take out, so a change that ignores the count is put in its place",
        "src/exporter/count.rs",
        "} else if word & EXPORTS != 0 {",
        "} else if false {",
        "faults::Faults.test_another_interpreter",
    ),
    Fault(
        "views outlive the last reference to the module and to the object",
        "each view has a reference to its object",
        "src/python/procs.rs",
        "        // The reference that passes to the view. SAFETY: alive.\n        unsafe { ffi::Py_INCREF(self.exporter) };",
        "",
        "faults::Faults.test_views_outlive_the_module",
    ),
    Fault(
        "a consumer writes through a read-only view",
        "`readonly` is 1, which memoryview and NumPy respect; the test also shows that no layout lies in the memory",
        "src/grant.rs",
        "            readonly: view.is_readonly(),",
        "            readonly: false,",
        "faults::Faults.test_a_writer_through_a_read_only_view",
    ),
    Fault(
        "a release too many",
        "the count does not stay below 0",
        "src/exporter/count.rs",
        "if before < EXPORT {",
        "if false {",
        "bridge::Exporting.test_a_release_too_many_is_unraisable",
    ),
    Fault(
        "an exporter that grants what contradicts itself",
        "the consumer checks each number before it uses one",
        "src/consumer/filling.rs",
        "        self.check(is_whole, lenient)?;\n",
        "        let _ = self.check(is_whole, lenient);\n",
        "bridge::Consuming.test_hostile_exporters",
    ),
]

#: The same for the comparisons in fuzz/: what is changed, and the target that has to see it.
FUZZED = [
    Fault("a half float has four bytes", "", "src/format/scalar.rs", "b'e' => (Float, (2,", "b'e' => (Float, (4,", "fuzz::format"),
    Fault(
        "an axis of one item has to have the packed stride", "", "src/layout/borrowed.rs",
        "self.shape[axis] == 1 || strides[axis]", "strides[axis]", "fuzz::layout",
    ),
    Fault(
        "a request without strides gets strided memory", "", "src/grant.rs",
        "if !asks(Request::STRIDES) && !properties.c_contiguous {", "if false {", "fuzz::request",
    ),
    Fault("a slice behind a pointer moves nothing", "", "src/layout/slice.rs", "*suboffset += moved;", "*suboffset += 0;", "fuzz::slices"),
    Fault(
        "a change does not look at the exports", "", "src/exporter/count.rs",
        "} else if word & EXPORTS != 0 {", "} else if false {", "fuzz::consumers",
    ),
    Fault(
        "a negative extent is no contradiction", "", "src/layout/borrowed.rs",
        "find(|(_, extent)| **extent < 0)", "find(|(_, extent)| **extent < isize::MIN / 2)", "fuzz::exporters",
    ),
    Fault(
        "a part of the items begins one item too late", "", "src/walk.rs",
        "(self.front, self.whole.start) = (run, middle + 1);", "(self.front, self.whole.start) = (run, middle + 2);", "fuzz::reading",
    ),
]

#: Runs one test of a script, over the modules in a folder.
ONE = """
import importlib.util, sys, unittest
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location("script", sys.argv[2])
script = importlib.util.module_from_spec(spec)
sys.modules["script"] = script
spec.loader.exec_module(script)
suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[3], script)
outcome = unittest.TextTestRunner(stream=sys.stderr).run(suite)
sys.exit(not outcome.wasSuccessful() or outcome.testsRun != 1)
"""


def listed():
    for fault in FAULTS:
        test = fault.test.rsplit("::", 1)[-1].rsplit(".", 1)[-1]
        yield f"- **{fault.what[0].upper()}{fault.what[1:]}.** {fault.protection[0].upper()}{fault.protection[1:]}.  \n  `{test}`"


PASSES, FAILS, ELSE = "passes", "fails", "does not come to the test"


def newest(pattern):
    return max(glob.glob(pattern), key=os.path.getmtime)


def result(package, test):
    """Whether the test passes, or fails by itself: its name among the failures, or the process at its end."""
    where, name = test.split("::")
    environment = {**os.environ, "BUFFERPROCS_STRESS": "10"}

    def run(*command, timeout=300):
        try:
            return subprocess.run(command, cwd=package, env=environment, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, -1, "", "")

    if where == "fuzz":
        ran = run("cargo", "test", "--test", "python", "--", "--exact", "fuzz")
        seen = re.search(f"^{name}: ended with .*AssertionError: input", ran.stderr, re.MULTILINE)
        return PASSES if ran.returncode == 0 else FAILS if seen else ELSE
    if where not in ("bridge", "faults"):
        command = ["cargo", "test", "--test", where]
        if run(*command, "--no-run").returncode:
            return ELSE
        ran = run(*command, "--", "--exact", name)
        passed = f"test {name} ... ok" in ran.stdout
        failed = f"test {name} ... FAILED" in ran.stdout or "signal: " in ran.stderr
        return PASSES if ran.returncode == 0 and passed else FAILS if failed else ELSE
    # The case builds the module, and fails or not; what counts is the one test.
    built = run("cargo", "test", "--test", "python", "--", "--exact", "bridge")
    if "error: could not compile" in built.stderr:
        return ELSE
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(package, "target"))
    modules = newest(os.path.join(target, "python/modules-packages-[0-9]*"))
    python = newest(os.path.join(target, "python/venv-*/bin/python"))
    script = os.path.join(package, "tests/python", where + ".py")
    ran = run(python, "-I", "-B", "-c", ONE, modules, script, name, timeout=100)
    failed = ran.returncode < 0 or f": {name.split('.')[-1]} " in ran.stderr
    return PASSES if ran.returncode == 0 else FAILS if failed else ELSE


def main(package):
    wrong = []
    for fault in FAULTS + FUZZED:
        before = result(package, fault.test)
        if before != PASSES:
            wrong.append(f"{fault.what}: {fault.test} {before} with the protection")
            continue
        path = os.path.join(package, fault.file)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text.count(fault.old) != 1:
            wrong.append(f"{fault.what}: {fault.file} has the protection {text.count(fault.old)} times")
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(fault.old, fault.new))
        without = result(package, fault.test)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        if without != FAILS:
            wrong.append(f"{fault.what}: {fault.test} {without} without the protection")
        print(f"{fault.what}: {fault.test} {without} without", flush=True)
    for line in wrong:
        print(line)
    both = len(FAULTS) + len(FUZZED)
    print(f"{len(FAULTS)} faults and {len(FUZZED)} targets of the fuzzers: {both - len(wrong)} of {both} fail without what they guard")
    sys.exit(bool(wrong))


def in_the_book(writes):
    text = "\n".join(listed()) + "\n"
    if writes:
        with open(LIST, "w", encoding="utf-8") as file:
            file.write(text)
    with open(LIST, encoding="utf-8") as file:
        if file.read() != text:
            sys.exit(f"{LIST} is another: protections.py --write")
    with open(PAGE, encoding="utf-8") as file:
        if f"for all {len(FAULTS)} of them" not in file.read():
            sys.exit(f"{PAGE} does not say that there are {len(FAULTS)}")
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    for fault in FAULTS + FUZZED:
        with open(os.path.join(root, fault.file), encoding="utf-8") as file:
            count = file.read().count(fault.old)
        if count != 1:
            sys.exit(f"{fault.what}: the protection is in {fault.file} {count} times")
    print(f"{len(FAULTS)} faults, as the book has them")


if sys.argv[1:] in (["--check"], ["--write"]):
    in_the_book(sys.argv[1] == "--write")
else:
    main(os.path.abspath(sys.argv[1]))
