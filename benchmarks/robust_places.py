"""Odd places: no home, another user, read-only and damaged caches, pipes, signals, full disks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

_NOBODY: Final = 65_534


class _Skip(Exception):
    """Why something cannot be tried here."""


def run(folder: Path) -> dict[str, Any]:
    """Try all; `skipped` says why some could not be tried."""
    for place in (folder, *list(folder.parents)[:2]):
        if place != Path("/tmp"):
            place.chmod(0o755)
    cache = _warm(folder)
    results: dict[str, str] = {}
    failed, skipped = {}, {}
    for name, attempt in PLACES.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        place.chmod(0o777)
        try:
            attempt(place, cache)
            results[name] = "green"
        except _Skip as why:
            skipped[name] = results[name] = str(why)
        except Exception as error:
            failed[name] = results[name] = f"{type(error).__name__}: {error}"[:400]
    return {
        "tried": len(PLACES) - len(skipped), "green": len(PLACES) - len(failed) - len(skipped),
        "holds": not failed, "places": results, "failed": failed, "skipped": skipped,
    }  # fmt: skip


def _warm(folder: Path) -> Path:
    """A cache with all that `talk` needs, and a short sound."""
    import wave

    from tests.tiny.speech import tiny_voice

    from xtalker.assets import fetch

    cache = folder / "cache"
    source = fetch("whisper-base-encoder").parents[2]
    shutil.copytree(source, cache / "assets")
    with wave.open(str(folder / "speech.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((tiny_voice(1.0).samples * 32767).astype("<i2").tobytes())
    (folder / "speech.wav").chmod(0o644)
    for path in [cache, *cache.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o555)
    return cache


def _xtalker(
    *words: object,
    environment: Mapping[str, str],
    nobody: bool = False,
    feed: bytes | None = None,
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "xtalker", *map(str, words)]
    if nobody:
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            raise _Skip("needs root and setpriv to become another user")
        command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]
    source = str(Path(__file__).resolve().parents[1] / "src")
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(command, capture_output=True, env=given, input=feed, timeout=600)


def _talks(done: subprocess.CompletedProcess[bytes], out: Path) -> None:
    err = done.stderr.decode()
    assert done.returncode == 0 and out.is_file(), err[-300:]
    assert "Traceback" not in err and err.count("nothing can be kept") <= 1, err[-300:]


def _read_only(place: Path, cache: Path) -> None:
    out = place / "o.npz"
    given = {"XTALKER_CACHE": str(cache)}
    _talks(_xtalker("talk", place.parent / "speech.wav", "-o", out, environment=given, nobody=True), out)


def _no_home(place: Path, cache: Path) -> None:
    done = _xtalker("talk", place.parent / "speech.wav", "-o", place / "o.npz", environment={}, nobody=True)
    err = done.stderr.decode()
    assert done.returncode in (0, 1) and "Traceback" not in err, err[-300:]
    assert done.returncode == 0 or "XTALKER_CACHE" in err, err[-300:]


def _doctor(place: Path, cache: Path) -> None:
    done = _xtalker("doctor", environment={"XTALKER_CACHE": str(cache)}, nobody=True)
    assert done.returncode == 0 and b"cannot be written" in done.stdout, done.stderr[-300:]


def _damaged(place: Path, cache: Path) -> None:
    mine = place / "cache"
    shutil.copytree(cache, mine)
    given = {"XTALKER_CACHE": str(mine), "HOME": str(place)}
    speech, out = place.parent / "speech.wav", place / "o.npz"
    _talks(_xtalker("talk", speech, "-o", out, environment=given), out)
    for path in [*(mine / "verified").iterdir(), *(mine / "features").iterdir()]:
        path.write_bytes(b"\xff" + path.read_bytes()[1:])
    out.unlink()
    _talks(_xtalker("talk", speech, "-o", out, environment=given), out)


def _stdin(place: Path, cache: Path) -> None:
    out, speech = place / "o.npz", (place.parent / "speech.wav").read_bytes()
    given = {"XTALKER_CACHE": str(cache), "HOME": str(place)}
    _talks(_xtalker("talk", "/dev/stdin", "-o", out, environment=given, feed=speech), out)


def _signalled(name: str, code: int) -> Callable[[Path, Path], None]:
    def attempt(place: Path, cache: Path) -> None:
        from xtalker.export.motion_npz import write_motion
        from xtalker.values import Identity, Motion

        write_motion(place / "m.npz", Motion.zeros(20_000), Identity(), card={})
        command = [sys.executable, "-m", "xtalker", "render", "m.npz", "-o", "o.mp4", "--size", "64", "--quiet"]
        process = subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE)
        until_s = time.monotonic() + 120
        while not any(place.glob(".o*.part.mp4")) and time.monotonic() < until_s:
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(getattr(signal, name))
        _, err = process.communicate(timeout=60)
        assert process.returncode == code, err.decode()[-300:]
        assert [path.name for path in place.iterdir()] == ["m.npz"], list(place.iterdir())

    return attempt


def _full(suffix: str) -> Callable[[Path, Path], None]:
    def attempt(place: Path, cache: Path) -> None:
        from xtalker.export.motion_npz import write_motion
        from xtalker.values import Identity, Motion

        disk = place / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
        if mounted.returncode:
            raise _Skip("needs the right to mount a small disk")
        try:
            write_motion(place / "m.npz", Motion.zeros(3000), Identity(), card={})
            out = disk / f"o{suffix}"
            given = {"XTALKER_CACHE": str(cache), "HOME": str(place), "TMPDIR": str(disk)}
            done = _xtalker("export", place / "m.npz", "-o", out, environment=given)
            err = done.stderr.decode().strip()
            assert done.returncode == 1 and len([x for x in err.splitlines() if "warning" not in x]) == 1, err[-400:]
            assert list(disk.iterdir()) == [], list(disk.iterdir())
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    return attempt


PLACES: Final[dict[str, Callable[[Path, Path], None]]] = {
    "another user, all read-only": _read_only,
    "no home, no entry": _no_home,
    "doctor tells": _doctor,
    "damaged cache": _damaged,
    "sound from stdin": _stdin,
    "SIGINT": _signalled("SIGINT", 130),
    "SIGTERM": _signalled("SIGTERM", 143),
    "SIGHUP": _signalled("SIGHUP", 129),
    "full disk npz": _full(".npz"),
    "full disk glb": _full(".glb"),
    "full disk usdc": _full(".usdc"),
}
