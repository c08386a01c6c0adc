from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from xtalker.assets import cache, exclusive, whole_file


def test_whole_file_appears_when_done(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with whole_file(target) as beside:
        beside.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError])
def test_whole_file_leaves_nothing_behind(tmp_path: Path, fault: type[BaseException]) -> None:
    with pytest.raises(fault), whole_file(tmp_path / "a.bin") as beside:
        beside.write_bytes(b"half")
        raise fault
    assert list(tmp_path.iterdir()) == []


def test_lock_keeps_another_process_out(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom xtalker.assets import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(1)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    started = time.monotonic()
    with exclusive(tmp_path / "lock"):
        waited = time.monotonic() - started
    holder.communicate()
    assert waited > 0.5


def test_verified_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"content")
    right, reads = cache.sha256_of(path), []
    read = cache.sha256_of
    monkeypatch.setattr(cache, "sha256_of", lambda p: reads.append(p) or read(p))
    assert cache.is_intact(path, right) and cache.is_intact(path, right)
    assert len(reads) == 1
    assert not cache.is_intact(path, "0" * 64)
    path.write_bytes(b"contents")
    assert not cache.is_intact(path, right)
    assert len(reads) == 3
