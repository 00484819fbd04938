"""Tests of the bridge, one for each promise, over the module that is built from the folder bridge/."""

import array
import collections.abc
import ctypes
import gc
import mmap
import os
import subprocess
import sys
import unittest
import weakref

import bridge

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cases
from cases import np

MODULES = os.path.dirname(bridge.__file__)

WRITABLE, FORMAT, ND, STRIDES, INDIRECT = 0x1, 0x4, 0x8, 0x18, 0x118
FULL_RO, FULL, SIMPLE = INDIRECT | FORMAT, INDIRECT | FORMAT | WRITABLE, 0
RESIZE = "Existing exports of data: object cannot be re-sized"
MODIFIED = "the exporter is being modified"

GROWABLE = [bridge.Samples, bridge.Fast]


def in_child(code):
    """Runs `code` in an interpreter of its own; returns what it printed."""
    child = subprocess.run(
        [sys.executable, "-s", "-c", f"import sys; sys.path.insert(0, {MODULES!r}); import bridge\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if child.returncode != 0:
        raise AssertionError(f"ended with {child.returncode}: {child.stderr}")
    return child.stdout.split(), child.stderr


class Unraisable:
    """What reaches sys.unraisablehook."""

    def __enter__(self):
        self.seen, self.hook = [], sys.unraisablehook
        sys.unraisablehook = lambda args: self.seen.append((args.exc_type, str(args.exc_value)))
        return self.seen

    def __exit__(self, *_):
        sys.unraisablehook = self.hook


class Arrays(unittest.TestCase):
    """Arrays of the crate ndarray."""

    def test_an_array_is_exported_in_place(self):
        matrix = bridge.Matrix(2, 3)
        view = np.asarray(matrix)
        self.assertEqual((view.tolist(), view.dtype), ([[0, 1, 2], [10, 11, 12]], np.dtype("d")))
        self.assertEqual(view.__array_interface__["data"], (matrix.address, True))
        with self.assertRaisesRegex(BufferError, RESIZE):
            matrix.turn()
        del view
        matrix.turn()
        view = np.asarray(matrix)
        self.assertEqual((view.tolist(), view.strides), ([[2, 12], [1, 11], [0, 10]], (-8, 24)))
        self.assertEqual(view.__array_interface__["data"], (matrix.address, True))

    def test_an_array_of_shared_items_is_written(self):
        matrix = bridge.SharedMatrix(2, 3)
        view = np.asarray(matrix)
        self.assertEqual((view.sum(), matrix.sum()), (36, 36))
        view[:, ::2] = 1
        self.assertEqual((view.sum(), matrix.sum()), (16, 16))

    def test_an_array_is_read_and_written(self):
        for target in [np.ones((2, 3)), np.ones((2, 3), order="F"), np.ones((4, 6))[::-2, ::-2]]:
            bridge.assign_transposed(target, np.asarray(bridge.Matrix(3, 2))[::-1])
            self.assertEqual(target.tolist(), [[20, 10, 0], [21, 11, 1]])
        with self.assertRaisesRegex(ValueError, "ndim is 1 in the source, 2 in the target"):
            bridge.assign_transposed(target, np.ones(3))
        with self.assertRaisesRegex(ValueError, r"shape\[0\] is 3 in the source, 2 in the target"):
            bridge.assign_transposed(target, np.ones((2, 3)))

    def test_an_array_is_seen_in_place(self):
        matrix = bridge.Matrix(3, 3)
        others_may_write = self.assertRaisesRegex(TypeError, "others may write this memory")
        if "abi3" in MODULES:  # whose class it is cannot be seen there
            with others_may_write:
                bridge.trace(matrix)
            return
        self.assertEqual(bridge.trace(matrix), 33)
        matrix.turn()
        self.assertEqual(bridge.trace(matrix), 2 + 11 + 20)
        with others_may_write:
            bridge.trace(np.ones((2, 2)))


class Exporting(unittest.TestCase):
    def test_numpy_sees_the_memory(self):
        for kind in GROWABLE:
            with self.subTest(kind):
                samples = kind(3)
                items = np.asarray(samples)
                self.assertEqual((items.dtype, items.tolist()), (np.dtype("d"), [0, 1, 2]))
                items[1] = 7.5
                self.assertEqual(samples.item(1), 7.5)
                again = np.asarray(samples)
                self.assertEqual(again.__array_interface__["data"], items.__array_interface__["data"])

    def test_growing_is_refused_while_exported(self):
        for kind in GROWABLE:
            with self.subTest(kind):
                samples = kind(3)
                view = memoryview(samples)
                self.assertEqual(samples.exports, 1)
                with self.assertRaisesRegex(BufferError, RESIZE):
                    samples.append(3)
                view.release()
                samples.append(3)
                self.assertEqual((samples.exports, memoryview(samples).tolist()), (0, [0, 1, 2, 3]))

    def test_the_memory_outlives_the_name(self):
        for kind in GROWABLE:
            items = np.asarray(kind(3))
            gc.collect()
            self.assertEqual(items.tolist(), [0, 1, 2])

    def test_references_come_back(self):
        for kind in GROWABLE:
            samples = kind(3)
            before = sys.getrefcount(samples)
            for _ in range(1000):
                view = memoryview(samples)
                self.assertEqual(sys.getrefcount(samples), before + 1)
                view.release()
                with self.assertRaises(BufferError):
                    bridge.refused(samples, FORMAT)
            self.assertEqual((sys.getrefcount(samples), samples.exports), (before, 0))

    def test_an_empty_block_and_not_frozen(self):
        for object in [bridge.plain(), bridge.fast_plain()]:
            items = np.asarray(object)
            self.assertEqual((items.dtype, items.tolist()), (np.dtype("u2"), [[0, 1, 2], [3, 4, 5]]))

    def test_all_requests_are_answered_alike_by_memoryview_ours_and_accelerated(self):
        samples, fast = bridge.Samples(3), bridge.Fast(3)
        exporter = memoryview(samples)

        def answer(object, flags):
            try:
                return bridge.describe(object, flags)
            except Exception as error:
                return type(error), str(error) if object is not exporter else None

        for flags in range(512):
            if flags in (0x100, 0x200):
                continue  # refused by CPython itself since 3.13
            with self.subTest(flags):
                ours, theirs = answer(samples, flags), answer(exporter, flags)
                self.assertEqual(ours, answer(fast, flags))
                self.assertEqual(ours[0] if isinstance(ours[0], type) else ours, theirs[0] if isinstance(theirs[0], type) else theirs)

    def test_a_field_of_a_field_and_of_a_tuple(self):
        self.assertEqual(memoryview(bridge.Nested(2)).tolist(), [0, 1])
        late = bridge.Tuple()
        with self.assertRaisesRegex(ValueError, "closed"):
            memoryview(late)
        late.open(2)
        self.assertEqual(memoryview(late).tolist(), [0, 1])

    def test_a_field_behind_a_lock(self):
        locked = bridge.Locked(3)
        view = memoryview(locked)
        locked.replace(2)
        self.assertEqual((view.tolist(), memoryview(locked).tolist()), ([0, 1, 2], [0, 1]))

        def ask():
            with self.assertRaisesRegex(BufferError, MODIFIED):
                memoryview(locked)
            view.release()
            return "asked"

        self.assertEqual(locked.while_writing(ask), "asked")

    def test_every_refusal_leaves_obj_null(self):
        def refuses(object):
            view = (ctypes.c_void_p * 32)(*range(1, 33))
            with self.assertRaises((BufferError, ValueError)):
                ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(object), view, FULL_RO | 0x40)
            self.assertEqual((view[0], view[1], view[2]), (1, None, 3))

        closed, locked, late, fast = bridge.Closable(1), bridge.Locked(1), bridge.Late(1), bridge.fast_plain()
        closed.close()
        refuses(closed)
        refuses(fast)  # not in Fortran order
        refuses(bridge.Moody(view_panics=True))
        locked.while_writing(lambda: refuses(locked))
        late.during(lambda: refuses(late))
        fast.during(lambda: refuses(fast))

    def test_closing(self):
        closable = bridge.Closable(3)
        view = memoryview(closable)
        closable.close()
        with self.assertRaisesRegex(ValueError, "the exporter is closed"):
            memoryview(closable)
        self.assertEqual(view.tolist(), [0, 1, 2])

    def test_a_request_during_a_method_with_mut_self(self):
        late = bridge.Late(3)
        view = memoryview(late)

        def ask():
            with self.assertRaisesRegex(BufferError, MODIFIED):
                memoryview(late)
            view.release()

        late.during(ask)
        self.assertEqual(late.exports, 0)
        fast = bridge.fast_plain()
        with self.assertRaisesRegex(BufferError, MODIFIED):
            fast.during(lambda: memoryview(fast))

    def test_classes_that_never_change(self):
        for cls, dtype in [(bridge.Digits, "u1"), (bridge.Numbers, "i8")]:
            one, same, other = cls([1, 2, 3]), cls([1, 2, 3]), cls([1, 2, 4])
            self.assertEqual((np.asarray(one).dtype, np.asarray(one).tolist()), (dtype, [1, 2, 3]))
            self.assertTrue(one == same != other and one < other and hash(one) == hash(same))
            self.assertEqual((str(one), one.first()), ("[1, 2, 3]", 1))
            self.assertTrue(memoryview(one).readonly)
            self.assertRaises(BufferError, bridge.fill, one, bytes(np.asarray(one).nbytes))
            view = memoryview(one)
            before = sys.getrefcount(one)
            views = [memoryview(one) for _ in range(3)]
            self.assertEqual((one.exports, sys.getrefcount(one)), (4, before + 3))
            del views
            self.assertEqual((one.exports, sys.getrefcount(one)), (1, before))
            del one
            self.assertEqual(view.tolist(), [1, 2, 3])

    def test_a_view_that_is_made_at_the_first_request(self):
        for cls in (bridge.Deferred, bridge.FastDeferred):
            answers = [lambda: None, lambda: 1 // 0, lambda: 1 // 0]
            calls = []

            def by():
                calls.append(None)
                answers.pop()()

            deferred = cls(by)
            self.assertEqual((deferred.first(), deferred.exports, calls), (1, 0, []))
            before = sys.getrefcount(deferred)
            for count in (1, 2):
                self.assertRaises(ZeroDivisionError, memoryview, deferred)
                self.assertEqual((len(calls), sys.getrefcount(deferred)), (count, before))
            views = [memoryview(deferred) for _ in range(3)]
            self.assertEqual((len(calls), deferred.exports, sys.getrefcount(deferred)), (3, 3, before + 3))
            with self.assertRaises(BufferError):
                bridge.fill(deferred, bytes(4))
            del deferred
            self.assertEqual([view.tolist() for view in views], [[1, 2]] * 3)

    def test_a_view_whose_making_asks_for_it(self):
        for cls in (bridge.Deferred, bridge.FastDeferred):
            known = []
            known.append(cls(lambda: memoryview(known[0]).release()))
            with self.assertRaisesRegex(BufferError, "too many exporters ask one another"):
                memoryview(known[0])
            known.clear()

    def test_an_iterator_holds_the_items_of_another_object(self):
        for cls in GROWABLE:
            samples = cls(3)
            walk = samples.walk()
            self.assertEqual((next(walk), samples.exports), (0, 1))
            with self.assertRaisesRegex(BufferError, RESIZE):
                samples.append(1)
            with memoryview(samples) as view:
                view[1] = 7
            del walk
            samples.append(1)
            walk = samples.walk()
            del samples
            self.assertEqual(list(walk), [0, 7, 2, 1])

    def test_isinstance_buffer(self):
        if sys.version_info < (3, 12):
            self.assertFalse(hasattr(collections.abc, "Buffer"))
        else:
            self.assertIsInstance(bridge.Samples(1), collections.abc.Buffer)
            with bridge.Samples(2).__buffer__(FULL) as view:
                self.assertEqual(view.tolist(), [0, 1])

    def test_immutable_types(self):
        self.assertEqual(memoryview(bridge.Fixed(2)).tolist(), [0, 1])

    def test_a_release_too_many_is_unraisable(self):
        for kind in GROWABLE:
            with Unraisable() as seen:
                samples = kind(1)
                bridge.too_many_releases(samples)
            self.assertEqual(seen, [(BufferError, "a buffer was released more often than it was exported")])
            self.assertEqual(samples.exports, 0)

    def test_the_attribute_of_the_class(self):
        """Documented, and shown by `dir`: whether requests take the short way."""
        short = None if "abi3" in MODULES else True
        for kind in [bridge.Fast, bridge.FastPlain, bridge.Moved, bridge.Outer, type(bridge.export_vec())]:
            self.assertIs(kind.__bufferprocs__, short)
            self.assertIn("__bufferprocs__", dir(kind))
        self.assertFalse(hasattr(bridge.Samples, "__bufferprocs__"))


class Inheriting(unittest.TestCase):
    def test_a_python_subclass(self):
        for kind in GROWABLE:
            class Sub(kind):
                pass

            sub = Sub(2)
            self.assertEqual(memoryview(sub).tolist(), [0, 1])
            with memoryview(sub):
                with self.assertRaisesRegex(BufferError, RESIZE):
                    sub.append(1)

    def test_mixins(self):
        class Mixin:
            def total(self):
                return sum(memoryview(self))

        for kind in GROWABLE:
            class First(Mixin, kind):
                pass

            class Last(kind, Mixin):
                pass

            self.assertEqual((First(3).total(), Last(3).total()), (3, 3))

    def test_extends(self):
        self.assertEqual(memoryview(bridge.Derived(2)).tolist(), [0, 1])
        self.assertEqual(bytes(memoryview(bridge.Outer(2))), b"\7\7")

    def test_overriding_with_and_without_super(self):
        class Replaced(bridge.Samples):
            def __buffer__(self, flags):
                return memoryview(b"replaced")

        class Extended(bridge.Samples):
            def __buffer__(self, flags):
                self.asked = flags
                return super().__buffer__(flags)

        if sys.version_info < (3, 12):
            self.assertEqual(memoryview(Replaced(2)).tolist(), [0, 1])  # no such method yet
            return
        self.assertEqual(bytes(memoryview(Replaced(2))), b"replaced")
        extended = Extended(2)
        view = memoryview(extended)
        self.assertEqual((view.tolist(), extended.asked, extended.exports), ([0, 1], FULL_RO, 1))
        view.release()
        gc.collect()
        self.assertEqual(extended.exports, 0)


class Moods(unittest.TestCase):
    def test_a_panic_in_a_holder(self):
        for kind in [bridge.OwnHolder, bridge.FastOwnHolder]:
            owner = kind(2)
            before = sys.getrefcount(owner)
            owner.set_panics(True)
            with self.assertRaisesRegex(BufferError, "the exporter panicked"):
                memoryview(owner)
            self.assertEqual(sys.getrefcount(owner), before)
            owner.set_panics(False)
            self.assertEqual(memoryview(owner).tolist(), [0, 1])

    def test_a_holder_that_refuses_with_an_exception_of_python(self):
        for kind in [bridge.OwnHolder, bridge.FastOwnHolder]:
            moody = kind(3)
            error = KeyError("mine")
            moody.refuse_with(error)
            with self.assertRaises(KeyError) as raised:
                memoryview(moody)
            self.assertIs(raised.exception, error)

    def test_a_panic_in_view(self):
        moody = bridge.Moody(view_panics=True)
        with self.assertRaisesRegex(BufferError, "panicked"):
            memoryview(moody)
        moody.set_view_panics(False)
        self.assertEqual(bytes(memoryview(moody)), b"\0\0\0")

    def test_a_panic_in_the_first_view(self):
        before = bridge.live()
        with self.assertRaisesRegex(BufferError, "panicked"):
            bridge.Moody.try_new()
        self.assertEqual(bridge.live(), before)

    def test_a_panic_in_a_mutation(self):
        moody = bridge.Moody()
        for view_panics in [False, True]:
            with self.assertRaises(BaseException) as raised:
                moody.mutate_and_panic(view_panics)
            self.assertEqual(type(raised.exception).__name__, "PanicException")
            if view_panics:
                with self.assertRaisesRegex(BufferError, "panicked"):
                    memoryview(moody)
            else:
                self.assertEqual(bytes(memoryview(moody)), b"\0\0\0\1")

    def test_a_panic_in_the_drop(self):
        before = bridge.live()
        with Unraisable() as seen:
            moody = bridge.Moody(drop_panics=True)
            del moody
            gc.collect()
        self.assertEqual(([kind.__name__ for kind, _ in seen], bridge.live()), (["PanicException"], before))
        # The object dies in its view's release.
        with Unraisable() as seen:
            view = memoryview(bridge.Moody(drop_panics=True))
            del view
            gc.collect()
        self.assertEqual((len(seen), bridge.live()), (1, before))

    def test_cycles_are_collected(self):
        cycle = bridge.Cycle()
        cycle.refer([cycle])
        alive = weakref.ref(cycle)
        del cycle
        gc.collect()
        self.assertIsNone(alive())

    def test_a_view_in_a_cycle_is_released_by_the_collector(self):
        cycle = bridge.Cycle()
        view = memoryview(cycle)
        ring = [view]
        ring.append(ring)
        alive = weakref.ref(cycle)
        del cycle, view, ring
        gc.collect()
        self.assertIsNone(alive())

    def test_what_the_collector_releases_goes_at_once(self):
        """The view, the value that only it kept, and the object to which that referred: within one collection."""

        class Referent:
            pass

        referent = Referent()
        alive = weakref.ref(referent)
        keeper = bridge.Keeper(object(), referent)
        ring = [memoryview(keeper)]
        ring.append(ring)
        keeper.replace()
        del referent, ring
        gc.collect()
        self.assertIsNone(alive())

    def test_a_viewed_object_in_a_cycle_is_not_emptied(self):
        cycle = bridge.Cycle()
        cycle.refer([cycle])
        view = memoryview(cycle)
        del cycle
        gc.collect()
        self.assertEqual(bytes(view), b"\0\0\0")

    def test_a_release_that_frees_keeps_the_exception_that_is_set(self):
        log = []

        class Noisy:
            def dropped(self):
                log.append(sys.exc_info()[0])
                raise KeyError("of the drop")

        keeper = bridge.Keeper(Noisy())
        error = bridge.release_while_raising(keeper, keeper.replace)
        self.assertEqual((type(error), str(error), log), (ValueError, "set before", [None]))
        self.assertEqual(bytes(memoryview(keeper)), b"\0\0\0")

    def test_the_value_lives_as_long_as_a_view_shows_it(self):
        log = []

        class Noisy:
            def dropped(self):
                log.append("dropped")

        keeper = bridge.Keeper(Noisy())
        view = memoryview(keeper)
        keeper.replace()
        self.assertEqual((log, bytes(view)), ([], b"\0\0\0"))
        view.release()
        self.assertEqual(log, ["dropped"])

    def test_views_that_live_to_the_end(self):
        for kind in ["Samples", "Fast"]:
            seen, errors = in_child(
                f"""
import sys
class Holds: pass
holds = Holds()
holds.view = memoryview(bridge.{kind}(3))
holds.keeper = bridge.Keeper(object())
holds.keeper_view = memoryview(holds.keeper)
holds.keeper.replace()
sys.modules['kept'] = holds
sys.holds = holds
print('end')
"""
            )
            self.assertEqual((seen, errors), (["end"], ""))

    def test_a_buffer_of_rust_that_outlives_the_interpreter(self):
        seen, errors = in_child("bridge.keep_in_thread_local(bridge.Samples(3))\nbridge.keep_in_thread_local(b'abc')\nprint('end')")
        self.assertEqual((seen, errors), (["end"], ""))


class ReadyMade(unittest.TestCase):
    def test_containers(self):
        cases = [
            (bridge.export_vec, [1, 2, 3], "u4", True),
            (bridge.export_writable, [1, 2, 3], "u4", False),
            (bridge.export_static, list(b"static"), "u1", True),
        ]
        for make, items, dtype, readonly in cases:
            with self.subTest(make.__name__):
                view = np.asarray(make())
                self.assertEqual((view.tolist(), view.dtype, view.flags.writeable), (items, np.dtype(dtype), not readonly))

    def test_items_that_are_arrays(self):
        view = memoryview(bridge.export_array())
        self.assertEqual((view.shape, view.itemsize, bytes(view)), ((3,), 8, np.array([1, 2, 3, 4, 5, 6], "u4").tobytes()))
        self.assertEqual(np.asarray(bridge.export_array()).tolist(), [[1, 2], [3, 4], [5, 6]])

    def test_rust_keeps_a_hold(self):
        object, total = bridge.export_arc()
        view = np.asarray(object)
        view[0] = 10
        self.assertEqual(total(), 15)
        del object
        view[1] = 20
        self.assertEqual(total(), 33)

    def test_references_come_back(self):
        object = bridge.export_vec()
        before = sys.getrefcount(object)
        view = memoryview(object)
        self.assertEqual((view.obj is object, sys.getrefcount(object)), (True, before + 2 - 1))
        view.release()
        self.assertEqual(sys.getrefcount(object), before)


class Arguments(unittest.TestCase):
    """Typed arguments, slices and pieces."""

    def test_get_takes_each_kind_of_reference(self):
        exporter = bytearray(7)
        self.assertEqual(bridge.lengths(exporter), [7] * 6)
        exporter.append(0)  # all were released

    def test_shape_and_strides_are_there(self):
        items = np.arange(6.0).reshape(2, 3)
        self.assertEqual(bridge.read(items.T), (15.0, [3, 2], [8, 24], items.T.ravel().tolist()))
        self.assertEqual(bridge.read(memoryview(items)[1:]), (12.0, [1, 3], [24, 8], [3.0, 4.0, 5.0]))
        self.assertEqual(bridge.read(np.array(1.5)), (1.5, [], [], [1.5]))
        self.assertEqual(bridge.read(array.array("d")), (0.0, [0], [8], []))
        self.assertEqual(bridge.transposed(np.array([[1, 2], [3, 4], [5, 6]], "i4")), [[1, 3, 5], [2, 4, 6]])
        # ctypes leaves out the strides.
        self.assertEqual(bridge.read((ctypes.c_double * 3 * 2)()), (0.0, [2, 3], [24, 8], [0.0] * 6))

    def test_items_are_changed(self):
        items = np.arange(6.0).reshape(2, 3)
        bridge.double(items[:, ::-2])
        self.assertEqual(items.tolist(), [[0, 1, 4], [6, 4, 10]])
        numbers = np.arange(3, dtype="u2")
        bridge.reversed(numbers)
        self.assertEqual(numbers.tolist(), [2, 1, 0])

    def test_what_does_not_fit_is_named(self):
        for call, argument, kind, text in [
            (bridge.read, 1, TypeError, "a bytes-like object is required, not 'int'"),
            (bridge.read, b"12345678", TypeError, 'format is "B", expected "d": read the items as `u8`'),
            (bridge.read, np.zeros(2, "f4"), TypeError, 'format is "f", expected "d": read the items as `f32`'),
            (bridge.transposed, np.zeros(2, "i4"), TypeError, "ndim is 1, expected 2"),
            (bridge.double, memoryview(np.zeros(2)).toreadonly(), BufferError, "memoryview: underlying buffer is not writable"),
            (bridge.contiguous, np.zeros((2, 2), "u1").T, ValueError, "ndarray is not C-contiguous"),
        ]:
            with self.assertRaises(kind) as raised:
                call(argument)
            self.assertIn(text, str(raised.exception))
            # PyO3 adds the name to a TypeError, or a note to any exception.
            if sys.version_info >= (3, 11) and kind is TypeError:
                told = str(raised.exception) + "".join(getattr(raised.exception, "__notes__", []))
                self.assertRegex(told, "'(values|matrix)'")

    def test_slices_only_of_what_nobody_writes(self):
        data = b"abcdef"
        self.assertEqual(bridge.slice(data), data)
        self.assertEqual(bridge.slice(memoryview(data)), data)
        self.assertEqual(bridge.slice(memoryview(memoryview(data))[1:-1]), data[1:-1])
        self.assertEqual(bridge.slice(b""), b"")

        class Subclass(bytes):
            pass

        memory = bytearray(data)
        not_writeable = np.frombuffer(memory, "u1")
        not_writeable.flags.writeable = False
        for writable in [
            memory,
            memoryview(memory).toreadonly(),
            not_writeable,
            memoryview(not_writeable),
            Subclass(data),
            np.frombuffer(data, "u1"),
        ]:
            with self.assertRaisesRegex(TypeError, "others may write this memory"):
                bridge.slice(writable)
        with self.assertRaisesRegex(TypeError, "not contiguous"):
            bridge.slice(memoryview(data)[::2])

    def test_pieces_are_bounded(self):
        for exporter in [bytearray(range(256)) * 8192, np.arange(2**20).astype("u2")[::-1], np.zeros((400, 400), "c16").T]:
            pieces = bridge.chunks(exporter, FULL_RO)
            self.assertEqual(b"".join(map(bytes, pieces)), np.asarray(exporter).tobytes())
            self.assertLessEqual(max(map(len, pieces)), 1 << 20)
            self.assertGreater(len(pieces), 1)
        data = bytes(300_000)
        self.assertEqual([len(piece) for piece in bridge.chunks(data, SIMPLE)], [300_000])
        self.assertEqual(bridge.chunks(b"", SIMPLE), [])


class Consuming(unittest.TestCase):
    def test_a_slice_that_is_kept(self):
        packed = array.array("d", [0.5, 1.5]).tobytes()
        before = sys.getrefcount(packed)
        kept = bridge.Kept(memoryview(packed).cast("d"))
        address = np.frombuffer(packed).__array_interface__["data"][0]
        self.assertEqual((kept.sum(), kept.address), (2, address))
        self.assertGreater(sys.getrefcount(packed), before)
        del kept
        self.assertEqual(sys.getrefcount(packed), before)
        changing = array.array("d", [0.5, 1.5])
        kept = bridge.Kept(changing)
        changing[0] = 7
        changing.append(1)  # it is a copy: no view is held
        self.assertEqual(kept.sum(), 2)
        self.assertEqual(bridge.Kept(np.arange(6.0)[::-2]).sum(), 9)
        with self.assertRaisesRegex(TypeError, "others may write"):
            bridge.Kept.in_place(changing)
        changing.append(2)  # the view was released
        with self.assertRaises(TypeError):
            bridge.Kept(array.array("f", [0.5]))

    def test_requests_are_chosen(self):
        items = np.arange(6.0).reshape(2, 3)
        self.assertEqual(bridge.describe(items, FULL), ("d", [2, 3], [24, 8], None, 8, False))
        self.assertEqual(bridge.describe(items, ND), (None, [2, 3], None, None, 8, True))
        self.assertEqual(bridge.describe(items, WRITABLE), (None, None, None, None, 8, False))
        self.assertEqual(bridge.describe(b"abc", FULL_RO), ("B", [3], [1], None, 1, True))

    def test_refusals_are_the_exporters_own(self):
        with self.assertRaises(BufferError):
            bridge.refused(b"abc", WRITABLE)
        with self.assertRaises(TypeError):
            bridge.refused(1, SIMPLE)
        with self.assertRaises(ValueError):
            bridge.refused(np.arange(4)[::2], SIMPLE)
        closed = mmap.mmap(-1, 10)
        closed.close()
        with self.assertRaises(ValueError):
            bridge.refused(closed, SIMPLE)

    def test_any_layout(self):
        items = np.arange(24.0).reshape(4, 6)
        for view in [items, items.T, items[::-1], items[:, ::-2], items[1:, 2:], memoryview(items)]:
            self.assertEqual(bridge.sum(view), np.asarray(view).sum())
            self.assertEqual(bridge.sum_detached(view), np.asarray(view).sum())
            self.assertEqual(bridge.column(view, 1), np.asarray(view)[:, 1].tolist())

    def test_item_types_are_checked(self):
        with self.assertRaisesRegex(TypeError, 'format is "f", expected "d": read the items as `f32`'):
            bridge.sum(np.zeros(3, "f"))
        with self.assertRaises(TypeError):
            bridge.sum(b"12345678")

    def test_no_memory_for_a_copy(self):
        with self.assertRaisesRegex(MemoryError, "no memory for a copy of"):
            bridge.values_u32(np.broadcast_to(np.uint32(1), 2**58))

    def test_byte_order(self):
        native, swapped = ("<", ">") if sys.byteorder == "little" else (">", "<")
        plain = np.array([1, 2], np.uint32)
        self.assertEqual(bridge.values_u32(plain), [1, 2])
        view = memoryview(plain).cast("B")
        for order, ours in [(native, True), (swapped, False)]:
            casted = Formatted(view, order + "I")
            if ours:
                self.assertEqual(bridge.values_u32(casted), [1, 2])
            else:
                with self.assertRaises(TypeError):
                    bridge.values_u32(casted)
        with self.assertRaises(TypeError):
            bridge.values_u32(plain.astype(">u4" if sys.byteorder == "little" else "<u4"))

    def test_pyo3_takes_the_other_byte_order(self):
        # The trap that the book names: PyO3's PyBuffer<u32> reads big-endian items as they lie.
        swapped = np.array([1], ">u4")
        self.assertEqual(bridge.pyo3_accepts(swapped), [1 << 24] if sys.byteorder == "little" else [1])
        with self.assertRaises(BufferError):
            bridge.pyo3_accepts(Formatted(memoryview(b"\1\0\0\0"), "<I"))

    def test_writing(self):
        items = np.zeros((2, 3), "i4")
        bridge.write_i32(items[1], FULL, 2, 9)
        self.assertEqual(items.tolist(), [[0, 0, 0], [0, 0, 9]])
        bridge.fill(items.T[::-1], np.arange(6, dtype="i4").tobytes())
        self.assertEqual(items.T[::-1].tolist(), [[0, 1], [2, 3], [4, 5]])
        with self.assertRaisesRegex(TypeError, "read-only"):
            bridge.write_i32(np.frombuffer(bytes(8), "i4"), FULL_RO, 0, 1)
        with self.assertRaises(IndexError):
            bridge.write_i32(items[0], FULL, 3, 1)

    def test_addresses_are_not_overwritten(self):
        objects = np.array([object()], object)
        before = sys.getrefcount(objects[0])
        for flags in [WRITABLE, WRITABLE | ND, WRITABLE | STRIDES]:
            with self.assertRaisesRegex(BufferError, "addresses"):
                bridge.refused(objects, flags)
        with self.assertRaises(TypeError):
            bridge.fill(objects, bytes(8))
        self.assertEqual(sys.getrefcount(objects[0]), before)
        self.assertEqual(bridge.describe(bytearray(4), WRITABLE)[-1], False)
        self.assertEqual(bridge.describe(np.zeros((2, 2)), WRITABLE), (None, None, None, None, 8, False))
        self.assertEqual([bridge.ndim(np.zeros((2, 2)), flags) for flags in [SIMPLE, WRITABLE, ND]], [1, 1, 2])

    def test_released_exactly_once(self):
        exporter = bytearray(4)
        held = bridge.Held(exporter, FULL)
        with self.assertRaises(BufferError):
            exporter.append(1)
        held.release()
        held.release()
        exporter.append(1)
        held = bridge.Held(exporter, FULL)
        held.release_elsewhere()
        exporter.append(1)
        before = sys.getrefcount(exporter)
        for _ in range(100):
            with self.assertRaises(TypeError):
                bridge.sum(exporter)  # refused by us, after it was granted
        self.assertEqual(sys.getrefcount(exporter), before)
        exporter.append(1)

    def test_hostile_exporters(self):
        rules = {
            "buf is NULL": "buf is NULL",
            "len is negative": "len -1",
            "len is wrong": "len 4",
            "itemsize is zero": "itemsize 0",
            "ndim is negative": "ndim -1",
            "ndim is huge": "ndim 1000",
            "shape is NULL": "shape is NULL",
            "shape overflows": "contradicts",
        }
        for rule, message in rules.items():
            with self.subTest(rule):
                exporter = bridge.hostile(rule)
                before = sys.getrefcount(exporter)
                with self.assertRaisesRegex(BufferError, message):
                    bridge.describe(exporter, FULL_RO)
                self.assertEqual(sys.getrefcount(exporter), before)
        with self.assertRaises(TypeError):
            bridge.sum(bridge.hostile("format is no format"))

    def test_reexport(self):
        source = np.arange(6.0).reshape(2, 3)
        chain = bridge.reexport(memoryview(source)[::-1], FULL_RO)
        view = np.asarray(chain)
        self.assertEqual(view.tolist(), source[::-1].tolist())
        source[0, 0] = 100
        self.assertEqual(view[1, 0], 100)
        del source, chain
        gc.collect()
        self.assertEqual(view[1, 0], 100)

    def test_nothing_is_overwritten_that_was_not_requested(self):
        """NumPy and ctypes answer `readonly = 0` to requests without WRITABLE, over references to objects too."""

        class Packed(ctypes.Structure):
            _pack_, _fields_ = 1, [("reference", ctypes.py_object)]

        marker = object()
        objects = np.array([marker, marker], object)
        references, packed = (ctypes.py_object * 2)(marker, marker), (Packed * 2)()
        packed[0].reference = packed[1].reference = marker
        numbers = np.array([7, 7], np.uint64)
        before, tried = sys.getrefcount(marker), 0
        for exporter in [objects, references, packed, numbers]:
            for flags in range(512):
                if flags in (0x100, 0x200):
                    continue  # refused by CPython itself since 3.13
                try:
                    errors = bridge.overwrite(exporter, flags)
                except (BufferError, ValueError):
                    continue
                if exporter is numbers and flags & WRITABLE:
                    continue  # these may be written
                self.assertNotIn(None, errors, (exporter, flags))
                tried += 1
        self.assertGreater(tried, 1000)
        self.assertEqual(numbers.tolist(), [0, 0])
        self.assertTrue(objects[1] is references[1] is packed[1].reference is marker)
        self.assertEqual(sys.getrefcount(marker), before)

    def test_bytes_that_a_format_hides_are_not_overwritten(self):
        """NumPy calls padding what a view of some fields leaves out; ctypes calls a union `B`, whatever its size."""

        class Union(ctypes.Union):
            _fields_ = [("reference", ctypes.py_object), ("number", ctypes.c_uint64)]

        class Bits(ctypes.Structure):
            count = 15 if sys.version_info < (3, 12) else 8
            _fields_ = [("union", Union)] + [(f"bit{at}", ctypes.c_uint8, 1) for at in range(count)]

        marker = object()
        hidden = np.zeros(3, dtype=[("a", "i8"), ("o", "O"), ("b", "i8")])
        hidden["o"], bits = marker, (Bits * 2)()
        bits[0].union.reference = bits[1].union.reference = marker
        before = sys.getrefcount(marker)
        for exporter in [hidden[["a", "b"]], hidden[["a", "b"]][::-1], bits, bits[0]]:
            for flags in [FULL, WRITABLE, WRITABLE | ND, WRITABLE | STRIDES, INDIRECT | WRITABLE]:
                try:
                    errors = bridge.overwrite(exporter, flags)
                except (BufferError, ValueError):
                    continue
                self.assertNotIn(None, errors, (exporter, flags))
        self.assertEqual(sys.getrefcount(marker), before)
        self.assertTrue(hidden["o"][0] is bits[0].union.reference is marker)
        # Records without such bytes are written, packed or aligned.
        for dtype in [[("a", "u4"), ("b", "f4")], [("a", "u1"), ("b", "f8")], [("a", ">i4"), ("b", ">i2")]]:
            records = np.ones(3, dtype)
            bridge.fill(records, bytes(records.nbytes))
            self.assertEqual(records.tobytes(), bytes(records.nbytes))

    def test_padding_of_our_own_classes_is_overwritten(self):
        for fill in [bridge.fill, bridge.fill_detached]:
            records = bridge.PaddedRecords(2)
            ones = b"\1" * 16
            if "abi3" in MODULES:  # whose class it is cannot be seen there
                self.assertRaisesRegex(TypeError, "does not describe the 8 bytes", fill, records, ones)
            else:
                fill(records, ones)
                self.assertEqual(bytes(records), ones)
            foreign = np.zeros(2, np.dtype([("a", "u1"), ("b", "u4")], align=True))
            self.assertRaisesRegex(TypeError, "does not describe the 8 bytes", fill, foreign, ones)

    def test_a_buffer_that_is_dropped_while_the_collector_visits(self):
        exporter = bytearray(3)
        drops = bridge.DropsInTraverse(exporter)
        gc.collect()
        with self.assertRaises(BufferError):
            exporter.append(1)  # nothing can be released there
        self.assertEqual(bridge.sum_detached(np.ones(3)), 3)  # with the next release
        exporter.append(1)
        del drops

    def test_cycles_through_a_buffer_are_collected(self):
        class Bytes(bytearray):
            pass

        for make in [bridge.Window, lambda object: bridge.Held(object, FULL_RO)]:
            exporter = Bytes(b"abc")
            exporter.me = make(exporter)
            alive = weakref.ref(exporter)
            del exporter
            gc.collect()
            self.assertIsNone(alive())
        # As long as somebody holds the window, it shows what it did.
        exporter = Bytes(b"abc")
        exporter.me = window = bridge.Window(exporter)
        del exporter
        gc.collect()
        self.assertEqual(bytes(memoryview(window)), b"abc")

    def test_addresses_are_shown_on_read_only(self):
        source = np.array([None], object)
        self.assertTrue(source.flags.writeable)
        chain = bridge.reexport(source, FULL)
        self.assertEqual(bridge.describe(chain, FULL_RO)[-1], True)
        with self.assertRaisesRegex(BufferError, "read-only"):
            bridge.refused(chain, WRITABLE)

    def test_memory_inside_another_object(self):
        whole = bridge.Whole(b"inside")
        before = sys.getrefcount(whole)
        view = whole.view()
        self.assertEqual((bytes(view), sys.getrefcount(whole)), (b"inside", before + 1))
        view.release()
        del view
        self.assertEqual(sys.getrefcount(whole), before)
        view = whole.view()
        del whole
        gc.collect()
        self.assertEqual(bytes(view), b"inside")

    def test_from_memory_has_no_owner(self):
        from_memory = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_char_p, ctypes.c_ssize_t, ctypes.c_int)(
            ("PyMemoryView_FromMemory", ctypes.pythonapi)
        )
        self.assertIsNone(from_memory(b"abc", 3, 0x100).obj)

    def test_reexport_invents_nothing(self):
        chain = bridge.reexport(np.arange(6.0), SIMPLE)
        with self.assertRaisesRegex(BufferError, "does not know"):
            memoryview(chain)
        self.assertEqual(bridge.describe(chain, SIMPLE)[:3], (None, None, None))

    def test_the_usual_class_moves_memory_under_a_view(self):
        usual = bridge.Usual(8)
        view = memoryview(usual)
        shown = np.asarray(view).__array_interface__["data"][0]
        usual.extend(bytes(1_000_000))  # not refused
        self.assertNotEqual(usual.address(), shown)  # the view shows freed memory: no code may look

        moved = bridge.Moved(8)
        view = memoryview(moved)
        with self.assertRaisesRegex(BufferError, RESIZE):
            moved.extend(bytes(1_000_000))
        view.release()
        moved.extend(bytes(1_000_000))

    def test_from_buffer_leaks_its_owner(self):
        class Owner:
            pass

        owner = Owner()
        before = sys.getrefcount(owner)
        view = bridge.from_buffer(owner)
        self.assertEqual((view.obj, sys.getrefcount(owner)), (None, before + 1))
        view.release()
        del view
        self.assertEqual(sys.getrefcount(owner), before + 1)  # for ever


class Formatted:
    """An exporter of `memory` as items of `format`, which names its byte order: ctypes says so, NumPy does not."""

    def __new__(cls, memory, format):
        kinds = {"<I": ctypes.c_uint32.__ctype_le__, ">I": ctypes.c_uint32.__ctype_be__}
        return (kinds[format] * (len(memory) // 4)).from_buffer_copy(memory)


if __name__ == "__main__":
    cases.run()
