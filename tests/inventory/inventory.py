"""Lists the unsafe blocks of the library, each with the test that notices when it panics.

    inventory.py PACKAGE         a copy of the package that may be written to; panics in each block in turn
    inventory.py --check         only compares the list with the source

The list is inventory.txt beside this file: FILE, FUNCTION, the text after SAFETY, TEST. A test is one of libtest, named
TARGET::TEST, or a script over the module of tests/python/bridge. Blocks in tests do not count.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "inventory.txt")
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
#: Where the book says how many there are.
PAGE = os.path.join(REPOSITORY, "book/src/trust.md")
#: Tests of the book are not in the copy, and those that count allocations would count what is written down.
TESTS = "requests lifetime release consumer iteration copies layouts formats conformance foreign_code overwriting foreign_types integrations_ndarray"
TARGETS = ["--features", "bytemuck,bytes,conformance,memmap2,ndarray", "--lib", *(f"--test={name}" for name in TESTS.split())]
#: The model checker is slow, and is asked where no other test comes.
CHECKER = "loom_tests"
#: Cases of tests/python, and the script of each that is run again with a panic.
SCRIPTS = {
    "bridge": "tests/python/bridge.py",
    "scenarios": "tests/python/scenarios.py",
    "faults": "tests/python/faults.py",
    "conformance": "tests/python/conformance.py",
    "examples": "examples/raw_ffi.py",
}

Block = collections.namedtuple("Block", "file function safety")


def sources(package):
    """The files of the library, relative to the package, and their text up to their tests."""
    for path in sorted(glob.glob(os.path.join(package, "src/**/*.rs"), recursive=True)):
        name = os.path.relpath(path, package)
        if os.path.basename(name) in ("loom_tests.rs", "tests.rs"):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        yield name, path, text, text.split("#[cfg(test)]\nmod tests {")[0]


def blocks_of(name, text):
    """The blocks of a file, each with its place in the text."""
    for found in re.finditer(r"\bunsafe \{", text):
        before = text[: found.start()]
        if before.rsplit("\n", 1)[-1].lstrip().startswith("//"):
            continue
        functions = re.findall(r"\b(?:fn|macro_rules!) (\w+)", before)
        comments = re.findall(r"((?:[ \t]*//[^\n]*\n)+)", before)
        safety = next((one for one in reversed(comments) if "SAFETY:" in one), "")
        safety = " ".join(line.strip().lstrip("/").strip() for line in safety.split("SAFETY:")[-1].splitlines())
        yield found, Block(name, functions[-1] if functions else "-", safety.strip() or "NONE")


def listed(package):
    return [block for name, _, _, text in sources(package) for _, block in blocks_of(name, text)]


def read_list():
    with open(LIST, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [(Block(*row[:3]), row[3]) for row in rows]


def exists(test):
    """Whether there is a test of this name: one that was renamed would pass for want of anything to run."""
    target, *path, name = test.split(", ")[0].split("::") if "::" in test else (test, test)
    if target == "python":
        return name in SCRIPTS
    if name == CHECKER or name == "copy" or test == "at compile time":
        return True
    if target == "bufferprocs":
        module = "/".join(part for part in path if part != "tests")
        places = [f"src/{module}.rs", f"src/{module}/tests.rs"]
    else:
        places = [f"tests/{target}.rs", f"tests/{target}/*.rs"]
    for path in (path for place in places for path in glob.glob(os.path.join(REPOSITORY, place))):
        with open(path, encoding="utf-8") as file:
            if f"fn {name}(" in file.read():
                return True
    return False


def check():
    """The list is that of the source, so that no block comes in unseen."""
    found, expected = listed(REPOSITORY), [block for block, _ in read_list()]
    missing = [block for block in found if block not in expected]
    gone = [block for block in expected if block not in found]
    for word, blocks in (("not in the list", missing), ("not in the source", gone)):
        for block in blocks:
            print(f"{word}: {block.file}, {block.function}: {block.safety}")
    if missing or gone or len(found) != len(expected):
        sys.exit(f"{len(found)} unsafe blocks, {len(expected)} in {LIST}: run `.ci/run inventory`")
    without = [block for block in found if block.safety == "NONE"]
    if without:
        sys.exit(f"without SAFETY: {without}")
    untried = [block for block, test in read_list() if test == "NONE"]
    if untried:
        sys.exit(f"without a test that fails: {untried}")
    renamed = sorted({test for _, test in read_list() if not exists(test)})
    if renamed:
        sys.exit(f"tests that are not there: {', '.join(renamed)}: run `.ci/run inventory`")
    with open(PAGE, encoding="utf-8") as file:
        if f"for all {len(found)} of them" not in file.read():
            sys.exit(f"{PAGE} does not say that there are {len(found)}")
    print(f"{len(found)} unsafe blocks, all in the list")


def instrument(package, left_out):
    """Puts a call into each block, and returns them by number."""
    blocks = []
    for name, path, text, library in sources(package):
        parts, end = [], 0
        for found, block in blocks_of(name, library):
            number = len(blocks)
            blocks.append(block)
            parts.append(library[end : found.end()])
            end = found.end()
            if number not in left_out:
                parts.append(f" crate::inventory::reach({number});")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(parts) + text[end:])
    return blocks


def restore(saved):
    for path, text in saved.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def run(command, package, timeout=None, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=package, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout
    )


def build(package, **variables):
    """The programs of the tests by name, or the numbers of the lines that did not compile."""
    command = ["cargo", "test", "--no-run", "--message-format=json", *TARGETS]
    done = subprocess.run(
        command, cwd=package, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    programs, failed = {}, []
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message.get("executable"):
            programs[message["target"]["name"]] = message["executable"]
        elif message["reason"] == "compiler-message" and message["message"]["level"] == "error":
            failed += re.findall(r"inventory::reach\((\d+)\)", message["message"]["rendered"])
            if not failed:
                print(message["message"]["rendered"])
    return programs, {int(number) for number in failed}, done.returncode


def main(package):
    saved = {path: text for _, path, text, _ in sources(package)}
    library = os.path.join(package, "src/lib.rs")
    with open(library, encoding="utf-8") as file:
        saved[library] = file.read()
    with open(os.path.join(HERE, "reach.rs"), encoding="utf-8") as file:
        reach = file.read()
    left_out = set()
    while True:
        restore(saved)
        blocks = instrument(package, left_out)
        with open(library, "a", encoding="utf-8") as file:
            file.write(reach)
        programs, failed, status = build(package)
        if status == 0:
            break
        if not failed - left_out:
            sys.exit("the instrumented package does not build")
        left_out |= failed  # in functions that run at compile time

    seen = {number: [] for number in range(len(blocks))}
    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "record")
        for name, program in programs.items():
            done = run([program, "--skip", CHECKER, "--test-threads", "1"], package, INVENTORY_RECORD=record)
            if done.returncode != 0:
                sys.exit(f"{name} fails before anything panics\n{done.stdout[-3000:]}")
            if os.path.exists(record):
                with open(record, encoding="utf-8") as file:
                    for number, test in (line.split() for line in file):
                        if test != "main":
                            seen[int(number)].append((name, test))
                os.remove(record)
        for script in SCRIPTS:
            done = run(
                ["cargo", "test", "--quiet", "--test", "python", "--", "--exact", script], package,
                INVENTORY_RECORD=record, INVENTORY_LABEL=script, BUFFERPROCS_STRESS="300",
            )
            if done.returncode != 0:
                sys.exit(f"{script} fails before anything panics\n{done.stdout[-3000:]}")
            with open(record, encoding="utf-8") as file:
                for line in file:
                    seen[int(line.split()[0])].append(("python", script))
            os.remove(record)

    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(package, "target"))
    modules = glob.glob(os.path.join(target, "python/modules-packages-[0-9]*"))[0]
    python = glob.glob(os.path.join(target, "python/venv-*/bin/python"))[0]
    start = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], run_name='__main__')"

    def notices(number, where, test):
        if where == "python":
            command = [python, "-I", "-B", "-c", start, modules, os.path.join(package, SCRIPTS[test])]
        else:
            command = [programs[where], *([] if test in (CHECKER, "copy") else ["--exact"]), test]
        try:
            done = run(command, package, 100, INVENTORY_PANIC=str(number), BUFFERPROCS_STRESS="300")
            return done.returncode != 0
        except subprocess.TimeoutExpired:
            return True

    tests = {}
    for number in range(len(blocks)):
        candidates = dict.fromkeys(seen[number])
        tests[number] = next((test for test in candidates if notices(number, *test)), None)
        counts = blocks[number].file.startswith("src/exporter")  # what the checker has a model of
        if counts and not candidates and notices(number, "bufferprocs", CHECKER):
            tests[number] = ("bufferprocs", CHECKER)
    # What only other processors run.
    left = [number for number in range(len(blocks)) if tests[number] is None and number not in left_out]
    if left:
        programs, _, _ = build(package, BUFFERPROCS_PORTABLE="1")
        for number in left:
            if notices(number, "bufferprocs", "copy"):
                tests[number] = ("bufferprocs", "copy, with BUFFERPROCS_PORTABLE=1")
    restore(saved)
    rows = []
    for number, block in enumerate(blocks):
        name = "::".join(tests[number] or ("NONE",))
        rows.append("\t".join([*block, "at compile time" if number in left_out else name]))
    missing = [number for number in range(len(blocks)) if tests[number] is None and number not in left_out]
    with open(LIST, "w", encoding="utf-8") as file:
        file.write("# FILE, FUNCTION, SAFETY, TEST: made by inventory.py, which says how.\n" + "\n".join(rows) + "\n")
    print(f"{len(blocks)} unsafe blocks: {len(blocks) - len(missing)} fail a test when they panic")
    for number in missing:
        word = "no test notices" if seen[number] else "no test comes to"
        print(f"{word}: {blocks[number].file}, {blocks[number].function}: {blocks[number].safety}")
    sys.exit(bool(missing))


if sys.argv[1:] == ["--check"]:
    check()
else:
    main(os.path.abspath(sys.argv[1]))
