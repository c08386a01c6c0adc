"""kill -9 at random moments: outputs are old or new and whole, and the next run leaves nothing of the dead ones."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

_LONGEST_S: Final = 300.0


def run(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """So many kills over a few jobs."""
    motion = _motion(folder / "motion.npz")
    jobs = {
        "render.mp4": ["render", motion, "-o", "OUT", "--size", "64", "--quiet"],
        "depth.mp4": ["render", motion, "-o", "OUT", "--size", "64", "--depth", str(folder / "d.mp4"), "--quiet"],
        "export.glb": ["export", motion, "-o", "OUT", "--quiet"],
        "export.obj": ["export", motion, "-o", "OUT", "--quiet"],
    }
    rng, failed = np.random.default_rng(seed), {}
    whole_s = {name: _whole(folder, name, words) for name, words in jobs.items()}
    kills = left_by_dead = 0
    for number in range(count):
        name = list(jobs)[number % len(jobs)]
        out, before = _prepared(folder, name, old=number % 2 == 0)
        process = _start(jobs[name], out)
        try:
            process.wait(timeout=rng.uniform(0.3, 1.0) * whole_s[name])
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.communicate()
        left_by_dead += bool(_left(folder))
        if process.returncode != 0 and before is not None and out.read_bytes() != before and not _is_whole(out):
            failed[f"{name} {number}"] = "the old output is lost"
        if number % 5 == 4 or number >= count - len(jobs):
            again = _start(jobs[name], out)
            _, err = again.communicate(timeout=_LONGEST_S)
            if again.returncode or _left(folder):
                failed[f"{name} {number}, again"] = (err or b"").decode()[-200:] or f"left {_left(folder)}"
    return {
        "kills": kills, "left_by_dead": left_by_dead, "left_after_next_run": len(_left(folder)),
        "holds": not failed, "failed": failed,
    }  # fmt: skip


def _motion(path: Path) -> str:
    from xtalker.export.motion_npz import write_motion
    from xtalker.values import Identity, Motion

    write_motion(path, Motion.zeros(200), Identity(), card={})
    return str(path)


def _start(words: list[str], out: Path) -> subprocess.Popen[bytes]:
    given = [str(out) if word == "OUT" else word for word in words]
    command = [sys.executable, "-m", "xtalker", *given]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _whole(folder: Path, name: str, words: list[str]) -> float:
    """Seconds of a run that is let alone; also warms up what is compiled."""
    began = time.monotonic()
    process = _start(words, folder / name)
    process.communicate(timeout=_LONGEST_S)
    return time.monotonic() - began


def _prepared(folder: Path, name: str, *, old: bool) -> tuple[Path, bytes | None]:
    """The output's place, with an older good one there or not."""
    out = folder / name
    if out.suffix == ".obj":
        return out, None
    if old and not out.exists():
        out.write_bytes(b"an older output")
    if not old:
        out.unlink(missing_ok=True)
    return out, out.read_bytes() if old else None


def _is_whole(path: Path) -> bool:
    """Whether a file is a finished one of its kind: killed between the rename and the end."""
    data = path.read_bytes()
    if path.suffix == ".glb":
        return len(data) > 12 and int.from_bytes(data[8:12], "little") == len(data)
    return b"moov" in data and b"mdat" in data


def _left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]
