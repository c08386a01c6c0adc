"""Where xtalker keeps what saves time: its cache, and the code that numba compiles. Light, and imported before numba.

What only saves time may be missing: nothing here stops a run.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

_COMPILED = "NUMBA_CACHE_DIR"
_ROOM_BYTES = 1 << 16
_PACKAGE = Path(__file__).parent
_SOME_COMPILED_FOLDER = _PACKAGE / "render" / "__pycache__"


def cache_root() -> Path | None:
    """The per-user cache: XTALKER_CACHE, else the system's place; None for a user without a home."""
    import platformdirs

    try:
        override = os.environ.get("XTALKER_CACHE")
        root = Path(override).expanduser() if override else Path(platformdirs.user_cache_dir("xtalker", False))
    except RuntimeError:  # no HOME, and no entry for this user
        return None
    return root.absolute()


def fault_of(folder: Path) -> str | None:
    """Why nothing can be kept in a folder, which is made where it is absent; None where all is well."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_ROOM_BYTES))
            file.flush()
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def place_compiled_code() -> None:
    """Let numba keep compiled code where it can be written: beside the sources, in our cache, else for this run only.

    numba refuses to start where it finds no such place, as in a read-only installation of another user. Who has set
    NUMBA_CACHE_DIR has chosen.
    """
    if _COMPILED in os.environ or fault_of(_SOME_COMPILED_FOLDER) is None:
        return
    root = cache_root()
    folder = None if root is None else root / "compiled"
    if folder is None or fault_of(folder) is not None:
        from xtalker.values.unfinished import temporary_prefix

        try:
            folder = Path(tempfile.mkdtemp(prefix=temporary_prefix(), suffix="-compiled"))
        except OSError:  # nothing can be written anywhere; what this leads to is said where it is needed
            return
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_COMPILED] = str(folder)
    if "numba" in sys.modules:  # it reads its settings once
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def compiled_place() -> Path:
    """Where compiled code is kept."""
    chosen = os.environ.get(_COMPILED)
    return Path(chosen) if chosen else _PACKAGE
