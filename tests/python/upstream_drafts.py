"""The code of the drafts in docs/upstream/: the classes keep the rules, and the texts show what was built."""

import array
import os
import re
import sys
import threading

import bufferprocs
import upstream_drafts

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "tests", "python", "upstream_drafts", "lib.rs")
GUIDE = os.path.join(ROOT, "docs", "upstream", "draft-pyo3-guide.md")
NOTES = os.path.join(ROOT, "docs", "upstream", "draft-cpython-thread-safety.md")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().replace("\r", "")


# The guide shows the source.
parts = re.findall(r"// guide: \S+\n(.*?)// guide: end\n", read(SOURCE), re.S)
blocks = re.findall(r"```rust\n(.*?)```\n", read(GUIDE), re.S)
assert len(parts) == len(blocks) == 3, (len(parts), len(blocks))
for part, block in zip(parts, blocks):
    assert part == block, f"the guide does not show\n{part}"

# The exporters.
bufferprocs.assert_conforms(upstream_drafts.Blob(b"abc"), contents=b"abc", level="should")
bufferprocs.assert_conforms(upstream_drafts.Blob(b""), level="should")
samples = upstream_drafts.Samples([1.0, 2.0])
bufferprocs.assert_conforms(samples, mutate=[("append", lambda: samples.append(3.0))], level="should")
bufferprocs.assert_conforms(upstream_drafts.Samples([]))
count = memoryview(samples).nbytes // 8
view = memoryview(samples)
try:
    samples.append(4.0)
    raise AssertionError("appended under a view")
except BufferError as error:
    assert str(error) == "a view is held, so the memory cannot move", error
view.release()
samples.append(4.0)
assert memoryview(samples)[count] == 4.0

# The consumer.
assert upstream_drafts.sum(array.array("d", [1.0, 2.5])) == 3.5
assert upstream_drafts.sum(samples) == sum(memoryview(samples).tolist())
assert upstream_drafts.sum(memoryview(array.array("d", [1.0, 2.0, 3.0]))[::2]) == 4.0
for wrong in (b"abc", array.array("f", [1.0])):
    try:
        upstream_drafts.sum(wrong)
        raise AssertionError(wrong)
    except BufferError:
        pass

# Threads: requests, releases and changes of one object at the same time. No count is lost.
shared = upstream_drafts.Samples([0.0])
appended = []


def work():
    mine = 0
    for _ in range(2000):
        with memoryview(shared) as view:
            assert view[0] == 0.0
        try:
            shared.append(1.0)
            mine += 1
        except BufferError:
            pass
    appended.append(mine)


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
shared.append(1.0)  # no view is left
assert memoryview(shared).nbytes == 8 * (2 + sum(appended))

# The notes' program.
programs = re.findall(r"```python\n(.*?)```\n", read(NOTES), re.S)
assert len(programs) == 1, len(programs)
names = {"__name__": "notes"}
exec(compile(programs[0], NOTES, "exec"), names)
assert names["done"] == names["THREADS"], names["done"]
print(f"{len(blocks)} blocks as in the guide, {len(programs)} program of the notes")
