"""Content with the shipped head's rig, for the formats that have a mesh."""

from functools import cache

import numpy as np

from xtalker.export.interface import Content
from xtalker.head.open_head import OpenHead
from xtalker.head.rig import rig_of
from xtalker.values import Identity, Motion
from xtalker.values.tracks import CameraTrack


@cache
def open_head() -> OpenHead:
    return OpenHead()


def person(seed: int = 0) -> Identity:
    return Identity(np.random.default_rng(seed).normal(size=100).astype(np.float32))


def moving(frames: int = 8, seed: int = 1) -> Motion:
    """Every channel and joint moves, more than faces do."""
    random = np.random.default_rng(seed)
    expression = random.uniform(-0.2, 1.0, (frames, 50)).astype(np.float32)
    turns = (random.normal(0, sd, (frames, n)).astype(np.float32) for n, sd in ((3, 0.15), (3, 0.4), (2, 0.2)))
    return Motion(expression, *turns)


def rigged(motion: Motion | None = None) -> Content:
    identity = person()
    card = {"licence": "CC0-1.0", "note": "zwölf"}
    return Content(moving() if motion is None else motion, identity, card, rig_of(open_head(), identity))


def camera(frames: int, *, cut_at: int | None = None) -> CameraTrack:
    """A walk around the head with some of everything, constant field of view."""
    t = np.linspace(0, 1, frames, dtype=np.float32)
    cut = np.zeros(frames, bool)
    yaw = 0.4 * t
    if cut_at is not None:
        cut[cut_at], yaw = True, np.where(np.arange(frames) >= cut_at, -0.5, yaw).astype(np.float32)
    fov = np.full(frames, 0.42, np.float32)
    return CameraTrack(yaw, 0.1 * t, 0.2 * t, 1 + 0.5 * t, fov, np.stack([0.1 * t, -0.05 * t], axis=1), cut)
