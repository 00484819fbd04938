"""The checker over an object of each class in `examples/c/`: a line `MODULE: N rules: 0 findings` for each.

It has to report nothing, notes included.
"""

import struct

import arguments
import bufferprocs
import by_hand
import consume
import growable
import minimal
import records
import reexport
import rows
import snapshot
import strided

try:
    import limited
except ImportError:
    limited = None
try:
    import slots
except ImportError:
    slots = None


def check(module, object, **told):
    report = bufferprocs.check(object, **told)
    findings = report.violations
    assert not findings, f"{module}: {report}"
    text = str(report)
    rules = text.split(" rules checked")[0].split()[-1]
    assert int(rules) >= 40 and "rejected input" not in text, text
    print(f"{module}: {rules} rules: {len(findings)} findings")


def check_consumer(module, function, returned=True):
    """The checker of consumers, over one function. Some of its exporters have to be accepted."""
    report = bufferprocs.check_consumer(function)
    assert not report.findings, f"{module}: {report}"
    assert report.tried > 30 and report.raised > 0 and (report.returned > 0) == returned, str(report)
    print(f"{module}: {report.tried} exporters: {len(report.findings)} findings")


def doubles(*values):
    return struct.pack(f"{len(values)}d", *values)


samples = growable.Samples([1.0, 2.0])
check("by_hand", by_hand.Samples(), contents=struct.pack("3H", 10, 20, 30))
check("growable", samples, contents=doubles(1, 2), mutate=[lambda: samples.append(3.0)])
empty = growable.Samples([])
check("growable", empty, contents=b"", mutate=[lambda: empty.append(3.0)])
check("minimal", minimal.Blob(b"bytes"), contents=b"bytes")
check("minimal", minimal.Blob(b""), contents=b"")
cloud = records.Cloud(3)
check("records", cloud, contents=b"".join(struct.pack("ffH6xd", 0, index, 0, 0.5) for index in range(3)))
check("records", records.Cloud(0), contents=b"")
page = rows.Page((b"first", b"other"))
check("rows", page, contents=b"firstother", mutate=[lambda: page.append(b"third")])
check("rows", rows.Page(()), contents=b"")
readings = snapshot.Readings()
readings.append(1.0)
check("snapshot", readings, contents=doubles(1), mutate=[lambda: readings.append(2.0)])
array = strided.Array((2, 3, 2))
check("strided", array, contents=doubles(*range(12)))
check("strided", array.T, contents=doubles(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11))
check("strided", array[::-1], contents=doubles(*range(6, 12), *range(6)))
check("strided", array[1:].T, contents=doubles(6, 8, 10, 7, 9, 11))
check("strided", array[:0])
check("strided", strided.Array(()), contents=doubles(0))
check("reexport", reexport.Window(bytearray(b"abcdef"), 1, 3), contents=b"bc")
check("reexport", reexport.Window(array.T, 1), contents=doubles(1, 7, 3, 9, 5, 11))
check("reexport", reexport.Window(page, 1), contents=b"otherthird")
source = b"abc"
check("reexport", reexport.Window(source), contents=b"abc", base=source)
check("reexport", reexport.Window(array), contents=doubles(*range(12)), base=array)
if limited:
    image = limited.Image(2, 3)
    check("limited", image, contents=bytes(18), mutate=[lambda: image.resize(3, 3)])
if slots:
    line = slots.Line(3)
    check("slots", line, contents=struct.pack("3i", 0, 1, 2), mutate=[lambda: line.resize(4)])
check_consumer("consume", consume.packed)
check_consumer("consume", consume.total)
check_consumer("consume", lambda b: consume.holding(b, lambda: None))
check_consumer("arguments", arguments.checksum)
check_consumer("arguments", arguments.invert)
check_consumer("arguments", arguments.measure)
check_consumer("arguments", lambda b: arguments.mask(b, b"key"))
check_consumer("arguments", lambda b: arguments.mask(bytearray(8), b, 0))
check_consumer("arguments", lambda b: arguments.join(b, b))
check_consumer("arguments", lambda b: arguments.holding(b, lambda: None))
# The parser refuses the argument after the view, and releases the view.
check_consumer("arguments", lambda b: arguments.mask(b, 3), returned=False)
