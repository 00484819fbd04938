"""Random structures and requests, put to this crate's `ndarray` and to CPython's: the same fields, or the same exception.

    suite_differential.py FOLDER COUNT

A case is a structure (or one that cannot be), what is done to it, and a request. It is made with each of the two modules, and
the request is put to the result. One that differs is made smaller as long as it differs, and printed as Python.
"""

import random
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from suite_modules import load_both

SEED = 20261124
FORMATS = ("B", "b", "c", "?", "h", "<i", ">I", "q", "Q", "f", "d", "P", "n", "3s", "LB", "@hxi", "=Bf", "2h", " b", "xL")
BAD_FORMATS = ("", "j", "0s", "9999999999999999999s")
REQUESTS = (0x000, 0x004, 0x008, 0x018, 0x038, 0x058, 0x098, 0x118, 0x11C, 0x01C, 0x00C)
ND_WRITABLE, ND_FORTRAN, ND_PIL, ND_REDIRECT, ND_GETBUF_FAIL = 2, 4, 16, 32, 64


def value_of(format, number):
    """An item of the format."""
    values = []
    for code in "".join(letter for letter in format.replace("2h", "hh") if (letter.isalpha() or letter == "?") and letter != "x"):
        values.append({"c": b"%c" % (number % 256), "s": b"%d" % (number % 10), "?": number % 2 == 1}.get(code, number % 100))
    return values[0] if len(values) == 1 else tuple(values)


def random_case(random):
    format = random.choice(FORMATS)
    size = struct.calcsize(format)
    ndim = random.choice((0, 1, 1, 1, 2, 2, 3, 4, 5))
    shape = [random.choice((0, 1, 1, 2, 2, 3)) for _ in range(ndim)]
    count, strides, offset = 1, None, 0
    for extent in shape:
        count *= extent
    count += random.choice((0, 0, 0, 1, 3))
    if ndim and random.random() < 0.5:
        strides = [size * random.randrange(-4, 5) for _ in shape]
        low = sum(stride * (extent - 1) for stride, extent in zip(strides, shape) if stride < 0 and extent)
        high = sum(stride * (extent - 1) for stride, extent in zip(strides, shape) if stride > 0 and extent)
        count = (high - low) // size + 1
        offset = -low
    flags = 0
    for flag, chance in ((ND_WRITABLE, 0.5), (ND_FORTRAN, 0.2), (ND_PIL, 0.3), (ND_GETBUF_FAIL, 0.02)):
        flags |= flag if random.random() < chance else 0
    case = {"format": format, "shape": shape, "strides": strides, "offset": offset, "flags": flags, "count": max(count, 1)}
    if random.random() < 0.1:  # something that cannot be
        case.update(
            random.choice(
                (
                    {"count": 0},
                    {"count": max(count - 1, 1)},
                    {"offset": offset + random.choice((1, -1, size, -size))},
                    {"strides": [1] * (ndim + 1)},
                    {"strides": [random.randrange(-9, 9) for _ in shape]},
                    {"shape": [random.choice((-1, 1, 2**70, "1", 1.0)) for _ in shape]},
                    {"shape": random.choice((None, {1}, "11", 1))},
                    {"strides": random.choice(({1}, "11", 1))},
                    {"shape": [1] * random.choice((65, 100, 128, 129)), "strides": None, "count": 1},
                    {"format": random.choice(BAD_FORMATS)},
                    {"items": random.choice(([None], ["a"], {1}, 1.5, [[1, 2]], "abc", [object])), "strides": None},
                )
            )
        )
    steps = []
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        steps.append(random_step(random, ndim))
    case["steps"] = steps
    case["request"] = random.choice(REQUESTS) | random.choice((0, 1, 4, 5))
    return case


def random_step(random, ndim):
    kind = random.random()
    bound = lambda: random.choice((None, None, -3, -2, -1, 0, 1, 2, 3, 9))
    a_slice = lambda: slice(bound(), bound(), random.choice((None, None, 1, -1, 2, -2, 0)))
    if kind < 0.35:
        return ("slice", tuple(a_slice() for _ in range(random.randrange(0, max(ndim, 1) + 1))) if ndim else a_slice())
    if kind < 0.5:
        return ("index", random.choice((0, 1, -1, -2, 5, "a", 1.5, None, (), (1,), ..., 2**70)))
    if kind < 0.6:
        return ("add_suboffsets",)
    if kind < 0.9:
        return ("ndarray", random.choice(REQUESTS) | random.choice((0, 4)), random.choice((0, 0, ND_REDIRECT)))
    return ("push", random.choice((1, 2)))


def make(module, case):
    items = case.get("items", [value_of(case["format"], number) for number in range(case["count"])])
    if case["shape"] == [] and "items" not in case and items:
        items = items[0]
    arguments = {"shape": case["shape"], "offset": case["offset"], "format": case["format"], "flags": case["flags"]}
    if case["shape"] is None:
        del arguments["shape"]
    if case["strides"] is not None:
        arguments["strides"] = case["strides"]
    array = module.ndarray(items, **arguments)
    for step in case["steps"]:
        if step[0] in ("slice", "index"):
            # CPython's module reads past its arrays.
            if isinstance(step[1], tuple) and len(step[1]) > array.ndim:
                raise IndexError("more slices than dimensions")
            if array.ndim == 1 and array.shape == () and array.itemsize > 1:
                raise IndexError("an index of items whose number is not known")
            # It takes rows for items.
            if array.ndim > 1 and array.strides == ():
                raise IndexError("an index of rows whose stride is not known")
            array = array[step[1]]
            if not isinstance(array, module.ndarray):
                return array
        elif step[0] == "add_suboffsets":
            array.add_suboffsets()
        elif step[0] == "ndarray":
            array = module.ndarray(array, getbuf=step[1], flags=step[2])
        else:
            array.push(list(range(step[1])), shape=[step[1]])
    return array


def fields(array):
    """What an array of either module says of itself."""
    said = {
        name: getattr(array, name)
        for name in ("nbytes", "readonly", "itemsize", "format", "ndim", "shape", "strides", "suboffsets", "c_contiguous", "f_contiguous")
    }
    if array.nbytes == 0:
        # CPython's moves an item that is not there, and even to negative suboffsets.
        said["suboffsets"] = len(array.suboffsets)
    return said


def outcome(module, viewer, case):
    """All that can be seen: of the array, and of a view of it by the request, through the other class too."""
    try:
        array = make(module, case)
    except Exception as error:
        return type(error)
    if not isinstance(array, module.ndarray):
        return repr(array)
    seen = [fields(array), array.tobytes(), array.flags, array.offset]
    for consumer, widens in ((module, True), (viewer, False)):
        request = case["request"]
        if widens and request & 0x5 == 0x1:
            # The crate's consumer asks for the format too where it asks to write: the items may be addresses.
            request |= 0x00C
        try:
            view = consumer.ndarray(array, getbuf=request)
            seen.append((fields(view), view.tobytes()))
        except Exception as error:
            seen.append(type(error))
    try:
        seen.append(array.tolist())
    except Exception as error:
        seen.append(type(error))
    return repr(seen)


def smaller(case):
    """Cases with a little less in them."""
    for place in range(len(case["steps"])):
        yield {**case, "steps": case["steps"][:place] + case["steps"][place + 1 :]}
    for bit in range(12):
        if case["flags"] >> bit & 1:
            yield {**case, "flags": case["flags"] & ~(1 << bit)}
        if case["request"] >> bit & 1:
            yield {**case, "request": case["request"] & ~(1 << bit)}
    if case["strides"] is not None:
        yield {**case, "strides": None}
    if case["offset"]:
        yield {**case, "offset": 0}
    if case["format"] != "B":
        yield {**case, "format": "B"}
    if isinstance(case["shape"], list):
        for axis in range(len(case["shape"])):
            strides = case["strides"]
            if isinstance(strides, list) and len(strides) == len(case["shape"]):
                strides = strides[:axis] + strides[axis + 1 :]
            yield {**case, "shape": case["shape"][:axis] + case["shape"][axis + 1 :], "strides": strides}
    if case["count"] > 1:
        yield {**case, "count": case["count"] - 1}


def main(folder, count):
    ours, theirs = load_both(folder)
    differs = lambda case: outcome(ours, theirs, case) != outcome(theirs, theirs, case)
    generator = random.Random(SEED)
    raised = 0
    for number in range(count):
        case = random_case(generator)
        a, b = outcome(ours, theirs, case), outcome(theirs, theirs, case)
        raised += isinstance(b, type)
        if a == b:
            continue
        shrinks = True
        while shrinks:
            shrinks = False
            for candidate in smaller(case):
                if differs(candidate):
                    case, shrinks = candidate, True
                    break
        print(f"case {number} differs: {case}")
        print(f"ours:   {outcome(ours, theirs, case)}")
        print(f"theirs: {outcome(theirs, theirs, case)}")
        sys.exit(1)
    print(f"{count} pairs: {count - raised} with the same fields, {raised} with the same exception")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
