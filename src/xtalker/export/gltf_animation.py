"""Animation of a .glb: morph weights, joint rotations, the camera. What never moves is a resting value, not a track.

Frame i stands at i / 25 s, so that programs which step through frames meet the motion's own values; between frames
values are interpolated linearly (rotations along the shortest arc).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from jaxtyping import Float

from xtalker.export.camera_path import FAR_M, NEAR_M
from xtalker.export.gltf_buffer import GlbBuilder
from xtalker.geometry.camera_path import CameraPath
from xtalker.geometry.rotations import axis_angle_from_matrix
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.rig import Joint

_CUT_S: Final = 1e-3  # a cut takes this long, since key times must differ


class Timeline:
    """Tracks of the one animation of a file.

    Args:
        builder: the file.
        num_frames: frames at 25 a second.
    """

    def __init__(self, builder: GlbBuilder, num_frames: int) -> None:
        self._builder = builder
        self._num_frames = num_frames
        self._frame_times: int | None = None
        self._samplers: list[dict[str, Any]] = []
        self._channels: list[dict[str, Any]] = []

    def play(self, node: int, path: str, values: np.ndarray, *, times_s: np.ndarray | None = None) -> None:
        """One property of a node, one row for each frame, or for each of `times_s`."""
        output = self._builder.accessor(np.ascontiguousarray(values, np.float32))
        times = self._shared_times() if times_s is None else self._times(times_s)
        self._samplers.append({"input": times, "output": output, "interpolation": "LINEAR"})
        self._channels.append({"sampler": len(self._samplers) - 1, "target": {"node": node, "path": path}})

    def finish(self) -> None:
        """Write the animation, if anything moves."""
        if self._channels:
            self._builder.add("animations", {"name": "take", "samplers": self._samplers, "channels": self._channels})

    def _shared_times(self) -> int:
        if self._frame_times is None:
            self._frame_times = self._times(np.arange(self._num_frames) / FRAME_RATE_HZ)
        return self._frame_times

    def _times(self, times_s: np.ndarray) -> int:
        return self._builder.accessor(times_s.astype(np.float32), bounds=True)


def add_joints(
    builder: GlbBuilder,
    joints: tuple[Joint, ...],
    rotations: Float[np.ndarray, "frames joints 3"],
    *,
    line: Timeline,
) -> int:
    """One node for each joint, one after another, and their turns; gives the first."""
    first = len(builder.document.get("nodes", []))
    for number, joint in enumerate(joints):
        parent = np.zeros(3) if joint.parent is None else joints[joint.parent].place
        node: dict[str, Any] = {"name": joint.name, "translation": (joint.place.astype(float) - parent).tolist()}
        children = [first + i for i, other in enumerate(joints) if other.parent == number]
        if children:
            node["children"] = children
        turns = quaternions(rotations[:, number].astype(np.float64))
        if np.any(turns[0] != [0, 0, 0, 1]):
            node["rotation"] = turns[0].tolist()
        builder.add("nodes", node)
        if np.any(turns != turns[0]):
            line.play(first + number, "rotation", turns)
    return first


def add_camera(builder: GlbBuilder, path: CameraPath, line: Timeline) -> int:
    """Camera node and its walk. The field of view stays that of the first frame: glTF has no track for it."""
    lens = {"type": "perspective", "perspective": {
        "yfov": float(path.field_of_view[0]), "znear": NEAR_M, "zfar": FAR_M,
    }}  # fmt: skip
    place = path.world_from_camera[:, :3, 3]
    turns = quaternions(axis_angle_from_matrix(path.world_from_camera[:, :3, :3]))
    node = builder.add("nodes", {
        "name": "camera", "camera": builder.add("cameras", lens), "translation": place[0].tolist(),
        "rotation": turns[0].tolist(),
    })  # fmt: skip
    frame, times_s = _keys_with_cuts(path.cut)
    for name, track in (("translation", place), ("rotation", turns)):
        if np.any(track != track[0]):
            line.play(node, name, track[frame], times_s=times_s)
    return node


def quaternions(axis_angle: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 4"]:
    """Unit quaternions (x, y, z, w), each on the same side as the one before."""
    half = np.linalg.norm(axis_angle, axis=1, keepdims=True) / 2
    out = np.concatenate([0.5 * np.sinc(half / np.pi) * axis_angle, np.cos(half)], axis=1)
    flips = np.sum(out[1:] * out[:-1], axis=1) < 0
    out[1:][np.cumsum(flips) % 2 == 1] *= -1
    return out


def _keys_with_cuts(cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frame and time of each key: before a cut the old view is held until it."""
    frame = np.arange(len(cut))
    after = np.flatnonzero(cut[1:]) + 1
    times_s = np.concatenate([frame / FRAME_RATE_HZ, after / FRAME_RATE_HZ - _CUT_S])
    order = np.argsort(times_s, kind="stable")
    return np.concatenate([frame, after - 1])[order], times_s[order]
