"""`xtalker doctor`: what is installed, which models are present, and how fast this machine is."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING

from xtalker import __version__
from xtalker.cli import options
from xtalker.cli.console import Report

if TYPE_CHECKING:
    from xtalker.assets import AssetStatus

_PACKAGE = "xtalker"
_MEASURED_FRAMES, _MEASURED_PICTURES, _MEASURED_SIZE = 250, 10, 512


def add_to(verbs: options.Verbs) -> None:
    """Add the verb to the parser."""
    parser = options.add_verb(verbs, "doctor", run, "what is installed and present, and how fast this machine is")
    parser.add_argument("--fetch", action="store_true", help="download every model that is absent")


def run(given: argparse.Namespace) -> Report:
    """Look around, after fetching what is absent if asked to.

    Raises:
        AssetError: a model that was to be fetched and cannot be had.
    """
    from xtalker.assets import cache_folder, status

    if given.fetch:
        _fetch_all()
    assets, packages = status(), _packages()
    figures = {
        "command": "doctor", "xtalker": __version__, "python": platform.python_version(),
        "platform": platform.platform(), "cores": _cores(), "cache": str(cache_folder("assets").parent),
        "packages": packages,
        "assets": [{**_row(a), "path": str(a.path), "bytes": a.size} for a in assets],
        "next": _advice(assets, packages),
        "speed": _speed(assets),
    }  # fmt: skip
    return Report(figures, _lines(figures))


def _fetch_all() -> None:
    """Every asset that does not ship in the package; the first that fails is reported once all were tried."""
    from xtalker.assets import CATALOGUE, fetch
    from xtalker.values import AssetError

    failed = []
    for name, asset in CATALOGUE.items():
        if asset.packaged is None:
            try:
                fetch(name)
            except AssetError as error:
                failed.append(error)
    if failed:
        raise failed[0]


def _packages() -> dict[str, dict[str, str | None]]:
    """What the package says that it needs: version there, version wanted, and the extra that wants it."""
    found: dict[str, dict[str, str | None]] = {}
    for line in metadata.requires(_PACKAGE) or ():
        match = re.match(r"(?P<name>[\w.-]+)(?:\s*==\s*(?P<wanted>[^;\s]+))?", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", line)
        if match:
            entry = {"wanted": match["wanted"], "extra": extra and extra[1]}
            found[match["name"]] = {"installed": _installed(match["name"]), **entry}
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
        "name": asset.name, "version": asset.version, "licence": asset.licence,
        "commercial": asset.commercial, "state": asset.state,
    }  # fmt: skip


def _advice(assets: tuple[AssetStatus, ...], packages: dict[str, dict[str, str | None]]) -> list[str]:
    """What is missing and the command that brings it."""
    from xtalker.assets import CATALOGUE

    says = []
    if any(a.state != "packaged" and CATALOGUE[a.name].packaged is None and a.state == "absent" for a in assets):
        says.append("some models are absent; the first run that needs one downloads it, or: xtalker doctor --fetch")
    for a in assets:
        if a.state == "damaged" or (a.state == "absent" and CATALOGUE[a.name].packaged):
            says.append(f"{a.name} is {a.state}: {_cure(a)}")
    for name, p in packages.items():
        if p["installed"] is None:
            said = f"for the extra '{p['extra']}'" if p["extra"] else "needed"
            what = f"{_PACKAGE}[{p['extra']}]" if p["extra"] else f"{name}=={p['wanted']}"
            says.append(f"{name} is missing ({said}): {sys.executable} -m pip install '{what}'")
    return says


def _cure(asset: AssetStatus) -> str:
    from xtalker.assets import CATALOGUE

    entry = CATALOGUE[asset.name]
    if os.environ.get(entry.variable):
        return f"correct or unset {entry.variable}"
    if entry.packaged:
        return f"{sys.executable} -m pip install --force-reinstall --no-deps {_PACKAGE}"
    return "xtalker doctor --fetch"


def _speed(assets: tuple[AssetStatus, ...]) -> dict[str, float] | None:
    """Frames a second of the head and of rendering; None when the head is not there. Compiled code is warmed up."""
    if not any(a.name == "open-head" and a.state in ("packaged", "present") for a in assets):
        return None
    from itertools import islice

    from xtalker.performance import parts
    from xtalker.performance.filming import frames
    from xtalker.performance.shot import Shot
    from xtalker.values import Identity, Motion

    head, identity = parts.open_head(), Identity()
    motion = Motion.zeros(_MEASURED_FRAMES)
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


def _lines(figures: dict[str, object]) -> list[str]:
    packages, assets = figures["packages"], figures["assets"]
    assert isinstance(packages, dict) and isinstance(assets, list)
    needed = [f"{name} {p['installed'] or 'MISSING'}" for name, p in packages.items() if not p["extra"]]
    width = {key: max(len(str(row[key])) for row in assets) for key in ("name", "version", "state", "licence")}
    speed = figures["speed"]
    return [
        f"xtalker {figures['xtalker']}, Python {figures['python']}, {figures['platform']}, {figures['cores']} cores",
        f"packages: {', '.join(needed)}",
        f"cache: {figures['cache']} (XTALKER_CACHE sets another place)",
        "models:",
        *(
            f"  {row['name']:{width['name']}}  {row['version']:{width['version']}}  {row['state']:{width['state']}}  "
            f"{'commercial use allowed' if row['commercial'] else 'NON-COMMERCIAL':22}  "
            f"{row['licence']:{width['licence']}}  {row['path']}"
            for row in assets
        ),
        f"speed: {', '.join(f'{k} {v}' for k, v in speed.items()) if isinstance(speed, dict) else 'not measured'}",
        *(f"next: {line}" for line in _as_list(figures["next"])),
    ]


def _as_list(lines: object) -> list[str]:
    assert isinstance(lines, list)
    return lines
