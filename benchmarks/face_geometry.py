"""How well lips and lids close on a hundred invented people, and how fast the head is drawn.

    python benchmarks/face_geometry.py --json

Gaps are what a viewer sees: the drawn surface is rasterised from the front, and a pixel is a gap where the nearest
triangle lies behind the lips (teeth, tongue, lining) or belongs to an eyeball.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final

import numpy as np

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from xtalker.geometry.surface import apply_rows  # noqa: E402
from xtalker.head.open_head import OpenHead  # noqa: E402
from xtalker.render.rasterise import Visibility  # noqa: E402
from xtalker.render.scene import Scene, build_scene  # noqa: E402
from xtalker.values import Identity, Motion  # noqa: E402
from xtalker.values.conventions import CHANNEL, NUM_SHAPE  # noqa: E402

NUM_PEOPLE: Final = 100
FRAMES: Final = 90
CHUNK: Final = 15
LEVELS: Final = ("coarse", "dense")
WORTH_SEEING_MM: Final = 0.3
_COLUMN_MM, _ROW_MM = 0.25, 0.04
_EYE_PIXEL_MM: Final = 0.15
_SIDES: Final = (0.0, -0.5, 0.5)  # radians of yaw from which closed lids are looked at
_ROOM_M: Final = 0.006  # beyond the lips that is looked at

Weights = Mapping[str, float]
_PRESSED: Final[Weights] = {
    "mouthPressLeft": 0.4, "mouthPressRight": 0.4, "mouthRollLower": 0.25, "mouthRollUpper": 0.25
}  # fmt: skip
CLOSED: Final[dict[str, Weights]] = {
    "neutral": {},
    **{f"jaw {jaw:g}": {"jaw": jaw, "mouthClose": jaw} for jaw in (0.1, 0.2, 0.3)},
    "pressed": _PRESSED,
    **{f"pressed, jaw {jaw:g}": {"jaw": jaw, "mouthClose": jaw, **_PRESSED} for jaw in (0.15, 0.3)},
    "pucker, jaw 0.2": {"jaw": 0.2, "mouthClose": 0.2, "mouthPucker": 0.4},
    "smile": {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6},
    "frown": {"mouthFrownLeft": 0.6, "mouthFrownRight": 0.6},
}
"""Poses whose lips must meet; `jaw` is a part of the full opening."""


def poses(head: OpenHead, identity: Identity, wanted: Sequence[Weights]) -> np.ndarray:
    """Vertices of some poses; `jaw` in units of the full opening brings its corrective along."""
    motion = Motion.zeros(len(wanted))
    for frame, weights in enumerate(wanted):
        for name, value in weights.items():
            motion.expression[frame, CHANNEL["jawOpenCorrective" if name == "jaw" else name]] = value
        motion.jaw[frame, 0] = weights.get("jaw", 0.0) * head.jaw_open_angle_rad
    return np.asarray(head.vertices(identity, motion))


def people(count: int) -> list[Identity]:
    """The mean head, then random ones."""
    random = np.random.default_rng(11)
    shapes = random.normal(0, 1, (count, NUM_SHAPE)).astype(np.float32)
    return [Identity(), *(Identity(shape) for shape in shapes)]


class Patch:
    """The drawn surface around a place, seen from far away.

    Args:
        scene: fine surface of the head.
        rest: its fine vertices at rest.
        hidden: fine vertices that closed lips or lids hide.
        middle: of the patch, metres.
        radius_m: triangles with a corner nearer than this belong to it.
    """

    def __init__(self, scene: Scene, rest: np.ndarray, hidden: np.ndarray, middle: np.ndarray, radius_m: float) -> None:
        opaque = scene.triangles[: scene.num_opaque]
        near = np.linalg.norm(rest - middle, axis=1) < radius_m
        mine = opaque[near[opaque].any(1)]
        used, corners = np.unique(mine, return_inverse=True)
        self._triangles = np.ascontiguousarray(corners.reshape(-1, 3), np.int32)
        self._hidden: np.ndarray = hidden[used][self._triangles].mean(1) > 0.5
        rows = scene.matrix(int(scene.row_index.max()) + 1)[used]
        self._rows = (rows.indptr.astype(np.int32), rows.indices.astype(np.int32), rows.data.astype(np.float32))
        self._fine = np.empty((len(used), 3), np.float32)

    def sees_hidden(
        self, vertices: np.ndarray, box_m: np.ndarray, pixel_m: tuple[float, float], yaw: float = 0.0
    ) -> np.ndarray:
        """Pixels of a box (2, 3), turned about its middle, whose nearest triangle should be hidden."""
        apply_rows(*self._rows, np.ascontiguousarray(vertices, np.float32), self._fine)
        width, height = (int(np.ceil((box_m[1, a] - box_m[0, a]) / pixel_m[a])) for a in (0, 1))
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c / pixel_m[0], 0, -s / pixel_m[0]], [0, -1 / pixel_m[1], 0], [s, 0, c]])
        shift = np.array([width / 2, height / 2, 1.0]) - turn @ box_m.mean(0)
        seen = Visibility.empty(len(self._fine), (width, height), 1)
        seen.draw_parallel(self._fine, self._triangles, np.concatenate([turn, shift[:, None]], axis=1), cull=False)
        return np.asarray(self._hidden[seen.triangle] & (seen.triangle >= 0))


class Front:
    """Lips and lids of a head, measured from the front."""

    def __init__(self, head: OpenHead) -> None:
        self.head, topology = head, head.topology
        scene = build_scene(topology)
        rest = np.asarray(scene.matrix(topology.num_vertices) @ head.mean)
        behind = np.zeros(topology.num_vertices)
        behind[topology.regions["mouth_lining"]] = 1
        deep = np.asarray(scene.matrix(len(behind)) @ behind)
        for part in ("teeth_upper", "teeth_lower", "tongue"):
            deep[scene.parts[part]] = 1
        lips = head.mean[topology.regions["lips"]].mean(0)
        self._mouth = Patch(scene, rest, deep, lips, 0.06)
        self._eyes = []
        for part in ("eye_left", "eye_right"):
            eye = np.zeros(scene.num_vertices)
            eye[scene.parts[part]] = 1
            ids = topology.part_vertices(part)
            self._eyes.append((ids, Patch(scene, rest, eye, head.mean[ids].mean(0), 0.08)))

    def lip_gap_mm(self, vertices: np.ndarray) -> np.ndarray:
        """Height of what is seen between the lips in each column of 0.25 mm, corners included."""
        lips = vertices[self.head.topology.regions["lips"]].astype(float)
        box = np.stack([lips.min(0) - _ROOM_M, lips.max(0) + _ROOM_M])
        pixels = self._mouth.sees_hidden(vertices, box, (_COLUMN_MM * 1e-3, _ROW_MM * 1e-3))
        return np.asarray(pixels.sum(0) * _ROW_MM)

    def eye_pixels(self, vertices: np.ndarray, yaw: float = 0.0) -> int:
        """Pixels of 0.15 mm that show an eyeball."""
        pixel = (_EYE_PIXEL_MM * 1e-3, _EYE_PIXEL_MM * 1e-3)
        total = 0
        for ids, patch in self._eyes:
            eye = vertices[ids].astype(float)
            box = np.stack([eye.min(0) - 2e-3, eye.max(0) + 2e-3])
            total += int(patch.sees_hidden(vertices, box, pixel, yaw).sum())
        return total


def lip_figures(front: Front, count: int) -> dict[str, Any]:
    """Worst gap of each pose over all people, and how many people show one."""
    worst = {name: np.zeros(count + 1) for name in CLOSED}
    for number, identity in enumerate(people(count)):
        for name, vertices in zip(CLOSED, poses(front.head, identity, list(CLOSED.values()))):
            worst[name][number] = front.lip_gap_mm(vertices).max()
    spoken = [name for name in CLOSED if name not in ("smile", "frown")]
    return {
        "lip_gap_worst_mm": max(float(worst[name].max()) for name in spoken),
        "lip_gap_mean_head_mm": {name: float(gaps[0]) for name, gaps in worst.items()},
        "lip_gap_worst_of_pose_mm": {name: float(gaps.max()) for name, gaps in worst.items()},
        "people_with_lip_gap": {name: int((gaps > WORTH_SEEING_MM).sum()) for name, gaps in worst.items()},
    }


def lid_figures(front: Front, count: int) -> dict[str, Any]:
    """Eyeball pixels (0.15 mm) behind shut lids, from the front and from both sides."""
    shut = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}
    seen = np.zeros((count + 1, len(_SIDES)), int)
    for number, identity in enumerate(people(count)):
        (vertices,) = poses(front.head, identity, [shut])
        seen[number] = [front.eye_pixels(vertices, yaw) for yaw in _SIDES]
    return {
        "lids_eye_pixels_front": int(seen[:, 0].sum()),
        "lids_eye_pixels_sides": int(seen[:, 1:].sum()),
        "people_with_open_lids": int((seen[:, 0] > 0).sum()),
    }


def measure(count: int = NUM_PEOPLE) -> dict[str, Any]:
    """All figures; the drawing is timed in a process of its own, for its peak of memory."""
    front = Front(OpenHead())
    return {"people": count, **lip_figures(front, count), **lid_figures(front, count), **drawing_figures()}


def drawing_figures() -> dict[str, Any]:
    """Frames a second and peak memory of drawing, each level in a fresh process that may use two cores."""
    figures: dict[str, Any] = {}
    for name in LEVELS:
        command = [sys.executable, str(Path(__file__).resolve()), "--draw", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures[name] = json.loads(done.stdout)
    return figures


def draw(level: str) -> dict[str, float]:
    """Time pictures of 512 x 512, 2 x 2 samples, vertices included, in this process."""
    import resource

    from xtalker.render.head_renderer import HeadRenderer

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    head, identity = OpenHead(), Identity()
    renderer = HeadRenderer(head.topology, head.neutral(identity), dense=level == "dense")
    camera, motion = renderer.portrait_camera(), moving(FRAMES + 1)
    renderer.render(head.vertices(identity, motion[:1])[0], camera)
    times, busy = [], time.process_time()
    for first in range(1, FRAMES + 1, CHUNK):  # as filming does: vertices of some frames at once
        started = time.perf_counter()
        chunk = head.vertices(identity, motion[first : first + CHUNK])
        for vertices in chunk:
            renderer.render(vertices, camera)
        times += [(time.perf_counter() - started) / len(chunk)] * len(chunk)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    busy_ms = 1e3 * (time.process_time() - busy) / FRAMES
    return {
        "cpu_ms_per_frame": busy_ms, "fps_mean": FRAMES / sum(times), "fps_median": 1 / float(np.median(times)),
        "peak_mb": peak / 1e6, "fine_vertices": renderer.num_vertices, "load_average": os.getloadavg()[0],
    }  # fmt: skip


def moving(count: int) -> Motion:
    """Smooth movement of all channels."""
    random, time_s = np.random.default_rng(0), np.arange(count)[:, None] / 25
    columns = [(50, 0.3), (3, 0.1), (3, 0.1), (2, 0.1)]
    waves = [a * np.abs(np.sin(time_s * random.uniform(1, 9, n) + random.uniform(0, 6, n))) for n, a in columns]
    return Motion(*(wave.astype(np.float32) for wave in waves))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on stdout")
    parser.add_argument("--people", type=int, default=NUM_PEOPLE, metavar="N")
    parser.add_argument("--draw", choices=LEVELS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with redirect_stdout(sys.stderr):
        report = draw(options.draw) if options.draw else measure(options.people)
    print(json.dumps(report, indent=None if options.json else 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
