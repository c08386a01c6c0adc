"""Figures of the model files for ten seconds of the demo take; prints one JSON object."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from tools.web_check import Question, positions_in_three, validate, what_is_missing

from xtalker.assets import fetch
from xtalker.export import export
from xtalker.export.interface import Content
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.performance import perform
from xtalker.values import Motion
from xtalker.values.conventions import FRAME_RATE_HZ

FRAMES = 250
UPPER_LIP, LOWER_LIP = 13, 14  # MediaPipe points in the middle of the inner lips
EVERY = 7


def main() -> None:
    """Write, measure, ask the other readers, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.web_check", description=__doc__)
    parser.add_argument("modules", type=Path, help="node_modules folder with gltf-validator and three")
    given = parser.parse_args()
    missing = what_is_missing(given.modules)
    if missing:
        parser.error(missing)
    take = perform(fetch("demo-speech"), portrait=fetch("portrait-astronaut"))
    assert isinstance(take.head, OpenHead)
    motion = Motion.concatenate([take.motion] * (FRAMES // take.motion.num_frames + 1))[:FRAMES]
    content = Content(motion, take.identity, take.card, rig_of(take.head, take.identity))
    with tempfile.TemporaryDirectory() as folder:
        figures = {suffix: written(Path(folder) / f"take{suffix}", content) for suffix in (".glb", ".usdc", ".usdz")}
        glb = Path(folder) / "take.glb"
        issues = validate(given.modules, glb)
        figures["usd_largest_point_difference_mm"] = baked_difference_mm(Path(folder) / "take.usdc", take.head, content)
        figures["validator"] = {name: issues[name] for name in ("version", "numErrors", "numWarnings")}
        figures["three"] = compared(take.head, content, given.modules, glb.read_bytes())
    print(json.dumps(figures, indent=2))


def written(path: Path, content: Content) -> dict[str, float]:
    """Size in MB; seconds of the first and of the second writing (the first loads and compiles)."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        export(path, content)
        seconds.append(round(time.perf_counter() - start, 3))
    return {"megabytes": round(path.stat().st_size / 1e6, 3), "first_s": seconds[0], "second_s": seconds[1]}


def compared(head: OpenHead, content: Content, modules: Path, glb: bytes) -> dict[str, object]:
    """Distances in mm between three's positions and the head's vertices at five frames."""
    frames = np.linspace(0, content.motion.num_frames - 1, 5).astype(int)
    lips = head.landmark_triangles[[UPPER_LIP, LOWER_LIP]]
    asked: list[tuple[str, int]] = []
    vertices: list[int] = []
    for part in head.topology.part_names:
        own = head.topology.part_vertices(part)
        chosen = np.union1d(np.arange(0, len(own), EVERY), np.flatnonzero(np.isin(own, lips)))
        asked += [(part, int(i)) for i in chosen]
        vertices += own[chosen].tolist()
    times_s = [float(frame) / FRAME_RATE_HZ for frame in frames]
    answer = positions_in_three(Question(modules, glb, times_s, asked))
    theirs = np.array(answer["poses"])
    ours = np.stack([head.vertices(content.identity, content.motion[int(f) : int(f) + 1])[0] for f in frames])
    rows = [[vertices.index(int(v)) for v in triangle] for triangle in lips]
    weights = head.landmark_weights[[UPPER_LIP, LOWER_LIP]]
    openings = [opening_mm(theirs[:, rows], weights), opening_mm(ours[:, lips], weights)]
    return {
        "revision": answer["revision"], "morphs": answer["morphs"], "meshes": answer["meshes"], "points": len(asked),
        "frames": frames.tolist(), "mouth_opening_three_mm": np.round(openings[0], 4).tolist(),
        "mouth_opening_ours_mm": np.round(openings[1], 4).tolist(),
        "largest_opening_difference_mm": float(np.abs(openings[0] - openings[1]).max()),
        "largest_point_difference_mm": float(1e3 * np.linalg.norm(theirs - ours[:, vertices], axis=-1).max()),
    }  # fmt: skip


def baked_difference_mm(layer: Path, head: OpenHead, content: Content) -> float:
    """Largest distance in all frames between the points that USD bakes and the head's vertices."""
    from pxr import Gf, Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(layer))
    UsdSkel.BakeSkinning(UsdSkel.Root(stage.GetDefaultPrim()), Gf.Interval(0, content.motion.num_frames - 1))
    truth, worst = head.vertices(content.identity, content.motion), 0.0
    for part in head.topology.part_names:
        points = UsdGeom.Mesh(stage.GetPrimAtPath(f"/Take/{part}")).GetPointsAttr()
        own = head.topology.part_vertices(part)
        for frame, vertices in enumerate(truth[:, own]):
            worst = max(worst, float(np.linalg.norm(np.array(points.Get(frame)) - vertices, axis=1).max()))
    return 1e3 * worst


def opening_mm(corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Distance of the two lip points from their triangles' corners (frames, 2, 3, 3)."""
    upper, lower = np.einsum("flkc,lk->lfc", corners, weights)
    return 1e3 * np.linalg.norm(upper - lower, axis=-1)


if __name__ == "__main__":
    main()
