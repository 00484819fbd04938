"""Tests of what must not go wrong, over the module that is built from the folder bridge/: what is lost, freed early, or left behind.

BUFFERPROCS_STRESS is how often each of the eight threads asks, and how many cycles there are.
"""

import collections
import ctypes
import gc
import io
import os
import subprocess
import sys
import threading
import unittest

import bridge

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cases
from cases import np

MODULES = os.path.dirname(bridge.__file__)
COUNT = int(os.environ.get("BUFFERPROCS_STRESS", "20000"))
THREADS = 8


def in_child(code):
    """Runs `code` in an interpreter of its own; returns its exit status and what it printed."""
    child = subprocess.run(
        [sys.executable, "-s", "-c", f"import sys; sys.path.insert(0, {MODULES!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return child.returncode, child.stdout.split("\n")[:-1], child.stderr


def resident():
    """Bytes of this process that are in memory, where that can be read."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return 0


class Threads(unittest.TestCase):
    def test_eight_threads_of_python(self):
        """Get, release and change one object: it ends at 0 exports, with every item that was appended and no other."""
        for kind in (bridge.Samples, bridge.Fast):
            with self.subTest(kind.__name__):
                samples = kind(4)
                appended, failures = [0] * THREADS, []

                def work(number):
                    try:
                        for round in range(COUNT):
                            with memoryview(samples) as view:
                                if view[3] != 3.0:
                                    raise AssertionError(f"item 3 is {view[3]}")
                            if round % 100 == number:
                                try:
                                    samples.append(float(number))
                                    appended[number] += 1
                                except BufferError:
                                    pass
                    except BaseException as error:
                        failures.append(error)

                threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual((failures, samples.exports), ([], 0))
                self.assertEqual(bytes(samples), bytes(memoryview(samples)))
                with memoryview(samples) as view:
                    self.assertEqual(list(view[:4]), [0.0, 1.0, 2.0, 3.0])
                    found = collections.Counter(view[4:])
                    self.assertEqual([found.pop(float(number), 0) for number in range(THREADS)], appended)
                    self.assertEqual(found, {})
                self.assertGreater(sum(appended), 0)


class Cycles(unittest.TestCase):
    def cycle(self, samples, count):
        readonly, source = bridge.export_vec(), io.BytesIO(b"abc")
        for _ in range(count):
            view = memoryview(samples)
            try:
                samples.append(1.0)
            except BufferError:
                pass
            else:
                raise AssertionError("appended under a view")
            view.release()
            try:
                source.readinto(readonly)
            except TypeError:
                pass
            else:
                raise AssertionError("read-only memory was given to a writer")

    def test_nothing_is_left_behind(self):
        """References, memory and allocations are as before, after an export, two refusals and a release, time and again."""
        for kind in (bridge.Samples, bridge.Fast):
            with self.subTest(kind.__name__):
                samples = kind(1000)
                self.cycle(samples, 1000)  # what is allocated once only
                gc.collect()
                before = (sys.getrefcount(samples), samples.exports, sys.getallocatedblocks())
                size = resident()
                self.cycle(samples, COUNT)
                gc.collect()
                after = (sys.getrefcount(samples), samples.exports, sys.getallocatedblocks())
                self.assertEqual(after[:2], before[:2])
                self.assertLess(abs(after[2] - before[2]), 20, "blocks of Python's allocator")
                self.assertLess(resident() - size, 1 << 20, "bytes of memory")


class Faults(unittest.TestCase):
    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_fork(self):
        """Each process has a count of its own: neither release touches the other, and the child may end with views."""
        for ends_with_view in (False, True):
            samples = bridge.Samples(3)
            view = memoryview(samples)
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    view[0] = 7.0
                    if not ends_with_view:
                        view.release()
                        samples.append(1.0)
                    status = 0 if samples.exports == int(ends_with_view) else 2
                finally:
                    os._exit(status)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertEqual((view[0], samples.exports), (0.0, 1))
            with self.assertRaises(BufferError):
                samples.append(1.0)
            view.release()
            samples.append(1.0)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_fork_while_an_error_is_read(self):
        """The child takes along no lock that a thread of its parent held: a request in it is refused, and does not wait."""
        forks = max(3, min(200, COUNT // 100))
        status, said, errors = in_child(
            f"forks = {forks}\n"
            """
import os, signal, threading
import bridge
refusing = bridge.Refusing("x" * 1000)
threads = [threading.Thread(target=work, args=(10**9,), daemon=True) for work in (refusing.ready, refusing.change)]
for thread in threads:
    thread.start()
ended = 0
for _ in range(forks):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            memoryview(refusing)
        except BufferError:
            os._exit(0)
        os._exit(1)
    ended += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(ended, flush=True)
os._exit(0)
"""
        )
        self.assertEqual((status, said), (0, [str(forks)]), errors)

    def test_another_interpreter(self):
        """A second interpreter in the process is refused the module by PyO3, or has it and all is right; the first one goes on."""
        other = f"""
import sys
sys.path.insert(0, {MODULES!r})
try:
    import bridge
except ImportError as error:
    print("interpreter" in str(error), flush=True)
else:
    samples = bridge.Fast(3)
    view = memoryview(samples)
    try:
        samples.append(1.0)
    except BufferError:
        view.release()
        samples.append(7.0)
        # The drop of the old value attaches to the interpreter, within the release.
        keeper = bridge.Keeper(object())
        view = memoryview(keeper)
        keeper.replace()
        view.release()
        print(list(memoryview(samples)) == [0.0, 1.0, 2.0, 7.0] and samples.exports == 0, flush=True)
"""
        status, said, errors = in_child(
            f"""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import bridge
samples = bridge.Samples(3)
view = memoryview(samples)
other = interpreters.create()
interpreters.run_string(other, {other!r})
interpreters.destroy(other)
print(list(view), samples.exports)
view.release()
samples.append(3.0)
print(list(memoryview(samples)))
"""
        )
        expected = ["True", "[0.0, 1.0, 2.0] 1", "[0.0, 1.0, 2.0, 3.0]"]
        self.assertEqual((status, said), (0, expected), errors)

    def test_views_outlive_the_module(self):
        """Nothing of the module is needed by a view but its object, which has it."""
        status, said, errors = in_child(
            """
import gc
import bridge
views = [memoryview(bridge.Samples(3)), memoryview(bridge.Fast(3))]
del sys.modules["bridge"], bridge
gc.collect()
for view in views:
    # The view's reference, and that of the call.
    print(type(view.obj).__name__, sys.getrefcount(view.obj), list(view))
    view.release()
gc.collect()
print("end")
"""
        )
        items = "2 [0.0, 1.0, 2.0]"
        self.assertEqual((status, said, errors), (0, [f"Samples {items}", f"Fast {items}", "end"], ""))

    def test_a_writer_through_a_read_only_view(self):
        """It changes items, which is all that it can: neither the layout nor the count is in memory that a view shows."""
        samples = bridge.export_vec()
        view = memoryview(samples)
        self.assertTrue(view.readonly)
        ctypes.memset(np.asarray(view).ctypes.data, 0xFF, view.nbytes)
        self.assertEqual(bytes(view), b"\xff" * view.nbytes)
        again = memoryview(samples)
        told = ((3,), (4,), "I", 4, 12, True)
        self.assertEqual((again.shape, again.strides, again.format, again.itemsize, again.nbytes, again.readonly), told)

    def test_an_exception_that_is_set_at_release(self):
        error = bridge.release_while_raising(bridge.Samples(3), lambda: None)
        self.assertEqual((type(error), str(error)), (ValueError, "set before"))


if __name__ == "__main__":
    cases.run()
