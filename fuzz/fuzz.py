"""Runs the targets on their seeds and on random input, in a process each.

    fuzz.py MODULES                      the seeds, and 5000 random cases of each target
    fuzz.py MODULES --cases N            N random cases, or a part of them: see PART
    fuzz.py MODULES --seconds S          as many as there is time for, and at least those of LEAST
    fuzz.py MODULES --target NAME        this target alone; may be repeated
    fuzz.py MODULES --seed N             other random cases
    fuzz.py MODULES --record FILE        also writes a table of what was run
    fuzz.py MODULES --target NAME --input HEX    one case
    fuzz.py MODULES --unpack FOLDER      writes the seeds as files, for cargo-fuzz
    fuzz.py MODULES --pack FOLDER        takes the files for seeds, as far as they make something to compare

MODULES is the folder of the module `fuzzing`: `cargo test --test python -- --exact fuzz` makes it below target/python/. A
target that fails names its input; one that ends its process is run again, case by case, until the input is found. Exit
status 1 then.
"""

import argparse
import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

#: A file for each target, a seed in hex on each line.
CORPUS = Path(__file__).resolve().parent / "corpus"
CHUNK = 2000
#: The least number of random cases, even if they take longer than `--seconds`: a case of this
#: target has many parts.
LEAST = {"reading": 1_000_000}
#: For the same reason it gets only this part of the cases asked for.
PART = {"reading": 0.25}


def seeds_of(target):
    return [bytes.fromhex(line) for line in (CORPUS / f"{target}.txt").read_text(encoding="ascii").split()]


def unpack(folder, targets):
    for target in targets:
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds_of(target)):
            (folder / target / f"{number:04}").write_bytes(data)


def pack(folder, targets):
    import fuzzing

    for target in targets:
        seeds = sorted({path.read_bytes() for path in (folder / target).iterdir()}, key=lambda data: (len(data), data))
        lines = [data.hex() for data in seeds if fuzzing.check(target, data)]
        (CORPUS / f"{target}.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


def chunks(arguments):
    """Numbers of random chunks, and how many cases each has."""
    begin, number = time.monotonic(), 0
    left = LEAST.get(arguments.target[0], 0) if arguments.seconds is not None else int(arguments.cases * PART.get(arguments.target[0], 1))
    while left > 0 or arguments.seconds is not None and time.monotonic() - begin < arguments.seconds:
        yield number, CHUNK if arguments.seconds is not None else min(CHUNK, left)
        number, left = number + 1, left - CHUNK


def work(arguments):
    """One target, in this process. Says where it is, so that the parent knows if it ends there."""
    import fuzzing

    (target,), seeds = arguments.target, seeds_of(arguments.target[0])
    if arguments.input is not None:
        print("compared" if fuzzing.check(target, bytes.fromhex(arguments.input)) else "nothing to compare")
        return
    if arguments.chunk is not None:
        for data in fuzzing.inputs(arguments.seed * 1_000_000 + arguments.chunk, CHUNK, seeds):
            print("input", data.hex(), flush=True)
            fuzzing.check(target, data)
        return
    begin = time.monotonic()
    nothing = 0
    for data in seeds:
        print("input", data.hex(), flush=True)
        nothing += not fuzzing.check(target, data)
    # A few are requests or formats to some Pythons alone.
    if nothing > len(seeds) // 10:
        sys.exit(f"{target}: {nothing} of {len(seeds)} seeds are not compared")
    cases = compared = refused = 0
    for number, count in chunks(arguments):
        print("chunk", number, flush=True)
        ended = fuzzing.run(target, arguments.seed * 1_000_000 + number, count, seeds)
        compared, refused = compared + ended[0], refused + ended[1]
        cases += count
    print("done", len(seeds), cases, compared, refused, round(time.monotonic() - begin, 1), flush=True)


def start(arguments, target, *more):
    command = [sys.executable, "-I", "-B", __file__, arguments.modules, "--work", "--target", target, "--seed", str(arguments.seed)]
    if arguments.seconds is None:
        command += ["--cases", str(arguments.cases)]
    else:
        command += ["--seconds", str(arguments.seconds)]
    # Seeds, and a chunk that began before the time was over, come on top.
    limit = 3600 if arguments.seconds is None or target in LEAST else 2 * arguments.seconds + 120
    try:
        return subprocess.run([*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=limit)
    except subprocess.TimeoutExpired as hung:
        said = (hung.stdout or b"").decode()
        return subprocess.CompletedProcess(command, "of a process that hangs", said, "")


def outcome(arguments, target):
    """(seeds, cases, compared, refused, seconds), or what went wrong."""
    ran = start(arguments, target)
    last = (ran.stdout.split("\n")[:-1] or ["the start"])[-1]
    # Nothing may be said beside: what a release has to report has no other way.
    if ran.returncode == 0 and last.startswith("done ") and not ran.stderr:
        return tuple(float(word) for word in last.split()[1:])
    if last.startswith("chunk ") and "input " not in ran.stderr:
        again = start(arguments, target, "--chunk", last.split()[1])
        if again.returncode != 0 and again.stdout:
            last = (again.stdout.split("\n")[:-1] or [last])[-1]
        else:
            last += ", and not when that is run alone"
    said = ran.stderr.strip().split("\n")[-1]
    return f"{target}: ended with status {ran.returncode} at {last}: {said}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("modules")
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("BUFFERPROCS_FUZZ_SEED", "1")))
    parser.add_argument("--target", action="append")
    parser.add_argument("--record")
    parser.add_argument("--input")
    parser.add_argument("--unpack", type=Path)
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--chunk", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.modules)
    if arguments.work or arguments.input is not None:
        work(arguments)
        return
    import fuzzing

    targets = arguments.target or fuzzing.targets()
    if arguments.unpack or arguments.pack:
        pack(arguments.pack, targets) if arguments.pack else unpack(arguments.unpack, targets)
        return
    outcomes, waiting = {}, list(targets)
    lock = threading.Lock()

    def take():
        while True:
            with lock:
                if not waiting:
                    return
                target = waiting.pop(0)
            result = outcome(arguments, target)
            with lock:
                outcomes[target] = result

    takers = [threading.Thread(target=take) for _ in range(os.cpu_count() or 1)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    failed = [outcomes[target] for target in targets if isinstance(outcomes[target], str)]
    rows = [(target, *outcomes[target]) for target in targets if not isinstance(outcomes[target], str)]
    for target, seeds, cases, compared, refused, seconds in rows:
        both = f", {share(cases, refused)} refused by both sides" if refused else ""
        print(f"{target}: {seeds:.0f} seeds, {cases:,.0f} random cases, {share(cases, compared)} compared{both}, {seconds:.0f} s")
        if compared * 3 < cases or cases == 0:
            failed.append(f"{target}: most cases are not compared")
    print(f"seed {arguments.seed}")
    if failed:
        sys.exit("\n".join(failed))
    total = sum(row[2] for row in rows)
    print(f"{len(rows)} targets, {total:,.0f} random cases, {share(total, sum(row[3] for row in rows))} compared, no difference")
    if arguments.record:
        Path(arguments.record).write_text(record(rows, arguments.seed), encoding="utf-8")


def share(cases, compared):
    return f"{100 * compared / cases:.1f} %" if cases else "none"


def record(rows, seed):
    """The table in the book."""
    import numpy

    total = ("together", *(sum(row[at] for row in rows) for at in (1, 2, 3)), 0, 0)
    lines = ["| target | seeds | random cases | compared |", "|---|--:|--:|--:|"]
    for target, seeds, cases, compared, *_ in [*rows, total]:
        lines.append(f"| {target} | {seeds:.0f} | {cases:,.0f} | {share(cases, compared)} |")
    lines += ["", f"CPython {platform.python_version()}, NumPy {numpy.__version__}, seed {seed}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
