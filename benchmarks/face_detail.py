"""Does a portrait give back the detail of its skin? Heads rendered with known lines, and photographs.

    python benchmarks/face_detail.py [--folder PICTURES] [--sheet docs/face/detail.png] [--json]

Known lines: the mean head with random codes in the renderer's own lamps, 800 x 800 (eye corners 261 pixels apart),
landmarks where they truly are, so this measures the reading of the skin and not the fit of the head. Photographs: mean
of the 86 numbers for lines of every picture of a folder, one face each, and of Grace Hopper at 78 where matplotlib
is installed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from xtalker.capture.detail import detail_of
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.portrait import PortraitFit, fit_portrait
from xtalker.geometry.cameras import PORTRAIT_FOV_RAD, Camera
from xtalker.head.open_head import OpenHead
from xtalker.performance import parts
from xtalker.render.detail_lines import LINES, NUM_ROUGHNESS
from xtalker.render.head_renderer import HeadRenderer
from xtalker.render.stills import contact_sheet, write_png
from xtalker.values import Identity, Motion, XtalkerError
from xtalker.values.conventions import CHANNEL, NUM_DETAIL

SIDE_PX: Final = 800
SEEDS: Final = (0, 1, 2, 3, 4)
DEEPEST: Final = 2.5
CELL_PX: Final = 288
POSES: Final = ((), ("browInnerUp", "browOuterUp"), ("mouthSmile", "cheekSquint"), ("browDown", "mouthFrown"))
FAINT: Final = ("above the lip", "side of the nose", "outer frown", "nasolabial fold", "crow's foot 1")
"""Lines that the renderer's lamps hardly show, or that two numbers share."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit code 0, or 1 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="pictures of one face each")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sheet", type=Path, help="draw generic and lined skin, normal and dense, in four poses")
    options = parser.parse_args(arguments)
    try:
        report = measure(options.folder)
        if options.sheet is not None:
            write_png(options.sheet, sheet(parts.open_head()))
    except XtalkerError as fault:
        print(f"face_detail: {fault}", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=2) if options.json else _table(report))
    return 0


def measure(folder: Path | None = None) -> dict[str, Any]:
    """The whole report."""
    head = parts.open_head()
    return {"schema": "xtalker-face-detail-1", "known": known_lines(head), "photographs": photographs(head, folder)}


def known_lines(head: OpenHead) -> dict[str, float]:
    """How well random lines come back."""
    seen = np.array([not line.name.startswith(FAINT) for line in LINES])
    truth, read, took = [], [], []
    for seed in SEEDS:
        code = np.zeros(NUM_DETAIL, np.float32)
        code[NUM_ROUGHNESS:] = np.random.default_rng(seed).uniform(0, DEEPEST, len(LINES))
        picture, fit = rendered_portrait(head, code)
        started = time.perf_counter()
        found = detail_of(picture, fit, head)
        took.append(time.perf_counter() - started)
        truth.append(code[NUM_ROUGHNESS:])
        read.append(found.code[NUM_ROUGHNESS:])
    generic = detail_of(*rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32)), head)
    a, b = np.array(truth), np.array(read)
    return {
        "faces": len(SEEDS), "correlation": float(np.corrcoef(a.ravel(), b.ravel())[0, 1]),
        "correlation_visible": float(np.corrcoef(a[:, seen].ravel(), b[:, seen].ravel())[0, 1]),
        "slope_visible": float(np.polyfit(a[:, seen].ravel(), b[:, seen].ravel(), 1)[0]),
        "visible_lines": int(seen.sum()), "generic_mean": float(generic.code[NUM_ROUGHNESS:].mean()),
        "seconds": float(np.median(took)),
    }  # fmt: skip


def photographs(head: OpenHead, folder: Path | None = None) -> dict[str, Any]:
    """Mean line number of every photograph; null with the reason where it is too small."""
    paths = [] if folder is None else sorted(path for path in folder.iterdir() if path.is_file())
    spec = find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        paths.append(Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg")
    out: dict[str, Any] = {}
    for path in paths:
        picture = load_portrait(path)
        found = detail_of(picture, fit_portrait(picture, head, *parts.face_models()), head)
        out[path.stem] = ", ".join(found.faults) or float(found.code[NUM_ROUGHNESS:].mean())
    return out


def sheet(head: OpenHead) -> UInt8[np.ndarray, "height width 3"]:
    """Columns: rest, raised brows, smile, frown. Rows: generic skin and lined skin, each normal and dense."""
    lined = np.full(NUM_DETAIL, 1.5, np.float32)
    lined[:NUM_ROUGHNESS] = 0.8
    posed = [head.vertices(Identity(), _pose(names))[0] for names in POSES]
    cells = []
    for code in (np.zeros(NUM_DETAIL, np.float32), lined):
        for dense in (False, True):
            renderer = HeadRenderer(
                head.topology, head.neutral(Identity()), width=CELL_PX, height=CELL_PX, detail=code, dense=dense
            )  # fmt: skip
            low, high = renderer.portrait_box
            middle, reach = (low + high) / 2 + [0, -0.003, 0.02], np.array([0.076, 0.076, 0.02])
            camera = Camera.portrait(
                middle - reach, middle + reach, yaw_rad=0.25, pitch_rad=0.0, margin=0.02,
                vertical_fov_rad=PORTRAIT_FOV_RAD, width=CELL_PX, height=CELL_PX,
            )  # fmt: skip
            cells += [renderer.render(vertices, camera).rgb for vertices in posed]
    return contact_sheet(cells, len(POSES))


def _pose(names: tuple[str, ...]) -> Motion:
    motion = Motion.zeros(1)
    for name in names:
        for side in ("Left", "Right"):
            motion.expression[0, CHANNEL[name + side]] = 1
    return motion


def rendered_portrait(
    head: OpenHead, code: np.ndarray, *, size: int = SIDE_PX, motion: Motion | None = None
) -> tuple[Portrait, PortraitFit]:
    """A render of one pose as a portrait, with the landmarks where they truly are."""
    motion = Motion.zeros(1) if motion is None else motion
    rest = head.neutral(Identity())
    renderer = HeadRenderer(
        head.topology, rest, width=size, height=size, background="white", detail=code
    )  # fmt: skip
    camera = renderer.portrait_camera()
    points = head.landmarks(Identity(), motion)[0].astype(np.float64)
    seen = np.column_stack([points, np.ones(len(points))]) @ camera.camera_from_world.T
    pixels = size / 2 + camera.focal_px * seen[:, :2] / -seen[:, 2:3] * [1, -1]
    flat = points[:, :2] * [1, -1]
    design = flat - flat.mean(0)
    scale = float((design * (pixels - pixels.mean(0))).sum() / (design**2).sum())
    landmarks = np.column_stack([pixels, np.zeros(len(pixels))])
    fit = PortraitFit(Identity(), motion, 0.0, scale, pixels.mean(0) - scale * flat.mean(0), landmarks)
    return Portrait(renderer.render(head.vertices(Identity(), motion)[0], camera).rgb, "render"), fit


def _table(report: dict[str, Any]) -> str:
    known = report["known"]
    lines = [
        f"known lines, {known['faces']} faces: correlation {known['correlation']:.2f}; of the {known['visible_lines']} "
        f"that the lamps show {known['correlation_visible']:.2f}, slope {known['slope_visible']:.2f}; "
        f"generic skin reads {known['generic_mean']:.2f}; "
        f"{known['seconds']:.1f} s a portrait"
    ]
    for name, mean in sorted(report["photographs"].items()):
        lines.append(f"{name:24s} {mean if isinstance(mean, str) else f'{mean:.2f}'}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
