from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from xtalker.assets import cache, exclusive


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
