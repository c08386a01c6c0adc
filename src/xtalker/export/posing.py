"""Vertices of a rig in motion: morph targets, then linear blend skinning, as `values.rig` defines them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from xtalker.geometry.rotations import matrix_from_axis_angle
from xtalker.values import Motion
from xtalker.values.rig import Rig

_CHUNK_FRAMES = 32


def posed(rig: Rig, motion: Motion) -> Iterator[Float[np.ndarray, "chunk vertices 3"]]:
    """Vertices in metres, a few dozen frames at a time."""
    morphs = rig.morphs.reshape(len(rig.morphs), -1).astype(np.float32)
    shares = np.zeros((len(rig.neutral), len(rig.joints)), np.float32)
    np.add.at(shares, (np.arange(len(shares))[:, None], rig.joint_index), rig.joint_weight.astype(np.float32))
    for start in range(0, motion.num_frames, _CHUNK_FRAMES):
        part = motion[start : start + _CHUNK_FRAMES]
        shape = (part.num_frames, *rig.neutral.shape)
        resting = (part.expression.astype(np.float32) @ morphs).reshape(shape) + rig.neutral
        turns, shifts = _transforms(rig, part)
        out = np.empty(shape, np.float32)
        for frame in range(part.num_frames):
            turn = (shares @ turns[frame].reshape(len(rig.joints), 9)).reshape(-1, 3, 3)
            out[frame] = np.einsum("vij,vj->vi", turn, resting[frame]) + shares @ shifts[frame]
        yield out


def _transforms(
    rig: Rig, motion: Motion
) -> tuple[Float[np.ndarray, "frames joints 3 3"], Float[np.ndarray, "frames joints 3"]]:
    """World transform of each joint: x -> turn x + shift."""
    local = matrix_from_axis_angle(rig.rotations(motion).astype(np.float64))
    turns, shifts = np.empty_like(local), np.empty(local.shape[:3])
    for i, joint in enumerate(rig.joints):
        place = joint.place.astype(np.float64)
        turns[:, i] = local[:, i]
        shifts[:, i] = place - local[:, i] @ place
        if joint.parent is not None:
            above = turns[:, joint.parent]
            shifts[:, i] = np.einsum("fij,fj->fi", above, shifts[:, i]) + shifts[:, joint.parent]
            turns[:, i] = above @ local[:, i]
    return turns.astype(np.float32), shifts.astype(np.float32)
