"""Clips as contact strips: truth above, the system below, at the moments that matter."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from xtalker.evaluate.clips import SpokenClip
from xtalker.evaluate.scores import Mouth
from xtalker.evaluate.suites import Picture
from xtalker.head.open_head import OpenHead
from xtalker.performance.filming import frames
from xtalker.performance.shot import Shot
from xtalker.render.stills import contact_sheet
from xtalker.values import Identity, Motion
from xtalker.values.conventions import FRAME_RATE_HZ

COLUMNS: Final = 6
_SIZE: Final = 208


def side_by_side(head: OpenHead, clip: SpokenClip, made: Motion) -> Picture:
    """The moments at which the lips of a clip are farthest from truth, in the order of time."""
    shared = min(made.num_frames, clip.motion.num_frames)
    at = worst_moments(head, clip, made[:shared])
    rows = [*_faces(head, clip.identity, clip.motion, at), *_faces(head, clip.identity, made, at)]
    times = ", ".join(f"{frame / FRAME_RATE_HZ:.2f}" for frame in at)
    return Picture(
        f"Among the worst clips: {clip.name}", f"Truth above, the system below, at {times} s; canonical pose.",
        _png(contact_sheet(rows, len(at))),
    )  # fmt: skip


def worst_moments(head: OpenHead, clip: SpokenClip, made: Motion) -> Int[np.ndarray, "moments"]:
    """Frames of largest lip error, one in each part of the clip, in the order of time."""
    mouth = Mouth(head)
    true, shown = (mouth.shape(clip.identity, motion).lips for motion in (clip.motion[: made.num_frames], made))
    error = np.linalg.norm(shown - true, axis=-1).mean(axis=1)
    parts = [part for part in np.array_split(np.arange(made.num_frames), COLUMNS) if len(part)]
    return np.array([part[np.argmax(error[part])] for part in parts])


def _faces(
    head: OpenHead, identity: Identity, motion: Motion, at: Int[np.ndarray, "moments"]
) -> list[UInt8[np.ndarray, "height width 3"]]:
    chosen = Motion.from_matrix(motion.to_matrix()[at])
    chosen.head[:] = 0
    return [frame.rgb for frame in frames(head, identity, chosen, Shot(size=_SIZE))]


def _png(rgb: UInt8[np.ndarray, "height width 3"]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, format="PNG", optimize=True)
    return out.getvalue()
