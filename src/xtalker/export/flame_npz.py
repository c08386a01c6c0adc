"""FLAME parameters (.flame.npz): one row of 284 numbers for each frame at 25 frames a second.

latent         (frames, 284) float32: shape 100 | expression 50 | head 3 | jaw 3 | detail 128
               (3DXTalker Eq. 2, in the order of Eq. 7); rotations axis-angle in radians
frame_rate_hz  25
card           JSON text: label -> text

Motion of another head is carried over by a `FlameMap`, which has to be fitted to the user's own FLAME file first.
Identity does not carry over: unless the map brings one, the row's shape and detail are zero, FLAME's mean head.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from xtalker.export.interface import Content
from xtalker.export.losses import extras_of, fault_for_curves
from xtalker.values import Identity, Motion
from xtalker.values.conventions import FRAME_RATE_HZ, NUM_EXPRESSION
from xtalker.values.files import whole_file

_FLAME = "flame"


def _flame_identity() -> Identity:
    return Identity(head_model=_FLAME)


@dataclass(frozen=True)
class FlameMap:
    """Linear map from another head's motion to FLAME's.

    [expression | jaw] of FLAME = [expression | jaw] of the other head @ matrix; head rotation and gaze stay.

    Attributes:
        matrix: rows are the other head's 50 channels and jaw, columns FLAME's 50 components and jaw.
        source: name of the other head.
        identity: the person in FLAME's own components.
    """

    matrix: Float[np.ndarray, "53 53"]
    source: str = "open"
    identity: Identity = field(default_factory=_flame_identity)

    def apply(self, motion: Motion) -> Motion:
        """Motion of FLAME."""
        assert motion.head_model == self.source, "a map belongs to one head"
        moved = np.concatenate([motion.expression, motion.jaw], axis=1) @ self.matrix
        expression, jaw = np.split(moved.astype(np.float32), [NUM_EXPRESSION], axis=1)
        return replace(motion, expression=expression, jaw=jaw, head_model=_FLAME)


class FlameNpz:
    """Exporter of FLAME parameters."""

    suffix = ".flame.npz"

    def __init__(self, flame_map: FlameMap | None = None) -> None:
        self.flame_map = flame_map

    def can_hold(self, content: Content) -> str | None:
        """FLAME's own motion, or that of the head that the map starts from."""
        model = content.motion.head_model
        source = None if self.flame_map is None else self.flame_map.source
        if model not in (_FLAME, source):
            return f"motion of head '{model}' without a map to your FLAME file"
        return fault_for_curves(content)

    def leaves_out(self, content: Content) -> tuple[str, ...]:
        """Gaze, which the 284 numbers have no place for; and identity where it does not carry over."""
        gaze = ("gaze",) if np.any(content.motion.gaze) else ()
        return (*gaze, *extras_of(content, keeps_identity=content.motion.head_model == _FLAME))

    def write(self, path: Path, content: Content) -> None:
        """Write the rows.

        Raises:
            OutputError: the place cannot be written.
        """
        motion, identity = content.motion, content.identity
        if motion.head_model != _FLAME:
            assert self.flame_map is not None, "checked by can_hold"
            motion, identity = self.flame_map.apply(motion), self.flame_map.identity
        card = json.dumps(dict(content.card), ensure_ascii=False)
        with whole_file(path) as part, part.open("wb") as stream:
            np.savez(
                stream, latent=motion.to_latent284(identity), frame_rate_hz=np.array(FRAME_RATE_HZ),
                card=np.array(card),
            )  # fmt: skip
