"""Tries a consumer on exporters that watch it, each in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import json
import mmap
import os
import select
import signal
import struct
import sys
import time
import types
import warnings
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _native

Consumer = Callable[[Any], Any]
#: Called with the result of the consumer, when it has returned.
Use = Callable[[Any], Any]

#: Seconds for one trial.
PATIENCE = 10.0
CALL, RESULT, USE, DROP, DONE = range(5)
#: The most parts of a result that are compared.
MOST_PARTS = 10_000


class _NotComparable(Exception):
    """A result that has no value of its own, such as an object with an address in its text."""


def comparable(result: Any) -> Optional[str]:
    """The result as text, if it consists of numbers, text and bytes. None if not."""
    try:
        text = _text_of(result, [0])
    except _NotComparable:
        return None
    return text


def _text_of(value: Any, parts: List[int], depth: int = 0) -> str:
    parts[0] += 1
    if depth > 20 or parts[0] > MOST_PARTS:
        raise _NotComparable
    if value is None or type(value) in (bool, int, float, complex):
        return repr(value)
    if type(value) is str:
        if " at 0x" in value:  # an address
            raise _NotComparable
        return repr(value)
    if type(value) in (tuple, list):
        inner = ", ".join(_text_of(part, parts, depth + 1) for part in value)
        return f"[{inner}]"
    try:
        view = memoryview(value)
    except (TypeError, BufferError, ValueError, NotImplementedError):
        raise _NotComparable from None
    with view:
        if any(letter in view.format for letter in "OPX&"):  # addresses
            raise _NotComparable
        return repr(view.tobytes())


def look_at(result: Any) -> None:
    """Touches what a result has of the memory, as printing it would."""
    with contextlib.suppress(Exception):
        repr(result)
    with contextlib.suppress(Exception):
        memoryview(result).tobytes()


#: Objects of these types refer to the exporter, and not to a view of it.
HOLDERS = (tuple, list, dict, set, types.CellType, types.FrameType)


def keepers_of(watched: Any) -> List[str]:
    """The types of the objects that keep views of `watched`, and of the objects that keep those."""
    names: List[str] = []
    level = [one for one in gc.get_referrers(watched) if not isinstance(one, HOLDERS)]
    seen = {id(level)}
    for _ in range(3):
        names += [type(one).__name__ for one in level if type(one).__name__ not in ("managedbuffer", *names)]
        above: List[Any] = []
        seen |= {id(above)} | {id(one) for one in level}
        for one in level:
            above += [new for new in gc.get_referrers(one) if id(new) not in seen and type(new).__name__ != "frame"]
        level = above
    return names


class Channel:
    """What a trial writes, for the process that waits for it: memory that both share, and a pipe."""

    def __init__(self, shared: mmap.mmap, send: Callable[[bytes], Any]) -> None:
        self.shared = shared
        self.send = send

    def phase(self, number: int) -> None:
        struct.pack_into("=Q", self.shared, 0, number)

    def tell(self, **found: Any) -> None:
        self.send(json.dumps(found).encode() + b"\n")


def trial(number: int, consumer: Consumer, use: Optional[Use], channel: Channel) -> None:
    """One scenario. Tells what came of it."""
    watched = _native.Watched(number, channel.shared)
    channel.phase(CALL)
    result = None
    try:
        result = consumer(watched)
    except BaseException as error:  # SystemExit too
        # The traceback of the exception refers to what the consumer had.
        told: Dict[str, Any] = {"outcome": "raised", "name": type(error).__name__, "message": str(error)[:300]}
        del error
    else:
        channel.phase(RESULT)
        channel.tell(outcome="returned")
        told = {"outcome": "returned", "value": comparable(result)}
        look_at(result)
    channel.tell(**told)
    if use is not None and told["outcome"] == "returned":
        channel.phase(USE)
        try:
            use(result)
        except BaseException as error:
            channel.tell(use_raised=f"{type(error).__name__}: {error}"[:300])
        else:
            channel.tell(used=True)
    channel.phase(DROP)
    result = None
    gc.collect()
    kept = watched.held()
    if kept:
        # Caches of the interpreter hold the last exception and the last traceback.
        gc.collect()
        kept = watched.held()
    gc.unfreeze()
    names = keepers_of(watched) if kept else []
    channel.tell(kept=kept, keepers=names, wrote_after_release=watched.finish())
    channel.phase(DONE)


def can_fork() -> bool:
    """Not on macOS, whose frameworks do not work in a child."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def no_core_file() -> None:
    """A trial that ends by a signal leaves no file behind."""
    with contextlib.suppress(Exception):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def in_a_fork(number: int, consumer: Consumer, use: Optional[Use], shared: mmap.mmap) -> Dict[str, Any]:
    """Runs a trial in a child of this process."""
    clear(shared)
    receive, send = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of a BLAS library, which wait
        child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(receive)
            no_core_file()
            gc.freeze()  # the collector has only to look at what the consumer made
            _native.keep_faults(shared)
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            trial(number, consumer, use, Channel(shared, lambda text: os.write(send, text)))
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    try:
        said, in_time = read_all(receive, time.monotonic() + PATIENCE)
    finally:
        os.close(receive)
        if not in_time:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return record_of(number, said, ending(status), in_time, shared)


def read_all(pipe: int, until: float) -> Tuple[bytes, bool]:
    """What a child says, and whether it came to its end before that moment."""
    said = b""
    while True:
        left = until - time.monotonic()
        ready, _, _ = select.select([pipe], [], [], max(0, left))
        if not ready:
            return said, False
        part = os.read(pipe, 1 << 16)
        if not part:
            return said, True
        said += part


def ending(status: int) -> Optional[str]:
    """How a child ended, from the status of `waitpid`. None if as it should."""
    if os.WIFSIGNALED(status):
        return name_of_signal(os.WTERMSIG(status))
    return None if status == 0 else f"status {os.WEXITSTATUS(status)}"


def name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def record_of(number: int, said: bytes, how: Optional[str], in_time: bool, shared: mmap.mmap) -> Dict[str, Any]:
    """What is known of a trial."""
    record: Dict[str, Any] = {"scenario": number, "left": bytes(shared), "outcome": "timed out"}
    for line in said.splitlines():
        with contextlib.suppress(ValueError):  # a line that the end cut short
            record.update(json.loads(line))
    if not in_time:
        record["outcome"] = "timed out"
    elif how is not None:
        record.update(outcome="died", how=how)
    return record


def clear(shared: mmap.mmap) -> None:
    shared[:] = bytes(len(shared))


def new_shared() -> mmap.mmap:
    return mmap.mmap(-1, _native.shared_size())


def in_forks(consumer: Consumer, use: Optional[Use]) -> List[Dict[str, Any]]:
    """All trials, each in a child."""
    shared = new_shared()
    return [in_a_fork(number, consumer, use, shared) for number in range(len(_native.scenario_names()))]


def in_this_process(
    consumer: Consumer, use: Optional[Use], first: int, shared: mmap.mmap, keep: Callable[[Dict[str, Any]], None]
) -> None:
    """The trials from `first` on. If one ends the process, `shared` has what is known of it."""
    _native.keep_faults(shared)
    for number in range(first, len(_native.scenario_names())):
        clear(shared)
        said: List[bytes] = []
        trial(number, consumer, use, Channel(shared, said.append))
        keep(record_of(number, b"".join(said), None, True, shared))


def limits(has_pages: bool) -> List[str]:
    """What is not examined here."""
    if has_pages:
        return []
    return [
        "reads after the last release: memory is not taken away on this system",
        "accesses past the end and before the start: no pages around the memory on this system",
    ]
