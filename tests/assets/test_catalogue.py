from __future__ import annotations

import re
import string

import pytest

from xtalker.assets import CATALOGUE, Asset, fetch
from xtalker.assets.cache import sha256_of
from xtalker.assets.catalogue import Url, WheelMembers

ASSETS = [pytest.param(asset, id=name) for name, asset in CATALOGUE.items()]


@pytest.mark.parametrize("asset", ASSETS)
def test_every_entry_says_what_it_is(asset: Asset) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", asset.name) and asset.sources
    assert all((asset.version, asset.licence, asset.what, asset.makers, asset.remake))
    if asset.packaged:
        assert asset.packaged.file.name == asset.file_name
    else:
        assert len(asset.sha256) == 64 and set(asset.sha256) <= set(string.hexdigits) and asset.size > 0


@pytest.mark.parametrize("asset", ASSETS)
def test_every_source_is_pinned(asset: Asset) -> None:
    for source in asset.sources:
        if isinstance(source, WheelMembers):
            for part in source.parts:
                assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", part.requirement) and len(part.wheel_sha256) == 64
                assert ".." not in part.member and not part.member.startswith("/")
        if isinstance(source, Url):
            assert source.address.startswith("https://")


def test_variables_and_wheels_for_any_interpreter() -> None:
    assert CATALOGUE["face-mesh-attention"].variable == "XTALKER_ASSET_FACE_MESH_ATTENTION"
    source = CATALOGUE["face-detector"].sources[0]
    assert isinstance(source, WheelMembers)
    assert source.parts[0].pip_arguments() == [
        "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp",
        "--platform", "manylinux_2_28_x86_64", "mediapipe==0.10.21",
    ]  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("asset", [a for a in CATALOGUE.values() if not a.packaged], ids=lambda a: a.name)
def test_every_download_arrives(asset: Asset) -> None:
    path = fetch(asset.name)
    assert sha256_of(path) == asset.sha256 and path.stat().st_size == asset.size


@pytest.mark.real
@pytest.mark.parametrize("asset", [a for a in CATALOGUE.values() if a.packaged], ids=lambda a: a.name)
def test_every_shipped_file_is_sealed(asset: Asset) -> None:
    assert fetch(asset.name).is_file()
