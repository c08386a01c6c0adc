"""Memory and speed of drawing a photo avatar, each in a process of its own.

    python photo_speed.py memory|speed AVATAR PORTRAIT

Other work on the machine shall count as little as it can: on one thread a frame takes the process's CPU time; on more
the CPU time of the busiest thread, below which an idle machine cannot come. The wall time is kept beside them.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FRAMES: Final = 80
_TALL: Final = (1920, 1080)


def measured(what: str, avatar: Path, portrait: Path, *, threads: int) -> dict[str, Any]:
    """Run a measurement in a fresh process.

    Raises:
        RuntimeError: it failed.
    """
    environment = os.environ | {
        "NUMBA_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "MALLOC_MMAP_THRESHOLD_": "65536",  # freed arrays go back to the system, so that they are not counted
        "MALLOC_TRIM_THRESHOLD_": "65536",
    }
    command = [sys.executable, str(Path(__file__)), what, str(avatar), str(portrait)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{what} of {avatar.name} failed: {done.stderr.strip()[-400:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def resident_mb() -> float:
    """Memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory(avatar_file: Path) -> dict[str, float]:
    """Megabytes that an opened avatar with its renderer at 512 adds to a process that has drawn before."""
    from benchmarks.photo_people import POSES, Sitter
    from xtalker.appearance.avatar_file import load_avatar

    def drawn() -> Sitter:
        sitter = Sitter(load_avatar(avatar_file))
        for name in ("rest", "aa", "blink", "yaw +20"):
            sitter.draw(POSES[name])
        return sitter

    drawn()  # compiles and loads all that every avatar shares
    gc.collect()
    before = resident_mb()
    sitter = drawn()
    gc.collect()
    return {"draw_mb": resident_mb() - before, "arrays_mb": _array_bytes(sitter.avatar) / 1e6}


def _array_bytes(value: object) -> int:
    """Of all arrays of a frozen value."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(_array_bytes(part) for part in value)
    return sum(_array_bytes(part) for part in vars(value).values()) if hasattr(value, "__dict__") else 0


def thread_cpu_s() -> dict[str, float]:
    """CPU seconds of each thread of this process (Linux)."""
    tasks = Path("/proc/self/task").iterdir()
    return {task.name: int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}


def frame_times(work: Callable[[int], object], frames: int) -> dict[str, float]:
    """Seconds a frame after two that are not counted: CPU of all threads, CPU of the busiest one, and wall."""
    for i in range(2):
        work(i)
    before, cpu, wall = thread_cpu_s(), time.process_time(), time.perf_counter()
    for i in range(2, frames + 2):
        work(i)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    busiest = max(now - before.get(name, 0.0) for name, now in thread_cpu_s().items())
    return {"cpu_s": cpu / frames, "busiest_s": busiest / frames, "wall_s": wall / frames}


def speed(avatar_file: Path, portrait: Path) -> dict[str, Any]:
    """Frames of the demo speech in the look photo at 512, of the 3D head in the same process, and at 1920 x 1080."""
    from benchmarks.photo_lips import speech_motion
    from benchmarks.photo_people import Sitter
    from xtalker.appearance.avatar_file import load_avatar
    from xtalker.performance import Shot

    motion = speech_motion(avatar_file.parent)
    avatar = load_avatar(avatar_file)

    def times(shot: Shot, frames: int) -> dict[str, float]:
        sitter = Sitter(avatar, shot)
        pictures = sitter.frames_at(motion, (20 + i % (motion.num_frames - 20) for i in count()))
        return frame_times(lambda _: next(pictures), frames)

    return {
        "photo_512": times(Shot(size=512), FRAMES),
        "head_512": _head_times(portrait, motion),
        "photo_1080p": times(Shot(size=_TALL), FRAMES // 4),
        "load": os.getloadavg()[0],
    }


def _head_times(portrait: Path, motion: Any) -> dict[str, float]:
    """The full 3D head of the same portrait, vertices included."""
    from xtalker.performance import parts
    from xtalker.performance.person import read_person
    from xtalker.render import HeadRenderer

    person, head = read_person(portrait), parts.open_head()
    rest = head.neutral(person.identity)
    renderer = HeadRenderer(head.topology, rest, look="portrait", width=512, height=512, appearance=person.appearance)
    camera = renderer.portrait_camera(yaw_rad=0.0)
    return frame_times(
        lambda i: renderer.render(head.vertices(person.identity, motion[20 + i : 21 + i])[0], camera), FRAMES // 2
    )


def main() -> int:
    """One measurement."""
    what, avatar, portrait = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps(memory(avatar) if what == "memory" else speed(avatar, portrait)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
