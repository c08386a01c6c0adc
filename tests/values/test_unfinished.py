"""What a killed process leaves behind goes away with the next run; what lives, or is another's, stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from xtalker.values import unfinished
from xtalker.values.files import whole_file
from xtalker.values.folders import whole_folder
from xtalker.values.unfinished import machine, work_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes as POSIX does")
_FILE = "from xtalker.values.files import whole_file\nwith whole_file(Path(sys.argv[1]) / 'take.mp4'):\n"
_FOLDER = (
    "import re\nfrom xtalker.values.folders import whole_folder\n"
    "with whole_folder(Path(sys.argv[1]) / 'take_png', re.compile('.*')):\n"
)
_TEMPORARY = "from xtalker.values.unfinished import work_folder\nwith work_folder():\n"


@pytest.fixture(autouse=True)
def another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "_tidied", set())


def killed(code: str, folder: Path) -> int:
    """Run what makes something, kill it while it does; its number."""
    wait = "    print('there', flush=True)\n    time.sleep(60)\n"
    program = f"import sys, time\nfrom pathlib import Path\n{code}{wait}"
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None and process.stdout.readline() == b"there\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return process.pid


@pytest.mark.parametrize("code", [_FILE, _FOLDER, _TEMPORARY])
def test_leftovers_of_a_killed_process_are_removed_by_the_next(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(code, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if code is _TEMPORARY:
        with work_folder():
            pass
    else:
        with whole_file(tmp_path / "other.npz") as part:
            part.write_text("x")
        (tmp_path / "other.npz").unlink()
    assert list(tmp_path.iterdir()) == []


def test_what_lives_or_is_of_another_machine_stays(tmp_path: Path) -> None:
    dead = killed(_FILE, tmp_path)
    for left in tmp_path.iterdir():
        left.unlink()
    alive, elsewhere = f"{machine()}-{os.getppid()}", f"00000000-{dead}"
    kept = [tmp_path / f".take-{own}-12345678.part.mp4" for own in (alive, elsewhere)]
    kept.append(tmp_path / ".take-mine.part.mp4")
    for path in kept:
        path.touch()
    with whole_file(tmp_path / "take.mp4") as part:
        part.write_text("x")
    assert {*kept, tmp_path / "take.mp4"} == set(tmp_path.iterdir())


def test_a_folder_whose_successor_never_came_is_put_back(tmp_path: Path) -> None:
    dead = killed(_TEMPORARY, tmp_path / "..")
    old = tmp_path / f".take_png-{machine()}-{dead}-12345678.old"
    old.mkdir()
    (old / "000000.png").touch()
    with whole_file(tmp_path / "other.npz") as part:
        part.write_text("x")
    assert (tmp_path / "take_png" / "000000.png").is_file() and not old.exists()


def test_a_name_tells_what_it_is_for(tmp_path: Path) -> None:
    names = {unfinished.unfinished(tmp_path / "take.mp4").name for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(rf"\.take-{machine()}-{os.getpid()}-[0-9a-f]{{8}}\.part\.mp4", name) for name in names)


def test_a_written_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (happened.append("sync"), real_sync(handle)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (happened.append("rename"), real_replace(a, b))[1])
    with whole_file(tmp_path / "take.npz") as part:
        part.write_text("x")
    assert happened == ["sync", "rename", "sync"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    for content in ("a", "b"):
        with whole_folder(tmp_path / "take_png", re.compile(".*")) as folder:
            (folder / content).touch()
    assert [path.name for path in (tmp_path / "take_png").iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["take_png"]
