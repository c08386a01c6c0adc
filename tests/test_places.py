"""What only saves time may be missing: no home, no writable place, a damaged cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from xtalker import places
from xtalker.assets import cache
from xtalker.values import OutputError

_NOBODY = 65_534
_COMPILES = """
import xtalker, sys
from numba import njit
sys.path.insert(0, sys.argv[1])
import kernel
print(kernel.twice(21))
"""


def test_no_home_and_no_entry_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XTALKER_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", refuse)
    assert places.cache_root() is None
    with pytest.raises(OutputError, match=r"no place for a cache.*set XTALKER_CACHE"):
        cache.cache_folder("assets")


@pytest.mark.parametrize("wrong", ["bytes", "folder", "pipe", "file in the folder's place"])
def test_whatever_lies_in_the_cache_a_good_file_is_good(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    right = cache.sha256_of(path)
    assert cache.is_intact(path, right)
    (memory,) = (tmp_path / "cache" / "verified").iterdir()
    memory.unlink()
    if wrong == "bytes":
        memory.write_bytes(b"\xff\xfe")
    elif wrong == "folder":
        memory.mkdir()
    elif wrong == "pipe":
        os.mkfifo(memory)
    else:
        memory.parent.rmdir()
        memory.parent.write_text("")
    for _ in range(2):
        assert cache.is_intact(path, right) and not cache.is_intact(path, "0" * 64)


def test_a_cache_that_cannot_be_written_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("in the way")
    monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        assert cache.is_intact(tmp_path / name, cache.sha256_of(tmp_path / name))
    assert len(caplog.records) == 1 and "runs take longer; XTALKER_CACHE sets another place" in caplog.text


def run_as_nobody(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become another user")
    user = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return subprocess.run([*user, *arguments], capture_output=True, text=True, env=dict(environment))


@pytest.mark.parametrize("home", ["none", "read-only", "writable"])
def test_compiled_code_finds_a_place_for_another_user(tmp_path: Path, home: str) -> None:
    """A copy of the package that this user may read, and a kernel as ours are."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    package = tmp_path / "installed" / "xtalker"
    package.mkdir(parents=True)
    for name in ("__init__.py", "places.py"):
        shutil.copy(Path(places.__file__).with_name(name), package)
    shutil.copytree(Path(places.__file__).parent / "values", package / "values")
    kernel = "from numba import njit\n@njit(cache=True)\ndef twice(x):\n    return 2 * x\n"
    (tmp_path / "installed" / "kernel.py").write_text(kernel)
    (tmp_path / "home").mkdir(mode=0o777 if home == "writable" else 0o555)
    (tmp_path / "home").chmod(0o777 if home == "writable" else 0o555)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary").chmod(0o777)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "installed")}
    environment |= {"TMPDIR": str(tmp_path / "temporary"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {} if home == "none" else {"HOME": str(tmp_path / "home")}
    done = run_as_nobody([sys.executable, "-c", _COMPILES, str(tmp_path / "installed")], environment)
    assert (done.stdout, done.stderr) == ("42\n", "")
    assert list((tmp_path / "temporary").iterdir()) == []  # what was made for the run is gone with it
