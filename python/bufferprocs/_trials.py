"""Runs all trials of a consumer: in forks of this process, or in a process of its own."""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
import tempfile
import threading
from typing import Any, Dict, List, Optional, Tuple

from . import _consumer, _native

Records = Tuple[List[Dict[str, Any]], List[str]]

#: Libraries for linear algebra start threads when they are imported, which a fork would lose.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def of_function(consumer: _consumer.Consumer, use: Optional[_consumer.Use]) -> Records:
    if not _consumer.can_fork():
        raise RuntimeError("a function is examined in forks of this process, which this system has not: pass the code as text")
    if threading.active_count() > 1:
        raise RuntimeError("a function is examined in forks of this process, but other threads run: pass the code as text")
    return _consumer.in_forks(consumer, use), []


def of_expression(expression: str, use: Optional[str], fork: bool) -> Records:
    has_pages = os.name == "posix"
    with tempfile.TemporaryDirectory(prefix="bufferprocs-") as folder:
        results, place = os.path.join(folder, "records"), os.path.join(folder, "shared")
        with open(place, "wb") as file:
            file.write(bytes(_native.shared_size()))
        records: List[Dict[str, Any]] = []
        count = len(_native.scenario_names())
        while len(records) < count:
            first = len(records)
            open(results, "wb").close()
            how = run(expression, use, results, place, first, fork)
            with open(results, encoding="utf-8") as lines:
                records += [read(line) for line in lines]
            if len(records) < count:
                records.append(last(place, len(records), how, len(records) == first == 0))
        return records, _consumer.limits(has_pages)


def run(expression: str, use: Optional[str], results: str, place: str, first: int, fork: bool) -> Optional[str]:
    """Tries the scenarios from `first` on. Returns how the process ended, if not as it should."""
    command = [sys.executable, *(f"-W{option}" for option in sys.warnoptions), "-m", "bufferprocs", "--consumer"]
    command += ["--trials", results, place, str(first), "--", expression]
    options = [] if use is None else [f"--use={use}"]
    options += [] if fork else ["--no-fork"]
    command[command.index("--trials") : command.index("--trials")] = options
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = {**{name: "1" for name in ONE_THREAD}, **os.environ, "PYTHONPATH": path}
    try:
        status = subprocess.run(command, env=environment, timeout=_consumer.PATIENCE * 60).returncode
    except subprocess.TimeoutExpired:
        return "the time limit"
    if status < 0:
        return _consumer.name_of_signal(-status)
    return None if status == 0 else f"status {status:#x}"


def rejected_use(records: List[Dict[str, Any]]) -> Optional[str]:
    """What the code of `use` raised, if it never came to its end."""
    if any("used" in record for record in records):
        return None
    crashed = any(record["outcome"] == "died" for record in records)
    raised = [record["use_raised"] for record in records if "use_raised" in record]
    return raised[0] if raised and not crashed else None


def read(line: str) -> Dict[str, Any]:
    record: Dict[str, Any] = json.loads(line)
    if "error" in record:
        raise RuntimeError(record["error"])
    record["left"] = bytes.fromhex(record["left"])
    return record


def last(place: str, number: int, how: Optional[str], is_first: bool) -> Dict[str, Any]:
    """What is known of the trial that ended the process."""
    with open(place, "r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        left = bytes(shared)
    if how is None or (is_first and not any(left)):
        raise RuntimeError(f"the process that runs the consumer ended by {how}, before the first call")
    return {"scenario": number, "outcome": "died", "how": how, "left": left}
