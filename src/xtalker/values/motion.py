"""What a face does over time: the MotionSpace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Float

from xtalker.values.conventions import NUM_DETAIL, NUM_EXPRESSION, NUM_SHAPE
from xtalker.values.identity import Identity

MOTION_SCHEMA_VERSION = 1
NUM_MOTION = NUM_EXPRESSION + 3 + 3 + 2
_SHAPE = slice(0, NUM_SHAPE)
_EXPRESSION = slice(NUM_SHAPE, NUM_SHAPE + NUM_EXPRESSION)
_HEAD = slice(_EXPRESSION.stop, _EXPRESSION.stop + 3)
_JAW = slice(_HEAD.stop, _HEAD.stop + 3)
_DETAIL = slice(_JAW.stop, _JAW.stop + NUM_DETAIL)


@dataclass(frozen=True)
class Motion:
    """Motion of one head at 25 frames a second.

    Attributes:
        expression: the named channels of the head model (paper: psi).
        jaw: jaw rotation, axis-angle in radians.
        head: head rotation, axis-angle in radians.
        gaze: eye rotation relative to the head, (pitch, yaw) in radians, both eyes alike.
        head_model: name of the head model that the channels belong to.
    """

    expression: Float[np.ndarray, "frames 50"]
    jaw: Float[np.ndarray, "frames 3"]
    head: Float[np.ndarray, "frames 3"]
    gaze: Float[np.ndarray, "frames 2"]
    head_model: str = field(default="open", kw_only=True)

    @classmethod
    def zeros(cls, num_frames: int, *, head_model: str = "open") -> Motion:
        """A neutral face that does not move."""
        expression, jaw, head, gaze = (np.zeros((num_frames, n), np.float32) for n in (NUM_EXPRESSION, 3, 3, 2))
        return cls(expression, jaw, head, gaze, head_model=head_model)

    @property
    def num_frames(self) -> int:
        """Number of 25 fps frames."""
        return len(self.expression)

    def __getitem__(self, frames: slice) -> Motion:
        """The given frames."""
        parts = (getattr(self, n)[frames] for n in TRACKS)
        return Motion(*parts, head_model=self.head_model)

    @staticmethod
    def concatenate(parts: Sequence[Motion]) -> Motion:
        """One motion after another."""
        arrays = (np.concatenate([getattr(p, n) for p in parts]) for n in TRACKS)
        return Motion(*arrays, head_model=parts[0].head_model)

    def to_matrix(self) -> Float[np.ndarray, "frames 58"]:
        """Columns [expression 50 | jaw 3 | head 3 | gaze 2], the layout of the generator."""
        return np.concatenate([getattr(self, n) for n in TRACKS], axis=1)

    @classmethod
    def from_matrix(cls, matrix: Float[np.ndarray, "frames 58"]) -> Motion:
        """Inverse of `to_matrix`."""
        cuts = np.cumsum([NUM_EXPRESSION, 3, 3])
        return cls(*(np.ascontiguousarray(a) for a in np.split(matrix, cuts, axis=1)))

    def to_latent284(self, identity: Identity) -> Float[np.ndarray, "frames 284"]:
        """The paper's row [shape 100 | expression 50 | head 3 | jaw 3 | detail 128] (Eq. 2 in Eq. 7's order)."""
        out = np.empty((self.num_frames, _DETAIL.stop), np.float32)
        out[:, _SHAPE], out[:, _DETAIL] = identity.shape, identity.detail
        out[:, _EXPRESSION], out[:, _HEAD], out[:, _JAW] = self.expression, self.head, self.jaw
        return out

    @classmethod
    def from_latent284(
        cls, latent: Float[np.ndarray, "frames 284"], gaze: Float[np.ndarray, "frames 2"] | None = None
    ) -> tuple[Motion, Identity]:
        """Inverse of `to_latent284`; the paper has no gaze, and identity is read from the first frame."""
        gaze = np.zeros((len(latent), 2), np.float32) if gaze is None else gaze
        expression, jaw, head = (latent[:, part].astype(np.float32) for part in (_EXPRESSION, _JAW, _HEAD))
        identity = Identity(latent[0, _SHAPE].astype(np.float32), latent[0, _DETAIL].astype(np.float32))
        return cls(expression, jaw, head, gaze), identity


TRACKS: tuple[str, ...] = tuple(f.name for f in fields(Motion) if f.name != "head_model")
"""Names of the arrays of a Motion, in the order of `to_matrix`."""
