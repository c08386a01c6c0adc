"""Which columns the network moves, and which of its heads moves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from xtalker.generator.channels import DERIVED, EXPRESSION, GAZE, HEAD, JAW
from xtalker.values.conventions import NUM_DETAIL, NUM_SHAPE
from xtalker.values.motion import NUM_MOTION

NUM_IDENTITY: Final = NUM_SHAPE + NUM_DETAIL


def _columns(*parts: slice) -> Int[np.ndarray, "columns"]:
    return np.concatenate([np.arange(part.start, part.stop) for part in parts])


@dataclass(frozen=True)
class Layout:
    """Columns of the latent.

    Attributes:
        columns: how many.
        identity: those of the identity head, shape before detail.
        pose: those of the pose head: head and jaw rotation, in the order in which they lie.
        expression: those of the expression head.
        motion: columns of `Motion.to_matrix` that the latent has.
        place: where each of `motion` lies in it.
        head: where the head's rotation lies.
    """

    columns: int
    identity: Int[np.ndarray, "identity"]
    pose: Int[np.ndarray, "6"]
    expression: Int[np.ndarray, "expression"]
    motion: Int[np.ndarray, "shared"]
    place: Int[np.ndarray, "shared"]
    head: slice

    @property
    def derived(self) -> int:
        """Where the open head's `jawOpenCorrective` lies, which is not generated."""
        return int(self.place[self.motion == DERIVED][0])

    def latent(
        self,
        motion: Float[np.ndarray, "frames 58"],
        identity: Float[np.ndarray, "frames 228"] | None = None,
    ) -> Float[np.ndarray, "frames columns"]:
        """Rows of the latent; identity [shape | detail] is zero where none is given."""
        out = np.zeros((len(motion), self.columns), np.float32)
        out[:, self.place] = motion[:, self.motion]
        if identity is not None and len(self.identity):
            out[:, self.identity] = identity
        return out

    def motion_of(self, latent: Float[np.ndarray, "frames columns"]) -> Float[np.ndarray, "frames 58"]:
        """The motion in the latent; zero in columns that it lacks."""
        out = np.zeros((len(latent), NUM_MOTION), np.float32)
        out[:, self.motion] = latent[:, self.place]
        return out


_LATENT: Final = {"expression": slice(100, 150), "head": slice(150, 153), "jaw": slice(153, 156)}

LAYOUTS: Final[dict[str, Layout]] = {
    "latent284": Layout(
        columns=284,
        identity=_columns(slice(0, 100), slice(156, 284)),
        pose=_columns(slice(150, 156)),
        expression=_columns(_LATENT["expression"]),
        motion=_columns(EXPRESSION, HEAD, JAW),
        place=_columns(_LATENT["expression"], _LATENT["head"], _LATENT["jaw"]),
        head=_LATENT["head"],
    ),
    "open58": Layout(
        columns=NUM_MOTION,
        identity=_columns(slice(0, 0)),
        pose=_columns(JAW, HEAD),
        expression=_columns(EXPRESSION, GAZE),
        motion=np.arange(NUM_MOTION),
        place=np.arange(NUM_MOTION),
        head=HEAD,
    ),
}
"""`PaperConfig.layout` -> its columns. The first is the paper's list at Eq. 7; Eq. 2 prints another order."""
