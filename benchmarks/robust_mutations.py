"""Mangled bytes at every border: a result that can be used, or one sentence; in bounded time and memory."""

from __future__ import annotations

import multiprocessing
import queue
import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

LONGEST_CPU_S, MOST_MB = 60.0, 1500
Read = Callable[[Path, Path], object]


def run(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """So many mutations, the same number at each border, each border in a process of its own."""
    from benchmarks.robust_borders import BORDERS

    each = -(-count // len(BORDERS))
    total: Counter[str] = Counter()
    failed: dict[str, str] = {}
    peaks, borders = {}, {}
    context = multiprocessing.get_context("spawn")
    for number, name in enumerate(BORDERS):
        answers = context.Queue()
        place = folder / name.replace("/", "_")
        place.mkdir()
        process = context.Process(target=_border, args=(name, place, each, [seed, number], answers))
        process.start()
        found, faults, peak_mb = _answer(process, answers)
        total.update(found)
        failed |= {f"{name}: {what}": where for what, where in faults.items()}
        peaks[name], borders[name] = peak_mb, dict(found)
        process.join()
    highest = max(peaks.values())
    bad = {key: total[key] for key in ("traceback", "exit 70", "hang", "half file", "not finite", "died")}
    return {
        "tried": sum(total.values()), "taken": total["taken"], "refused": total["refused"],
        **{key.replace(" ", "_"): value for key, value in bad.items()}, "peak_mb": highest,
        "holds": not any(bad.values()) and highest < MOST_MB, "borders": borders, "failed": failed,
    }  # fmt: skip


def _answer(process: Any, answers: Any) -> tuple[Counter[str], dict[str, str], int]:
    while True:
        try:
            return answers.get(timeout=5)
        except queue.Empty:
            if not process.is_alive():
                return Counter({"died": 1}), {"died": f"exit code {process.exitcode}"}, 0


class _TooLong(BaseException):
    """The time of the processor is over."""


def _border(name: str, place: Path, count: int, seed: list[int], answers: Any) -> None:
    """All mutations of one border, in this process."""
    import logging
    import os
    import warnings

    from benchmarks.robust_borders import BORDERS
    from xtalker.values import XtalkerError
    from xtalker.values.errors import memory_wanted

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.environ["XTALKER_CACHE"] = str(place / "cache")
    border, rng = BORDERS[name], np.random.default_rng(seed)
    seeds = border.seeds(place)
    signal.signal(signal.SIGPROF, _ring)
    found: Counter[str] = Counter()
    faults: dict[str, str] = {}
    for number in range(count):
        original = seeds[number % len(seeds)]
        path = place / f"mangled{original.suffix}"
        path.write_bytes(mangled(original.read_bytes(), rng))
        signal.setitimer(signal.ITIMER_PROF, LONGEST_CPU_S)
        try:
            outcome = border.read(path, place) or "taken"
        except XtalkerError as error:
            outcome = "refused" if "\n" not in str(error) else "traceback"
        except _TooLong:
            outcome = "hang"
        except Exception as error:
            outcome = "refused" if memory_wanted(error) is not None else "traceback"
            if outcome == "traceback":
                faults[f"{type(error).__name__}: {error}"[:120]] = _last_line(error)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if any(".part" in left.name for left in place.rglob(".*")):
            outcome = "half file"
        if outcome in ("traceback", "hang", "half file", "not finite", "exit 70"):
            path.rename(place.parent / f"{place.name}-{number}{original.suffix}")
        found[outcome] += 1
    answers.put((found, faults, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def _ring(*_: object) -> None:
    raise _TooLong


def _last_line(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def mangled(data: bytes, rng: np.random.Generator) -> bytes:
    """Flipped, cut, repeated, removed or overwritten bytes; extreme numbers in odd places."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, max(1, len(out))))
        length = int(min(rng.geometric(0.05), max(1, len(out) - at)))
        kind = int(rng.integers(0, 7))
        if kind == 0 and out:
            out[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            out[at : at + length] = rng.bytes(length)
        elif kind == 2 and rng.random() < 0.3:
            del out[at:]
        elif kind == 3:
            del out[at : at + length]
        elif kind == 4:
            out[at:at] = out[at : at + length] * int(rng.integers(1, 4))
        elif kind == 5:
            out[at : at + 4] = _EXTREMES[int(rng.integers(0, len(_EXTREMES)))]
        else:
            head = int(rng.integers(0, min(len(out), 256) or 1))
            out[head : head + 1] = rng.bytes(1)
    return bytes(out)


_EXTREMES: Final = (
    b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\x80\x7f", b"\0\0\xc0\x7f",
    b"\0\0\0\x80",
)  # fmt: skip
